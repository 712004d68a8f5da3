//! How each kind of value is written.

use super::batch::Tag;
use super::date::DateFormat;
use super::quote::Specials;
use super::sheet::{Separator, Sheet};
use super::style::{Quoting, refuse};
use crate::error::Result;

/// How dates are written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum DateOptions {
    /// As `Date.prototype.toISOString` does.
    #[default]
    Iso,
    /// Only the day, in UTC.
    Day,
    /// Milliseconds since 1970.
    EpochMs,
    /// By a pattern of the letters of Unicode's TR35.
    Pattern {
        /// The pattern.
        pattern: String,
        /// The IANA name of a time zone.
        time_zone: String,
    },
}

/// How bytes are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BytesText {
    /// Base64 with padding.
    #[default]
    Base64,
    /// Two digits a byte.
    Hex,
    /// Those after `\x`, as `PostgreSQL` reads them.
    Postgres,
}

/// How the cells of a column are written. The default is JavaScript's own way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormatOptions {
    /// As many as this, up to 100; `None`: as many as a number has.
    pub decimals: Option<u32>,
    /// What stands before the decimals.
    pub decimal_separator: char,
    /// Dates.
    pub date: DateOptions,
    /// `true`.
    pub true_text: String,
    /// `false`.
    pub false_text: String,
    /// `null`.
    pub null_text: String,
    /// `undefined`.
    pub undefined_text: String,
    /// Buffers.
    pub bytes: BytesText,
}

impl Default for FormatOptions {
    fn default() -> Self {
        Self {
            decimals: None,
            decimal_separator: '.',
            date: DateOptions::Iso,
            true_text: "true".to_owned(),
            false_text: "false".to_owned(),
            null_text: String::new(),
            undefined_text: String::new(),
            bytes: BytesText::Base64,
        }
    }
}

impl FormatOptions {
    /// The texts that a caller chose.
    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        let pattern = match &self.date {
            DateOptions::Pattern { pattern, .. } => pattern.as_str(),
            _ => "",
        };
        [&self.true_text, &self.false_text, &self.null_text, &self.undefined_text]
            .into_iter()
            .map(String::as_str)
            .chain([pattern])
    }
}

/// What is to be done about quotes around a value that is not a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Frame {
    /// Nothing.
    Bare,
    /// The written value is looked at: the separators may occur in it.
    Checked,
    /// Quotes go around it; nothing in it needs escaping.
    Quoted,
    /// Quotes go around it, and it is looked at.
    QuotedChecked,
}

/// A text that is always the same, with what follows it up to a length that can be copied at once.
#[derive(Debug, Default)]
pub(super) struct Fixed {
    text: Box<[u8]>,
    start: [u8; FIXED_START],
    /// It would need quotes, and nothing may have them.
    pub(super) unquotable: bool,
}

const FIXED_START: usize = 16;

impl Fixed {
    fn new(text: Vec<u8>, unquotable: bool) -> Self {
        let mut start = [0; FIXED_START];
        for (byte, of) in start.iter_mut().zip(&text) {
            *byte = *of;
        }
        Self { text: text.into_boxed_slice(), start, unquotable }
    }

    pub(super) fn text(&self) -> &[u8] {
        &self.text
    }

    /// Appends it.
    #[inline]
    pub(super) fn write(&self, sheet: &mut Sheet, separator: Separator) {
        if self.text.len() > FIXED_START {
            sheet.put(&self.text);
            return sheet.separate(separator);
        }
        sheet.put_with(separator, |piece| {
            *piece = self.start;
            self.text.len()
        });
    }
}

/// The format of a column, checked.
#[derive(Debug)]
pub(super) struct CellFormat {
    pub(super) decimals: Option<usize>,
    /// What stands in place of the decimal point.
    pub(super) separator: Option<Box<[u8]>>,
    pub(super) number_frame: Frame,
    pub(super) date: DateFormat,
    pub(super) date_frame: Frame,
    pub(super) bytes: BytesText,
    /// What cells without a payload are, by their tag, as they stand in a field, with the quotes that they need.
    pub(super) fixed: [Fixed; 8],
    /// What a string may not be without quotes: the texts of null and undefined, unless they are empty.
    pub(super) reserved: Vec<Box<[u8]>>,
}

/// As `Number.prototype.toFixed` has it.
const MAX_DECIMALS: u32 = 100;

impl CellFormat {
    pub(super) fn new(
        options: FormatOptions,
        specials: &Specials,
        quoting: Quoting,
        keep_nulls_apart: bool,
    ) -> Result<Self> {
        if options.decimals.is_some_and(|decimals| decimals > MAX_DECIMALS) {
            return refuse("decimals", &format!("0 to {MAX_DECIMALS}"));
        }
        let frame = |clash: bool| match (quoting, clash) {
            (Quoting::All, false) => Frame::Quoted,
            (Quoting::All, true) => Frame::QuotedChecked,
            (_, false) => Frame::Bare,
            (_, true) => Frame::Checked,
        };
        let in_numbers = |sign: char| {
            sign.is_ascii_alphanumeric() || "+-.".contains(sign) || sign == options.decimal_separator
        };
        let in_dates = |sign: char| {
            let in_pattern = match &options.date {
                DateOptions::Pattern { pattern, .. } => pattern.contains([sign, '\r', '\n']),
                _ => false,
            };
            sign.is_ascii_alphanumeric() || "+-.:/_".contains(sign) || in_pattern
        };
        let (number_clash, date_clash) = (specials.signs().any(in_numbers), specials.signs().any(in_dates));
        let fixed = |text: &str, quotable: bool| {
            let text = text.as_bytes();
            let needed = specials.need_quotes(text);
            let mut sheet = Sheet::new(Vec::new(), 0);
            if needed && quoting != Quoting::None || quotable && quoting == Quoting::All {
                specials.write_quoted(&mut sheet, text);
            } else {
                sheet.put(text);
            }
            Fixed::new(sheet.finish(), needed && quoting == Quoting::None)
        };
        let reserved = [&options.null_text, &options.undefined_text];
        Ok(Self {
            decimals: options.decimals.map(|decimals| decimals as usize),
            separator: (options.decimal_separator != '.')
                .then(|| options.decimal_separator.to_string().into_bytes().into_boxed_slice()),
            number_frame: frame(number_clash),
            date_frame: frame(date_clash),
            bytes: options.bytes,
            fixed: {
                let mut all = <[Fixed; 8]>::default();
                for (tag, text, quotable) in [
                    (Tag::True, &options.true_text, true),
                    (Tag::False, &options.false_text, true),
                    (Tag::Null, &options.null_text, !keep_nulls_apart),
                    (Tag::Undefined, &options.undefined_text, !keep_nulls_apart),
                ] {
                    all[tag as usize] = fixed(text, quotable);
                }
                all
            },
            reserved: reserved
                .into_iter()
                .filter(|text| !text.is_empty())
                .map(|text| text.clone().into_bytes().into_boxed_slice())
                .collect(),
            date: DateFormat::new(options.date)?,
        })
    }

    /// Whether a decimal text is written otherwise than it came.
    pub(super) fn changes_decimals(&self) -> bool {
        self.decimals.is_some() || self.separator.is_some()
    }
}
