//! Parts of packets that the capturing host wrote in its own byte order: brought into
//! this host's when a file comes from one of the other order.
use crate::wire::LinkType;

/// EtherTypes of a cooked header that announce a CAN frame, which begins with 32 bits of
/// identifier in the order of the host.
const CAN: [[u8; 2]; 2] = [[0, 0x0c], [0, 0x0d]];

/// Turns what is in the other byte order into this host's.
pub(crate) fn to_native(link: LinkType, data: &mut [u8]) {
    let (header, kind_at) = match link {
        LinkType::LINUX_SLL => (16, 14),
        LinkType::LINUX_SLL2 => (20, 0),
        _ => return,
    };
    let kind = data.get(kind_at..).and_then(<[u8]>::first_chunk);
    if kind.is_some_and(|kind| CAN.contains(kind))
        && let Some(identifier) = data.get_mut(header..header + 4)
    {
        identifier.reverse();
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
}
