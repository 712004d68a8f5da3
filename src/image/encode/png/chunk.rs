//! A PNG's chunks (section 5.3): length, type, body, checksum.

use super::super::super::pixels::out_of_memory;
use crate::error::{Error, Result};

const SIGNATURE: [u8; 8] = *b"\x89PNG\r\n\x1a\n";
/// A chunk of image data is ended when it has come this far. Decoders take whole chunks, or read them piece
/// by piece; their checksum is computed while they are in the cache.
const DATA_BYTES: usize = 1 << 18;

/// A file in the making.
pub(super) struct File {
    bytes: Vec<u8>,
    /// Where the body of the open IDAT begins.
    open: Option<usize>,
}

impl File {
    pub(super) fn new() -> Self {
        Self { bytes: SIGNATURE.to_vec(), open: None }
    }

    pub(super) fn chunk(&mut self, name: [u8; 4], body: &[u8]) -> Result<()> {
        self.bytes.try_reserve(body.len() + 12).map_err(|_| out_of_memory(body.len() as u64))?;
        let start = self.begin(name);
        self.bytes.extend_from_slice(body);
        self.end(start)
    }

    /// Appends to the image's data.
    pub(super) fn data(&mut self, bytes: &[u8]) -> Result<()> {
        self.bytes.try_reserve(bytes.len() + 24).map_err(|_| out_of_memory(bytes.len() as u64))?;
        let start = match self.open {
            Some(start) => start,
            None => self.begin(*b"IDAT"),
        };
        self.open = Some(start);
        self.bytes.extend_from_slice(bytes);
        if self.bytes.len() - start >= DATA_BYTES { self.end_data() } else { Ok(()) }
    }

    /// Ends the image's data.
    pub(super) fn end_data(&mut self) -> Result<()> {
        self.open.take().map_or(Ok(()), |start| self.end(start))
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    fn begin(&mut self, name: [u8; 4]) -> usize {
        self.bytes.extend_from_slice(&[0; 4]);
        self.bytes.extend_from_slice(&name);
        self.bytes.len()
    }

    fn end(&mut self, start: usize) -> Result<()> {
        let length = u32::try_from(self.bytes.len() - start)
            .ok()
            .filter(|&length| length < 1 << 31)
            .ok_or_else(|| Error::internal("a PNG chunk of two gibibytes"))?;
        self.bytes[start - 8..start - 4].copy_from_slice(&length.to_be_bytes());
        let sum = crc32fast::hash(&self.bytes[start - 4..]);
        self.bytes.extend_from_slice(&sum.to_be_bytes());
        Ok(())
    }
}
