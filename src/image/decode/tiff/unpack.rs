//! What strips and tiles are packed with, a row at a time.

use std::io::{self, Read};

use flate2::bufread::ZlibDecoder;
use weezl::BitOrder;
use weezl::decode::Configuration;

use super::super::super::format::Format;
use super::super::super::options::FailOn;
use super::super::super::probe::corrupt;
use super::super::super::probe::tiff::{Compression, Header};
use super::super::lzw::Lzw;
use super::fax::{Coding, Fax};
use super::jpeg;
use super::packbits::PackBits;
use super::packed::Packed;
use crate::error::{Error, Result};
use crate::pool::Cancel;

pub(super) enum Unpacker<'a> {
    Bytes(Box<dyn Read + 'a>),
    /// Where damage to a row is not to be damage to the next, rows must be known.
    Fax(Box<Fax<'a>>),
}

impl<'a> Unpacker<'a> {
    /// One for a strip or tile of so many rows. `fail_on`: what within them is fatal.
    pub(super) fn new(
        header: &Header<'_>,
        bytes: &'a [u8],
        rows: u32,
        fail_on: FailOn,
        cancel: &'a Cancel,
    ) -> Result<Self> {
        let packed = || Packed::new(bytes, header.low_bits_first, cancel);
        let fax = |coding| {
            let decoder = Fax::new(packed(), coding, header.piece.0, fail_on != FailOn::Error)?;
            Ok(Unpacker::Fax(Box::new(decoder)))
        };
        Ok(Unpacker::Bytes(match header.compression {
            Compression::None => Box::new(packed()),
            Compression::Deflate => Box::new(ZlibDecoder::new(packed())),
            Compression::Lzw => {
                // Some writers leave the end code out: it ends with its last pixel.
                let decoder =
                    Configuration::with_tiff_size_switch(BitOrder::Msb, 8).with_yield_on_full_buffer(true);
                Box::new(Lzw::new(decoder.build(), packed()))
            }
            Compression::PackBits => Box::new(PackBits::new(packed())),
            Compression::Fax3 { two_dimensional } => return fax(Coding::Group3 { two_dimensional }),
            Compression::Fax4 => return fax(Coding::Group4),
            Compression::Jpeg => Box::new(jpeg::decode(header, bytes, rows, fail_on, cancel)?),
            Compression::Other => return Err(Error::internal("a compression that is not read")),
        }))
    }

    /// The next row; an error where there is less than that.
    pub(super) fn read(&mut self, row: &mut [u8], cancel: &Cancel) -> Result<()> {
        /// Bytes between two looks at whether anybody still wants the picture.
        const PART: usize = 1 << 18;
        match self {
            Unpacker::Bytes(bytes) => {
                for part in row.chunks_mut(PART) {
                    cancel.check()?;
                    bytes.read_exact(part).map_err(|error| match error.kind() {
                        io::ErrorKind::UnexpectedEof => too_short(),
                        _ => failed(error),
                    })?;
                }
                Ok(())
            }
            Unpacker::Fax(rows) => rows.read(row),
        }
    }
}

fn failed(what: impl std::fmt::Display) -> Error {
    corrupt(Format::Tiff, what)
}

pub(super) fn too_short() -> Error {
    failed("a strip or tile ends before its last pixel")
}
