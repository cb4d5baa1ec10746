//! Copies that the capture makes, told from those of the network.
use super::segment::Segment;
use super::verdict::{Evidence, MadeBy};

/// One packet seen at two points of one machine, or of a mirrored switch, comes twice within this.
const TWICE_WITHIN: u64 = 20_000_000;

/// Most routers between two points of one capture.
const MOST_ROUTERS: u8 = 4;

/// Where and when the same packet passed before.
#[derive(Debug, Clone, Copy)]
pub(super) struct Before {
    pub(super) time: i64,
    pub(super) place: u16,
    pub(super) ttl: u8,
}

/// Whether the capture saw one packet twice: at another interface, with other link addresses or
/// tags, or before and after a router. Nothing else looks like that.
pub(super) fn seen_twice(p: &Segment, before: Before) -> bool {
    let passed = p.time.abs_diff(before.time);
    passed <= TWICE_WITHIN && before.ttl.abs_diff(p.ttl) <= MOST_ROUTERS && p.place != before.place
}

/// Who made a copy.
pub(super) fn maker(p: &Segment, before: Before, mirrored: bool) -> (MadeBy, Evidence) {
    if p.place != before.place || mirrored {
        (MadeBy::Capture, Evidence::PLACE)
    } else if p.ttl == before.ttl {
        (MadeBy::Network, Evidence::empty())
    } else {
        (MadeBy::Unknown, Evidence::TTL)
    }
}
