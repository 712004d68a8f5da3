//! A packed batch, copied out of the memory that the packer fills (lib/csv/slab.js).
//!
//! The memory holds three arrays of `cells` elements each: words of eight bytes, lengths of four, tags of one. The
//! cell of row `r` and column `c` is element `c * capacity + r` of each.

use napi::bindgen_prelude::{Array, JsValue, Uint8ArraySlice, Utf16String};
use napi::{JsString, sys};

use std::sync::{Mutex, PoisonError};

use crate::csv::{Batch, Column, Tag, Tags, Text};

/// Bytes a cell, in all three arrays.
const CELL: usize = 13;

/// What the packer filled.
pub(super) struct Packed<'a> {
    pub rows: u32,
    /// The index, in the source, of the first row.
    pub first: f64,
    pub capacity: u32,
    pub memory: &'a [u8],
    pub texts: &'a Array<'a>,
    /// For each column whether its text holds more than Latin-1.
    pub wide: &'a [u8],
}

/// Copies a batch, into the memory of one that is done with: fresh memory costs as much in page faults as all the
/// rest.
pub(super) fn read_batch(mut batch: Batch, packed: &Packed<'_>) -> napi::Result<Batch> {
    packed.begin(&mut batch);
    let memory = packed.memory()?;
    for (index, (column, &wide)) in batch.columns.iter_mut().zip(packed.wide).enumerate() {
        memory.read(column, index, packed.texts, wide != 0)?;
    }
    Ok(batch)
}

/// The same, with typed arrays for those columns that have a kind of number; the others have -1.
pub(super) fn read_columns(
    mut batch: Batch,
    packed: &Packed<'_>,
    typed: &Array<'_>,
    kinds: &[i8],
) -> napi::Result<Batch> {
    packed.begin(&mut batch);
    for (index, column) in batch.columns.iter_mut().enumerate() {
        if let Some(kind) = kinds.get(index).and_then(|&kind| Kind::from_byte(kind)) {
            let numbers: Option<Uint8ArraySlice<'_>> = typed.get(index as u32)?;
            let read = numbers.is_some_and(|numbers| kind.read(column, &numbers, packed.rows as usize));
            if !read {
                return Err(napi::Error::from_reason("a typed column is not as long as its batch"));
            }
        } else {
            let wide = packed.wide.get(index).is_some_and(|&wide| wide != 0);
            packed.memory()?.read(column, index, packed.texts, wide)?;
        }
    }
    Ok(batch)
}

impl<'a> Packed<'a> {
    fn begin(&self, batch: &mut Batch) {
        batch.first_row = Some(self.first as u64);
        batch.rows = self.rows;
        batch.columns.resize_with(self.wide.len(), || Column {
            tags: Tags::Uniform(Tag::Null),
            words: Vec::new(),
            lengths: Vec::new(),
            text: Text::Latin1(Vec::new()),
        });
    }

    fn memory(&self) -> napi::Result<Memory<'a>> {
        Memory::new(self.memory, self.wide.len(), self.rows as usize, self.capacity as usize)
            .ok_or_else(|| napi::Error::from_reason("a packed batch does not fit its memory"))
    }
}

/// What a typed array holds. The numbers are the places in `KINDS` of lib/csv/column-packer.js.
#[derive(Clone, Copy)]
enum Kind {
    I8,
    U8,
    I16,
    U16,
    I32,
    U32,
    F32,
    F64,
    I64,
    U64,
}

impl Kind {
    fn from_byte(byte: i8) -> Option<Self> {
        use Kind::{F32, F64, I8, I16, I32, I64, U8, U16, U32, U64};
        let kinds = [I8, U8, I16, U16, I32, U32, F32, F64, I64, U64];
        usize::try_from(byte).ok().and_then(|byte| kinds.get(byte)).copied()
    }

