//! What strips and tiles are packed with, a row at a time.

use std::borrow::Cow;
use std::convert::Infallible;
use std::io::{self, Read};

use fax::decoder::{DecodeStatus, Group3Decoder, Group4Decoder};
use weezl::decode::Configuration;
use weezl::{BitOrder, LzwStatus};

use super::super::super::format::Format;
use super::super::super::probe::corrupt;
use super::super::super::probe::tiff::{Compression, Header};
use super::jpeg;
use crate::error::{Error, Result};
use crate::pool::Cancel;

/// A strip or tile's bytes, its bits turned around where a file stores them so.
pub(super) struct Packed<'a> {
    bytes: Cow<'a, [u8]>,
    at: usize,
}

impl Packed<'_> {
    fn rest(&self) -> &[u8] {
        &self.bytes[self.at..]
    }
}

impl Read for Packed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.rest().read(buffer)?;
        self.at += length;
        Ok(length)
    }
}

impl Iterator for Packed<'_> {
    type Item = std::result::Result<u8, Infallible>;

    fn next(&mut self) -> Option<Self::Item> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(Ok(byte))
    }
}

pub(super) enum Unpacker<'a> {
    Plain(Packed<'a>),
    Deflate(Box<flate2::read::ZlibDecoder<Packed<'a>>>),
    Lzw(Box<weezl::decode::Decoder>, Packed<'a>),
    PackBits(PackBits<'a>),
    Fax3(Box<Group3Decoder<Packed<'a>>>, u32),
    Fax4(Box<Group4Decoder<Packed<'a>>>, u32),
    Jpeg(io::Cursor<Vec<u8>>),
}

impl<'a> Unpacker<'a> {
    pub(super) fn new(header: &Header<'_>, packed: &'a [u8], rows: u32, cancel: &Cancel) -> Result<Self> {
        let bytes = if header.low_bits_first && header.compression != Compression::Jpeg {
            Cow::Owned(packed.iter().map(|byte| byte.reverse_bits()).collect())
        } else {
            Cow::Borrowed(packed)
        };
        let packed = Packed { bytes, at: 0 };
        Ok(match header.compression {
            Compression::None => Unpacker::Plain(packed),
            Compression::Deflate => Unpacker::Deflate(Box::new(flate2::read::ZlibDecoder::new(packed))),
            Compression::Lzw => {
                // Some writers leave the end code out: it ends with its last pixel.
                let decoder =
                    Configuration::with_tiff_size_switch(BitOrder::Msb, 8).with_yield_on_full_buffer(true);
                Unpacker::Lzw(Box::new(decoder.build()), packed)
            }
            Compression::PackBits => Unpacker::PackBits(PackBits { packed, run: Run::Over }),
            Compression::Fax3 => {
                let decoder = Group3Decoder::new(packed).map_err(failed)?;
                Unpacker::Fax3(Box::new(decoder), header.piece.0)
            }
            Compression::Fax4 => {
                // The probe has seen that the width fits.
                let Ok(decoder) = Group4Decoder::new(packed, header.piece.0 as u16);
                Unpacker::Fax4(Box::new(decoder), header.piece.0)
            }
            Compression::Jpeg => {
                Unpacker::Jpeg(io::Cursor::new(jpeg::decode(header, &packed.bytes, rows, cancel)?))
            }
            Compression::Other => return Err(Error::internal("a compression that is not read")),
        })
    }

    /// The next row; an error where there is less than that.
    pub(super) fn read(&mut self, row: &mut [u8]) -> Result<()> {
        match self {
            Unpacker::Plain(packed) => packed.read_exact(row).map_err(|_| too_short()),
            Unpacker::Deflate(decoder) => decoder.read_exact(row).map_err(|error| match error.kind() {
                io::ErrorKind::UnexpectedEof => too_short(),
                _ => failed(error),
            }),
            Unpacker::Lzw(decoder, packed) => lzw(decoder, packed, row),
            Unpacker::PackBits(decoder) => decoder.read(row),
            Unpacker::Fax3(decoder, width) => {
                let advanced = decoder.advance();
                // After the last row most writers leave out the mark that ends every one before it.
                if decoder.transitions().last().map(|end| u32::from(*end)) != Some(*width) {
                    advanced.map_err(failed)?;
                }
                blacken(row, decoder.transitions(), *width);
                Ok(())
            }
            Unpacker::Fax4(decoder, width) => match decoder.advance().map_err(failed)? {
                DecodeStatus::Incomplete => {
                    blacken(row, decoder.transition(), *width);
                    Ok(())
                }
                DecodeStatus::End => Err(too_short()),
            },
            Unpacker::Jpeg(samples) => samples.read_exact(row).map_err(|_| too_short()),
        }
    }
}

fn failed(what: impl std::fmt::Display) -> Error {
    corrupt(Format::Tiff, what)
}

fn too_short() -> Error {
    failed("a strip or tile ends before its last pixel")
}

fn lzw(decoder: &mut weezl::decode::Decoder, packed: &mut Packed<'_>, row: &mut [u8]) -> Result<()> {
    let mut done = 0;
    while done < row.len() {
        let result = decoder.decode_bytes(packed.rest(), &mut row[done..]);
        packed.at += result.consumed_in;
        done += result.consumed_out;
        match result.status {
            Ok(_) if done == row.len() => {}
            // It says that it stands still when it gives what it held back.
            Ok(LzwStatus::Ok | LzwStatus::NoProgress) if result.consumed_in + result.consumed_out > 0 => {}
            Ok(_) => return Err(too_short()),
            Err(error) => return Err(failed(error)),
        }
    }
    Ok(())
}

/// Section 9: a count, and after it so many bytes, or one that is repeated.
pub(super) struct PackBits<'a> {
    packed: Packed<'a>,
    run: Run,
}

enum Run {
    Over,
    Literal(usize),
    Repeat(usize, u8),
}

impl PackBits<'_> {
    fn byte(&mut self) -> Result<u8> {
        let byte = self.packed.bytes.get(self.packed.at).copied().ok_or_else(too_short)?;
        self.packed.at += 1;
        Ok(byte)
    }

    fn read(&mut self, row: &mut [u8]) -> Result<()> {
        let mut rest = row;
        while !rest.is_empty() {
            let (done, next) = match self.run {
                Run::Over => {
                    self.run = match self.byte()? as i8 {
                        count @ 0.. => Run::Literal(count as usize + 1),
                        // Nothing, by the specification.
                        -128 => Run::Over,
                        count => Run::Repeat(1 + usize::from(count.unsigned_abs()), self.byte()?),
                    };
                    continue;
                }
                Run::Literal(count) => {
                    let length = count.min(rest.len());
                    self.packed.read_exact(&mut rest[..length]).map_err(|_| too_short())?;
                    (length, Run::Literal(count - length))
                }
                Run::Repeat(count, value) => {
                    let length = count.min(rest.len());
                    rest[..length].fill(value);
                    (length, Run::Repeat(count - length, value))
                }
            };
            self.run = match next {
                Run::Literal(0) | Run::Repeat(0, _) => Run::Over,
                next => next,
            };
            rest = &mut rest[done..];
        }
        Ok(())
    }
}

/// A row of fax: where its colour changes, white first. Black is 1, as if white were 0.
fn blacken(row: &mut [u8], changes: &[u16], width: u32) {
    row.fill(0);
    for run in changes.chunks(2) {
        let end = run.get(1).map_or(width, |end| u32::from(*end)).min(width) as usize;
        let mut at = u32::from(run[0]) as usize;
        while at < end {
            // Whole bytes at once.
            if at.is_multiple_of(8) && end - at >= 8 {
                row[at / 8] = 0xFF;
                at += 8;
            } else {
                row[at / 8] |= 0x80 >> (at % 8);
                at += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fax_rows_are_black_from_change_to_change() {
        let mut row = [0xAA; 4];
        blacken(&mut row, &[3, 5, 8, 24, 30], 31);
        assert_eq!(row, [0b0001_1000, 0xFF, 0xFF, 0b0000_0010]);
        blacken(&mut row, &[], 31);
        assert_eq!(row, [0; 4]);
    }

    #[test]
    fn packbits_runs_go_on_over_rows() {
        // The specification's example.
        let packed =
            [0xFE, 0xAA, 0x02, 0x80, 0x00, 0x2A, 0xFD, 0xAA, 0x03, 0x80, 0x00, 0x2A, 0x22, 0xF7, 0xAA];
        let plain = [
            0xAA, 0xAA, 0xAA, 0x80, 0x00, 0x2A, 0xAA, 0xAA, 0xAA, 0xAA, 0x80, 0x00, 0x2A, 0x22, 0xAA, 0xAA,
            0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA,
        ];
        for length in [1, 2, 3, 4, 6, 8, 12, 24] {
            let packed = Packed { bytes: Cow::Borrowed(&packed), at: 0 };
            let mut decoder = PackBits { packed, run: Run::Over };
            let mut rows = vec![0; plain.len()];
            for row in rows.chunks_mut(length) {
                decoder.read(row).unwrap();
            }
            assert_eq!(rows, plain, "rows of {length}");
            assert!(decoder.read(&mut [0]).is_err());
        }
    }
}
