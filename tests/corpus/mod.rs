//! Captures made by rule, not recorded: every link type, option, lie and truncation
//! the printer has to get right, the same bytes on every run.
pub(crate) mod app;
pub(crate) mod build;
pub(crate) mod cold;
pub(crate) mod damage;
pub(crate) mod dns;
pub(crate) mod file;
pub(crate) mod icmp;
pub(crate) mod ip;
pub(crate) mod line;
pub(crate) mod link;
pub(crate) mod mutate;
pub(crate) mod neighbour;
pub(crate) mod ospf;
pub(crate) mod router;
pub(crate) mod service;
pub(crate) mod snmp;
pub(crate) mod switch;
pub(crate) mod tcp;
pub(crate) mod udp;

/// Link types by their number in a capture file.
pub(crate) const NULL: u32 = 0;
pub(crate) const EN10MB: u32 = 1;
pub(crate) const RAW: u32 = 101;
pub(crate) const LOOP: u32 = 108;
pub(crate) const SLL: u32 = 113;
pub(crate) const IPV4: u32 = 228;
pub(crate) const IPV6: u32 = 229;
pub(crate) const NFLOG: u32 = 239;
pub(crate) const SLL2: u32 = 276;

/// One record of a capture file; the captured length is `data.len()`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) secs: u32,
    pub(crate) frac: u32,
    pub(crate) wire_len: u32,
    pub(crate) data: Vec<u8>,
}

/// A capture file, as values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Capture {
    pub(crate) name: String,
    pub(crate) link: u32,
    pub(crate) big_endian: bool,
    pub(crate) nanos: bool,
    pub(crate) records: Vec<Record>,
}

impl Capture {
    /// A little-endian microsecond capture of whole packets, a third of a second apart.
    pub(crate) fn new(name: &str, link: u32, packets: Vec<Vec<u8>>) -> Self {
        let mut capture =
            Self { name: name.to_owned(), link, big_endian: false, nanos: false, records: Vec::new() };
        for packet in packets {
            let len = packet.len();
            capture.push(packet, len);
        }
        capture
    }

    /// Each packet at every captured length, from one byte to all of it.
    pub(crate) fn cut(name: &str, link: u32, packets: Vec<Vec<u8>>) -> Self {
        let mut capture = Self::new(name, link, Vec::new());
        for packet in packets {
            for len in 1..=packet.len() {
                capture.push(packet[..len].to_vec(), packet.len());
            }
        }
        capture
    }

    /// Appends a packet of which `data` was captured.
    pub(crate) fn push(&mut self, data: Vec<u8>, wire_len: usize) {
        let n = self.records.len() as u32;
        self.records.push(Record {
            secs: 1_700_000_000 + n / 3,
            frac: n % 3 * 333_333 + n % 7,
            wire_len: wire_len as u32,
            data,
        });
    }

    /// The bytes of the file.
    pub(crate) fn to_pcap(&self) -> Vec<u8> {
        let u32s = |n: u32| if self.big_endian { n.to_be_bytes() } else { n.to_le_bytes() };
        let u16s = |n: u16| if self.big_endian { n.to_be_bytes() } else { n.to_le_bytes() };
        let mut file = Vec::new();
        file.extend(u32s(if self.nanos { 0xa1b2_3c4d } else { 0xa1b2_c3d4 }));
        file.extend(u16s(2));
        file.extend(u16s(4));
        file.extend([0; 8]);
        file.extend(u32s(262_144));
        file.extend(u32s(self.link));
        for record in &self.records {
            file.extend(u32s(record.secs));
            file.extend(u32s(record.frac));
            file.extend(u32s(record.data.len() as u32));
            file.extend(u32s(record.wire_len));
            file.extend(&record.data);
        }
        file
    }
}

/// All captures, in a fixed order.
pub(crate) fn all() -> Vec<Capture> {
    let mut captures = Vec::new();
    captures.extend(tcp::captures());
    captures.extend(ip::captures());
    captures.extend(link::captures());
    captures.extend(udp::captures());
    captures.extend(icmp::captures());
    captures.extend(app::captures());
    captures.extend(dns::captures());
    captures.extend(cold::captures());
    captures.extend(service::captures());
    captures.extend(line::captures());
    captures.extend(switch::captures());
    captures.extend(snmp::captures());
    captures.extend(router::captures());
    captures.extend(ospf::captures());
    captures.extend(neighbour::captures());
    captures.extend(damage::captures());
    captures.extend(file::captures());
    captures
}

/// A few packets of every capture, one capture for each link type.
pub(crate) fn sample() -> Vec<Capture> {
    let names = [
        (NULL, "null"),
        (EN10MB, "ethernet"),
        (RAW, "raw"),
        (LOOP, "loop"),
        (SLL, "cooked"),
        (IPV4, "ipv4"),
        (IPV6, "ipv6"),
        (SLL2, "cooked-two"),
    ];
    let all = all();
    let mut samples = Vec::new();
    for (link, name) in names {
        let mut sample = Capture::new(name, link, Vec::new());
        for capture in all.iter().filter(|c| c.link == link && !c.nanos && c.name != "file-large") {
            let step = (capture.records.len() / 5).max(1);
            // Not the first ones, which are the plainest.
            for record in capture.records.iter().skip(step / 2).step_by(step) {
                sample.push(record.data.clone(), record.wire_len as usize);
            }
        }
        samples.push(sample);
    }
    samples
}

#[test]
fn makes_well_over_sixty_captures_of_distinct_names() {
    let captures = all();
    let names: std::collections::BTreeSet<_> = captures.iter().map(|c| &c.name).collect();
    assert_eq!(names.len(), captures.len());
    assert!(captures.len() > 60, "{} captures", captures.len());
    for link in [NULL, EN10MB, RAW, LOOP, SLL, IPV4, IPV6, SLL2] {
        assert!(captures.iter().any(|c| c.link == link), "no capture of link type {link}");
    }
}

#[test]
fn makes_the_same_bytes_every_time() {
    assert_eq!(all(), all());
}
