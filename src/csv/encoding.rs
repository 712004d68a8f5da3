//! Between encodings: JavaScript's units into UTF-8, in which fields are put together, and that into what the output
//! is to be.

use super::sheet::Sheet;

/// What the bytes of an output are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8.
    #[default]
    Utf8,
    /// UTF-16, little-endian.
    Utf16Le,
    /// ISO 8859-1: U+0000 to U+00FF, a byte each.
    Latin1,
}

pub(super) fn fits_latin1(character: char) -> bool {
    u32::from(character) < 0x100
}

/// Appends Latin-1 as UTF-8: bytes are code points, and take two from 0x80 on.
pub(super) fn put_latin1(sheet: &mut Sheet, mut text: &[u8]) {
    while let Some((chunk, rest)) = text.split_first_chunk::<8>() {
        if chunk.is_ascii() {
            *sheet.claim() = *chunk;
            sheet.keep(8);
        } else {
            put_latin1_each(sheet, chunk);
        }
        text = rest;
    }
    put_latin1_each(sheet, text);
}

/// At most eight bytes.
#[inline]
fn put_latin1_each(sheet: &mut Sheet, text: &[u8]) {
    let piece = sheet.claim::<32>();
    let mut at = 0;
    for &byte in text.iter().take(8) {
        // Without a branch: where there are accents, there is no telling where.
        let wide = byte >> 7;
        let pair = [if wide == 0 { byte } else { 0xc0 | byte >> 6 }, 0x80 | byte & 0x3f];
        piece[at & 15..][..2].copy_from_slice(&pair);
        at += 1 + usize::from(wide);
    }
    sheet.keep(at);
}

/// Appends UTF-16 as UTF-8, lone surrogates as U+FFFD.
pub(super) fn put_utf16(sheet: &mut Sheet, mut text: &[u16]) {
    while let Some((chunk, rest)) = text.split_first_chunk::<8>() {
        if chunk.iter().fold(0, |all, &unit| all | unit) < 0x80 {
            let piece = sheet.claim::<8>();
            for (byte, &unit) in piece.iter_mut().zip(chunk) {
                *byte = unit as u8;
            }
            sheet.keep(8);
            text = rest;
        } else {
            text = put_utf16_each(sheet, text, 8);
        }
    }
    put_utf16_each(sheet, text, text.len());
}

/// Appends `count` units, of which there are no more than eight, and the second half of a pair if that is where they
/// end. Returns the rest.
fn put_utf16_each<'a>(sheet: &mut Sheet, text: &'a [u16], count: usize) -> &'a [u16] {
    let piece = sheet.claim::<32>();
    let (mut read, mut at) = (0, 0);
    while read < count && at <= 28 {
        let unit = text[read];
        let low = |shift: u16| 0x80 | (unit >> shift & 0x3f) as u8;
        let Some(room) = piece[at..].first_chunk_mut::<4>() else { break };
        let (length, units);
        match unit {
            0..0x80 => {
                room[0] = unit as u8;
                (length, units) = (1, 1);
            }
            0x80..0x800 => {
                room[..2].copy_from_slice(&[0xc0 | (unit >> 6) as u8, low(0)]);
                (length, units) = (2, 1);
            }
            0xd800..0xe000 => {
                let (character, read) = decode(&text[read..]);
                (length, units) = (character.encode_utf8(room).len(), read);
            }
            _ => {
                room[..3].copy_from_slice(&[0xe0 | (unit >> 12) as u8, low(6), low(0)]);
                (length, units) = (3, 1);
            }
        }
        at += length;
        read += units;
    }
    sheet.keep(at);
    &text[read..]
}

/// The first character of a text that is not empty, and how many units it has.
pub(super) fn decode(text: &[u16]) -> (char, usize) {
    match char::decode_utf16(text.iter().take(2).copied()).next() {
        Some(Ok(character)) => (character, character.len_utf16()),
        _ => (char::REPLACEMENT_CHARACTER, 1),
    }
}

