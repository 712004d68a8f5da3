//! The texts of a column, made ready: UTF-8, with decimals and bytes as they are to be read.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::batch::{Column, Kinds, Tag, Text};
use super::cell_format::{BytesText, CellFormat};
use super::encoding::{Encoding, decode, fits_latin1, put_latin1, put_utf16};
use super::fixed;
use super::sheet::Sheet;
use super::style::Style;

/// The texts of a column, end to end.
pub(super) struct Ready<'a> {
    pub(super) text: Cow<'a, [u8]>,
    /// In bytes, one a row, or empty if there is no text. What stands at rows without text is not to be read.
    pub(super) lengths: Cow<'a, [u32]>,
}

/// A cell that cannot be written: its row in the batch and why.
pub(super) type Refused = (usize, String);

pub(super) fn ready<'a>(
    column: &'a Column,
    kinds: Kinds,
    format: &CellFormat,
    style: &Style,
) -> Result<Ready<'a>, Refused> {
    let rewritten = kinds.has(Tag::Bytes) || kinds.has(Tag::Decimal) && format.changes_decimals();
    match &column.text {
        Text::Latin1(text) if !rewritten && text.is_ascii() => {
            Ok(Ready { text: Cow::Borrowed(text), lengths: Cow::Borrowed(&column.lengths) })
        }
        Text::Latin1(text) => each(column, text, text.len() + text.len() / 8, |sheet, tag, cell| {
            match tag {
                Tag::Bytes => put_bytes(sheet, format.bytes, cell),
                Tag::Decimal => put_decimal(sheet, format, cell),
                _ => put_latin1(sheet, cell),
            }
            Ok(())
        }),
        Text::Utf16(text) => each(column, text, text.len() + text.len() / 2, |sheet, tag, cell| {
            match tag {
                Tag::Bytes => put_bytes(sheet, format.bytes, &narrow(cell)),
                Tag::Decimal => put_decimal(sheet, format, &narrow(cell)),
                _ if style.encoding == Encoding::Latin1 => return put_for_latin1(sheet, cell, style),
                _ => put_utf16(sheet, cell),
            }
            Ok(())
        }),
    }
}

/// Converts text by text: bytes are none, and the end of one text and the start of the next may look like a
/// surrogate pair.
fn each<'a, T>(
    column: &Column,
    mut text: &[T],
    room: usize,
    put: impl Fn(&mut Sheet, Tag, &[T]) -> Result<(), String>,
) -> Result<Ready<'a>, Refused> {
    let mut sheet = Sheet::new(Vec::new(), room);
    let mut lengths = Vec::with_capacity(column.lengths.len());
    for (row, &length) in column.lengths.iter().enumerate() {
        let tag = column.tag(row);
        let start = sheet.len();
        if tag.has_text() {
            let (cell, rest) = text.split_at((length as usize).min(text.len()));
            text = rest;
            put(&mut sheet, tag, cell).map_err(|what| (row, what))?;
        }
        lengths.push((sheet.len() - start) as u32);
    }
    Ok(Ready { text: Cow::Owned(sheet.finish()), lengths: Cow::Owned(lengths) })
}

/// Units that are below U+0100, as decimals and bytes are.
fn narrow(units: &[u16]) -> Vec<u8> {
    units.iter().map(|&unit| unit as u8).collect()
}

fn put_decimal(sheet: &mut Sheet, format: &CellFormat, text: &[u8]) {
    let rounded = format.decimals.and_then(|decimals| fixed::round_text(text, decimals));
    let text = rounded.as_deref().unwrap_or(text);
    match &format.separator {
        Some(separator) => put_separated(sheet, text, separator),
        None => put_latin1(sheet, text),
    }
}

/// Appends a number with another sign than the point before its decimals.
pub(super) fn put_separated(sheet: &mut Sheet, text: &[u8], separator: &[u8]) {
    match text.iter().position(|&byte| byte == b'.') {
        Some(at) => {
            put_latin1(sheet, &text[..at]);
            sheet.put(separator);
            put_latin1(sheet, &text[at + 1..]);
        }
        None => put_latin1(sheet, text),
    }
}

fn put_bytes(sheet: &mut Sheet, how: BytesText, bytes: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    match how {
        BytesText::Base64 => sheet.put(STANDARD.encode(bytes).as_bytes()),
        BytesText::Hex => {
            for byte in bytes {
                *sheet.claim() = [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]];
                sheet.keep(2);
            }
        }
        BytesText::Postgres => {
            sheet.put(b"\\x");
            put_bytes(sheet, BytesText::Hex, bytes);
        }
    }
}

/// Appends what latin1 has, and in place of the rest the replacement, one a character.
fn put_for_latin1(sheet: &mut Sheet, mut text: &[u16], style: &Style) -> Result<(), String> {
    loop {
        let fitting = text.iter().take_while(|&&unit| unit < 0x100).count();
        put_utf16(sheet, &text[..fitting]);
        text = &text[fitting..];
        if text.is_empty() {
            return Ok(());
        }
        let (character, units) = decode(text);
        debug_assert!(!fits_latin1(character));
        let Some(replacement) = &style.replacement else {
            return Err(format!(
                "the character {character:?} (U+{:04X}) does not exist in latin1; set replacement, or another encoding",
                u32::from(character)
            ));
        };
        sheet.put(replacement.as_bytes());
        text = &text[units..];
    }
}
