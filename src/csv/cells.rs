//! One column of a batch on its way out, cell by cell.

use super::batch::{Column, Tag};
use super::cell_format::{CellFormat, Frame};
use super::date::{DateFormat, Dates};
use super::formula::is_formula;
use super::quote::Specials;
use super::sheet::{Separator, Sheet};
use super::style::{Formulas, Quoting, Style};
use super::text::{Ready, Refused, put_separated, ready};
use super::{fixed, number};

/// The cells of a column that passed [`super::Batch::validate`], to be written in row order.
pub(super) struct Cells<'a> {
    column: &'a Column,
    format: &'a CellFormat,
    style: &'a Style,
    specials: &'a Specials,
    ready: Ready<'a>,
    /// Where the next text starts.
    at: usize,
    /// The next byte that may call for quotes. Most columns have none, so one pass over the text as a
    /// whole spares a look at each string.
    special: usize,
    /// Texts need quotes where there is a special byte and nowhere else.
    simple: bool,
    /// Numbers are written as JavaScript prints them, without quotes.
    plain_numbers: bool,
    dates: Dates,
    /// What is put after each cell.
    separator: Separator,
}

type Written = Result<(), String>;

impl<'a> Cells<'a> {
    pub(super) fn new(
        column: &'a Column,
        index: usize,
        style: &'a Style,
        separator: Separator,
    ) -> Result<Self, Refused> {
        let format = style.format(index);
        let specials = &style.specials;
        let kinds = column.kinds();
        let ready = ready(column, kinds, format, style)?;
        let simple = style.quoting == Quoting::Minimal
            && style.formulas == Formulas::Keep
            && !style.keep_nulls_apart
            && format.reserved.is_empty()
            && specials.exact();
        let plain_numbers = !format.changes_decimals() && format.number_frame == Frame::Bare;
        let special = specials.find(&ready.text, 0);
        Ok(Self {
            column,
            format,
            style,
            specials,
            ready,
            at: 0,
            special,
            simple,
            plain_numbers,
            dates: Dates::new(style.keep_nulls_apart),
            separator,
        })
    }

    /// About what the column takes: exact for text that needs no quotes, generous for the rest.
    pub(super) fn estimate(&self) -> usize {
        let text = self.ready.text.len();
        let other = match &self.column.tags {
            super::Tags::Uniform(Tag::Number | Tag::Integer | Tag::Unsigned) => 10,
            super::Tags::Uniform(tag) if tag.has_text() => 0,
            super::Tags::Uniform(Tag::Date) => 24,
            super::Tags::PerCell(_) if !self.column.words.is_empty() => 16,
            _ => 5,
        };
        text + text / 16 + self.column.words.len().max(self.column.lengths.len()) * other
    }

    /// Appends the cell of `row`, which follows the one that was appended last.
    #[inline]
    pub(super) fn write(&mut self, row: usize, sheet: &mut Sheet) -> Written {
        let tag = self.column.tag(row);
        let separator = self.separator;
        match tag {
            Tag::String | Tag::Bytes => return self.write_text(row, sheet, true),
            Tag::Decimal => return self.write_text(row, sheet, false),
            Tag::Number if self.plain_numbers => {
                let value = f64::from_bits(self.word(row));
                sheet.put_with(separator, |piece| number::write(piece, value));
            }
            Tag::Integer if self.plain_numbers => {
                let value = self.word(row) as i64;
                sheet.put_with(separator, |piece| number::write_signed(piece, value));
            }
            Tag::Unsigned if self.plain_numbers => {
                let value = self.word(row);
                sheet.put_with(separator, |piece| number::write_unsigned(piece, value));
            }
            Tag::Number | Tag::Integer | Tag::Unsigned => self.write_number(tag, row, sheet)?,
            Tag::Date => return self.write_date(row, sheet),
            // By index, not by branches: which of them it is, is as random as the data.
            Tag::True | Tag::False | Tag::Null | Tag::Undefined => {
                let fixed = &self.format.fixed[tag as usize & 7];
                if fixed.unquotable {
                    return Err(unquotable(fixed.text(), self.style));
                }
                fixed.write(sheet, separator);
            }
        }
        Ok(())
    }

    #[inline]
    fn word(&self, row: usize) -> u64 {
        self.column.words.get(row).copied().unwrap_or_default()
    }

    #[inline]
    fn write_text(&mut self, row: usize, sheet: &mut Sheet, is_string: bool) -> Written {
        let length = self.ready.lengths.get(row).map_or(0, |&length| length as usize);
        let start = self.at;
        let end = (start + length).min(self.ready.text.len());
        self.at = end;
        if self.simple && self.special >= end {
            sheet.put_part(&self.ready.text, start, end, self.separator);
            return Ok(());
        }
        self.write_text_with_care(start, end, sheet, is_string)
    }

    fn write_text_with_care(
        &mut self,
        start: usize,
        end: usize,
        sheet: &mut Sheet,
        is_string: bool,
    ) -> Written {
        let Self { style, specials, ready, format, .. } = self;
        let field = &ready.text[start..end];
        let mut needed = false;
        if self.special < end {
            needed = specials.need_quotes(field);
            self.special = specials.find(&ready.text, end);
        }
        let mut forced = style.quoting == Quoting::All;
        if is_string {
            forced |= style.quoting == Quoting::Strings;
            needed |= format.reserved.iter().any(|reserved| **reserved == *field)
                || style.keep_nulls_apart && (field.is_empty() || field == b"\\.");
            if style.formulas != Formulas::Keep && is_formula(field) {
                write_formula(style, field, forced || needed, sheet)?;
                sheet.separate(self.separator);
                return Ok(());
            }
        }
        if needed && style.quoting == Quoting::None {
            return Err(unquotable(field, style));
        }
        if forced || needed {
            specials.write_quoted(sheet, field);
            sheet.separate(self.separator);
        } else {
            sheet.put_part(&ready.text, start, end, self.separator);
        }
        Ok(())
    }

