//! The input as the decoders read it: it fails once the job is cancelled, which is how decoders that know
//! nothing of cancelling stop within a fraction of a millisecond.

use std::io::{self, BufRead, Cursor, Read, Seek, SeekFrom};

use crate::pool::Cancel;

/// How many reads go between two looks at the flag: headers are read a few bytes at a time.
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
