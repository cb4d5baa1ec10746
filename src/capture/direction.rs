//! Which way packets must go to be captured, as a test in the kernel and one at hand.
use super::cooked::{INTERFACE, LOAD_WORD, PACKET_KIND};
use crate::bpf::RawInsn;
use crate::sys::frame::Address;

/// The loopback interface's number: the kernel gives it the first in every namespace
/// (`LOOPBACK_IFINDEX`).
pub(crate) const LOOPBACK: u32 = 1;

/// Which way packets must go to be captured (`-Q`).
///
/// On the loopback interface every packet goes out and comes in again; only the incoming one
/// is ever captured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Ways {
    /// Both ways.
    #[default]
    InOut,
    /// Received ones only.
    In,
    /// Sent ones only.
    Out,
}

impl Refuse {
    /// What a socket bound to `ifindex` (0: every interface) refuses when `ways` is asked for.
    pub(crate) fn new(ways: Ways, ifindex: u32) -> Self {
        match ways {
            Ways::In => Self::Outgoing,
            Ways::InOut if ifindex == LOOPBACK => Self::Outgoing,
            Ways::InOut if ifindex == 0 => Self::OutgoingOn(LOOPBACK),
            Ways::InOut => Self::Nothing,
            Ways::Out => Self::AllButOutgoing { and_on: LOOPBACK },
        }
    }
}

/// Instructions put before a filter: they refuse what the direction leaves out and, where the
/// socket hears the loopback interface, the outgoing copy of each of its packets, which the
/// kernel gives a second time as incoming.
pub(crate) fn prologue(refuse: Refuse) -> Vec<RawInsn> {
    let op = |code, jt, jf, k| RawInsn { code, jt, jf, k };
    let outgoing = u32::from(libc::PACKET_OUTGOING);
    const JUMP_EQUAL: u16 = 0x15;
    const RETURN: u16 = 0x06;
    let mut insns = Vec::new();
    match refuse {
        Refuse::Nothing => return insns,
        Refuse::Outgoing => insns.extend([
            op(LOAD_WORD, 0, 0, PACKET_KIND),
            op(JUMP_EQUAL, 0, 1, outgoing),
            op(RETURN, 0, 0, 0),
        ]),
        Refuse::OutgoingOn(ifindex) => insns.extend([
            op(LOAD_WORD, 0, 0, INTERFACE),
            op(JUMP_EQUAL, 0, 3, ifindex),
            op(LOAD_WORD, 0, 0, PACKET_KIND),
            op(JUMP_EQUAL, 0, 1, outgoing),
            op(RETURN, 0, 0, 0),
        ]),
        Refuse::AllButOutgoing { and_on } => {
            insns.extend([
                op(LOAD_WORD, 0, 0, PACKET_KIND),
                op(JUMP_EQUAL, 1, 0, outgoing),
                op(RETURN, 0, 0, 0),
            ]);
            insns.extend([op(LOAD_WORD, 0, 0, INTERFACE), op(JUMP_EQUAL, 0, 1, and_on), op(RETURN, 0, 0, 0)]);
        }
    }
    // A program may rely on the accumulator being 0 at its start.
    insns.push(op(0x00, 0, 0, 0));
    insns
}

/// What is refused for its direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refuse {
    /// Nothing.
    Nothing,
    /// Outgoing packets.
    Outgoing,
    /// Outgoing packets of one interface, the loopback.
    OutgoingOn(u32),
    /// Incoming packets, and everything on one interface, the loopback.
    AllButOutgoing {
        /// The loopback interface's number.
        and_on: u32,
    },
}

impl Refuse {
    /// The same test for a packet at hand.
    pub(crate) fn refuses(self, address: &Address) -> bool {
        let outgoing = address.kind == libc::PACKET_OUTGOING;
        match self {
            Self::Nothing => false,
            Self::Outgoing => outgoing,
            Self::OutgoingOn(ifindex) => outgoing && address.ifindex == ifindex,
            Self::AllButOutgoing { and_on } => !outgoing || address.ifindex == and_on,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(kind: u8, ifindex: u32) -> Address {
        Address { protocol: [8, 0], ifindex, hardware: 1, kind, len: 6, bytes: [0; 8] }
    }

    #[test]
    fn loopback_gives_each_packet_once_whatever_is_asked() {
        for ifindex in [0, LOOPBACK] {
            for (ways, once) in [(Ways::InOut, true), (Ways::In, true), (Ways::Out, false)] {
                let refuse = Refuse::new(ways, ifindex);
                assert!(refuse.refuses(&address(libc::PACKET_OUTGOING, LOOPBACK)));
                assert_eq!(!refuse.refuses(&address(libc::PACKET_HOST, LOOPBACK)), once);
            }
        }
    }

    #[test]
    fn other_interfaces_give_what_is_asked() {
        for ifindex in [0, 5] {
            for (ways, outgoing, incoming) in
                [(Ways::InOut, true, true), (Ways::In, false, true), (Ways::Out, true, false)]
            {
                let refuse = Refuse::new(ways, ifindex);
                assert_eq!(!refuse.refuses(&address(libc::PACKET_OUTGOING, 5)), outgoing);
                assert_eq!(!refuse.refuses(&address(libc::PACKET_OTHERHOST, 5)), incoming);
            }
        }
    }
}
