//! A frame of the ring made a packet: header and tag put back, filtered, cut, and described.
use super::cooked;
use crate::bpf::{Ancillary, Program};
use crate::packet::{ChecksumStatus, Packet, PacketDirection, Timestamp};
use crate::sys::frame::Frame;
use crate::wire::LinkType;

/// Bytes of a VLAN tag.
const TAG: usize = 4;

/// What every packet of a capture is made to be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Finish {
    pub(super) link: LinkType,
    pub(super) snaplen: u32,
}

/// The packet at hand: where it is in its block, and what is known about it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Finished {
    start: usize,
    len: usize,
    time: Timestamp,
    wire_len: u32,
    interface: u32,
    direction: PacketDirection,
    checksum: ChecksumStatus,
}

impl Finish {
    /// Completes the packet of `frame` where it lies in `block`; `None` when `filter` refuses it.
    #[inline]
    pub(super) fn packet(
        self,
        block: &mut [u8],
        frame: &Frame,
        filter: Option<&Program>,
    ) -> Option<Finished> {
        let mut limit = self.snaplen;
        let (mut start, mut grown) = put_header(block, frame, self.link);
        if let Some(filter) = filter {
            // As in the kernel: before the tag is put back, which the program asks for apart.
            let data = block.get(start..start + grown + frame.captured)?;
            let kept = filter.run_with(data, longer(frame, grown), &ancillary(frame));
            if kept == 0 {
                return None;
            }
            limit = limit.min(kept);
        }
        if let Some(before) = tag_place(frame, self.link)
            && before <= grown + frame.captured
            && start >= frame.room + TAG
        {
            put_tag(block, frame, start, before);
            start -= TAG;
            grown += TAG;
        }
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Some(Finished {
            start,
            len: (frame.captured + grown).min(limit),
            time: Timestamp::new(i64::from(frame.secs), u64::from(frame.nanos)),
            wire_len: longer(frame, grown),
            interface: frame.address.ifindex,
            direction: match frame.address.kind {
                libc::PACKET_OUTGOING => PacketDirection::Out,
                _ => PacketDirection::In,
            },
            checksum: if frame.status & libc::TP_STATUS_CSUMNOTREADY != 0 {
                ChecksumStatus::NotReady
            } else if frame.status & libc::TP_STATUS_CSUM_VALID != 0 {
                ChecksumStatus::Verified
            } else {
                ChecksumStatus::Unknown
            },
        })
    }
}

impl Finished {
    /// The packet, given the block it is in.
    #[inline]
    pub(super) fn packet(self, block: &[u8], link: LinkType) -> Packet<'_> {
        let data = block.get(self.start..self.start + self.len).unwrap_or_default();
        Packet {
            time: self.time,
            link,
            data,
            wire_len: self.wire_len,
            cap_len: u32::try_from(data.len()).unwrap_or(u32::MAX),
            interface: self.interface,
            direction: self.direction,
            checksum: self.checksum,
        }
    }
}

/// The length on the wire when `grown` bytes were added: at most 24.
fn longer(frame: &Frame, grown: usize) -> u32 {
    frame.wire_len.saturating_add(u32::try_from(grown).unwrap_or(0))
}

/// Writes a cooked header before the packet. Gives where the packet then begins, and how many
/// bytes it grew.
#[inline]
fn put_header(block: &mut [u8], frame: &Frame, link: LinkType) -> (usize, usize) {
    let len = cooked::header_len(link);
    if len > 0
        && let Some(start) = frame.start.checked_sub(len)
        && start >= frame.room
        && let Some(out) = block.get_mut(start..frame.start)
    {
        cooked::write_header(link, &frame.address, out);
        return (start, len);
    }
    (frame.start, 0)
}

/// Puts the tag that the kernel took off back after the first `before` bytes of the packet at
/// `start`, which moves to `start - TAG`. The only copy on a packet's way: 12 bytes.
#[inline]
fn put_tag(block: &mut [u8], frame: &Frame, start: usize, before: usize) {
    let tpid = match frame.status & libc::TP_STATUS_VLAN_TPID_VALID {
        0 => 0x8100,
        _ => frame.vlan_tpid,
    };
    let Some(bytes) = block.get_mut(start - TAG..start + before) else { return };
    bytes.copy_within(TAG.., 0);
    if let Some(tag) = bytes.last_chunk_mut::<TAG>() {
        tag[..2].copy_from_slice(&tpid.to_be_bytes());
        tag[2..].copy_from_slice(&frame.vlan_tci.to_be_bytes());
    }
}

/// Whether the kernel took a tag off. Old kernels give one without saying that it is valid;
/// there 0 means none.
fn has_tag(frame: &Frame) -> bool {
    frame.status & libc::TP_STATUS_VLAN_VALID != 0 || frame.vlan_tci != 0
}

/// How many bytes of the packet come before the tag that was taken off, if one was and the
/// link type has a place for it.
fn tag_place(frame: &Frame, link: LinkType) -> Option<usize> {
    match link {
        _ if !has_tag(frame) => None,
        LinkType::ETHERNET => Some(12),
        LinkType::LINUX_SLL => Some(14),
        _ => None,
    }
}

