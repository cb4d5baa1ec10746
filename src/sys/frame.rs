//! What a block of the ring holds: a chain of frames, each a header, an address and a packet.
//!
//! Safe code over plain bytes: no offset in them is believed before it is checked, so that a
//! damaged block ends the walk and nothing else.
use std::mem::offset_of;

use libc::{sockaddr_ll, tpacket_hdr_variant1, tpacket3_hdr};

use super::uapi::{BLOCK_FIRST, BLOCK_PACKETS, FRAME_ADDRESS, FRAME_ROOM};

/// A frame of the ring: where its packet lies in the block, and what the kernel says of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Frame {
    /// First byte in the block that may be overwritten to put something before the packet.
    pub(crate) room: usize,
    /// Offset in the block of the packet's first byte.
    pub(crate) start: usize,
    /// Bytes of the packet in the block; `start + captured` lies inside it.
    pub(crate) captured: usize,
    /// Length on the wire, the kernel's view: without a stripped tag.
    pub(crate) wire_len: u32,
    /// Seconds since the Unix epoch.
    pub(crate) secs: u32,
    /// Nanoseconds.
    pub(crate) nanos: u32,
    /// `TP_STATUS_*` bits.
    pub(crate) status: u32,
    /// Stripped VLAN tag: control information, valid as `status` says.
    pub(crate) vlan_tci: u16,
    /// The stripped tag's protocol number, valid as `status` says.
    pub(crate) vlan_tpid: u16,
    /// Where it came from.
    pub(crate) address: Address,
}

/// The link-layer address the kernel puts into each frame (`struct sockaddr_ll`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Address {
    /// Ethernet protocol number, in network byte order as the kernel holds it.
    pub(crate) protocol: [u8; 2],
    /// The interface.
    pub(crate) ifindex: u32,
    /// `ARPHRD_*`.
    pub(crate) hardware: u16,
    /// `PACKET_*`: to us, broadcast, multicast, to others, outgoing.
    pub(crate) kind: u8,
    /// Bytes used of `bytes`; can be more than 8 (InfiniBand), of which 8 are given.
    pub(crate) len: u8,
    /// The sender's hardware address.
    pub(crate) bytes: [u8; 8],
}

/// A walk over the frames of one block.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Walk {
    /// Offset of the next frame.
    at: usize,
    /// Frames still to come.
    left: u32,
}

impl Walk {
    /// A walk that starts at the first frame of `block`.
    pub(crate) fn over(block: &[u8]) -> Self {
        let (Some(left), Some(at)) = (word(block, BLOCK_PACKETS), word(block, BLOCK_FIRST)) else {
            return Self::default();
        };
        Self { at: index(at), left }
    }

    /// Frames that the block still announces.
    pub(crate) fn left(self) -> u32 {
        self.left
    }

    /// The next frame; `None` at the end, or at the first that doesn't fit the block.
    #[inline]
    pub(crate) fn next(&mut self, block: &[u8]) -> Option<Frame> {
        if self.left == 0 {
            return None;
        }
        let (frame, step) = parse(block, self.at)?;
        self.left -= 1;
        self.at = self.at.saturating_add(step);
        if step == 0 && self.left > 0 {
            // The last frame has no successor; any other without one would repeat for ever.
            self.left = 0;
        }
        Some(frame)
    }
}

