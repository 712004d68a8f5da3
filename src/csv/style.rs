//! How the bytes look: what separates fields and lines, what is quoted, how each kind of value is written.

use super::cell_format::{CellFormat, FormatOptions};
use super::compression::Compression;
use super::encoding::{Encoding, fits_latin1};
use super::quote::Specials;
use super::read_back::ReadBack;
use crate::error::{Code, Error, Result};

/// What ends every line, the last one included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LineEnding {
    /// `\r\n`, as RFC 4180 §2.1 has it.
    #[default]
    CrLf,
    /// `\n`.
    Lf,
}

impl LineEnding {
    /// Its bytes.
    pub fn as_bytes(self) -> &'static [u8] {
        match self {
            LineEnding::CrLf => b"\r\n",
            LineEnding::Lf => b"\n",
        }
    }
}

/// Which fields are put within quotes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Quoting {
    /// Those that would be misread without.
    #[default]
    Minimal,
    /// All of them.
    All,
    /// Every string, bytes and headers among them, and of the others those that would be misread without.
    Strings,
    /// None; a cell that would be misread is an error.
    None,
}

/// What becomes of strings that a spreadsheet would take for formulas.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Formulas {
    /// They are written as they are.
    #[default]
    Keep,
    /// An apostrophe is put before them.
    Escape,
    /// They are an error.
    Reject,
}

/// What a [`Style`] is made of. The default is RFC 4180: commas, `\r\n`, no byte order mark.
#[derive(Clone, Debug)]
pub struct StyleOptions {
    /// What stands between two fields: 1 to 16 UTF-16 units.
    pub delimiter: String,
    /// What stands around a field.
    pub quote: char,
    /// What stands before a quote, and before itself, within a field. `None`: the quote.
    pub escape: Option<char>,
    /// What ends a line.
    pub line_ending: LineEnding,
    /// Whether the output starts with a byte order mark. An output without a single row stays empty.
    pub bom: bool,
    /// What the bytes are.
    pub encoding: Encoding,
    /// Written in place of a character that the encoding does not have.
    pub replacement: Option<String>,
    /// Which fields are quoted.
    pub quoting: Quoting,
    /// What becomes of formulas.
    pub formulas: Formulas,
    /// Whether nulls and empty strings can be told apart, as `PostgreSQL`'s COPY does: only strings are quoted.
    pub keep_nulls_apart: bool,
    /// How values are written. None: as by default.
    pub formats: Vec<FormatOptions>,
    /// Which of `formats` each column has; those beyond the end have the first.
    pub column_formats: Vec<u32>,
}

impl Default for StyleOptions {
    fn default() -> Self {
        Self {
            delimiter: ",".to_owned(),
            quote: '"',
            escape: None,
            line_ending: LineEnding::CrLf,
            bom: false,
            encoding: Encoding::Utf8,
            replacement: None,
            quoting: Quoting::Minimal,
            formulas: Formulas::Keep,
            keep_nulls_apart: false,
            formats: Vec::new(),
            column_formats: Vec::new(),
        }
    }
}

/// The style of one export, checked.
///
/// ```
/// use offloop::csv::{Style, StyleOptions};
///
/// let options = |delimiter: &str| StyleOptions { delimiter: delimiter.into(), bom: true, ..Default::default() };
/// assert_eq!(Style::new(options("||"))?.bom(), b"\xef\xbb\xbf");
/// assert!(Style::new(options("\n")).is_err());
/// # Ok::<(), offloop::Error>(())
/// ```
#[derive(Debug)]
pub struct Style {
    pub(super) specials: Specials,
    pub(super) line_ending: LineEnding,
    bom: bool,
    pub(super) encoding: Encoding,
    pub(super) replacement: Option<String>,
    pub(super) quoting: Quoting,
    pub(super) formulas: Formulas,
    pub(super) keep_nulls_apart: bool,
    formats: Vec<CellFormat>,
    column_formats: Vec<u32>,
}

