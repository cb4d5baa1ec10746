//! Frames by rule: a conversation of 10.0.0.1:1025 with 10.0.0.2:80, with checksums that are right.

/// A conversation that grows.
pub(crate) struct Script {
    /// Nanoseconds and bytes.
    pub(crate) frames: Vec<(u64, Vec<u8>)>,
    /// The first sequence number of either side.
    pub(crate) base: [u32; 2],
    time: u64,
    ids: [u16; 2],
    options: Vec<u8>,
    window: u16,
}

fn sum(bytes: &[u8], start: u32) -> u16 {
    let mut total = start;
    for pair in bytes.chunks(2) {
        total += u32::from(pair[0]) << 8 | u32::from(*pair.get(1).unwrap_or(&0));
    }
    while total > 0xffff {
        total = (total & 0xffff) + (total >> 16);
    }
    !(total as u16)
}

impl Script {
    pub(crate) fn new() -> Self {
        let time = 1_700_000_000_000_000_000;
        Self {
            frames: Vec::new(),
            base: [1000, 700_000],
            time,
            ids: [1, 5000],
            options: Vec::new(),
            window: 8192,
        }
    }

    /// Lets milliseconds pass.
    pub(crate) fn wait(&mut self, ms: u64) -> &mut Self {
        self.time += ms * 1_000_000;
        self
    }

    /// Options of the segments that follow: a multiple of four bytes.
    pub(crate) fn options(&mut self, options: &[u8]) -> &mut Self {
        self.options = options.to_vec();
        self
    }

    /// The window of the segments that follow.
    pub(crate) fn window(&mut self, bytes: u16) -> &mut Self {
        self.window = bytes;
        self
    }

    /// A segment of the client (0) or the server (1), half a millisecond after the last; numbers
    /// are relative.
    pub(crate) fn send(&mut self, side: usize, flags: u8, seq: u32, ack: u32, payload: &[u8]) -> &mut Self {
        self.time += 500_000;
        self.ids[side] += 1;
        let ports: [u16; 2] = [1025, 80];
        let mut tcp = Vec::new();
        tcp.extend(ports[side].to_be_bytes());
        tcp.extend(ports[1 - side].to_be_bytes());
        tcp.extend(self.base[side].wrapping_add(seq).to_be_bytes());
        let ack = if flags & 16 == 0 { 0 } else { self.base[1 - side].wrapping_add(ack) };
        tcp.extend(ack.to_be_bytes());
        tcp.extend([((20 + self.options.len()) as u8 / 4) << 4, flags]);
        tcp.extend(self.window.to_be_bytes());
        tcp.extend([0; 4]);
        tcp.extend(&self.options);
        tcp.extend(payload);
        let addresses = [[10, 0, 0, 1], [10, 0, 0, 2]];
        let mut pseudo = [addresses[side], addresses[1 - side]].concat();
        pseudo.extend([0, 6]);
        pseudo.extend((tcp.len() as u16).to_be_bytes());
        pseudo.extend(&tcp);
        let check = sum(&pseudo, 0);
        tcp[16..18].copy_from_slice(&check.to_be_bytes());
        let mut ip = vec![0x45, 0];
        ip.extend((20 + tcp.len() as u16).to_be_bytes());
        ip.extend(self.ids[side].to_be_bytes());
        ip.extend([0x40, 0, 64, 6, 0, 0]);
        ip.extend(addresses[side]);
        ip.extend(addresses[1 - side]);
        let check = sum(&ip, 0);
        ip[10..12].copy_from_slice(&check.to_be_bytes());
        let mut frame = vec![2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0];
        frame.extend(ip);
        frame.extend(tcp);
        self.frames.push((self.time, frame));
        self
    }
}
