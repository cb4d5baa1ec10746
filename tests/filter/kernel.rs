//! The kernel's own machine as an oracle: a filter on one end of a socket pair, packets sent on the other.
use socket2::{Domain, SockFilter, Socket, Type};
use std::io;
use std::mem::MaybeUninit;
use synack::bpf::RawInsn;

use crate::needs;

/// A pair of sockets; needs no privilege.
pub(crate) struct Kernel {
    near: Socket,
    far: Socket,
}

impl Kernel {
    /// `None`, and a line that says so, where there is no such kernel.
    pub(crate) fn new() -> Option<Self> {
        let pair = Socket::pair(Domain::UNIX, Type::DGRAM, None);
        if !needs::allowed("a pair of sockets", pair.is_ok()) {
            return None;
        }
        let (near, far) = pair.ok()?;
        far.set_nonblocking(true).unwrap();
        Some(Self { near, far })
    }

    /// Installs a program; an error when the kernel refuses it.
    pub(crate) fn attach(&self, program: &[RawInsn]) -> io::Result<()> {
        let program: Vec<SockFilter> =
            program.iter().map(|insn| SockFilter::new(insn.code, insn.jt, insn.jf, insn.k)).collect();
        self.far.attach_filter(&program)
    }

    /// How many bytes of a packet the installed program keeps.
    pub(crate) fn run(&self, packet: &[u8]) -> usize {
        self.near.send(packet).expect("a local datagram");
        let mut buffer = [MaybeUninit::uninit(); 2048];
        match self.far.recv(&mut buffer) {
            Ok(len) => len,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => 0,
            Err(error) => panic!("{error}"),
        }
    }
}