impl Style {
    /// A style whose fields any reader that knows it can tell apart.
    ///
    /// # Errors
    /// `InvalidArg` for what contradicts itself.
    pub fn new(options: StyleOptions) -> Result<Self> {
        check_separators(&options)?;
        let StyleOptions { encoding, bom, replacement, quoting, keep_nulls_apart, .. } = options;
        if encoding == Encoding::Latin1 {
            if bom {
                return refuse("bom", "false with encoding 'latin1', which has no byte order mark");
            }
            let fixed = [options.delimiter.as_str(), replacement.as_deref().unwrap_or_default()];
            let signs = [Some(options.quote), options.escape];
            let all = fixed.iter().flat_map(|text| text.chars()).chain(signs.into_iter().flatten());
            check_latin1("delimiter, quote, escape and replacement", all)?;
        } else if replacement.is_some() {
            return refuse("replacement", "left out: only encoding 'latin1' lacks characters");
        }
        let specials =
            Specials::new(&options.delimiter, options.quote, options.escape.unwrap_or(options.quote));
        let mut formats = options.formats;
        if formats.is_empty() {
            formats.push(FormatOptions::default());
        }
        let formats = formats
            .into_iter()
            .map(|format| {
                if encoding == Encoding::Latin1 {
                    check_latin1("the texts of a format", format.texts().flat_map(str::chars))?;
                    check_latin1("decimalSeparator", std::iter::once(format.decimal_separator))?;
                }
                CellFormat::new(format, &specials, quoting, keep_nulls_apart)
            })
            .collect::<Result<Vec<_>>>()?;
        if options.column_formats.iter().any(|&format| format as usize >= formats.len()) {
            return Err(Error::internal("a column's format does not exist"));
        }
        Ok(Self {
            specials,
            line_ending: options.line_ending,
            bom,
            encoding,
            replacement,
            quoting,
            formulas: options.formulas,
            keep_nulls_apart,
            formats,
            column_formats: options.column_formats,
        })
    }

    /// What the output starts with: a byte order mark or nothing.
    pub fn bom(&self) -> &'static [u8] {
        match self.encoding {
            _ if !self.bom => b"",
            Encoding::Utf8 => b"\xef\xbb\xbf",
            Encoding::Utf16Le => b"\xff\xfe",
            Encoding::Latin1 => b"",
        }
    }

    /// How to read back what is written so.
    ///
    /// # Errors
    /// `InvalidArg` unless delimiter, quote and escape are one ASCII character each.
    pub fn read_back(&self, compression: Compression) -> Result<ReadBack> {
        let signs = &self.specials;
        let [delimiter, quote, escape] = [signs.delimiter(), signs.quote(), signs.escape()];
        match (delimiter, quote, escape) {
            (&[delimiter], &[quote], &[escape]) if delimiter.is_ascii() => Ok(ReadBack {
                delimiter,
                quote,
                escape: (escape != quote).then_some(escape),
                wide: self.encoding == Encoding::Utf16Le,
                // Elsewhere such a row is a pair of quotes.
                blank: self.keep_nulls_apart || self.quoting == Quoting::None,
                compression,
            }),
            _ => refuse("delimiter, quote and escape", "one ASCII character each, with verify"),
        }
    }

    pub(super) fn format(&self, column: usize) -> &CellFormat {
        let index = self.column_formats.get(column).map_or(0, |&index| index as usize);
        &self.formats[index]
    }
}

impl Default for Style {
    fn default() -> Self {
        match Self::new(StyleOptions::default()) {
            Ok(style) => style,
            Err(error) => unreachable!("the default contradicts itself: {error}"),
        }
    }
}

/// Longest delimiter, in UTF-16 units.
const MAX_DELIMITER: usize = 16;

fn check_separators(options: &StyleOptions) -> Result<()> {
    let StyleOptions { delimiter, quote, escape, .. } = options;
    let escape = escape.unwrap_or(*quote);
    let units = delimiter.encode_utf16().count();
    if !(1..=MAX_DELIMITER).contains(&units) {
        return refuse("delimiter", &format!("1 to {MAX_DELIMITER} characters long; got {units}"));
    }
    for (name, sign) in [("quote", *quote), ("escape", escape)] {
        if matches!(sign, '\r' | '\n') {
            return refuse(name, "a character other than CR and LF");
        }
        if delimiter.contains(sign) {
            return refuse("delimiter", &format!("free of the {name}, {sign:?}; got {delimiter:?}"));
        }
    }
    if delimiter.contains(['\r', '\n']) {
        return refuse("delimiter", &format!("free of CR and LF; got {delimiter:?}"));
    }
    Ok(())
}

fn check_latin1(what: &str, mut characters: impl Iterator<Item = char>) -> Result<()> {
    match characters.find(|&character| !fits_latin1(character)) {
        Some(character) => {
            refuse(what, &format!("characters of latin1, as encoding says; {character:?} is none"))
        }
        None => Ok(()),
    }
}

pub(super) fn refuse<T>(what: &str, must_be: &str) -> Result<T> {
    Err(Error::new(Code::InvalidArg, format!("{what} must be {must_be}")))
}
