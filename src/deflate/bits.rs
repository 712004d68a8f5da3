//! Bits into bytes, the lowest first (RFC 1951 §3.1.1).

/// A writer of bits. Those of the last byte are written by [`Bits::finish`].
pub(crate) struct Bits<'a> {
    out: &'a mut Vec<u8>,
    /// Written up to here; what `out` has beyond it is room.
    length: usize,
    waiting: u64,
    count: u32,
}

/// The bits of a byte that is not whole yet.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Pause {
    waiting: u64,
    count: u32,
}

/// Room that is made at once.
const ROOM: usize = 16 * 1024;

impl<'a> Bits<'a> {
    pub(crate) fn new(out: &'a mut Vec<u8>) -> Self {
        let length = out.len();
        Self { out, length, waiting: 0, count: 0 }
    }

    /// Adds the lowest `count` bits of a value that has no others. Between two calls of [`Self::flush`] at most 57.
    #[inline]
    pub(crate) fn put(&mut self, value: u64, count: u32) {
        debug_assert!(self.count + count <= 64 && value.checked_shr(count).unwrap_or(0) == 0);
        self.waiting |= value << self.count;
        self.count += count;
    }

    /// Writes the whole bytes that wait.
    #[inline]
    pub(crate) fn flush(&mut self) {
        // All eight bytes are written, as one word, though some are not whole yet: they are written over later.
        if self.out.len() < self.length + 8 {
            self.out.resize(self.length + ROOM, 0);
        }
        if let Some(room) = self.out.get_mut(self.length..self.length + 8) {
            room.copy_from_slice(&self.waiting.to_le_bytes());
        }
        let whole = self.count / 8;
        self.length += whole as usize;
        self.waiting = self.waiting.checked_shr(whole * 8).unwrap_or(0);
        self.count %= 8;
    }

    /// Fills the byte up with zeros.
    pub(crate) fn align(&mut self) {
        self.flush();
        self.count = self.count.next_multiple_of(8);
        self.flush();
    }

    /// Adds whole bytes, where bits end with a byte.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.flush();
        debug_assert_eq!(self.count, 0);
        self.out.truncate(self.length);
        self.out.extend_from_slice(bytes);
        self.length = self.out.len();
    }

    /// Stops for now, in the midst of a byte perhaps; [`Self::resume`] goes on, in whatever bytes.
    pub(crate) fn pause(mut self) -> Pause {
        self.flush();
        self.out.truncate(self.length);
        Pause { waiting: self.waiting, count: self.count }
    }

    /// Goes on where another stopped.
    pub(crate) fn resume(out: &'a mut Vec<u8>, pause: Pause) -> Self {
        Self { waiting: pause.waiting, count: pause.count, ..Self::new(out) }
    }

    /// Ends the writing.
    pub(crate) fn finish(mut self) {
        self.align();
        self.out.truncate(self.length);
    }
}
