//! A batch of rows as the packer sends it: flat columns, not rows.
//!
//! A column has a tag a row that says what the cell is. Its payload stands at the row's own place: a number in
//! `words`, the length of a text in `lengths`. Only the texts themselves are dense, end to end in row order.

use super::date;
use crate::error::{Error, Result};

/// What a cell is. The numbers are shared with `lib/csv/tags.js`.
#[repr(u8)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tag {
    /// `null`.
    Null = 0,
    /// Text: a string, or the JSON of an object.
    String = 1,
    /// A word: a double, printed as JavaScript prints it.
    Number = 2,
    /// A word: a double, milliseconds since 1970-01-01T00:00:00Z.
    Date = 3,
    /// `true`.
    True = 4,
    /// `false`.
    False = 5,
    /// `undefined`, or a cell that its row lacks.
    Undefined = 6,
    /// Text that is a decimal number, `-?digits[.digits]`: a large `BigInt`, a Decimal.
    Decimal = 7,
    /// Text of which each unit is a byte of a Buffer.
    Bytes = 8,
    /// A word: a signed integer of 64 bits.
    Integer = 9,
    /// A word: an unsigned integer of 64 bits.
    Unsigned = 10,
}

impl Tag {
    /// The tag of a byte that came from JavaScript.
    pub fn from_byte(byte: u8) -> Option<Self> {
        Some(match byte {
            0 => Tag::Null,
            1 => Tag::String,
            2 => Tag::Number,
            3 => Tag::Date,
            4 => Tag::True,
            5 => Tag::False,
            6 => Tag::Undefined,
            7 => Tag::Decimal,
            8 => Tag::Bytes,
            9 => Tag::Integer,
            10 => Tag::Unsigned,
            _ => return None,
        })
    }

    /// Whether such cells have a length and text.
    pub fn has_text(self) -> bool {
        Kinds::TEXTS.hold(self as u8)
    }

    /// Whether such cells have a word.
    pub fn has_word(self) -> bool {
        Kinds::WORDS.hold(self as u8)
    }
}

/// The tags of a column.
#[derive(Clone, Debug, PartialEq)]
pub enum Tags {
    /// Every cell is of this kind.
    Uniform(Tag),
    /// One byte a row, each a [`Tag`].
    PerCell(Vec<u8>),
}

/// The texts of a column, end to end. JavaScript's own units, so that its lengths stay exact.
#[derive(Clone, Debug, PartialEq)]
pub enum Text {
    /// One byte a unit: U+0000 to U+00FF.
    Latin1(Vec<u8>),
    /// UTF-16; lone surrogates are written as U+FFFD.
    Utf16(Vec<u16>),
}

impl Text {
    /// The number of units.
    pub fn len(&self) -> usize {
        match self {
            Text::Latin1(text) => text.len(),
            Text::Utf16(text) => text.len(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Takes the text away and keeps its memory.
    pub fn clear(&mut self) {
        match self {
            Text::Latin1(text) => text.clear(),
            Text::Utf16(text) => text.clear(),
        }
    }
}

/// One column of a batch.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// What each cell is.
    pub tags: Tags,
    /// One a row, or empty if no cell has a word: the bits of a double or of an integer. What stands at the
    /// rows of other cells is not read.
    pub words: Vec<u64>,
    /// One a row, or empty if no cell has text: how many units of `text`. What stands at the rows of other cells
    /// is not read.
    pub lengths: Vec<u32>,
    /// The texts, end to end in row order.
    pub text: Text,
}

/// Some rows of an export, column by column.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// The index of the first row in the source, for errors. `None`: the header row.
    pub first_row: Option<u64>,
    /// How many rows.
    pub rows: u32,
    /// The columns, all of that many rows.
    pub columns: Vec<Column>,
}

/// More units of text than JavaScript can have put into one string (V8's longest is 2^29 - 24): byte
/// offsets of the text as UTF-8 then fit 32 bits.
const MAX_TEXT: usize = 1 << 30;

impl Batch {
    /// Checks that every count agrees with every other, so that formatting cannot run out of payload.
    ///
    /// # Errors
    /// `Internal`: the packer made a batch that does not add up.
    pub fn validate(&self) -> Result<()> {
        if self.columns.is_empty() {
            return Err(Error::internal("a batch without columns"));
        }
        for (index, column) in self.columns.iter().enumerate() {
            column.validate(self.rows as usize).map_err(|what| {
                Error::internal(format!("column {index} of a batch of {} rows: {what}", self.rows))
            })?;
        }
        Ok(())
    }
}

/// Which tags a column has, a bit each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kinds(u32);

impl Kinds {
    const TEXTS: Self = Self::of(&[Tag::String, Tag::Decimal, Tag::Bytes]);
    const WORDS: Self = Self::of(&[Tag::Number, Tag::Date, Tag::Integer, Tag::Unsigned]);

