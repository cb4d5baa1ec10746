//! Writing classic pcap.
use super::{FILE_HEADER, MAGIC_MICRO, MAGIC_NANO, Precision, RECORD_HEADER};
use crate::error::Error;
use crate::packet::Packet;
use crate::savefile::sink::{Records, Sink};
use crate::savefile::{PacketWriter, linktype::MAX_SNAPLEN};
use crate::wire::LinkType;

/// What goes into the header of a classic pcap file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PcapOptions {
    /// What the packets begin with.
    pub link: LinkType,
    /// Most bytes kept of a packet.
    pub snaplen: u32,
    /// Unit of the time stamps' fractions.
    pub precision: Precision,
    /// Upper six bits of the link type field, from [`PcapHeader`](super::PcapHeader) when copying.
    pub link_extra: u32,
}

impl PcapOptions {
    /// Microseconds, whole packets.
    pub const fn new(link: LinkType) -> Self {
        Self { link, snaplen: MAX_SNAPLEN, precision: Precision::Micro, link_extra: 0 }
    }
}

/// Writes classic pcap in the byte order of this machine, version 2.4.
///
/// Records are gathered and written whole. When a write fails, the file is cut back to
/// the last whole record, and [`PacketWriter::written`] is the number of records in it.
///
/// ```
/// use synack::savefile::{pcap, PacketWriter};
/// use synack::{LinkType, Packet, Source};
///
/// # fn main() -> Result<(), synack::Error> {
/// let mut writer = pcap::PcapWriter::new(Vec::new(), "memory", pcap::PcapOptions::new(LinkType::ETHERNET))?;
/// writer.write(&Packet::new(LinkType::ETHERNET, b"twelve bytes"))?;
/// writer.flush()?;
/// assert_eq!(writer.written(), 1);
/// let file = writer.into_sink()?;
/// assert_eq!(file.len(), 24 + 16 + 12);
/// assert_eq!(pcap::PcapReader::new(&file[..])?.next_packet()?.map(|p| p.data.len()), Some(12));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct PcapWriter<S: Sink> {
    records: Records<S>,
    unit: i64,
}

impl<S: Sink> PcapWriter<S> {
    /// Writes the file header at once. `name` is what errors call the file.
    ///
    /// # Errors
    /// The sink fails; it is left empty then.
    pub fn new(sink: S, name: impl Into<String>, options: PcapOptions) -> Result<Self, Error> {
        Self::begin(Records::new(sink, name.into()), options)
    }

    /// The same, compressed. Whoever reads it sees whole streams only.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    #[cfg(feature = "compress")]
    pub fn compressed(
        sink: S,
        name: impl Into<String>,
        options: PcapOptions,
        compression: crate::savefile::Compression,
    ) -> Result<Self, Error> {
        Self::begin(Records::new(sink, name.into()).compressed(compression)?, options)
    }

    fn begin(mut records: Records<S>, options: PcapOptions) -> Result<Self, Error> {
        let magic = match options.precision {
            Precision::Micro => MAGIC_MICRO,
            Precision::Nano => MAGIC_NANO,
        };
        let mut header = Vec::with_capacity(FILE_HEADER);
        header.extend(magic.to_ne_bytes());
        header.extend(2u16.to_ne_bytes());
        header.extend(4u16.to_ne_bytes());
        header.extend([0; 8]);
        header.extend(options.snaplen.to_ne_bytes());
        header.extend((options.link.in_files().0 | options.link_extra).to_ne_bytes());
        records.preamble(&header)?;
        Ok(Self { records, unit: options.precision.unit().cast_signed() })
    }

    #[cfg(test)]
    pub(super) fn records_mut(&mut self) -> &mut S {
        self.records.sink_mut()
    }

    /// Flushes and gives the sink back.
    ///
    /// # Errors
    /// The last write fails.
    pub fn into_sink(self) -> Result<S, Error> {
        self.records.finish()
    }
}

impl<S: Sink> PacketWriter for PcapWriter<S> {
    /// Times are kept to the low 32 bits of the seconds: enough until 2106.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "32-bit fields")]
    #[inline]
    fn write(&mut self, packet: &Packet<'_>) -> Result<(), Error> {
        let length = packet.data.len() as u32;
        let mut header = [0; RECORD_HEADER];
        let fraction = packet.time.nanos.cast_signed() / self.unit;
        let fields = [packet.time.secs as u32, fraction as u32, length, packet.wire_len];
        for (to, field) in header.chunks_exact_mut(4).zip(fields) {
            to.copy_from_slice(&field.to_ne_bytes());
        }
        self.records.push(&[&header, packet.data])
    }

    fn flush(&mut self) -> Result<(), Error> {
        self.records.flush()
    }

    fn retry(&mut self) -> Result<(), Error> {
        self.records.retry()
    }

    fn written(&self) -> u64 {
        self.records.written()
    }

    fn len(&self) -> u64 {
        self.records.len()
    }

    fn held(&self) -> u64 {
        self.records.held()
    }
}