/// Turns what follows `start`, which is UTF-8, into the encoding. What it lacks is not in there any more.
pub(super) fn encode(bytes: &mut Vec<u8>, start: usize, encoding: Encoding) {
    match encoding {
        Encoding::Utf8 => {}
        Encoding::Latin1 => to_latin1(bytes, start),
        Encoding::Utf16Le => *bytes = to_utf16le(bytes, start),
    }
}

fn to_utf16le(bytes: &[u8], start: usize) -> Vec<u8> {
    let (before, mut text) = bytes.split_at(start);
    let mut sheet = Sheet::new(Vec::new(), before.len() + 2 * text.len());
    sheet.put(before);
    while !text.is_empty() {
        if let Some((chunk, rest)) = text.split_first_chunk::<16>()
            && chunk.is_ascii()
        {
            for (pair, &byte) in sheet.claim::<32>().as_chunks_mut().0.iter_mut().zip(chunk) {
                *pair = [byte, 0];
            }
            sheet.keep(32);
            text = rest;
            continue;
        }
        // Past the end of the chunk if a character goes on there.
        let (chunk, rest) = text.split_at(boundary(text, 16));
        for unit in String::from_utf8_lossy(chunk).encode_utf16() {
            *sheet.claim() = unit.to_le_bytes();
            sheet.keep(2);
        }
        text = rest;
    }
    sheet.finish()
}

/// The first place at or after `at` where a character ends.
fn boundary(text: &[u8], at: usize) -> usize {
    let at = at.min(text.len());
    at + text[at..].iter().take_while(|&&byte| byte & 0xc0 == 0x80).count()
}

/// In place: it only gets shorter.
fn to_latin1(bytes: &mut Vec<u8>, start: usize) {
    let mut to = start + bytes[start..].iter().take_while(|byte| byte.is_ascii()).count();
    let mut from = to;
    while from < bytes.len() {
        let byte = bytes[from];
        from += 1;
        bytes[to] = match bytes.get(from) {
            Some(&next) if byte >= 0x80 => {
                from += 1;
                byte << 6 | next & 0x3f
            }
            _ => byte,
        };
        to += 1;
    }
    bytes.truncate(to);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn collect(put: impl FnOnce(&mut Sheet)) -> Vec<u8> {
        let mut sheet = Sheet::new(b"before".to_vec(), 0);
        put(&mut sheet);
        sheet.finish()[6..].to_vec()
    }

    proptest! {
        #[test]
        fn latin1_to_utf8_and_back(text in prop::collection::vec(prop_oneof![3 => 0_u8..0x80, 1 => any::<u8>()], 0..100)) {
            let expected: String = text.iter().map(|&byte| char::from(byte)).collect();
            let mut bytes = collect(|sheet| put_latin1(sheet, &text));
            prop_assert_eq!(std::str::from_utf8(&bytes), Ok(expected.as_str()));
            bytes.splice(0..0, *b"\xc3");
            encode(&mut bytes, 1, Encoding::Latin1);
            prop_assert_eq!(&bytes[1..], text);
        }

        #[test]
        fn utf16_to_utf8_and_back(text in prop::collection::vec(
            prop_oneof![8 => 0_u16..0x80, 1 => any::<u16>(), 2 => 0xd800_u16..0xe000], 0..60)) {
            let expected = String::from_utf16_lossy(&text);
            let mut bytes = collect(|sheet| put_utf16(sheet, &text));
            prop_assert_eq!(std::str::from_utf8(&bytes), Ok(expected.as_str()));
            bytes.splice(0..0, *b"\xff");
            encode(&mut bytes, 1, Encoding::Utf16Le);
            let units: Vec<u8> = expected.encode_utf16().flat_map(u16::to_le_bytes).collect();
            prop_assert_eq!(&bytes[1..], units);
        }
    }
}
