//! The base64 of Unix's `crypt`: its own alphabet, and the low six bits first. Used by `$7$` and phpass.

const ALPHABET: &[u8; 64] = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A character's six bits.
pub(super) fn digit(character: u8) -> Option<u32> {
    ALPHABET.iter().position(|other| *other == character).map(|at| at as u32)
}

/// A number, its low digit first.
pub(super) fn number(text: &[u8]) -> Option<u32> {
    text.iter()
        .rev()
        .try_fold(0_u32, |number, character| number.checked_mul(64)?.checked_add(digit(*character)?))
}

/// Bytes, three to four characters. `None` for another alphabet, an impossible length, or bits that no byte holds.
pub(super) fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    for group in text.chunks(4) {
        let mut bits = number(group)?;
        let whole = match group.len() {
            4 => 3,
            3 => 2,
            2 => 1,
            _ => return None,
        };
        for _ in 0..whole {
            bytes.push(bits as u8);
            bits >>= 8;
        }
        if bits != 0 {
            return None;
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn low_bits_come_first() {
        assert_eq!(decode(b"").as_deref(), Some(&[][..]));
        // 1, 2, 3: 0x030201 in groups of six bits from below: 1, 8, 48, 0.
        assert_eq!(decode(b"/6k.").as_deref(), Some(&[1, 2, 3][..]));
        assert_eq!(decode(b"z1").as_deref(), Some(&[0xff][..]));
        assert_eq!(number(b"zzzzzz"), None, "more than 32 bits");
        assert_eq!(number(b"6...."), Some(8));
    }

    #[test]
    fn what_no_encoder_writes_is_refused() {
        for text in ["/", "z5", "!!", "/6k.5", "é1"] {
            assert_eq!(decode(text.as_bytes()), None, "{text}");
        }
    }
}
