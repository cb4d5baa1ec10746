//! Several sources as one, in the order of time.
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use crate::error::Error;
use crate::packet::{Packet, Source, Step, Timestamp};
use crate::wire::LinkType;

/// The number of a source's interface among the interfaces of all of so many sources: they take
/// turns, so that a source can have new ones at any time.
pub(crate) fn number(sources: usize, source: usize, interface: u32) -> u32 {
    let whole = u64::from(interface).saturating_mul(sources as u64).saturating_add(source as u64);
    u32::try_from(whole).unwrap_or(u32::MAX)
}

/// The source and its interface that such a number means.
pub(crate) fn origin(sources: usize, number: u32) -> (usize, u32) {
    let sources = u32::try_from(sources).unwrap_or(u32::MAX).max(1);
    ((number % sources) as usize, number / sources)
}

/// Gives the packets of several sources in the order of their times; of equal times, those
/// of the source named first come first. Each source keeps its own order.
///
/// Only one packet of each source is held at a time. [`Packet::interface`] counts
/// the interfaces of all sources; [`origin`](Self::origin) says which is meant.
///
/// ```
/// use synack::savefile::{pcap, Merge, PacketWriter};
/// use synack::{LinkType, Packet, Source, Timestamp};
///
/// # fn main() -> Result<(), synack::Error> {
/// let file = |times: &[i64]| {
///     let mut writer = pcap::PcapWriter::new(Vec::new(), "x", pcap::PcapOptions::new(LinkType::ETHERNET))?;
///     for &secs in times {
///         let time = Timestamp::new(secs, 0);
///         writer.write(&Packet { time, ..Packet::new(LinkType::ETHERNET, b"frame") })?;
///     }
///     pcap::PcapReader::new(std::io::Cursor::new(writer.into_sink()?))
/// };
/// let mut merged = Merge::new(vec![file(&[1, 4])?, file(&[2, 3, 5])?]);
/// let mut seen = Vec::new();
/// while let Some(packet) = merged.next_packet()? {
///     seen.push((packet.time.secs, packet.interface));
/// }
/// assert_eq!(seen, [(1, 0), (2, 1), (3, 1), (4, 0), (5, 1)]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Merge<S> {
    sources: Vec<S>,
    /// The sources that have a packet ready, the earliest on top.
    ready: BinaryHeap<Reverse<(Timestamp, usize)>>,
    /// Sources to be asked for a packet before the earliest is known.
    empty: Vec<usize>,
    current: Option<usize>,
}

impl<S: Source> Merge<S> {
    /// Merges these sources; what is not ready blocks the others.
    pub fn new(sources: Vec<S>) -> Self {
        Self {
            ready: BinaryHeap::with_capacity(sources.len()),
            // Taken from the end: the first source first.
            empty: (0..sources.len()).rev().collect(),
            sources,
            current: None,
        }
    }

    /// The sources, in the order they were given.
    pub fn sources(&self) -> &[S] {
        &self.sources
    }

    /// The source and its interface that a number in [`Packet::interface`] means.
    pub fn origin(&self, interface: u32) -> (usize, u32) {
        origin(self.sources.len(), interface)
    }
}

impl<S: Source> Source for Merge<S> {
    /// After an error of one source the next call goes on with the others.
    fn advance(&mut self, timeout: Option<Duration>) -> Result<Step, Error> {
        self.empty.extend(self.current.take());
        while let Some(index) = self.empty.pop() {
            let Some(source) = self.sources.get_mut(index) else { continue };
            match source.advance(timeout)? {
                Step::Packet => self.ready.push(Reverse((source.packet().time, index))),
                Step::Idle => {
                    self.empty.push(index);
                    return Ok(Step::Idle);
                }
                Step::End => {}
            }
        }
        let Some(Reverse((_, index))) = self.ready.pop() else { return Ok(Step::End) };
        self.current = Some(index);
        Ok(Step::Packet)
    }

    fn packet(&self) -> Packet<'_> {
        match self.current.and_then(|index| Some((index, self.sources.get(index)?))) {
            Some((index, source)) => {
                let packet = source.packet();
                Packet { interface: number(self.sources.len(), index, packet.interface), ..packet }
            }
            None => Packet::new(self.link_type(), &[]),
        }
    }

    fn link_type(&self) -> LinkType {
        self.sources.first().map_or(LinkType::NULL, Source::link_type)
    }

    /// The longest of all.
    fn snaplen(&self) -> u32 {
        self.sources.iter().map(Source::snaplen).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    /// Gives packets of these times; `None` is idle for once, a negative time an error.
    struct List(std::vec::IntoIter<Option<i64>>, i64);

    fn list<const N: usize>(times: [Option<i64>; N]) -> List {
        List(Vec::from(times).into_iter(), 0)
    }

    impl Source for List {
        fn advance(&mut self, _: Option<Duration>) -> Result<Step, Error> {
            match self.0.next() {
                Some(Some(time)) if time < 0 => Err(Error::new(ErrorKind::Format, "damage")),
                Some(Some(time)) => {
                    self.1 = time;
                    Ok(Step::Packet)
                }
                Some(None) => Ok(Step::Idle),
                None => Ok(Step::End),
            }
        }
        fn packet(&self) -> Packet<'_> {
            Packet { time: Timestamp::new(self.1, 0), interface: 7, ..Packet::new(LinkType::RAW, &[]) }
        }
        fn link_type(&self) -> LinkType {
            LinkType::RAW
        }
        fn snaplen(&self) -> u32 {
            9
        }
    }

    /// Times with the source they came from; errors are -1.
    fn merged(lists: Vec<List>) -> Vec<(i64, usize)> {
        let mut merge = Merge::new(lists);
        let mut seen = Vec::new();
        loop {
            match merge.advance(None) {
                Ok(Step::Packet) => {
                    let packet = merge.packet();
                    let origin = merge.origin(packet.interface);
                    assert_eq!(origin.1, 7);
                    seen.push((packet.time.secs, origin.0));
                }
                Ok(Step::Idle) => {}
                Ok(Step::End) => return seen,
                Err(_) => seen.push((-1, 0)),
            }
        }
    }

    #[test]
    fn equal_times_come_in_the_order_of_the_sources() {
        let lists = vec![list([Some(1), Some(2)]), list([Some(1), Some(1)]), list([Some(0), Some(2)])];
        assert_eq!(merged(lists), [(0, 2), (1, 0), (1, 1), (1, 1), (2, 0), (2, 2)]);
    }

    #[test]
    fn a_source_that_goes_back_in_time_keeps_its_order() {
        let lists = vec![list([Some(5), Some(1), Some(6)]), list([Some(2), Some(7)])];
        assert_eq!(merged(lists), [(2, 1), (5, 0), (1, 0), (6, 0), (7, 1)]);
    }

    #[test]
    fn an_idle_source_is_waited_for() {
        let lists = vec![list([None, None, Some(1)]), list([Some(2)])];
        assert_eq!(merged(lists), [(1, 0), (2, 1)]);
    }

    #[test]
    fn the_error_of_one_source_does_not_stop_the_others() {
        let lists = vec![list([Some(1), Some(-1), Some(3)]), list([Some(2), Some(4)])];
        assert_eq!(merged(lists), [(1, 0), (-1, 0), (2, 1), (4, 1)]);
    }

    #[test]
    fn nothing_merges_to_nothing() {
        assert_eq!(merged(vec![]), []);
        assert_eq!(merged(vec![list([])]), []);
    }
}
