//! Internet checksums (RFC 1071) as tcpdump judges them.

/// A ones' complement sum in the making.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sum(u64);

impl Sum {
    /// Adds bytes; all but the last part must have even length.
    #[inline]
    pub(super) fn add(mut self, bytes: &[u8]) -> Self {
        // 32 bits at a time: the carries gather in the upper half.
        let (words, tail) = bytes.as_chunks::<4>();
        for word in words {
            self.0 += u64::from(u32::from_be_bytes(*word));
        }
        let mut last = [0; 4];
        for (to, from) in last.iter_mut().zip(tail) {
            *to = *from;
        }
        self.0 += u64::from(u32::from_be_bytes(last));
        self
    }

    /// Adds a number of 16 or 32 bits.
    pub(super) fn add_u32(mut self, n: u32) -> Self {
        self.0 += u64::from(n);
        self
    }

    /// The complement of the sum: zero when the bytes hold a correct checksum.
    pub(super) fn finish(self) -> u16 {
        let mut sum = self.0;
        while sum > 0xffff {
            sum = (sum & 0xffff) + (sum >> 16);
        }
        !(sum as u16)
    }
}

/// The checksum that would have been right where `found` stands, if with it the sum
/// came to `computed`.
pub(super) fn should_be(found: u16, computed: u16) -> u16 {
    let mut sum = u32::from(found) + u32::from(computed);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    sum as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_the_example_of_rfc_1071() {
        let bytes = [0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7];
        assert_eq!(Sum::default().add(&bytes).finish(), !0xddf2);
        assert_eq!(Sum::default().add(&bytes[..3]).finish(), !0xf201);
    }

    #[test]
    fn says_what_the_checksum_should_be() {
        let bytes = [0x45, 0, 0x12, 0x34, 0xab, 0xcd];
        let wrong = Sum::default().add(&bytes).finish();
        let right = should_be(0x1234, wrong);
        let mut fixed = bytes;
        fixed[2..4].copy_from_slice(&right.to_be_bytes());
        assert_eq!(Sum::default().add(&fixed).finish(), 0);
    }
}
