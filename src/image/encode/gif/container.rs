//! The file around the frames' data (version 89a, sections 17 to 27; Netscape's extension for loops).

use super::super::super::pixels::out_of_memory;
use super::super::palette::Color;
use super::lzw::Encoder;
use crate::error::{Error, Result};
use crate::pool::Cancel;

/// What becomes of a frame before the next one is drawn (section 23).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Disposal {
    Keep = 1,
    Background = 2,
}

pub(super) struct Frame<'a> {
    pub(super) left: u16,
    pub(super) top: u16,
    pub(super) width: u16,
    pub(super) height: u16,
    /// In hundredths of a second.
    pub(super) delay: u16,
    pub(super) disposal: Disposal,
    pub(super) transparent: Option<u8>,
    /// Its own, where it does not have the file's.
    pub(super) colors: Option<&'a [Color]>,
    pub(super) indices: &'a [u8],
}

pub(super) struct File {
    bytes: Vec<u8>,
    lzw: Encoder,
}

impl File {
    /// Of a size, with colours for all frames that have none of their own.
    pub(super) fn new(width: u16, height: u16, colors: Option<&[Color]>) -> Result<Self> {
        let mut file = Self { bytes: Vec::new(), lzw: Encoder::new()? };
        let bits = colors.map(table_bits).transpose()?;
        let [w, h] = [width, height].map(u16::to_le_bytes);
        file.put(b"GIF89a")?;
        // Colours may have eight bits a channel; neither a background colour nor an aspect ratio.
        file.put(&[w[0], w[1], h[0], h[1], 0x70 | table_flags(bits), 0, 0])?;
        if let (Some(colors), Some(bits)) = (colors, bits) {
            file.table(colors, bits)?;
        }
        Ok(file)
    }

    /// How often it plays; 0 is for ever. Shown once is what a file without the extension is.
    pub(super) fn plays(&mut self, plays: u32) -> Result<()> {
        if plays == 1 {
            return Ok(());
        }
        // The extension counts how often it begins again.
        let again = u16::try_from(plays.saturating_sub(1)).unwrap_or(u16::MAX).to_le_bytes();
        self.put(b"\x21\xFF\x0BNETSCAPE2.0")?;
        self.put(&[3, 1, again[0], again[1], 0])
    }

    pub(super) fn frame(&mut self, frame: &Frame<'_>, cancel: &Cancel) -> Result<()> {
        if frame.indices.len() != usize::from(frame.width) * usize::from(frame.height) {
            return Err(Error::internal("a GIF's frame has not as many pixels as it says"));
        }
        let delay = frame.delay.to_le_bytes();
        let flags = (frame.disposal as u8) << 2 | u8::from(frame.transparent.is_some());
        self.put(&[0x21, 0xF9, 4, flags, delay[0], delay[1], frame.transparent.unwrap_or(0), 0])?;
        let bits = frame.colors.map(table_bits).transpose()?;
        self.put(&[0x2C])?;
        for side in [frame.left, frame.top, frame.width, frame.height] {
            self.put(&side.to_le_bytes())?;
        }
        self.put(&[table_flags(bits)])?;
        if let (Some(colors), Some(bits)) = (frame.colors, bits) {
            self.table(colors, bits)?;
        }
        self.lzw.encode(frame.indices, cancel, &mut self.bytes)
    }

    pub(super) fn finish(mut self) -> Result<Vec<u8>> {
        self.put(&[0x3B])?;
        Ok(self.bytes)
    }

    /// Padded to a power of two (section 19).
    fn table(&mut self, colors: &[Color], bits: u8) -> Result<()> {
        let mut table = [0; 3 * 256];
        for (place, color) in table.chunks_exact_mut(3).zip(colors) {
            place.copy_from_slice(&color[..3]);
        }
        self.put(&table[..3 << bits])
    }

    fn put(&mut self, bytes: &[u8]) -> Result<()> {
        self.bytes.try_reserve(bytes.len()).map_err(|_| out_of_memory(bytes.len() as u64))?;
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }
}

/// Bits of an index, 1 to 8.
fn table_bits(colors: &[Color]) -> Result<u8> {
    match colors.len() {
        count @ 0..=256 => Ok(count.max(2).next_power_of_two().ilog2() as u8),
        count => Err(Error::internal(format!("a GIF's palette of {count} colours"))),
    }
}

/// That there is a table, if there is, and how large it is.
fn table_flags(bits: Option<u8>) -> u8 {
    bits.map_or(0, |bits| 0x80 | (bits - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RED: Color = [255, 0, 0, 255];
    const WHITE: Color = [255; 4];

    #[test]
    fn a_file_worked_by_hand() {
        let mut file = File::new(3, 1, Some(&[RED, WHITE])).unwrap();
        file.plays(3).unwrap();
        let frame = Frame {
            left: 1,
            top: 0,
            width: 2,
            height: 1,
            delay: 0x0102,
            disposal: Disposal::Background,
            transparent: Some(1),
            colors: Some(&[WHITE, RED, WHITE]),
            indices: &[0, 1],
        };
        file.frame(&frame, &Cancel::new()).unwrap();
        let mut expected = b"GIF89a\x03\0\x01\0\xF0\0\0\xFF\0\0\xFF\xFF\xFF".to_vec();
        expected.extend(b"\x21\xFF\x0BNETSCAPE2.0\x03\x01\x02\0\0");
        expected.extend(b"\x21\xF9\x04\x09\x02\x01\x01\0");
        expected.extend(b"\x2C\x01\0\0\0\x02\0\x01\0\x81\xFF\xFF\xFF\xFF\0\0\xFF\xFF\xFF\0\0\0");
        // 4 clears, 0, 1, 5 ends: 101 001 000 100.
        expected.extend(b"\x02\x02\x44\x0A\0");
        expected.push(0x3B);
        assert_eq!(file.finish().unwrap(), expected);
    }

    #[test]
    fn what_does_not_fit_is_an_error() {
        assert!(File::new(1, 1, Some(&[WHITE; 257])).is_err());
        let mut file = File::new(1, 1, None).unwrap();
        let frame = Frame {
            left: 0,
            top: 0,
            width: 2,
            height: 2,
            delay: 0,
            disposal: Disposal::Keep,
            transparent: None,
            colors: Some(&[WHITE]),
            indices: &[0],
        };
        assert!(file.frame(&frame, &Cancel::new()).is_err());
    }
}