    const fn of(tags: &[Tag]) -> Self {
        let (mut bits, mut index) = (0, 0);
        while index < tags.len() {
            bits |= 1 << tags[index] as u32;
            index += 1;
        }
        Self(bits)
    }

    fn hold(self, tag: u8) -> bool {
        self.0 >> (tag & 31) & 1 == 1
    }

    fn meet(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub(super) fn has(self, tag: Tag) -> bool {
        self.hold(tag as u8)
    }
}

impl Column {
    /// The tags that occur. Those of a column that was not validated may be unknown ones.
    pub(super) fn kinds(&self) -> Kinds {
        match &self.tags {
            Tags::Uniform(tag) => Kinds::of(&[*tag]),
            Tags::PerCell(tags) => Kinds(tags.iter().fold(0, |bits, &tag| bits | 1 << (tag & 31))),
        }
    }

    fn validate(&self, rows: usize) -> Result<(), String> {
        if let Tags::PerCell(tags) = &self.tags {
            if tags.len() != rows {
                return Err(format!("{} tags", tags.len()));
            }
            let highest = tags.iter().fold(0, |highest, &tag| tag.max(highest));
            if Tag::from_byte(highest).is_none() {
                return Err(format!("unknown tag {highest}"));
            }
        }
        let kinds = if rows == 0 { Kinds(0) } else { self.kinds() };
        for (what, found, needed) in [
            ("words", self.words.len(), kinds.meet(Kinds::WORDS)),
            ("lengths", self.lengths.len(), kinds.meet(Kinds::TEXTS)),
        ] {
            if found != rows && (needed || found != 0) {
                return Err(format!("{found} {what}"));
            }
        }
        if self.text.len() > MAX_TEXT {
            return Err(format!("{} units of text", self.text.len()));
        }
        let total = self.total_length(kinds);
        if total != self.text.len() as u64 {
            return Err(format!("lengths add up to {total}, the text has {}", self.text.len()));
        }
        if kinds.has(Tag::Date) {
            self.validate_dates()?;
        }
        if kinds.has(Tag::Bytes) {
            self.validate_bytes()?;
        }
        Ok(())
    }

    fn total_length(&self, kinds: Kinds) -> u64 {
        if !kinds.meet(Kinds::TEXTS) {
            return 0;
        }
        match &self.tags {
            Tags::Uniform(_) => self.lengths.iter().map(|&length| u64::from(length)).sum(),
            Tags::PerCell(tags) => tags
                .iter()
                .zip(&self.lengths)
                .map(|(&tag, &length)| if Kinds::TEXTS.hold(tag) { u64::from(length) } else { 0 })
                .sum(),
        }
    }

    fn validate_dates(&self) -> Result<(), String> {
        let bad = |word: u64| !date::is_time(f64::from_bits(word));
        let found = match &self.tags {
            Tags::Uniform(_) => self.words.iter().copied().find(|&word| bad(word)),
            Tags::PerCell(tags) => tags
                .iter()
                .zip(&self.words)
                .find(|&(&tag, &word)| tag == Tag::Date as u8 && bad(word))
                .map(|(_, &word)| word),
        };
        found.map_or(Ok(()), |word| Err(format!("{} is no time", f64::from_bits(word))))
    }

    fn validate_bytes(&self) -> Result<(), String> {
        let Text::Utf16(text) = &self.text else { return Ok(()) };
        let mut rest = text.as_slice();
        for (row, &length) in self.lengths.iter().enumerate() {
            let tag = self.tag(row);
            if !tag.has_text() {
                continue;
            }
            let (cell, after) = rest.split_at(length as usize);
            rest = after;
            if tag == Tag::Bytes && cell.iter().any(|&unit| unit > 0xff) {
                return Err("a byte above 255".to_owned());
            }
        }
        Ok(())
    }

