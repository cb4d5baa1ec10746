//! A packet with all that was found of it: what explanations and drawings are made of.
use super::{Correction, Observation, Verdict};
use crate::packet::Packet;
use crate::wire::Layers;

/// A packet, its layers, and what [`FlowTable`](super::FlowTable) said of it, or what later packets
/// left of that.
///
/// ```
/// use synack::flow::{FlowTable, Judged, Limits};
/// use synack::{Layers, Source, savefile};
///
/// let mut source = savefile::open("tests/data/seeds/lab_v0.pcap")?;
/// let mut flows = FlowTable::new(Limits::default());
/// let packet = source.next_packet()?.ok_or("no packet")?;
/// let layers = Layers::decode(packet.link, packet.data);
/// let seen = flows.observe(&packet, &layers);
/// let judged = Judged::new(&packet, &layers, &seen);
/// assert_eq!((judged.seen.packet(), judged.verdicts.len()), (1, 0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Judged<'a> {
    /// The packet; of fragments the datagram that they make.
    pub packet: &'a Packet<'a>,
    /// Its layers.
    pub layers: &'a Layers<'a>,
    /// What was found when it passed.
    pub seen: &'a Observation<'a>,
    /// What is said of it.
    pub verdicts: &'a [Verdict],
    /// What it shows of earlier packets, and is still to be told.
    pub corrections: &'a [Correction],
}

impl<'a> Judged<'a> {
    /// As it was found when it passed.
    pub const fn new(packet: &'a Packet<'a>, layers: &'a Layers<'a>, seen: &'a Observation<'a>) -> Self {
        Self { packet, layers, seen, verdicts: seen.verdicts(), corrections: seen.corrections() }
    }

    /// With the last word on it: verdicts that later packets have corrected already. There are no
    /// corrections to tell then.
    #[must_use]
    pub const fn settled(self, verdicts: &'a [Verdict]) -> Self {
        Self { verdicts, corrections: &[], ..self }
    }
}
