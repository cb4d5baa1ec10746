//! Parts of packets that the capturing host wrote in its own byte order: brought into
//! this host's when a file comes from one of the other order.
use crate::savefile::byte_order::ByteOrder;
use crate::wire::LinkType;

/// EtherTypes of a cooked header that announce a CAN frame, which begins with 32 bits of
/// identifier in the order of the host.
const CAN: [[u8; 2]; 2] = [[0, 0x0c], [0, 0x0d]];

/// Packets of USB as Linux gives them, with a header of 48 bytes and of 64.
const USB_LINUX: LinkType = LinkType(189);
const USB_LINUX_MAPPED: LinkType = LinkType(220);
/// Numbers of a USB header: where, and how many bytes.
const USB_NUMBERS: [(usize, usize); 7] = [(0, 8), (12, 2), (16, 8), (24, 4), (28, 4), (32, 4), (36, 4)];
/// Of an isochronous transfer: two more.
const USB_ISOCHRONOUS: u8 = 0;

/// Packets of Linux's firewall: attributes of type, length and value.
const NFLOG: LinkType = LinkType(239);

/// Packets of OpenBSD's firewall; the first byte is the length of the header.
const PFLOG: LinkType = LinkType(117);
/// User, process, and those of the rule.
const PFLOG_NUMBERS: [usize; 4] = [44, 48, 52, 56];

/// Turns what is in the other byte order into this host's. What is cut is left as it is.
pub(crate) fn to_native(link: LinkType, data: &mut [u8]) {
    match link {
        LinkType::LINUX_SLL => cooked(data, 16, 14),
        LinkType::LINUX_SLL2 => cooked(data, 20, 0),
        USB_LINUX => usb(data),
        USB_LINUX_MAPPED => {
            usb(data);
            usb_mapped(data);
        }
        NFLOG => nflog(data),
        PFLOG => {
            let length = data.first().copied().map_or(0, usize::from);
            for at in PFLOG_NUMBERS.into_iter().filter(|at| at + 4 <= length) {
                turn(data, at, 4);
            }
        }
        _ => {}
    }
}

fn turn(data: &mut [u8], at: usize, length: usize) {
    if let Some(number) = data.get_mut(at..at + length) {
        number.reverse();
    }
}

fn cooked(data: &mut [u8], header: usize, kind_at: usize) {
    let kind = data.get(kind_at..).and_then(<[u8]>::first_chunk);
    if kind.is_some_and(|kind| CAN.contains(kind)) {
        turn(data, header, 4);
    }
}

fn is_isochronous(data: &[u8]) -> bool {
    data.get(9) == Some(&USB_ISOCHRONOUS)
}

fn usb(data: &mut [u8]) {
    for (at, length) in USB_NUMBERS {
        turn(data, at, length);
    }
    if is_isochronous(data) {
        turn(data, 40, 4);
        turn(data, 44, 4);
    }
}

/// What the longer header has after the shorter one: four numbers, the last of which counts
/// descriptors of 16 bytes that follow, with three numbers each.
fn usb_mapped(data: &mut [u8]) {
    for at in [48, 52, 56, 60] {
        turn(data, at, 4);
    }
    if !is_isochronous(data) {
        return;
    }
    let count = ByteOrder::NATIVE.u32_at(data, 60).unwrap_or(0) as usize;
    let descriptors = data.get_mut(64..).unwrap_or_default();
    for descriptor in descriptors.chunks_mut(16).take(count) {
        for at in [0, 4, 8] {
            turn(descriptor, at, 4);
        }
    }
}

