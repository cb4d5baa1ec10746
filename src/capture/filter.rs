//! Where a filter runs: in the kernel if it takes it, else here.
use std::io;

use super::cooked;
use super::direction::{Refuse, prologue};
use crate::bpf::{Program, RawInsn};
use crate::sys::socket::PacketSocket;
use crate::wire::LinkType;

/// Where the filter of a capture runs.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FilterMode {
    /// In the kernel: what it refuses never reaches the ring.
    Kernel,
    /// In this process, with the same result but after the ring: the program is longer than
    /// the kernel takes, jumps backwards, or looks at a header that a cooked socket hasn't.
    UserSpace,
}

/// The filter that runs on packets at hand; `None` when the kernel runs it all.
pub(super) type Remainder = Option<Program>;

/// `ret #k`.
pub(super) const RETURN: u16 = 0x06;

/// Attaches `program`, or as much of it as the kernel takes. The kernel cuts packets to `snaplen`.
pub(super) fn attach(
    socket: &PacketSocket,
    link: LinkType,
    refuse: Refuse,
    program: Option<&Program>,
    snaplen: u32,
) -> io::Result<Remainder> {
    if let Some(program) = program
        && let Some(insns) = for_kernel(link, refuse, program, snaplen)
    {
        match socket.attach(&insns) {
            Ok(()) => return Ok(None),
            // The kernel says no in several ways: EINVAL for a program it finds wrong,
            // ENOMEM or E2BIG for one too long. User space runs what the kernel won't.
            Err(e) if e.kind() == io::ErrorKind::PermissionDenied => return Err(e),
            Err(_) => {}
        }
    }
    let mut insns = prologue(refuse);
    insns.push(RawInsn { code: RETURN, jt: 0, jf: 0, k: snaplen });
    socket.attach(&insns)?;
    Ok(program.cloned())
}

/// The instructions to hand to the kernel; `None` when it could not run them rightly.
fn for_kernel(link: LinkType, refuse: Refuse, program: &Program, snaplen: u32) -> Option<Vec<RawInsn>> {
    if program.user_space_only() {
        return None;
    }
    let mut insns = prologue(refuse);
    insns.extend(cooked::without_header(link, program.raw())?);
    for insn in &mut insns {
        if insn.code == RETURN {
            // Copying more than is kept would only fill the ring.
            insn.k = insn.k.min(snaplen);
        }
    }
    Some(insns)
}
