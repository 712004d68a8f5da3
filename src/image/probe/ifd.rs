//! Directories of TIFF (6.0, section 2), of its 64-bit form (`BigTIFF`), and so of EXIF: a byte order mark,
//! the offset of the first directory, and directories of numbered fields.

use std::ops::Range;

/// More fields than any real directory has.
const MAX_FIELDS: u64 = 4096;

/// A directory in borrowed bytes, which begin at the TIFF header.
#[derive(Clone, Copy)]
pub(in super::super) struct Directory<'a> {
    bytes: &'a [u8],
    little_endian: bool,
    big: bool,
    first_field: usize,
    fields: usize,
}

/// A field whose values lie within the file.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Field {
    kind: u16,
    count: usize,
    at: usize,
}

impl Field {
    pub(in super::super) fn count(&self) -> usize {
        self.count
    }

    /// The bytes of its values.
    pub(in super::super) fn range(&self) -> Range<usize> {
        self.at..self.at + self.count * size_of_kind(self.kind).unwrap_or(0)
    }
}

/// Bytes of a value.
fn size_of_kind(kind: u16) -> Option<usize> {
    Some(match kind {
        // BYTE, ASCII, SBYTE, UNDEFINED.
        1 | 2 | 6 | 7 => 1,
        // SHORT, SSHORT.
        3 | 8 => 2,
        // LONG, SLONG, FLOAT, IFD.
        4 | 9 | 11 | 13 => 4,
        // RATIONAL, SRATIONAL, DOUBLE, LONG8, SLONG8, IFD8.
        5 | 10 | 12 | 16 | 17 | 18 => 8,
        _ => return None,
    })
}

impl<'a> Directory<'a> {
    /// The first directory of a file or an EXIF block; `None` where there is no such thing.
    pub(in super::super) fn first(tiff: &'a [u8]) -> Option<Self> {
        let (little_endian, big) = match tiff.get(..4)? {
            b"II*\0" => (true, false),
            b"MM\0*" => (false, false),
            b"II+\0" => (true, true),
            b"MM\0+" => (false, true),
            _ => return None,
        };
        let empty = Self { bytes: tiff, little_endian, big, first_field: 0, fields: 0 };
        if big && (empty.u16(4)?, empty.u16(6)?) != (8, 0) {
            return None;
        }
        empty.open(if big { empty.u64(8)? } else { empty.u32(4)?.into() })
    }

    fn open(self, at: u64) -> Option<Self> {
        let at = usize::try_from(at).ok()?;
        let (fields, first_field) = if self.big {
            (self.u64(at)?, at.checked_add(8)?)
        } else {
            (self.u16(at)?.into(), at.checked_add(2)?)
        };
        Some(Self { first_field, fields: fields.min(MAX_FIELDS) as usize, ..self })
    }

    /// Whether all of its fields lie within the file.
    pub(in super::super) fn is_whole(&self) -> bool {
        self.first_field.saturating_add(self.fields * self.field_size()) <= self.bytes.len()
    }

    fn field_size(&self) -> usize {
        if self.big { 20 } else { 12 }
    }

    /// Where the fields of this number begin.
    pub(in super::super) fn places(&self, tag: u16) -> impl Iterator<Item = usize> {
        (0..self.fields)
            .map(|index| self.first_field.saturating_add(index * self.field_size()))
            .map_while(|at| Some((at, self.u16(at)?)))
            .filter(move |(_, found)| *found == tag)
            .map(|(at, _)| at)
    }

    /// The field of this number, if the directory has it and its values lie within the file.
    pub(in super::super) fn find(&self, tag: u16) -> Option<Field> {
        let (size, inline) = (self.field_size(), if self.big { 8 } else { 4 });
        let at = self.places(tag).next()?;
        let kind = self.u16(at + 2)?;
        let count = if self.big { self.u64(at + 4)? } else { self.u32(at + 4)?.into() };
        let count = usize::try_from(count).ok()?;
        let bytes = count.checked_mul(size_of_kind(kind)?)?;
        let value = at + size - inline;
        let at = if bytes <= inline {
            value
        } else {
            let offset = if self.big { self.u64(value)? } else { self.u32(value)?.into() };
            usize::try_from(offset).ok()?
        };
        let end = at.checked_add(bytes)?;
        (end <= self.bytes.len()).then_some(Field { kind, count, at })
    }

    /// One of a field's values, if they are whole numbers.
    pub(in super::super) fn number(&self, field: &Field, index: usize) -> Option<u64> {
        if index >= field.count {
            return None;
        }
        match field.kind {
            1 | 7 => self.bytes.get(field.at + index).map(|value| u64::from(*value)),
            3 => self.u16(field.at + index * 2).map(u64::from),
            4 | 13 => self.u32(field.at + index * 4).map(u64::from),
            16 | 18 => self.u64(field.at + index * 8),
            _ => None,
        }
    }

    /// The first value of a field, if it is a whole number.
    pub(in super::super) fn value(&self, tag: u16) -> Option<u64> {
        self.number(&self.find(tag)?, 0)
    }

    /// The first value of a field, if it is a fraction.
    pub(in super::super) fn fraction(&self, tag: u16) -> Option<f64> {
        let field = self.find(tag)?;
        if field.kind != 5 || field.count == 0 {
            return None;
        }
        let (above, below) = (self.u32(field.at)?, self.u32(field.at + 4)?);
        (below != 0).then(|| f64::from(above) / f64::from(below))
    }

    /// Dots an inch, by the fields that TIFF and EXIF share: resolution and its unit.
    pub(in super::super) fn density(&self) -> Option<f64> {
        const X_RESOLUTION: u16 = 0x011A;
        const RESOLUTION_UNIT: u16 = 0x0128;
        let resolution = self.fraction(X_RESOLUTION).filter(|resolution| *resolution > 0.0)?;
        match self.value(RESOLUTION_UNIT).unwrap_or(2) {
            2 => Some(resolution),
            3 => Some(resolution * 2.54),
            _ => None,
        }
    }

    /// Whether it is in the 64-bit form.
    pub(in super::super) fn is_big(&self) -> bool {
        self.big
    }

    pub(in super::super) fn is_little_endian(&self) -> bool {
        self.little_endian
    }

    pub(in super::super) fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    pub(in super::super) fn u16(&self, at: usize) -> Option<u16> {
        let bytes = *self.bytes.get(at..)?.first_chunk()?;
        Some(if self.little_endian { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) })
    }

    fn u32(&self, at: usize) -> Option<u32> {
        let bytes = *self.bytes.get(at..)?.first_chunk()?;
        Some(if self.little_endian { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
    }

    fn u64(&self, at: usize) -> Option<u64> {
        let bytes = *self.bytes.get(at..)?.first_chunk()?;
        Some(if self.little_endian { u64::from_le_bytes(bytes) } else { u64::from_be_bytes(bytes) })
    }
}