fn nflog(data: &mut [u8]) {
    if data.get(1) != Some(&0) {
        // A version whose attributes nobody knows.
        return;
    }
    let mut at = 4;
    while data.len() >= at + 4 {
        turn(data, at, 2);
        turn(data, at + 2, 2);
        // Length, type, value. The length counts the four bytes before the value, and not the padding after it.
        let length = ByteOrder::NATIVE.u16_at(data, at).map_or(0, usize::from);
        // As in libpcap: one that says less than its own four bytes, but something, has them.
        let length = length.next_multiple_of(4);
        if length == 0 {
            return;
        }
        at += length;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_the_identifier_of_a_can_frame_and_nothing_else() {
        let frame = |len: usize, kind_at: usize, kind: u8| {
            let mut data: Vec<u8> = (100..).take(len).collect();
            data[kind_at] = 0;
            data[kind_at + 1] = kind;
            data
        };
        for (link, header, kind_at) in [(LinkType::LINUX_SLL, 16, 14), (LinkType::LINUX_SLL2, 20, 0)] {
            for (len, kind, turned) in [(30, 0x0c, true), (24, 0x0d, true), (30, 0x0e, false)] {
                let before = frame(len, kind_at, kind);
                let mut after = before.clone();
                to_native(link, &mut after);
                let mut expected = before.clone();
                if turned {
                    expected[header..header + 4].reverse();
                }
                assert_eq!(after, expected);
            }
            // Cut within the identifier: left as it is.
            let before = frame(header + 3, kind_at, 0x0c);
            let mut after = before.clone();
            to_native(link, &mut after);
            assert_eq!(after, before);
        }
        let mut ethernet = frame(30, 14, 0x0c);
        to_native(LinkType::ETHERNET, &mut ethernet);
        assert_eq!(ethernet, frame(30, 14, 0x0c));
    }

    /// The same header as a host of each order writes it; `true` for numbers.
    fn pair(parts: &[(&[u8], bool)]) -> (Vec<u8>, Vec<u8>) {
        let (mut native, mut foreign) = (Vec::new(), Vec::new());
        for (bytes, number) in parts {
            native.extend(*bytes);
            match number {
                true => foreign.extend(bytes.iter().rev()),
                false => foreign.extend(*bytes),
            }
        }
        (native, foreign)
    }

    #[test]
    fn turns_the_numbers_of_usb_firewall_and_nothing_else() {
        let number = |n: u32| n.to_ne_bytes();
        let usb: [(&[u8], bool); 12] = [
            (&[1, 2, 3, 4, 5, 6, 7, 8], true),
            (&[b'C', 0, 0x81, 4], false),
            (&[9, 10], true),
            (&[0, 0], false),
            (&[11, 12, 13, 14, 15, 16, 17, 18], true),
            (&number(21), true),
            (&number(22), true),
            (&number(23), true),
            (&number(24), true),
            (&number(25), true),
            (&number(26), true),
            (b"payload", false),
        ];
        let (native, mut foreign) = pair(&usb);
        to_native(USB_LINUX, &mut foreign);
        assert_eq!(foreign, native);

        let mut mapped = usb[..11].to_vec();
        let (count, word) = (number(2), number(0x0102_0304));
        mapped.extend([(&word[..], true), (&word, true), (&word, true), (&count, true)]);
        for _ in 0..2 {
            mapped.extend([(&word[..], true), (&word, true), (&word, true), (b"pad.", false)]);
        }
        mapped.push((b"data that is longer than a descriptor", false));
        let (native, mut foreign) = pair(&mapped);
        to_native(USB_LINUX_MAPPED, &mut foreign);
        assert_eq!(foreign, native);
        // Another transfer has a setup packet there, which has the order of the bus.
        let mut bulk = usb[..9].to_vec();
        bulk[1] = (&[b'C', 3, 0x81, 4], false);
        bulk.extend([(b"setup...".as_slice(), false), (b"payload", false)]);
        let (native, mut foreign) = pair(&bulk);
        to_native(USB_LINUX, &mut foreign);
        assert_eq!(foreign, native);

        let (five, nine) = (5u16.to_ne_bytes(), 9u16.to_ne_bytes());
        let parts: [(&[u8], bool); 7] = [
            (&[2, 0, 0, 30], false),
            (&nine, true),
            (&five, true),
            (b"three", false),
            (b"\0\0\0", false),
            (&five, true),
            (&nine, true),
        ];
        let (native, mut foreign) = pair(&parts);
        to_native(NFLOG, &mut foreign);
        assert_eq!(foreign, native);

        let mut parts: Vec<(&[u8], bool)> = vec![(&[60; 44], false)];
        parts.extend([(&word[..], true), (&word, true), (&word, true), (&word, true), (b"rest", false)]);
        let (native, mut foreign) = pair(&parts);
        to_native(PFLOG, &mut foreign);
        assert_eq!(foreign, native);
    }

    #[test]
    fn any_cut_of_a_header_is_survived() {
        for link in [USB_LINUX, USB_LINUX_MAPPED, NFLOG, PFLOG, LinkType::LINUX_SLL] {
            for byte in [0, 1, 4, 0xff] {
                for length in 0..200 {
                    to_native(link, &mut vec![byte; length]);
                }
            }
        }
    }
}
