//! Which fields need quotes, and putting them in (RFC 4180 §2.6 and §2.7).

use super::sheet::Sheet;

/// Bytes looked at together: the compiler turns such a block into a few vector comparisons.
const BLOCK: usize = 32;

/// The signs that tell fields apart, as UTF-8.
#[derive(Clone, Debug)]
pub(super) struct Specials {
    delimiter: Box<[u8]>,
    quote: Box<[u8]>,
    escape: Box<[u8]>,
    /// The first byte of each.
    first: [u8; 3],
    /// Each is one byte long, so that a first byte is the sign.
    exact: bool,
}

impl Specials {
    pub(super) fn new(delimiter: &str, quote: char, escape: char) -> Self {
        let [delimiter, quote, escape] = [delimiter.to_owned(), quote.to_string(), escape.to_string()]
            .map(|sign| sign.into_bytes().into_boxed_slice());
        let all = [&delimiter, &quote, &escape];
        Self {
            first: all.map(|sign| sign.first().copied().unwrap_or_default()),
            exact: all.iter().all(|sign| sign.len() == 1),
            delimiter,
            quote,
            escape,
        }
    }

    pub(super) fn delimiter(&self) -> &[u8] {
        &self.delimiter
    }

    pub(super) fn quote(&self) -> &[u8] {
        &self.quote
    }

    pub(super) fn escape(&self) -> &[u8] {
        &self.escape
    }

    /// What each sign starts with.
    pub(super) fn signs(&self) -> impl Iterator<Item = char> {
        [&self.delimiter, &self.quote, &self.escape]
            .into_iter()
            .filter_map(|sign| std::str::from_utf8(sign).ok()?.chars().next())
    }

    /// Whether what [`Self::find`] finds is certain.
    pub(super) fn exact(&self) -> bool {
        self.exact
    }

    /// The first byte at or after `from` that may call for quotes, or the text's length. Unless
    /// [`Self::exact`], it is for [`Self::need_quotes`] to judge.
    pub(super) fn find(&self, text: &[u8], from: usize) -> usize {
        let [delimiter, quote, escape] = self.first;
        #[allow(
            clippy::needless_bitwise_bool,
            reason = "lazy operators would branch and keep it from being vectorised"
        )]
        if escape == quote {
            find(text, from, |byte| (byte == delimiter) | (byte == quote) | (byte == b'\r') | (byte == b'\n'))
        } else {
            find(text, from, |byte| {
                (byte == delimiter) | (byte == quote) | (byte == escape) | (byte == b'\r') | (byte == b'\n')
            })
        }
    }

    /// Whether a field would be misread without quotes.
    ///
    /// Besides what holds a sign: the end of a field may, with the start of a long delimiter after it, look like
    /// the delimiter, as `a|` does before `||`.
    pub(super) fn need_quotes(&self, field: &[u8]) -> bool {
        let at = self.find(field, 0);
        if self.exact || at == field.len() {
            return at < field.len();
        }
        (at..field.len()).any(|at| {
            let rest = &field[at..];
            matches!(rest[0], b'\r' | b'\n')
                || rest.starts_with(&self.quote)
                || rest.starts_with(&self.escape)
                || self.begins_delimiter(rest)
        })
    }

    /// Whether the delimiter stands at the start of `rest` if another follows it.
    fn begins_delimiter(&self, rest: &[u8]) -> bool {
        match self.delimiter.strip_prefix(rest) {
            Some(missing) => self.delimiter.starts_with(missing),
            None => rest.starts_with(&self.delimiter),
        }
    }

    /// Appends a field within quotes, an escape before each quote and each escape in it.
    pub(super) fn write_quoted(&self, sheet: &mut Sheet, field: &[u8]) {
        let [_, quote, escape] = self.first;
        sheet.put(&self.quote);
        let mut from = 0;
        while from < field.len() {
            let at = find(field, from, |byte| byte == quote || byte == escape);
            sheet.put(&field[from..at]);
            let rest = &field[at..];
            if rest.starts_with(&self.quote) || rest.starts_with(&self.escape) {
                sheet.put(&self.escape);
            }
            sheet.put(&rest[..rest.len().min(1)]);
            from = at + 1;
        }
        sheet.put(&self.quote);
    }
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

    fn specials(delimiter: &str) -> Specials {
        Specials::new(delimiter, '"', '"')
    }

    fn quoted(specials: &Specials, field: &str) -> String {
        let mut sheet = Sheet::new(Vec::new(), 0);
        specials.write_quoted(&mut sheet, field.as_bytes());
        String::from_utf8(sheet.finish()).unwrap()
    }

    #[test]
    fn finds_every_special_at_every_place() {
        for special in *b",\"\r\n\\" {
            for length in 1..80 {
                for place in 0..length {
                    let mut text = vec![b'x'; length];
                    text[place] = special;
                    for from in 0..=length {
                        let expected = if from <= place { place } else { length };
                        assert_eq!(Specials::new(",", '"', '\\').find(&text, from), expected);
                    }
                }
            }
        }
    }

    #[test]
    fn a_part_of_a_long_delimiter_needs_no_quotes_unless_another_completes_it() {
        for (delimiter, field, needed) in [
            ("→", "←", false), // e2 86 92 and e2 86 90
            ("→", "a→b", true),
            ("→", "←\n", true),
            ("||", "a|b", false),
            ("||", "a|", true),
            ("||", "a||b", true),
            ("|-|", "a|-", true),
            ("|-|", "a|", false),
            ("|-|", "a-", false),
            ("abab", "ab", true),
            ("abab", "xab", true),
            ("abab", "aba", false),
            ("::", "\"", true),
        ] {
            assert_eq!(
                specials(delimiter).need_quotes(field.as_bytes()),
                needed,
                "{field} before {delimiter}"
            );
        }
    }

    #[test]
    fn escapes_what_would_end_the_field() {
        for (quote, escape, field, expected) in [
            ('"', '"', "", "\"\""),
            ('"', '"', "\"", "\"\"\"\""),
            ('"', '"', "a\"b", "\"a\"\"b\""),
            ('"', '\\', r#"a"b\"#, r#""a\"b\\""#),
            ('\'', '\'', "it's \"x\"", "'it''s \"x\"'"),
            ('«', '»', "a«»b¬", "«a»«»»b¬«"), // c2 ab, c2 bb, c2 ac
        ] {
            assert_eq!(quoted(&Specials::new(",", quote, escape), field), expected);
        }
    }

    proptest! {
        #[test]
        fn quoting_is_doubling(field in r#"["a,]{0,100}"#) {
            prop_assert_eq!(quoted(&specials(","), &field), format!("\"{}\"", field.replace('"', "\"\"")));
        }

        #[test]
        fn what_needs_quotes_is_what_splits_elsewhere(field in "[ab|]{0,8}", delimiter in "[ab|]{1,4}") {
            let line = format!("{field}{delimiter}");
            let misread = line.find(&delimiter).is_some_and(|at| at < field.len());
            prop_assert_eq!(specials(&delimiter).need_quotes(field.as_bytes()), misread);
        }
    }
}
