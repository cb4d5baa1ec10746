//! What the kernel runs: on cooked link types its filter sees packets without the header that we put there.
use super::ir::op;
use crate::bpf::{Insn, MAX_KERNEL_INSNS, Program, RawInsn};
use crate::wire::LinkType;

/// Offsets at which the kernel shows what it knows about a packet (`SKF_AD_*`).
const PROTOCOL: u32 = Insn::ANCILLARY;
const PACKET_TYPE: u32 = Insn::ANCILLARY + 4;
const INTERFACE: u32 = Insn::ANCILLARY + 8;

/// The program for the kernel, if it is another one than `program`.
pub(super) fn program(
    program: &Program,
    link: LinkType,
    live: bool,
) -> Result<Option<Program>, &'static str> {
    if program.raw().len() > MAX_KERNEL_INSNS {
        return Err("the program is longer than the 4,096 instructions that the kernel takes");
    }
    if program.user_space_only() {
        return Err("the kernel does not accept the program");
    }
    let (header, fields): (u32, &[(u32, u32)]) = match link {
        LinkType::LINUX_SLL => (16, &[(0, PACKET_TYPE), (14, PROTOCOL)]),
        LinkType::LINUX_SLL2 => (20, &[(0, PROTOCOL), (4, INTERFACE), (10, PACKET_TYPE)]),
        _ => return Ok(None),
    };
    if !live {
        return Ok(None);
    }
    let mut insns: Vec<RawInsn> = program.raw().to_vec();
    for insn in &mut insns {
        let from_packet = matches!(
            insn.code,
            op::LD_W_ABS
                | op::LD_H_ABS
                | op::LD_B_ABS
                | op::LD_W_IND
                | op::LD_H_IND
                | op::LD_B_IND
                | op::LDX_MSH
        );
        if !from_packet || insn.k >= Insn::ANCILLARY {
            continue;
        }
        if insn.k >= header {
            insn.k -= header;
        } else if let Some(&(_, ancillary)) = fields.iter().find(|(offset, _)| *offset == insn.k) {
            insn.k = ancillary;
        } else {
            return Err("the kernel does not show that part of the cooked header to a filter");
        }
    }
    Program::new(insns).map(Some).map_err(|_| "the kernel does not accept the program")
}