/// The frame at `at`, and how far it is to the next.
#[inline]
fn parse(block: &[u8], at: usize) -> Option<(Frame, usize)> {
    let rest = block.get(at..)?;
    let (header, _) = rest.split_first_chunk::<FRAME_ROOM>()?;
    let hv1 = offset_of!(tpacket3_hdr, hv1);
    let captured = index(u32_at(header, offset_of!(tpacket3_hdr, tp_snaplen)));
    let mac = usize::from(u16_at(header, offset_of!(tpacket3_hdr, tp_mac)));
    if mac < FRAME_ROOM || captured > rest.len() || mac > rest.len() - captured {
        return None;
    }
    let address = Address {
        protocol: bytes_at(header, FRAME_ADDRESS + offset_of!(sockaddr_ll, sll_protocol)),
        ifindex: u32_at(header, FRAME_ADDRESS + offset_of!(sockaddr_ll, sll_ifindex)),
        hardware: u16_at(header, FRAME_ADDRESS + offset_of!(sockaddr_ll, sll_hatype)),
        kind: bytes_at::<1>(header, FRAME_ADDRESS + offset_of!(sockaddr_ll, sll_pkttype))[0],
        len: bytes_at::<1>(header, FRAME_ADDRESS + offset_of!(sockaddr_ll, sll_halen))[0],
        bytes: bytes_at(header, FRAME_ADDRESS + offset_of!(sockaddr_ll, sll_addr)),
    };
    let tci = u32_at(header, hv1 + offset_of!(tpacket_hdr_variant1, tp_vlan_tci));
    let frame = Frame {
        room: at + FRAME_ROOM,
        start: at + mac,
        captured,
        wire_len: u32_at(header, offset_of!(tpacket3_hdr, tp_len)),
        secs: u32_at(header, offset_of!(tpacket3_hdr, tp_sec)),
        nanos: u32_at(header, offset_of!(tpacket3_hdr, tp_nsec)),
        status: u32_at(header, offset_of!(tpacket3_hdr, tp_status)),
        // A tag control information has 16 bits; the field is wider than that.
        vlan_tci: (tci & 0xffff) as u16,
        vlan_tpid: u16_at(header, hv1 + offset_of!(tpacket_hdr_variant1, tp_vlan_tpid)),
        address,
    };
    Some((frame, index(u32_at(header, offset_of!(tpacket3_hdr, tp_next_offset)))))
}

/// `N` bytes at a constant offset: the bounds check vanishes when inlined.
#[inline(always)]
fn bytes_at<const N: usize>(header: &[u8; FRAME_ROOM], at: usize) -> [u8; N] {
    let mut out = [0; N];
    out.copy_from_slice(&header[at..at + N]);
    out
}

#[inline(always)]
fn u16_at(header: &[u8; FRAME_ROOM], at: usize) -> u16 {
    u16::from_ne_bytes(bytes_at(header, at))
}

#[inline(always)]
fn u32_at(header: &[u8; FRAME_ROOM], at: usize) -> u32 {
    u32::from_ne_bytes(bytes_at(header, at))
}

