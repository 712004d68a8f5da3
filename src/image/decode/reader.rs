//! The input as the decoders read it: it fails once the job is cancelled, which is how decoders that know
//! nothing of cancelling stop within a fraction of a millisecond.

use std::io::{self, BufRead, Cursor, Read, Seek, SeekFrom};

use zune_core::bytestream::{ZByteIoError, ZByteReaderTrait, ZCursor, ZSeekFrom};

use crate::pool::Cancel;

/// How many reads go between two looks at the flag. JPEG is read four bytes at a time.
const READS_BETWEEN_POLLS: u32 = 1 << 12;

struct Poll<'a> {
    cancel: &'a Cancel,
    reads: u32,
    cancelled: bool,
}

impl<'a> Poll<'a> {
    fn new(cancel: &'a Cancel) -> Self {
        Self { cancel, reads: 0, cancelled: false }
    }

    #[inline]
    fn is_cancelled(&mut self) -> bool {
        self.reads += 1;
        if self.reads >= READS_BETWEEN_POLLS {
            self.reads = 0;
            self.cancelled = self.cancel.is_cancelled();
        }
        self.cancelled
    }
}

/// For zune-jpeg.
pub(super) struct JpegReader<'a> {
    inner: ZCursor<&'a [u8]>,
    poll: Poll<'a>,
}

impl<'a> JpegReader<'a> {
    pub(super) fn new(bytes: &'a [u8], cancel: &'a Cancel) -> Self {
        Self { inner: ZCursor::new(bytes), poll: Poll::new(cancel) }
    }
}

impl ZByteReaderTrait for JpegReader<'_> {
    #[inline]
    fn read_byte_no_error(&mut self) -> u8 {
        self.inner.read_byte_no_error()
    }

    #[inline]
    fn read_exact_bytes(&mut self, buffer: &mut [u8]) -> Result<(), ZByteIoError> {
        if self.poll.is_cancelled() {
            return Err(ZByteIoError::Generic("cancelled"));
        }
        self.inner.read_exact_bytes(buffer)
    }

    #[inline]
    fn read_bytes(&mut self, buffer: &mut [u8]) -> Result<usize, ZByteIoError> {
        self.inner.read_bytes(buffer)
    }

    fn peek_bytes(&mut self, buffer: &mut [u8]) -> Result<usize, ZByteIoError> {
        self.inner.peek_bytes(buffer)
    }

    fn peek_exact_bytes(&mut self, buffer: &mut [u8]) -> Result<(), ZByteIoError> {
        self.inner.peek_exact_bytes(buffer)
    }

    fn z_seek(&mut self, from: ZSeekFrom) -> Result<u64, ZByteIoError> {
        self.inner.z_seek(from)
    }

    #[inline]
    fn is_eof(&mut self) -> Result<bool, ZByteIoError> {
        if self.poll.cancelled { Err(ZByteIoError::Generic("cancelled")) } else { self.inner.is_eof() }
    }

    fn z_position(&mut self) -> Result<u64, ZByteIoError> {
        self.inner.z_position()
    }

    fn read_remaining(&mut self, sink: &mut Vec<u8>) -> Result<usize, ZByteIoError> {
        self.inner.read_remaining(sink)
    }
}

/// For the decoders that read through the standard library's traits.
pub(super) struct InputReader<'a> {
    inner: Cursor<&'a [u8]>,
    poll: Poll<'a>,
}

impl<'a> InputReader<'a> {
    pub(super) fn new(bytes: &'a [u8], cancel: &'a Cancel) -> Self {
        Self { inner: Cursor::new(bytes), poll: Poll::new(cancel) }
    }

    fn check(&mut self) -> io::Result<()> {
        if self.poll.is_cancelled() { Err(io::Error::other("cancelled")) } else { Ok(()) }
    }
}

impl Read for InputReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.check()?;
        self.inner.read(buffer)
    }
}

impl BufRead for InputReader<'_> {
    /// In pieces: a decoder that is given the whole input at once looks at nothing else until its end.
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        const PIECE: usize = 1 << 13;
        self.poll.cancelled |= self.poll.cancel.is_cancelled();
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
