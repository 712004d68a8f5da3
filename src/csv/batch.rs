//! A batch of rows as the packer sends it: flat columns, not rows.
//!
//! A column has a tag a row that says what the cell is. Tags take their payload from their own array, in
//! row order: strings from `lengths` and `text`, numbers and dates from `numbers`; the others have none.

use super::date;
use crate::error::{Error, Result};

/// What a cell is. The numbers are shared with `lib/csv/tags.js`.
#[repr(u8)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tag {
    /// Nothing: null, undefined or a cell that its row lacks.
    Empty = 0,
    /// The next length of `lengths`, and as much of `text`.
    String = 1,
    /// The next of `numbers`, printed as JavaScript prints it.
    Number = 2,
    /// The next of `numbers`: milliseconds since 1970-01-01T00:00:00Z.
    Date = 3,
    /// `true`.
    True = 4,
    /// `false`.
    False = 5,
}

impl Tag {
    /// The tag of a byte that came from JavaScript.
    pub fn from_byte(byte: u8) -> Option<Self> {
        Some(match byte {
            0 => Tag::Empty,
            1 => Tag::String,
            2 => Tag::Number,
            3 => Tag::Date,
            4 => Tag::True,
            5 => Tag::False,
            _ => return None,
        })
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

/// The strings of a column, end to end. JavaScript's own units, so that its lengths stay exact.
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
}

/// One column of a batch.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// What each cell is.
    pub tags: Tags,
    /// Numbers, and dates as epoch milliseconds, of the cells so tagged.
    pub numbers: Vec<f64>,
    /// The length of each string in units of `text`.
    pub lengths: Vec<u32>,
    /// The strings, end to end.
    pub text: Text,
}

/// Some rows of an export, column by column.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
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

impl Column {
    fn validate(&self, rows: usize) -> Result<(), String> {
        let (strings, numbers, dates) = match &self.tags {
            Tags::Uniform(tag) => {
                let of = |kind: Tag| if *tag == kind { rows } else { 0 };
                (of(Tag::String), of(Tag::Number), of(Tag::Date))
            }
            Tags::PerCell(tags) => {
                if tags.len() != rows {
                    return Err(format!("{} tags", tags.len()));
                }
                let mut counts = [0_usize; 6];
                for &tag in tags {
                    match counts.get_mut(usize::from(tag)) {
                        Some(count) => *count += 1,
                        None => return Err(format!("unknown tag {tag}")),
                    }
                }
                (counts[Tag::String as usize], counts[Tag::Number as usize], counts[Tag::Date as usize])
            }
        };
        if self.lengths.len() != strings {
            return Err(format!("{} lengths for {strings} strings", self.lengths.len()));
        }
        if self.numbers.len() != numbers + dates {
            return Err(format!("{} numbers for {numbers} numbers and {dates} dates", self.numbers.len()));
        }
        if self.text.len() > MAX_TEXT {
            return Err(format!("{} units of text", self.text.len()));
        }
        let total: u64 = self.lengths.iter().map(|&length| u64::from(length)).sum();
        if total != self.text.len() as u64 {
            return Err(format!("lengths add up to {total}, the text has {}", self.text.len()));
        }
        if dates > 0 {
            self.validate_dates()?;
        }
        Ok(())
    }

    fn validate_dates(&self) -> Result<(), String> {
        let check = |ms: f64| if date::is_time(ms) { Ok(()) } else { Err(format!("{ms} is no time")) };
        match &self.tags {
            Tags::Uniform(_) => self.numbers.iter().try_for_each(|&ms| check(ms)),
            Tags::PerCell(tags) => tags
                .iter()
                .filter(|&&tag| tag == Tag::Number as u8 || tag == Tag::Date as u8)
                .zip(&self.numbers)
                .filter(|&(&tag, _)| tag == Tag::Date as u8)
                .try_for_each(|(_, &ms)| check(ms)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(tags: Tags, numbers: &[f64], lengths: &[u32], text: &[u8]) -> Column {
        Column {
            tags,
            numbers: numbers.to_vec(),
            lengths: lengths.to_vec(),
            text: Text::Latin1(text.to_vec()),
        }
    }

    #[test]
    fn tags_and_bytes_agree() {
        for byte in 0..=u8::MAX {
            match Tag::from_byte(byte) {
                Some(tag) => assert_eq!(tag as u8, byte),
                None => assert!(byte > 5),
            }
        }
    }

    #[test]
    fn refuses_what_does_not_add_up() {
        let wrong = [
            column(Tags::Uniform(Tag::String), &[], &[1], b"a"),
            column(Tags::Uniform(Tag::String), &[], &[1, 2], b"ab"),
            column(Tags::Uniform(Tag::String), &[], &[1, 0], b"ab"),
            column(Tags::Uniform(Tag::String), &[], &[u32::MAX, u32::MAX], b"ab"),
            column(Tags::Uniform(Tag::Number), &[1.0], &[], b""),
            column(Tags::Uniform(Tag::Number), &[1.0, 2.0], &[], b"a"),
            column(Tags::Uniform(Tag::Empty), &[1.0], &[], b""),
            column(Tags::Uniform(Tag::Date), &[0.0, f64::NAN], &[], b""),
            column(Tags::Uniform(Tag::Date), &[0.0, 8.64e15 + 1.0], &[], b""),
            column(Tags::Uniform(Tag::Date), &[0.0, 0.5], &[], b""),
            column(Tags::PerCell(vec![1]), &[], &[1], b"a"),
            column(Tags::PerCell(vec![6, 0]), &[], &[], b""),
            column(Tags::PerCell(vec![2, 3]), &[1.0, f64::INFINITY], &[], b""),
            column(Tags::PerCell(vec![2, 1]), &[1.0], &[], b""),
        ];
        for column in wrong {
            let batch = Batch { rows: 2, columns: vec![column] };
            let error = batch.validate().expect_err("should not add up");
            assert_eq!(error.code(), crate::Code::Internal, "{batch:?}");
        }
        assert!(Batch { rows: 1, columns: Vec::new() }.validate().is_err());
    }

    #[test]
    fn a_number_may_be_what_a_date_may_not() {
        let mixed = column(Tags::PerCell(vec![2, 3, 1]), &[f64::NAN, 0.0], &[2], b"ab");
        assert!(Batch { rows: 3, columns: vec![mixed] }.validate().is_ok());
    }
}
