//! The input as the decoders read it: it fails once the job is cancelled, which is how decoders that know
//! nothing of cancelling stop within a fraction of a millisecond.

use std::io::{self, BufRead, Cursor, Read, Seek, SeekFrom};

use crate::pool::Cancel;

/// So much is handed out between two looks at the flag: a decoder that is given the whole input at once looks at
/// nothing else until its end.
const PIECE: usize = 1 << 13;

/// For the decoders that read through the standard library's traits.
pub(super) struct InputReader<'a> {
    inner: Cursor<&'a [u8]>,
    cancel: &'a Cancel,
}

impl<'a> InputReader<'a> {
    pub(super) fn new(bytes: &'a [u8], cancel: &'a Cancel) -> Self {
        Self { inner: Cursor::new(bytes), cancel }
    }

    fn check(&self) -> io::Result<()> {
        if self.cancel.is_cancelled() { Err(io::Error::other("cancelled")) } else { Ok(()) }
    }
}

impl Read for InputReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.check()?;
        let piece = buffer.len().min(PIECE);
        self.inner.read(&mut buffer[..piece])
    }
}

impl BufRead for InputReader<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.check()?;
        let rest = self.inner.fill_buf()?;
        Ok(&rest[..rest.len().min(PIECE)])
    }

    fn consume(&mut self, amount: usize) {
        self.inner.consume(amount);
    }
}

impl Seek for InputReader<'_> {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        self.inner.seek(position)
    }
}
