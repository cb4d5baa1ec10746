//! MD5 (RFC 1321), for the signatures of TCP segments that a shared secret is given for.

/// Bytes hashed at a time.
const BLOCK: usize = 64;
/// How far each step of a round turns; four steps, then again.
const TURNS: [[u32; 4]; 4] = [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]];

/// The hash of these parts, one after the other.
pub(super) fn hash(parts: &[&[u8]]) -> [u8; 16] {
    let mut message = parts.concat();
    let bits = (message.len() as u64).wrapping_mul(8);
    message.push(0x80);
    // Zeros up to where the length fills the last block.
    message.resize((message.len() + 8).next_multiple_of(BLOCK) - 8, 0);
    message.extend(bits.to_le_bytes());
    let mut state = [0x6745_2301_u32, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476];
    let (blocks, _) = message.as_chunks::<BLOCK>();
    for block in blocks {
        state = mixed(state, block);
    }
    let mut hash = [0; 16];
    for (to, word) in hash.chunks_exact_mut(4).zip(state) {
        to.copy_from_slice(&word.to_le_bytes());
    }
    hash
}

fn mixed(state: [u32; 4], block: &[u8; BLOCK]) -> [u32; 4] {
    let (words, _) = block.as_chunks::<4>();
    let [mut a, mut b, mut c, mut d] = state;
    for step in 0..BLOCK {
        let round = step / 16;
        let (f, word) = match round {
            0 => (b & c | !b & d, step),
            1 => (d & b | !d & c, 5 * step + 1),
            2 => (b ^ c ^ d, 3 * step + 5),
            _ => (c ^ (b | !d), 7 * step),
        };
        let word = words.get(word % 16).map_or(0, |word| u32::from_le_bytes(*word));
        let turn = TURNS.get(round).and_then(|turns| turns.get(step % 4)).copied().unwrap_or(0);
        let sum = a.wrapping_add(f).wrapping_add(constant(step)).wrapping_add(word);
        (a, b, c, d) = (d, b.wrapping_add(sum.rotate_left(turn)), b, c);
    }
    let [w, x, y, z] = state;
    [w.wrapping_add(a), x.wrapping_add(b), y.wrapping_add(c), z.wrapping_add(d)]
}

/// The constant of a step: the sine of its number, as RFC 1321 makes its table.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "below 2^32, and positive")]
fn constant(step: usize) -> u32 {
    let sine = (step as f64 + 1.0).sin().abs();
    (sine * 4_294_967_296.0) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_what_the_rfc_hashes() {
        let hex = |parts: &[&[u8]]| hash(parts).map(|byte| format!("{byte:02x}")).concat();
        assert_eq!(hex(&[]), "d41d8cd98f00b204e9800998ecf8427e");
        assert_eq!(hex(&[b"a"]), "0cc175b9c0f1b6a831c399e269772661");
        assert_eq!(hex(&[b"message ", b"digest"]), "f96b697d7cb7938d525a2f31aaf161d0");
        let digits = b"1234567890".repeat(8);
        assert_eq!(hex(&[&digits]), "57edf4a22be3c955ac49da2e2107b67a");
        // Around the place where the length needs a block of its own.
        assert_eq!(hex(&[&[b'x'; 55]]), "04364420e25c512fd958a70738aa8f72");
        assert_eq!(hex(&[&[b'x'; 56]]), "668a72d5ba17f08e62dabcafad6db14b");
    }
}