    /// A number in another way than JavaScript's.
    fn write_number(&mut self, tag: Tag, row: usize, sheet: &mut Sheet) -> Written {
        let word = self.word(row);
        let mut out = [0; fixed::MAX_FIXED];
        let mut piece = [0; number::MAX_NUMBER];
        let length = match (tag, self.format.decimals) {
            (Tag::Number, Some(decimals)) => fixed::write(&mut out, f64::from_bits(word), decimals),
            (Tag::Number, None) => number::write(&mut piece, f64::from_bits(word)),
            (Tag::Integer, _) => number::write_signed(&mut piece, word as i64),
            _ => number::write_unsigned(&mut piece, word),
        };
        let length = match (tag, self.format.decimals) {
            (Tag::Number, Some(_)) => length,
            (Tag::Integer | Tag::Unsigned, Some(decimals)) if decimals > 0 => {
                out[..length].copy_from_slice(&piece[..length]);
                out[length] = b'.';
                out[length + 1..=length + decimals].fill(b'0');
                length + 1 + decimals
            }
            _ => {
                out[..length].copy_from_slice(&piece[..length]);
                length
            }
        };
        let separator = self.format.separator.as_deref();
        framed(self.format.number_frame, self.style, sheet, |sheet| match separator {
            Some(separator) => put_separated(sheet, &out[..length], separator),
            None => sheet.put(&out[..length]),
        })?;
        sheet.separate(self.separator);
        Ok(())
    }

    #[inline]
    fn write_date(&mut self, row: usize, sheet: &mut Sheet) -> Written {
        let ms = f64::from_bits(self.word(row)) as i64;
        let Self { format, dates, style, separator, .. } = self;
        if format.date_frame == Frame::Bare && !matches!(format.date, DateFormat::Pattern(_)) {
            sheet.put_with(*separator, |piece| dates.write(piece, &format.date, ms));
            return Ok(());
        }
        framed(format.date_frame, style, sheet, |sheet| match &format.date {
            DateFormat::Pattern(pattern) => pattern.write(sheet, dates, ms),
            format => sheet.put_with(Separator::default(), |piece| dates.write(piece, format, ms)),
        })?;
        sheet.separate(*separator);
        Ok(())
    }
}

/// Writes what is no string, with the quotes that it needs.
#[inline]
fn framed(frame: Frame, style: &Style, sheet: &mut Sheet, write: impl FnOnce(&mut Sheet)) -> Written {
    if frame == Frame::Bare {
        write(sheet);
        return Ok(());
    }
    let specials = &style.specials;
    if frame == Frame::Quoted {
        sheet.put(specials.quote());
        write(sheet);
        sheet.put(specials.quote());
        return Ok(());
    }
    let start = sheet.len();
    write(sheet);
    let needed = specials.need_quotes(sheet.since(start));
    if needed && style.quoting == Quoting::None {
        return Err(unquotable(sheet.since(start), style));
    }
    if needed || frame == Frame::QuotedChecked {
        let field = sheet.since(start).to_vec();
        sheet.rewind(start);
        specials.write_quoted(sheet, &field);
    }
    Ok(())
}

#[cold]
fn write_formula(style: &Style, field: &[u8], quoted: bool, sheet: &mut Sheet) -> Written {
    if style.formulas == Formulas::Reject {
        let start = String::from_utf8_lossy(field).trim_start_matches('\0').chars().next().unwrap_or('\0');
        return Err(format!(
            "a string that begins with {start:?} is a formula to a spreadsheet; formulas: 'escape' would put an \
             apostrophe before it"
        ));
    }
    let escaped = [b"'", field].concat();
    // The apostrophe may be the quote, and the end of the field is to be looked at as a whole.
    let needed = style.specials.need_quotes(&escaped);
    if (quoted || needed) && style.quoting == Quoting::None {
        return Err(unquotable(&escaped, style));
    }
    if quoted || needed {
        style.specials.write_quoted(sheet, &escaped);
    } else {
        sheet.put(&escaped);
    }
    Ok(())
}

/// Why a field cannot do without quotes.
#[cold]
fn unquotable(field: &[u8], style: &Style) -> String {
    let holds = if field.is_empty() {
        "an empty string cannot be told from null"
    } else if field.contains(&b'\n') || field.contains(&b'\r') {
        "the value has a line break in it"
    } else if contains(field, style.specials.quote()) {
        "the value has a quote in it"
    } else if contains(field, style.specials.delimiter()) {
        "the value has the delimiter in it"
    } else if style.specials.need_quotes(field) {
        "the value has the escape in it, or a part of the delimiter at its end"
    } else {
        "the value is also the text of null, or ends the data"
    };
    format!("{holds}, and quoting is 'none'; use quoting: 'minimal', or another delimiter")
}

fn contains(field: &[u8], sign: &[u8]) -> bool {
    field.windows(sign.len()).any(|window| window == sign)
}