    /// The tag of a row that there is.
    #[inline]
    pub(super) fn tag(&self, row: usize) -> Tag {
        match &self.tags {
            Tags::Uniform(tag) => *tag,
            Tags::PerCell(tags) => tags.get(row).copied().and_then(Tag::from_byte).unwrap_or(Tag::Null),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(tags: Tags, words: &[f64], lengths: &[u32], text: &[u8]) -> Column {
        Column {
            tags,
            words: words.iter().map(|word| word.to_bits()).collect(),
            lengths: lengths.to_vec(),
            text: Text::Latin1(text.to_vec()),
        }
    }

    fn batch(rows: u32, columns: Vec<Column>) -> Batch {
        Batch { first_row: Some(0), rows, columns }
    }

    #[test]
    fn tags_and_bytes_agree() {
        for byte in 0..=u8::MAX {
            match Tag::from_byte(byte) {
                Some(tag) => assert_eq!(tag as u8, byte),
                None => assert!(byte > 10),
            }
        }
    }

    #[test]
    fn refuses_what_does_not_add_up() {
        let wide = |text: &[u16], lengths: &[u32], tags: &[u8]| Column {
            tags: Tags::PerCell(tags.to_vec()),
            words: Vec::new(),
            lengths: lengths.to_vec(),
            text: Text::Utf16(text.to_vec()),
        };
        let wrong = [
            column(Tags::Uniform(Tag::String), &[], &[1], b"a"),
            column(Tags::Uniform(Tag::String), &[], &[], b""),
            column(Tags::Uniform(Tag::String), &[], &[1, 2], b"ab"),
            column(Tags::Uniform(Tag::Decimal), &[], &[1, 0], b"12"),
            column(Tags::Uniform(Tag::String), &[], &[u32::MAX, u32::MAX], b"ab"),
            column(Tags::Uniform(Tag::Number), &[1.0], &[], b""),
            column(Tags::Uniform(Tag::Integer), &[], &[], b""),
            column(Tags::Uniform(Tag::Unsigned), &[1.0, 1.0, 1.0], &[], b""),
            column(Tags::Uniform(Tag::Number), &[1.0, 2.0], &[], b"a"),
            column(Tags::Uniform(Tag::Number), &[1.0, 2.0], &[1], b""),
            column(Tags::Uniform(Tag::Null), &[1.0], &[], b""),
            column(Tags::Uniform(Tag::Null), &[], &[1, 1], b"ab"),
            column(Tags::Uniform(Tag::Date), &[0.0, f64::NAN], &[], b""),
            column(Tags::Uniform(Tag::Date), &[0.0, 8.64e15 + 1.0], &[], b""),
            column(Tags::Uniform(Tag::Date), &[0.0, 0.5], &[], b""),
            column(Tags::PerCell(vec![1]), &[], &[1], b"a"),
            column(Tags::PerCell(vec![11, 0]), &[], &[], b""),
            column(Tags::PerCell(vec![0, 255]), &[], &[], b""),
            column(Tags::PerCell(vec![2, 3]), &[1.0, f64::INFINITY], &[], b""),
            column(Tags::PerCell(vec![2, 1]), &[1.0, 0.0], &[], b""),
            column(Tags::PerCell(vec![1, 0]), &[], &[1, 1], b"ab"),
            wide(&[0x100], &[1, 0], &[8, 0]),
            wide(&[0x100, 0x100], &[1, 1], &[1, 8]),
        ];
        for column in wrong {
            let batch = batch(2, vec![column]);
            let error = batch.validate().expect_err(&format!("should not add up: {batch:?}"));
            assert_eq!(error.code(), crate::Code::Internal, "{batch:?}");
        }
        assert!(batch(1, Vec::new()).validate().is_err());
    }

    #[test]
    fn what_stands_where_nothing_is_read_does_not_matter() {
        let mixed =
            column(Tags::PerCell(vec![2, 3, 1, 0]), &[f64::NAN, 0.0, f64::NAN, 0.5], &[7, 8, 2, 9], b"ab");
        batch(4, vec![mixed]).validate().unwrap();
        let wide = Column {
            tags: Tags::PerCell(vec![1, 8]),
            words: Vec::new(),
            lengths: vec![1, 1],
            text: Text::Utf16(vec![0x100, 0xff]),
        };
        batch(2, vec![wide]).validate().unwrap();
        batch(0, vec![column(Tags::Uniform(Tag::String), &[], &[], b"")]).validate().unwrap();
    }
}