/// The native-endian word at `at`, if it is there.
fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// A kernel offset as an index; what doesn't fit is beyond every block anyway.
#[inline(always)]
fn index(offset: u32) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A block of frames with these packets, laid out as the kernel does.
    fn block(packets: &[&[u8]]) -> Vec<u8> {
        let mut block = vec![0u8; 48];
        block[BLOCK_PACKETS..][..4].copy_from_slice(&(packets.len() as u32).to_ne_bytes());
        block[BLOCK_FIRST..][..4].copy_from_slice(&48u32.to_ne_bytes());
        for (i, packet) in packets.iter().enumerate() {
            let mac = 82usize;
            let len = (mac + packet.len()).next_multiple_of(16);
            let at = block.len();
            block.resize(at + len, 0);
            let frame = &mut block[at..];
            let next = if i + 1 == packets.len() { 0 } else { len as u32 };
            frame[0..4].copy_from_slice(&next.to_ne_bytes());
            frame[4..8].copy_from_slice(&(1000 + i as u32).to_ne_bytes());
            frame[8..12].copy_from_slice(&(7 * i as u32).to_ne_bytes());
            frame[12..16].copy_from_slice(&(packet.len() as u32).to_ne_bytes());
            frame[16..20].copy_from_slice(&(packet.len() as u32 + 4).to_ne_bytes());
            frame[20..24].copy_from_slice(&libc::TP_STATUS_VLAN_VALID.to_ne_bytes());
            frame[24..26].copy_from_slice(&(mac as u16).to_ne_bytes());
            frame[32..36].copy_from_slice(&0x2064u32.to_ne_bytes());
            frame[36..38].copy_from_slice(&0x88a8u16.to_ne_bytes());
            frame[50..52].copy_from_slice(&[0x08, 0x00]);
            frame[52..56].copy_from_slice(&3u32.to_ne_bytes());
            frame[56..58].copy_from_slice(&1u16.to_ne_bytes());
            frame[58] = 4;
            frame[59] = 6;
            frame[60..68].copy_from_slice(&[2, 0, 0, 0, 0, 9, 0, 0]);
            frame[mac..mac + packet.len()].copy_from_slice(packet);
        }
        block
    }

    fn walk(block: &[u8]) -> Vec<Frame> {
        let mut walk = Walk::over(block);
        std::iter::from_fn(|| walk.next(block)).collect()
    }

    #[test]
    fn reads_every_field() {
        let block = block(&[b"first packet", b"second"]);
        let frames = walk(&block);
        assert_eq!(frames.len(), 2);
        let frame = frames[1];
        assert_eq!(&block[frame.start..][..frame.captured], b"second");
        assert_eq!((frame.secs, frame.nanos, frame.wire_len), (1001, 7, 10));
        assert_eq!((frame.vlan_tci, frame.vlan_tpid), (0x2064, 0x88a8));
        assert_eq!(frame.status, libc::TP_STATUS_VLAN_VALID);
        assert_eq!(frame.start - frame.room, 14);
        let address = frame.address;
        assert_eq!((address.protocol, address.ifindex, address.hardware), ([8, 0], 3, 1));
        assert_eq!((address.kind, address.len, address.bytes[5]), (4, 6, 9));
    }

    #[test]
    fn an_empty_or_short_block_has_no_frames() {
        for len in 0..48 {
            assert_eq!(walk(&vec![0xff; len]), []);
        }
        assert_eq!(walk(&block(&[])), []);
    }

    #[test]
    fn a_block_cut_anywhere_gives_only_whole_frames() {
        let whole = block(&[&[1; 60], &[2; 70], &[3; 80]]);
        for len in 0..whole.len() {
            for frame in walk(&whole[..len]) {
                assert!(frame.start + frame.captured <= len);
            }
        }
    }

    #[test]
    fn every_hostile_word_keeps_frames_inside_the_block() {
        let whole = block(&[&[1; 60], &[2; 70], &[3; 80]]);
        for at in (8..whole.len()).step_by(2) {
            for value in [0u32, 1, 47, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff] {
                let mut bytes = whole.clone();
                let end = (at + 4).min(bytes.len());
                bytes[at..end].copy_from_slice(&value.to_ne_bytes()[..end - at]);
                let frames = walk(&bytes);
                assert!(frames.len() <= whole.len());
                for frame in frames {
                    assert!(frame.room <= frame.start);
                    assert!(frame.start + frame.captured <= bytes.len());
                }
            }
        }
    }

    #[test]
    fn a_frame_that_is_its_own_successor_ends_the_walk() {
        let mut bytes = block(&[&[1; 60], &[2; 60]]);
        bytes[48..52].copy_from_slice(&0u32.to_ne_bytes());
        assert_eq!(walk(&bytes).len(), 1);
        bytes[BLOCK_PACKETS..][..4].copy_from_slice(&u32::MAX.to_ne_bytes());
        assert_eq!(walk(&bytes).len(), 1);
    }

    #[test]
    fn a_packet_that_overlaps_its_header_is_refused() {
        let mut bytes = block(&[&[1; 60]]);
        bytes[48 + 24..][..2].copy_from_slice(&67u16.to_ne_bytes());
        assert_eq!(walk(&bytes), []);
    }
}
