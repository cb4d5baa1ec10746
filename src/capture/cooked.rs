//! Cooked captures: the header the kernel doesn't give, and filters moved to where it isn't.
//!
//! On a cooked socket the kernel's packets begin after the link header. What the link type
//! promises in its place is written before the packet from the frame's address; and a filter
//! that was compiled for that header has its loads moved, because the kernel runs it on the
//! packet alone.
use crate::bpf::RawInsn;
use crate::sys::frame::Address;
use crate::wire::LinkType;

/// Bytes of the header that `link` puts before a packet; 0 for a link that isn't cooked.
pub(crate) fn header_len(link: LinkType) -> usize {
    match link {
        LinkType::LINUX_SLL | LinkType::NETLINK | LinkType::LINUX_IRDA | LinkType::LINUX_LAPD => 16,
        LinkType::LINUX_SLL2 => 20,
        _ => 0,
    }
}

/// Writes the header of `link` into `out`, which is [`header_len`] long.
/// See <https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL2.html>.
pub(crate) fn write_header(link: LinkType, address: &Address, out: &mut [u8]) {
    if link == LinkType::LINUX_SLL2 {
        let Some(out) = out.first_chunk_mut::<20>() else { return };
        out[0..2].copy_from_slice(&address.protocol);
        out[2..4].fill(0);
        out[4..8].copy_from_slice(&address.ifindex.to_be_bytes());
        out[8..10].copy_from_slice(&address.hardware.to_be_bytes());
        out[10] = address.kind;
        out[11] = address.len;
        out[12..20].copy_from_slice(&address.bytes);
    } else {
        let Some(out) = out.first_chunk_mut::<16>() else { return };
        out[0..2].copy_from_slice(&u16::from(address.kind).to_be_bytes());
        out[2..4].copy_from_slice(&address.hardware.to_be_bytes());
        out[4..6].copy_from_slice(&u16::from(address.len).to_be_bytes());
        out[6..14].copy_from_slice(&address.bytes);
        out[14..16].copy_from_slice(&address.protocol);
    }
}

/// `program`, which expects the header of `link`, for packets without it. `None` when it looks
/// at a part of the header that the kernel can't tell: then it must run in user space.
pub(crate) fn without_header(link: LinkType, program: &[RawInsn]) -> Option<Vec<RawInsn>> {
    let header = u32::try_from(header_len(link)).ok().filter(|&len| len > 0);
    let Some(header) = header else { return Some(program.to_vec()) };
    program
        .iter()
        .map(|insn| {
            let mut insn = *insn;
            if looks_at_packet(insn.code) && insn.k < EXTENSIONS {
                insn.k = if insn.k >= header { insn.k - header } else { field(link, insn.code, insn.k)? };
            }
            Some(insn)
        })
        .collect()
}

/// Loads from here on are the kernel's extensions (`SKF_AD_OFF`), not packet offsets.
const EXTENSIONS: u32 = 0xffff_f000;
const PROTOCOL: u32 = EXTENSIONS + libc::SKF_AD_PROTOCOL.cast_unsigned();
pub(super) const PACKET_KIND: u32 = EXTENSIONS + libc::SKF_AD_PKTTYPE.cast_unsigned();
pub(super) const INTERFACE: u32 = EXTENSIONS + libc::SKF_AD_IFINDEX.cast_unsigned();

pub(super) const LOAD_WORD: u16 = 0x20;
const LOAD_HALF: u16 = 0x28;
const LOAD_BYTE: u16 = 0x30;

/// The extension that holds the header field an absolute load reads.
fn field(link: LinkType, code: u16, at: u32) -> Option<u32> {
    match (link, code, at) {
        (LinkType::LINUX_SLL2, LOAD_HALF, 0) => Some(PROTOCOL),
        (LinkType::LINUX_SLL2, LOAD_WORD, 4) => Some(INTERFACE),
        (LinkType::LINUX_SLL2, LOAD_BYTE, 10) => Some(PACKET_KIND),
        (LinkType::LINUX_SLL2, ..) => None,
        (_, LOAD_HALF, 0) => Some(PACKET_KIND),
        (_, LOAD_HALF, 14) => Some(PROTOCOL),
        _ => None,
    }
}

/// Whether an instruction loads from the packet: classes `ld` and `ldx`, modes absolute,
/// indexed and header-length.
fn looks_at_packet(code: u16) -> bool {
    matches!(code & 0x07, 0x00 | 0x01) && matches!(code & 0xe0, 0x20 | 0x40 | 0xa0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADDRESS: Address = Address {
        protocol: [0x86, 0xdd],
        ifindex: 0x0102_0304,
        hardware: 772,
        kind: 4,
        len: 6,
        bytes: [1, 2, 3, 4, 5, 6, 7, 8],
    };

    #[test]
    fn writes_both_headers_as_the_link_types_define_them() {
        let mut out = [0xaa; 20];
        write_header(LinkType::LINUX_SLL2, &ADDRESS, &mut out);
        assert_eq!(out, [0x86, 0xdd, 0, 0, 1, 2, 3, 4, 3, 4, 4, 6, 1, 2, 3, 4, 5, 6, 7, 8]);
        let mut out = [0xaa; 16];
        write_header(LinkType::LINUX_SLL, &ADDRESS, &mut out);
        assert_eq!(out, [0, 4, 3, 4, 0, 6, 1, 2, 3, 4, 5, 6, 7, 8, 0x86, 0xdd]);
    }

    fn op(code: u16, k: u32) -> RawInsn {
        RawInsn { code, jt: 0, jf: 0, k }
    }

    #[test]
    fn header_fields_become_the_kernels_extensions() {
        let program = [op(LOAD_HALF, 0), op(LOAD_WORD, 4), op(LOAD_BYTE, 10), op(LOAD_BYTE, 29)];
        let moved = without_header(LinkType::LINUX_SLL2, &program).expect("all known");
        let k: Vec<u32> = moved.iter().map(|insn| insn.k).collect();
        assert_eq!(k, [0xffff_f000, 0xffff_f008, 0xffff_f004, 9]);
        let program = [op(LOAD_HALF, 0), op(LOAD_HALF, 14), op(0xb1, 16), op(0x48, 18)];
        let moved = without_header(LinkType::LINUX_SLL, &program).expect("all known");
        let k: Vec<u32> = moved.iter().map(|insn| insn.k).collect();
        assert_eq!(k, [0xffff_f004, 0xffff_f000, 0, 2]);
    }

    #[test]
    fn what_the_kernel_cannot_tell_must_run_in_user_space() {
        for program in [op(LOAD_BYTE, 12), op(LOAD_WORD, 0), op(0x48, 0), op(0xb1, 10)] {
            assert_eq!(without_header(LinkType::LINUX_SLL2, &[program]), None);
        }
    }

    #[test]
    fn constants_lengths_scratch_and_extensions_stay() {
        let program = [op(0x00, 5), op(0x80, 0), op(0x60, 3), op(LOAD_WORD, 0xffff_f02c), op(6, 9)];
        for link in [LinkType::LINUX_SLL2, LinkType::ETHERNET] {
            assert_eq!(without_header(link, &program).as_deref(), Some(&program[..]));
        }
    }
}