    /// Copies the numbers as words. False if there are not as many as rows.
    fn read(self, into: &mut Column, bytes: &[u8], rows: usize) -> bool {
        let words = &mut into.words;
        words.clear();
        into.lengths.clear();
        into.text.clear();
        into.tags = Tags::Uniform(match self {
            Kind::F32 | Kind::F64 => Tag::Number,
            Kind::U64 => Tag::Unsigned,
            _ => Tag::Integer,
        });
        match self {
            Kind::I8 => words.extend(bytes.iter().map(|&byte| i64::from(byte.cast_signed()) as u64)),
            Kind::U8 => words.extend(bytes.iter().map(|&byte| u64::from(byte))),
            Kind::I16 => words.extend(pieces(bytes).map(|piece| i64::from(i16::from_ne_bytes(piece)) as u64)),
            Kind::U16 => words.extend(pieces(bytes).map(|piece| u64::from(u16::from_ne_bytes(piece)))),
            Kind::I32 => words.extend(pieces(bytes).map(|piece| i64::from(i32::from_ne_bytes(piece)) as u64)),
            Kind::U32 => words.extend(pieces(bytes).map(|piece| u64::from(u32::from_ne_bytes(piece)))),
            Kind::F32 => {
                words.extend(pieces(bytes).map(|piece| f64::from(f32::from_ne_bytes(piece)).to_bits()));
            }
            Kind::F64 | Kind::I64 | Kind::U64 => words.extend(pieces(bytes).map(u64::from_ne_bytes)),
        }
        words.len() == rows
    }
}

/// The row of the columns' names.
pub(super) fn header(names: Vec<Utf16String>) -> Batch {
    let columns = names.into_iter().map(|name| {
        let units = name.to_vec();
        Column {
            tags: Tags::Uniform(Tag::String),
            words: Vec::new(),
            lengths: vec![units.len() as u32],
            text: Text::Utf16(units),
        }
    });
    Batch { first_row: None, rows: 1, columns: columns.collect() }
}

/// The packer's memory.
struct Memory<'a> {
    words: &'a [u8],
    lengths: &'a [u8],
    tags: &'a [u8],
    rows: usize,
    capacity: usize,
}

impl<'a> Memory<'a> {
    /// `None` if so many cells are not in it.
    fn new(memory: &'a [u8], columns: usize, rows: usize, capacity: usize) -> Option<Self> {
        let cells = memory.len() / CELL;
        if rows > capacity || columns.checked_mul(capacity)? > cells {
            return None;
        }
        let (words, rest) = memory.split_at_checked(cells * 8)?;
        let (lengths, tags) = rest.split_at_checked(cells * 4)?;
        Some(Self { words, lengths, tags, rows, capacity })
    }

    fn read(&self, into: &mut Column, column: usize, texts: &Array<'_>, wide: bool) -> napi::Result<()> {
        let start = column * self.capacity;
        let tags = &self.tags[start..start + self.rows];
        let (mut has_words, mut has_text) = (false, false);
        for &tag in tags {
            has_words |= WORDS >> (tag & 31) & 1 == 1;
            has_text |= TEXTS >> (tag & 31) & 1 == 1;
        }
        into.words.clear();
        into.lengths.clear();
        compact(&mut into.tags, tags);
        if has_words {
            into.words.extend(pieces(&self.words[start * 8..][..self.rows * 8]).map(u64::from_ne_bytes));
        }
        if !has_text {
            into.text.clear();
            return Ok(());
        }
        // What stands where there is no text is of another batch.
        let length = |(length, &tag): ([u8; 4], &u8)| {
            if TEXTS >> (tag & 31) & 1 == 1 { u32::from_ne_bytes(length) } else { 0 }
        };
        into.lengths.extend(pieces(&self.lengths[start * 4..][..self.rows * 4]).zip(tags).map(length));
        let units: u64 = into.lengths.iter().map(|&length| u64::from(length)).sum();
        let text: JsString<'_> = texts
            .get(column as u32)?
            .ok_or_else(|| napi::Error::from_reason("a packed column lacks its text"))?;
        let units = usize::try_from(units).unwrap_or(usize::MAX);
        match (&mut into.text, wide) {
            (Text::Latin1(into), false) => latin1(into, &text, units),
            (Text::Utf16(into), true) => utf16(into, &text, units),
            (other, false) => {
                let mut copied = Vec::new();
                latin1(&mut copied, &text, units)?;
                *other = Text::Latin1(copied);
                Ok(())
            }
            (other, true) => {
                let mut copied = Vec::new();
                utf16(&mut copied, &text, units)?;
                *other = Text::Utf16(copied);
                Ok(())
            }
        }
    }
}