/// What the kernel would tell a program about this packet besides its bytes.
fn ancillary(frame: &Frame) -> Ancillary {
    Ancillary {
        protocol: Some(u16::from_be_bytes(frame.address.protocol)),
        packet_type: Some(frame.address.kind),
        ifindex: Some(frame.address.ifindex),
        hardware_type: Some(frame.address.hardware),
        vlan_tci: has_tag(frame).then_some(frame.vlan_tci),
        vlan_tpid: has_tag(frame).then_some(frame.vlan_tpid),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::frame::Address;

    const ETHERNET: Finish = Finish { link: LinkType::ETHERNET, snaplen: 262_144 };

    /// A packet of 0, 1, 2 … at 100 in a block, with 32 bytes of room before it.
    fn frame(status: u32) -> (Vec<u8>, Frame) {
        let mut block = vec![0xee; 200];
        for (i, byte) in block[100..140].iter_mut().enumerate() {
            *byte = i as u8;
        }
        let address = Address {
            protocol: [8, 0],
            ifindex: 3,
            hardware: 1,
            kind: libc::PACKET_HOST,
            len: 6,
            bytes: [9; 8],
        };
        let frame = Frame {
            room: 68,
            start: 100,
            captured: 40,
            wire_len: 60,
            secs: 5,
            nanos: 6,
            status,
            vlan_tci: 0,
            vlan_tpid: 0x88a8,
            address,
        };
        (block, frame)
    }

    #[test]
    fn a_plain_packet_stays_as_it_is() {
        let (mut block, frame) = frame(libc::TP_STATUS_CSUM_VALID);
        let before = block.clone();
        let found = ETHERNET.packet(&mut block, &frame, None).expect("no filter");
        let packet = found.packet(&block, LinkType::ETHERNET);
        assert_eq!(packet.data, &before[100..140]);
        assert_eq!((packet.wire_len, packet.cap_len, packet.interface), (60, 40, 3));
        assert_eq!(packet.time, Timestamp::new(5, 6));
        assert_eq!(packet.checksum, ChecksumStatus::Verified);
        assert_eq!(block, before);
    }

    #[test]
    fn a_tag_of_zero_is_put_back_when_the_kernel_says_there_was_one() {
        let valid = libc::TP_STATUS_VLAN_VALID;
        for (status, tpid) in [(valid, [0x81, 0]), (valid | libc::TP_STATUS_VLAN_TPID_VALID, [0x88, 0xa8])] {
            let (mut block, frame) = frame(status);
            let found = ETHERNET.packet(&mut block, &frame, None).expect("no filter");
            let packet = found.packet(&block, LinkType::ETHERNET);
            assert_eq!(packet.data[..12], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
            assert_eq!(packet.data[12..18], [tpid[0], tpid[1], 0, 0, 12, 13]);
            assert_eq!((packet.wire_len, packet.cap_len), (64, 44));
        }
    }

    #[test]
    fn a_packet_without_room_before_it_is_given_unchanged() {
        let (mut block, mut frame) = frame(libc::TP_STATUS_VLAN_VALID);
        frame.room = 97;
        let before = block.clone();
        for link in [LinkType::ETHERNET, LinkType::LINUX_SLL2] {
            let finish = Finish { link, snaplen: 262_144 };
            let found = finish.packet(&mut block, &frame, None).expect("no filter");
            assert_eq!(found.packet(&block, link).data, &before[100..140]);
            assert_eq!(block, before);
        }
    }

    #[test]
    fn a_filter_that_runs_here_sees_the_tag_apart_as_in_the_kernel() {
        use crate::bpf::RawInsn;
        let op = |code, jt, jf, k| RawInsn { code, jt, jf, k };
        // ldb [vlanp]; jeq #1, keep, refuse; keep: ldb [12]; jeq #12, 20 bytes, refuse.
        let program = Program::new([
            op(0x30, 0, 0, 0xffff_f030),
            op(0x15, 0, 3, 1),
            op(0x30, 0, 0, 12),
            op(0x15, 0, 1, 12),
            op(0x06, 0, 0, 20),
            op(0x06, 0, 0, 0),
        ])
        .expect("valid");
        let (mut block, tagged) = frame(libc::TP_STATUS_VLAN_VALID);
        let found = ETHERNET.packet(&mut block, &tagged, Some(&program)).expect("accepted");
        assert_eq!(found.packet(&block, LinkType::ETHERNET).cap_len, 20);
        let (mut block, plain) = frame(0);
        assert!(ETHERNET.packet(&mut block, &plain, Some(&program)).is_none());
    }

    #[test]
    fn a_cooked_packet_has_its_header_and_is_cut_with_it() {
        let (mut block, frame) = frame(0);
        let finish = Finish { link: LinkType::LINUX_SLL2, snaplen: 22 };
        let found = finish.packet(&mut block, &frame, None).expect("no filter");
        let packet = found.packet(&block, LinkType::LINUX_SLL2);
        assert_eq!(packet.data.len(), 22);
        assert_eq!(packet.data[20..], [0, 1]);
        assert_eq!(packet.data[4..8], [0, 0, 0, 3]);
        assert_eq!(packet.wire_len, 80);
    }
}
