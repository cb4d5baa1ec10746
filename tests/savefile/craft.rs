//! Capture files made by hand, in either byte order.

/// Bytes of a file under construction.
#[derive(Clone)]
pub(crate) struct File {
    pub(crate) bytes: Vec<u8>,
    big: bool,
}

/// What ends a list of options.
pub(crate) const END: (u16, &[u8]) = (0, &[]);

impl File {
    pub(crate) fn new(big: bool) -> Self {
        Self { bytes: Vec::new(), big }
    }

    pub(crate) fn u16(&mut self, n: u16) -> &mut Self {
        self.bytes.extend(if self.big { n.to_be_bytes() } else { n.to_le_bytes() });
        self
    }

    pub(crate) fn u32(&mut self, n: u32) -> &mut Self {
        self.bytes.extend(if self.big { n.to_be_bytes() } else { n.to_le_bytes() });
        self
    }

    pub(crate) fn raw(&mut self, bytes: &[u8]) -> &mut Self {
        self.bytes.extend(bytes);
        self
    }

    /// A classic file header.
    pub(crate) fn pcap(big: bool, magic: u32, version: (u16, u16), snaplen: u32, link: u32) -> Self {
        let mut file = Self::new(big);
        file.u32(magic).u16(version.0).u16(version.1).u32(0).u32(0).u32(snaplen).u32(link);
        file
    }

    /// A classic record.
    pub(crate) fn record(&mut self, secs: u32, fraction: u32, cap: u32, len: u32, data: &[u8]) -> &mut Self {
        self.u32(secs).u32(fraction).u32(cap).u32(len).raw(data)
    }

    /// A pcapng block with this body, padded.
    pub(crate) fn block(&mut self, kind: u32, body: &[u8]) -> &mut Self {
        let total = body.len().next_multiple_of(4) as u32 + 12;
        self.u32(kind).u32(total).raw(body);
        let padded = self.bytes.len() + (total as usize - 12 - body.len());
        self.bytes.resize(padded, 0);
        self.u32(total)
    }

    /// The same byte order, no bytes: for bodies.
    fn part(&self) -> Self {
        Self::new(self.big)
    }

    fn options(&mut self, options: &[(u16, &[u8])]) -> &mut Self {
        for (code, value) in options {
            self.u16(*code).u16(value.len() as u16).raw(value);
            self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
        }
        self
    }

    pub(crate) fn section(&mut self, options: &[(u16, &[u8])]) -> &mut Self {
        self.section_version(1, 0, options)
    }

    pub(crate) fn section_version(&mut self, major: u16, minor: u16, options: &[(u16, &[u8])]) -> &mut Self {
        let mut body = self.part();
        body.u32(0x1a2b_3c4d).u16(major).u16(minor).raw(&[0xff; 8]).options(options);
        self.block(0x0a0d_0d0a, &body.bytes)
    }

    pub(crate) fn interface(&mut self, link: u16, snaplen: u32, options: &[(u16, &[u8])]) -> &mut Self {
        let mut body = self.part();
        body.u16(link).u16(0).u32(snaplen).options(options);
        self.block(1, &body.bytes)
    }

    /// An enhanced packet.
    pub(crate) fn packet(&mut self, id: u32, time: u64, data: &[u8], options: &[(u16, &[u8])]) -> &mut Self {
        self.packet_lengths(id, time, data.len() as u32, data.len() as u32, data, options)
    }

    pub(crate) fn packet_lengths(
        &mut self,
        id: u32,
        time: u64,
        cap: u32,
        len: u32,
        data: &[u8],
        options: &[(u16, &[u8])],
    ) -> &mut Self {
        let mut body = self.part();
        body.u32(id).u32((time >> 32) as u32).u32(time as u32).u32(cap).u32(len).raw(data);
        body.bytes.resize(body.bytes.len().next_multiple_of(4), 0);
        body.options(options);
        self.block(6, &body.bytes)
    }

    pub(crate) fn simple(&mut self, len: u32, data: &[u8]) -> &mut Self {
        let mut body = self.part();
        body.u32(len).raw(data);
        self.block(3, &body.bytes)
    }

    /// The obsolete packet block.
    pub(crate) fn old_packet(&mut self, id: u16, drops: u16, time: u64, data: &[u8]) -> &mut Self {
        let mut body = self.part();
        body.u16(id).u16(drops).u32((time >> 32) as u32).u32(time as u32);
        body.u32(data.len() as u32).u32(data.len() as u32).raw(data);
        self.block(2, &body.bytes)
    }

    /// Changes to the other byte order.
    pub(crate) fn swap(&mut self) -> &mut Self {
        self.big = !self.big;
        self
    }
}

/// A small frame whose bytes tell its number.
pub(crate) fn frame(number: u8) -> Vec<u8> {
    let mut frame = vec![number; 14 + usize::from(number % 40)];
    frame[12..14].copy_from_slice(&[0x88, 0xb5]);
    frame
}

/// Numbers that look random but are the same in each run (xorshift64*).
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self, below: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % below.max(1)
    }
}
