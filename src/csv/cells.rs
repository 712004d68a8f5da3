//! One column of a batch on its way out, cell by cell.

use std::borrow::Cow;

use super::batch::{Column, Tag, Tags, Text};
use super::quote::{Specials, write_quoted};
use super::{date, number};

/// The cells of a column that passed [`super::Batch::validate`], in row order.
pub(super) struct Cells<'a> {
    tags: &'a Tags,
    numbers: std::slice::Iter<'a, f64>,
    strings: Strings<'a>,
}

impl<'a> Cells<'a> {
    pub(super) fn new(column: &'a Column, specials: &Specials) -> Self {
        Self {
            tags: &column.tags,
            numbers: column.numbers.iter(),
            strings: Strings::new(&column.text, &column.lengths, specials),
        }
    }

    /// The bytes that the column's text takes, without quotes.
    pub(super) fn text_length(&self) -> usize {
        self.strings.text.len()
    }

    /// Appends the next cell, which is that of `row`.
    #[inline]
    pub(super) fn write_next(&mut self, row: usize, specials: &Specials, out: &mut Vec<u8>) {
        let tag = match self.tags {
            Tags::Uniform(tag) => Some(*tag),
            Tags::PerCell(tags) => tags.get(row).copied().and_then(Tag::from_byte),
        };
        let start = out.len();
        match tag {
            Some(Tag::String) => return self.strings.write_next(specials, out),
            Some(Tag::Number) => {
                if let Some(&value) = self.numbers.next() {
                    number::write(out, value);
                }
            }
            Some(Tag::Date) => {
                if let Some(&ms) = self.numbers.next() {
                    date::write(out, ms);
                }
            }
            Some(Tag::True) => out.extend_from_slice(b"true"),
            Some(Tag::False) => out.extend_from_slice(b"false"),
            Some(Tag::Empty) | None => return,
        }
        specials.quote_clash(out, start);
    }
}

/// The strings of a column, as UTF-8.
struct Strings<'a> {
    text: Cow<'a, [u8]>,
    /// In bytes.
    lengths: Cow<'a, [u32]>,
    next: usize,
    /// Where the next string starts.
    at: usize,
    /// The next byte that may call for quotes. Most columns have none, so one pass over the text as a
    /// whole spares a look at each string.
    special: usize,
}

impl<'a> Strings<'a> {
    fn new(text: &'a Text, lengths: &'a [u32], specials: &Specials) -> Self {
        let (text, lengths) = match text {
            Text::Latin1(text) if text.is_ascii() => (Cow::Borrowed(text.as_slice()), Cow::Borrowed(lengths)),
            Text::Latin1(text) => own(transcode_latin1(text, lengths)),
            Text::Utf16(text) => own(transcode_utf16(text, lengths)),
        };
        let special = specials.find(&text, 0);
        Self { text, lengths, next: 0, at: 0, special }
    }

    #[inline]
    fn write_next(&mut self, specials: &Specials, out: &mut Vec<u8>) {
        let length = self.lengths.get(self.next).map_or(0, |&length| length as usize);
        let end = (self.at + length).min(self.text.len());
        let field = &self.text[self.at..end];
        if self.special >= end {
            out.extend_from_slice(field);
        } else {
            if specials.need_quotes(field) {
                write_quoted(out, field);
            } else {
                out.extend_from_slice(field);
            }
            self.special = specials.find(&self.text, end);
        }
        self.next += 1;
        self.at = end;
    }
}

fn own<'a>((text, lengths): (Vec<u8>, Vec<u32>)) -> (Cow<'a, [u8]>, Cow<'a, [u32]>) {
    (Cow::Owned(text), Cow::Owned(lengths))
}

/// Latin-1 bytes are code points: from 0x80 on they take two bytes of UTF-8.
fn transcode_latin1(text: &[u8], lengths: &[u32]) -> (Vec<u8>, Vec<u32>) {
    let wide = text.iter().filter(|byte| !byte.is_ascii()).count();
    let mut out = Vec::with_capacity(text.len() + wide);
    let lengths = each(text, lengths, |string| {
        let start = out.len();
        for &byte in string {
            if byte.is_ascii() {
                out.push(byte);
            } else {
                out.extend_from_slice(&[0xc0 | byte >> 6, 0x80 | byte & 0x3f]);
            }
        }
        (out.len() - start) as u32
    });
    (out, lengths)
}

/// String by string: the end of one and the start of the next may look like a surrogate pair.
fn transcode_utf16(text: &[u16], lengths: &[u32]) -> (Vec<u8>, Vec<u32>) {
    let mut out = Vec::with_capacity(text.len() + text.len() / 2);
    let lengths = each(text, lengths, |string| {
        let start = out.len();
        for unit in char::decode_utf16(string.iter().copied()) {
            let character = unit.unwrap_or(char::REPLACEMENT_CHARACTER);
            if character.is_ascii() {
                out.push(character as u8);
            } else {
                out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            }
        }
        (out.len() - start) as u32
    });
    (out, lengths)
}

fn each<T>(mut text: &[T], lengths: &[u32], mut transcode: impl FnMut(&[T]) -> u32) -> Vec<u32> {
    lengths
        .iter()
        .map(|&length| {
            let (string, rest) = text.split_at((length as usize).min(text.len()));
            text = rest;
            transcode(string)
        })
        .collect()
}
