//! An export's style, as JavaScript sends it.

use napi_derive::napi;

use crate::csv::{
    BytesText, DateOptions, Encoding, FormatOptions, Formulas, LineEnding, Quoting, Style, StyleOptions,
};
use crate::error::{Code, Error, Result};

#[napi(object, object_to_js = false)]
pub struct StyleArgument {
    pub delimiter: String,
    pub quote: String,
    pub escape: String,
    pub line_ending: String,
    pub bom: bool,
    /// `minimal`, `all`, `strings` or `none`.
    pub quoting: String,
    /// `utf8`, `utf16le` or `latin1`.
    pub encoding: String,
    pub replacement: Option<String>,
    /// `keep`, `escape` or `reject`.
    pub formulas: String,
    pub keep_nulls_apart: bool,
    pub formats: Vec<FormatArgument>,
    /// Which of `formats` each column has; 0 for those beyond the end.
    pub column_formats: Vec<u32>,
}

#[napi(object, object_to_js = false)]
pub struct FormatArgument {
    pub decimals: Option<u32>,
    pub decimal_separator: String,
    /// `iso`, `date`, `epoch-ms` or `pattern`.
    pub date: String,
    pub pattern: Option<String>,
    pub time_zone: Option<String>,
    pub true_text: String,
    pub false_text: String,
    pub null_text: String,
    pub undefined_text: String,
    /// `base64`, `hex` or `postgres`.
    pub bytes: String,
}

impl StyleArgument {
    pub(super) fn check(self) -> Result<Style> {
        Style::new(StyleOptions {
            quote: character("quote", &self.quote)?,
            escape: Some(character("escape", &self.escape)?),
            line_ending: match self.line_ending.as_str() {
                "\r\n" => LineEnding::CrLf,
                "\n" => LineEnding::Lf,
                other => return Err(unknown("lineEnding", other)),
            },
            bom: self.bom,
            quoting: match self.quoting.as_str() {
                "minimal" => Quoting::Minimal,
                "all" => Quoting::All,
                "strings" => Quoting::Strings,
                "none" => Quoting::None,
                other => return Err(unknown("quoting", other)),
            },
            encoding: match self.encoding.as_str() {
                "utf8" => Encoding::Utf8,
                "utf16le" => Encoding::Utf16Le,
                "latin1" => Encoding::Latin1,
                other => return Err(unknown("encoding", other)),
            },
            formulas: match self.formulas.as_str() {
                "keep" => Formulas::Keep,
                "escape" => Formulas::Escape,
                "reject" => Formulas::Reject,
                other => return Err(unknown("formulas", other)),
            },
            delimiter: self.delimiter,
            replacement: self.replacement,
            keep_nulls_apart: self.keep_nulls_apart,
            formats: self.formats.into_iter().map(FormatArgument::check).collect::<Result<_>>()?,
            column_formats: self.column_formats,
        })
    }
}

impl FormatArgument {
    fn check(self) -> Result<FormatOptions> {
        Ok(FormatOptions {
            decimals: self.decimals,
            decimal_separator: character("decimalSeparator", &self.decimal_separator)?,
            date: match (self.date.as_str(), self.pattern) {
                ("iso", _) => DateOptions::Iso,
                ("date", _) => DateOptions::Day,
                ("epoch-ms", _) => DateOptions::EpochMs,
                ("pattern", Some(pattern)) => {
                    let time_zone = self.time_zone.unwrap_or_else(|| "UTC".to_owned());
                    DateOptions::Pattern { pattern, time_zone }
                }
                (other, _) => return Err(unknown("date", other)),
            },
            true_text: self.true_text,
            false_text: self.false_text,
            null_text: self.null_text,
            undefined_text: self.undefined_text,
            bytes: match self.bytes.as_str() {
                "base64" => BytesText::Base64,
                "hex" => BytesText::Hex,
                "postgres" => BytesText::Postgres,
                other => return Err(unknown("bytes", other)),
            },
        })
    }
}

fn character(name: &str, text: &str) -> Result<char> {
    let mut characters = text.chars();
    match (characters.next(), characters.next()) {
        (Some(only), None) => Ok(only),
        _ => Err(Error::new(Code::InvalidArg, format!("{name} must be one character; got {text:?}"))),
    }
}

fn unknown(name: &str, value: &str) -> Error {
    Error::new(Code::InvalidArg, format!("{name} must be one of its known values; got {value:?}"))
}