/// Bit sets of tags: those with a word, and those with text.
const WORDS: u32 =
    1 << Tag::Number as u32 | 1 << Tag::Date as u32 | 1 << Tag::Integer as u32 | 1 << Tag::Unsigned as u32;
const TEXTS: u32 = 1 << Tag::String as u32 | 1 << Tag::Decimal as u32 | 1 << Tag::Bytes as u32;

/// One tag for all, where all are alike.
fn compact(into: &mut Tags, tags: &[u8]) {
    if let Some((&first, rest)) = tags.split_first()
        && rest.iter().all(|&tag| tag == first)
        && let Some(tag) = Tag::from_byte(first)
    {
        *into = Tags::Uniform(tag);
    } else if let Tags::PerCell(into) = into {
        into.clear();
        into.extend_from_slice(tags);
    } else {
        *into = Tags::PerCell(tags.to_vec());
    }
}

fn pieces<const N: usize>(bytes: &[u8]) -> impl Iterator<Item = [u8; N]> {
    bytes.as_chunks().0.iter().copied()
}

/// More than V8 can put into a string, so what is longer is a mistake of the packer's.
const MAX_UNITS: usize = 1 << 30;

fn room(units: usize) -> napi::Result<usize> {
    if units > MAX_UNITS {
        return Err(napi::Error::from_reason("a packed column's text is too long"));
    }
    Ok(units + 1)
}

/// A string's units, of which all are below U+0100, copied once. (napi-rs asks for the length first, zeroes the
/// memory, and then copies a second time.)
fn latin1(into: &mut Vec<u8>, text: &JsString<'_>, units: usize) -> napi::Result<()> {
    let room = room(units)?;
    into.clear();
    into.reserve(room);
    let mut written = 0;
    let raw = text.value();
    // SAFETY: `raw` is a live string of this environment, whose thread this is. Node-API writes at most `room`
    // bytes, the last of them NUL, into memory of at least that capacity, and says in `written` how many come
    // before the NUL: those are initialised.
    unsafe {
        let status = sys::napi_get_value_string_latin1(
            raw.env,
            raw.value,
            into.as_mut_ptr().cast(),
            room,
            &raw mut written,
        );
        napi::check_status!(status)?;
        into.set_len(written.min(room));
    }
    Ok(())
}

/// A string's UTF-16 units, copied once.
fn utf16(into: &mut Vec<u16>, text: &JsString<'_>, units: usize) -> napi::Result<()> {
    let room = room(units)?;
    into.clear();
    into.reserve(room);
    let mut written = 0;
    let raw = text.value();
    // SAFETY: as in `latin1`, with units of two bytes.
    unsafe {
        let status =
            sys::napi_get_value_string_utf16(raw.env, raw.value, into.as_mut_ptr(), room, &raw mut written);
        napi::check_status!(status)?;
        into.set_len(written.min(room));
    }
    Ok(())
}

/// Batches that are done with, for their memory. Bounded by how many of an export may be under way.
#[derive(Default)]
pub(super) struct Spare(Mutex<Vec<Batch>>);

impl Spare {
    pub(super) fn take(&self) -> Batch {
        let spare = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        spare.unwrap_or_else(|| Batch { first_row: None, rows: 0, columns: Vec::new() })
    }

    pub(super) fn give(&self, batch: Batch) {
        // A giant cell's memory is not kept.
        if batch.columns.iter().all(|column| column.text.len() <= KEPT_UNITS) {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push(batch);
        }
    }
}

const KEPT_UNITS: usize = 1 << 20;
