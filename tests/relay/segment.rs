//! Frames as the relay needs them: read, repaired, cut, changed. Written apart from the library,
//! whose reading is what is judged.

/// Length of an Ethernet header.
const ETHERNET: usize = 14;

/// What a TCP segment in an Ethernet frame says.
#[derive(Debug, Clone, Default)]
pub(crate) struct Segment {
    /// Source and destination port.
    pub(crate) ports: (u16, u16),
    pub(crate) seq: u32,
    pub(crate) ack: u32,
    pub(crate) flags: u8,
    pub(crate) window: u16,
    pub(crate) payload: Vec<u8>,
}

pub(crate) const FIN: u8 = 1;
pub(crate) const SYN: u8 = 2;
pub(crate) const RST: u8 = 4;
pub(crate) const PSH: u8 = 8;
pub(crate) const ACK: u8 = 16;
pub(crate) const CWR: u8 = 128;

impl Segment {
    /// The segment in a frame; `None` when it is no TCP.
    pub(crate) fn parse(frame: &[u8]) -> Option<Self> {
        let at = tcp_at(frame)?;
        let tcp = frame.get(at..)?;
        let header = usize::from(tcp.get(12)? >> 4) * 4;
        let half = |i: usize| Some(u16::from_be_bytes([*tcp.get(i)?, *tcp.get(i + 1)?]));
        let word = |i: usize| Some(u32::from_be_bytes(*tcp.get(i..)?.first_chunk()?));
        Some(Self {
            ports: (half(0)?, half(2)?),
            seq: word(4)?,
            ack: word(8)?,
            flags: *tcp.get(13)?,
            window: half(14)?,
            payload: tcp.get(header..)?.to_vec(),
        })
    }

    pub(crate) fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    /// Octets of sequence space: payload, SYN and FIN.
    pub(crate) fn octets(&self) -> u32 {
        let flags = u32::from(self.has(SYN)) + u32::from(self.has(FIN));
        if self.has(RST) { 0 } else { self.payload.len() as u32 + flags }
    }

    /// An ACK and nothing else.
    pub(crate) fn is_pure_ack(&self) -> bool {
        self.octets() == 0 && self.has(ACK) && !self.has(RST)
    }
}

/// Where the option `kind` begins.
fn option(options: &[u8], kind: u8) -> Option<usize> {
    let mut at = 0;
    while let Some(&found) = options.get(at) {
        match found {
            0 => return None,
            1 => at += 1,
            _ if found == kind => return Some(at),
            _ => at += usize::from(*options.get(at + 1)?).max(2),
        }
    }
    None
}

fn is_v6(frame: &[u8]) -> bool {
    frame.get(12..14) == Some(&[0x86, 0xdd])
}

/// Where the TCP header begins; fragments and extension headers are not made by the hosts here.
fn tcp_at(frame: &[u8]) -> Option<usize> {
    let ip = frame.get(ETHERNET..)?;
    match frame.get(12..14)? {
        [8, 0] if ip.get(9) == Some(&6) => Some(ETHERNET + usize::from(ip[0] & 15) * 4),
        [0x86, 0xdd] if ip.get(6) == Some(&6) => Some(ETHERNET + 40),
        _ => None,
    }
}

/// Cuts what Ethernet padded.
pub(crate) fn trim(frame: &mut Vec<u8>) {
    let field = |at: usize| frame.get(at..at + 2).map(|b| usize::from(u16::from_be_bytes([b[0], b[1]])));
    let len = if is_v6(frame) {
        field(18).map(|len| ETHERNET + 40 + len)
    } else {
        field(16).map(|len| ETHERNET + len)
    };
    if let Some(len) = len {
        frame.truncate(len);
    }
}

/// Sets the identification of an IPv4 packet; [`repair`] comes after it.
pub(crate) fn set_ip_id(frame: &mut [u8], id: u16) {
    if !is_v6(frame) {
        frame[18..20].copy_from_slice(&id.to_be_bytes());
    }
}

/// Takes one from the packet's time to live, as a router does.
pub(crate) fn age(frame: &mut [u8]) {
    if is_v6(frame) {
        frame[21] = frame[21].saturating_sub(1);
    } else {
        frame[22] = frame[22].saturating_sub(1);
        repair_ip(frame);
    }
}

/// Marks the packet of a transport that knows ECN as one that met a queue.
pub(crate) fn mark_congestion(frame: &mut [u8]) -> bool {
    if is_v6(frame) || frame[15] & 3 == 0 || frame[15] & 3 == 3 {
        return false;
    }
    frame[15] |= 3;
    repair_ip(frame);
    true
}

