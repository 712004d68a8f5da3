//! Which fields need quotes, and putting them in (RFC 4180 §2.6 and §2.7).

use super::dialect::Dialect;

const QUOTE: u8 = b'"';
/// Bytes looked at together: the compiler turns such a block into a few vector comparisons.
const BLOCK: usize = 32;

/// Finds the fields of a text that must be quoted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Specials {
    delimiter: [u8; 4],
    delimiter_length: usize,
    /// The delimiter may be part of a number, a date, `true` or `false`.
    clashes: bool,
}

impl Specials {
    pub(super) fn new(dialect: &Dialect) -> Self {
        let mut delimiter = [0; 4];
        let delimiter_length = dialect.delimiter().encode_utf8(&mut delimiter).len();
        let clashes =
            matches!(dialect.delimiter(), '0'..='9' | 'A'..='Z' | 'a'..='z' | '+' | '-' | '.' | ':');
        Self { delimiter, delimiter_length, clashes }
    }

    pub(super) fn delimiter(&self) -> &[u8] {
        &self.delimiter[..self.delimiter_length]
    }

    /// The first byte at or after `from` that may call for quotes, or the text's length. Certain for a
    /// delimiter of one byte; of a longer one this is its first byte, for [`Self::need_quotes`] to judge.
    pub(super) fn find(&self, text: &[u8], from: usize) -> usize {
        let first = self.delimiter[0];
        #[allow(
            clippy::needless_bitwise_bool,
            reason = "lazy operators would branch and keep it from being vectorised"
        )]
        let special = |byte: u8| (byte == first) | (byte == QUOTE) | (byte == b'\r') | (byte == b'\n');
        find(text, from, special)
    }

    /// Whether a field in which [`Self::find`] found something must be quoted.
    pub(super) fn need_quotes(&self, field: &[u8]) -> bool {
        self.delimiter_length == 1
            || field.iter().any(|&byte| matches!(byte, QUOTE | b'\r' | b'\n'))
            || field.windows(self.delimiter_length).any(|window| window == self.delimiter())
    }

    /// Quotes what stands in `out` from `start` on, a number, date or boolean, if a delimiter is in it.
    pub(super) fn quote_clash(&self, out: &mut Vec<u8>, start: usize) {
        if self.clashes && out[start..].contains(&self.delimiter[0]) {
            out.insert(start, QUOTE);
            out.push(QUOTE);
        }
    }
}

/// Appends a field within quotes, each quote in it doubled.
pub(super) fn write_quoted(out: &mut Vec<u8>, field: &[u8]) {
    out.push(QUOTE);
    let mut from = 0;
    while from < field.len() {
        let at = find(field, from, |byte| byte == QUOTE);
        let end = (at + 1).min(field.len());
        out.extend_from_slice(&field[from..end]);
        if at < field.len() {
            out.push(QUOTE);
        }
        from = end;
    }
    out.push(QUOTE);
}

#[inline]
fn find(text: &[u8], from: usize, is: impl Fn(u8) -> bool) -> usize {
    let rest = text.get(from..).unwrap_or_default();
    let mut at = from;
    let mut blocks = rest.chunks_exact(BLOCK);
    for block in blocks.by_ref() {
        // No early exit: that is what lets it be compared as vectors.
        if block.iter().fold(false, |any, &byte| any | is(byte)) {
            return at + block.iter().position(|&byte| is(byte)).unwrap_or(0);
        }
        at += BLOCK;
    }
    blocks.remainder().iter().position(|&byte| is(byte)).map_or(text.len(), |offset| at + offset)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::csv::LineEnding;

    fn specials(delimiter: char) -> Specials {
        Specials::new(&Dialect::new(delimiter, LineEnding::CrLf, false).unwrap())
    }

    #[test]
    fn finds_every_special_at_every_place() {
        for special in *b",\"\r\n" {
            for length in 1..80 {
                for place in 0..length {
                    let mut text = vec![b'x'; length];
                    text[place] = special;
                    for from in 0..=length {
                        let expected = if from <= place { place } else { length };
                        assert_eq!(specials(',').find(&text, from), expected);
                    }
                }
            }
        }
    }

    #[test]
    fn a_part_of_a_long_delimiter_needs_no_quotes() {
        let specials = specials('→'); // e2 86 92
        assert!(!specials.need_quotes("←".as_bytes())); // e2 86 90
        assert!(specials.need_quotes("a→b".as_bytes()));
        assert!(specials.need_quotes("←\n".as_bytes()));
    }

    #[test]
    fn doubles_quotes() {
        for (field, expected) in
            [("", "\"\""), ("\"", "\"\"\"\""), ("a\"b", "\"a\"\"b\""), ("\"\"", "\"\"\"\"\"\"")]
        {
            let mut out = Vec::new();
            write_quoted(&mut out, field.as_bytes());
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        }
    }

    proptest! {
        #[test]
        fn quoting_is_doubling(field in r#"["a,]{0,100}"#) {
            let mut out = Vec::new();
            write_quoted(&mut out, field.as_bytes());
            prop_assert_eq!(String::from_utf8(out).unwrap(), format!("\"{}\"", field.replace('"', "\"\"")));
        }
    }
}
