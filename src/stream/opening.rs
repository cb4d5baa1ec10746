//! How a half begins.
use crate::wire::Seq;

/// The SYN that opened a half, until the other side answered.
#[derive(Debug, Clone)]
pub(super) struct Opening {
    pub(super) isn: Seq,
    pub(super) window: u16,
    pub(super) window_scale: Option<u8>,
    pub(super) timestamps: Option<u32>,
    pub(super) sack_permitted: bool,
    pub(super) signature: bool,
    /// Data in it (RFC 7413).
    pub(super) data: Box<[u8]>,
}