/// Changes the two values of the timestamp option.
pub(crate) fn change_stamps(frame: &mut [u8], change: impl Fn(u32, u32) -> (u32, u32)) {
    let Some(at) = tcp_at(frame) else { return };
    let header = usize::from(frame[at + 12] >> 4) * 4;
    let Some(found) = option(&frame[at + 20..at + header], 8) else { return };
    let place = at + 20 + found + 2;
    let word = |i: usize| u32::from_be_bytes([frame[i], frame[i + 1], frame[i + 2], frame[i + 3]]);
    let (value, echo) = change(word(place), word(place + 4));
    frame[place..place + 4].copy_from_slice(&value.to_be_bytes());
    frame[place + 4..place + 8].copy_from_slice(&echo.to_be_bytes());
}

/// The same segment in an IPv6 packet: no identification, the rest as it was.
pub(crate) fn to_v6(frame: &mut Vec<u8>) {
    if is_v6(frame) {
        return;
    }
    let (tos, ttl, header) = (frame[15], frame[22], usize::from(frame[14] & 15) * 4);
    let hosts = [frame[29], frame[33]];
    let len = (frame.len() - ETHERNET - header) as u16;
    let mut ip = vec![0x60 | tos >> 4, tos << 4, 0, 0];
    ip.extend(len.to_be_bytes());
    ip.extend([6, ttl]);
    for host in hosts {
        ip.extend([0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, host]);
    }
    frame.splice(ETHERNET..ETHERNET + header, ip);
    frame[12..14].copy_from_slice(&[0x86, 0xdd]);
    repair(frame);
}

/// Computes both checksums: the hosts leave them to a card that isn't there.
pub(crate) fn repair(frame: &mut [u8]) {
    repair_ip(frame);
    let Some(at) = tcp_at(frame) else { return };
    frame[at + 16..at + 18].fill(0);
    let addresses = if is_v6(frame) { &frame[22..54] } else { &frame[26..34] };
    let len = frame.len() - at;
    let start = sum(addresses, 0) + 6 + len as u64;
    let check = !fold(sum(&frame[at..], start));
    frame[at + 16..at + 18].copy_from_slice(&check.to_be_bytes());
}

fn repair_ip(frame: &mut [u8]) {
    if is_v6(frame) {
        return;
    }
    let end = ETHERNET + usize::from(frame[ETHERNET] & 15) * 4;
    frame[24..26].fill(0);
    let check = !fold(sum(&frame[ETHERNET..end], 0));
    frame[24..26].copy_from_slice(&check.to_be_bytes());
}

fn sum(bytes: &[u8], start: u64) -> u64 {
    let pairs = bytes.chunks(2).map(|pair| u64::from(pair[0]) << 8 | u64::from(*pair.get(1).unwrap_or(&0)));
    start + pairs.sum::<u64>()
}

fn fold(mut sum: u64) -> u16 {
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    sum as u16
}

/// Cuts a giant as a card does (TSO): one identification more for each segment, PSH and FIN on the
/// last, CWR on the first. A frame that fits stays as it is.
pub(crate) fn cut(frame: Vec<u8>, mtu: usize) -> Vec<Vec<u8>> {
    let Some(at) = tcp_at(&frame).filter(|_| frame.len() > ETHERNET + mtu) else { return vec![frame] };
    let header = at + usize::from(frame[at + 12] >> 4) * 4;
    let mss = ETHERNET + mtu - header;
    let chunks: Vec<&[u8]> = frame[header..].chunks(mss).collect();
    let last = chunks.len() - 1;
    let mut cut = Vec::new();
    for (n, chunk) in chunks.into_iter().enumerate() {
        let mut one = frame[..header].to_vec();
        one.extend_from_slice(chunk);
        let seq = u32::from_be_bytes([frame[at + 4], frame[at + 5], frame[at + 6], frame[at + 7]]);
        one[at + 4..at + 8].copy_from_slice(&seq.wrapping_add((n * mss) as u32).to_be_bytes());
        if n != last {
            one[at + 13] &= !(FIN | PSH);
        }
        if n != 0 {
            one[at + 13] &= !CWR;
        }
        if is_v6(&frame) {
            let len = (one.len() - ETHERNET - 40) as u16;
            one[18..20].copy_from_slice(&len.to_be_bytes());
        } else {
            let len = (one.len() - ETHERNET) as u16;
            one[16..18].copy_from_slice(&len.to_be_bytes());
            let id = u16::from_be_bytes([frame[18], frame[19]]).wrapping_add(n as u16);
            one[18..20].copy_from_slice(&id.to_be_bytes());
        }
        cut.push(one);
    }
    cut
}

/// Gives both hosts other addresses, so that runs with the same ports fit in one capture.
pub(crate) fn readdress(frame: &mut [u8], run: u16) {
    let places = if is_v6(frame) { [24, 40] } else { [27, 31] };
    for place in places {
        frame[place..place + 2].copy_from_slice(&run.to_be_bytes());
    }
    repair(frame);
}
