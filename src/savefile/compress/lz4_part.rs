//! What a block of LZ4 that was cut still holds: the decoders of whole blocks give nothing of it.
//!
//! See <https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md>.

/// How far back a block can refer: so much of what came before is needed.
pub(super) const WINDOW: usize = 64 * 1024;
/// A match is no shorter.
const SHORTEST: usize = 4;
/// The largest block there is; what claims to be longer is damage.
const LONGEST: usize = 8 << 20;

/// The bytes that the beginning of a block stands for, up to where it is cut or senseless.
/// `history` is what was decoded just before.
pub(super) fn unpack(packed: &[u8], history: &[u8]) -> Vec<u8> {
    let mut out = history.to_vec();
    let end = out.len() + LONGEST;
    let mut input = packed.iter().copied();
    while let Some(token) = input.next() {
        let Some(literals) = length(token >> 4, &mut input) else { break };
        let before = out.len();
        out.extend(input.by_ref().take(literals));
        let (Some(low), Some(high)) = (input.next(), input.next()) else { break };
        let distance = usize::from(u16::from_le_bytes([low, high]));
        let Some(repeated) = length(token & 15, &mut input) else { break };
        let repeated = repeated + SHORTEST;
        if out.len() < before + literals || out.len() + repeated > end {
            break;
        }
        let Some(from) = out.len().checked_sub(distance).filter(|_| distance > 0) else { break };
        for at in from..from + repeated {
            // The match may reach into itself.
            let Some(&byte) = out.get(at) else { break };
            out.push(byte);
        }
    }
    out.drain(..history.len());
    out
}

/// A length of four bits; the highest goes on with bytes, of which 255 goes on again.
fn length(nibble: u8, input: &mut impl Iterator<Item = u8>) -> Option<usize> {
    let mut length = usize::from(nibble);
    if nibble == 15 {
        loop {
            let byte = input.next()?;
            length = length.saturating_add(usize::from(byte));
            if byte != 255 {
                break;
            }
        }
    }
    Some(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text() -> Vec<u8> {
        (0..40_000u32).flat_map(|n| (n / 7 % 300).wrapping_mul(n % 13).to_le_bytes()).collect()
    }

    #[test]
    fn a_whole_block_is_unpacked_whole() {
        for text in [text(), b"short".to_vec(), vec![7; 5000], Vec::new()] {
            assert!(unpack(&lz4_flex::block::compress(&text), &[]) == text);
        }
    }

    #[test]
    fn cut_anywhere_it_gives_a_prefix_that_grows() {
        let text = text();
        let packed = lz4_flex::block::compress(&text);
        let mut before = 0;
        for cut in (0..packed.len()).step_by(97) {
            let out = unpack(&packed[..cut], &[]);
            assert!(text.starts_with(&out) && out.len() >= before, "cut at {cut}");
            before = out.len();
        }
        assert!(before > text.len() * 9 / 10);
    }

    #[test]
    fn a_block_refers_to_what_came_before_it() {
        let dictionary = text();
        let last = &dictionary[dictionary.len() - WINDOW..];
        let packed = lz4_flex::block::compress_with_dict(&dictionary[1000..3000], last);
        assert!(unpack(&packed, last) == dictionary[1000..3000]);
    }

    #[test]
    fn nonsense_ends_it() {
        for byte in 0..=255 {
            assert!(unpack(&vec![byte; 1000], b"history").len() <= LONGEST);
        }
    }
}
