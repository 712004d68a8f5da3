//! The bytes of a batch while they are written.

/// A growing sequence of bytes that is written in pieces of fixed size: a piece is claimed, filled as far as
/// needed, and kept that far. Room is made once a piece instead of once a byte, and a copy of a constant size is a
/// few moves where one of a varying size is a call.
pub(super) struct Sheet {
    /// Initialised as far as it goes; written as far as `at`.
    bytes: Vec<u8>,
    at: usize,
}

/// What follows a cell: none to two bytes, which are written with it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Separator {
    bytes: [u8; 2],
    length: usize,
}

impl Separator {
    /// `None` if they are more than two.
    pub(super) fn new(bytes: &[u8]) -> Option<Self> {
        let mut separator = Self { bytes: [0; 2], length: bytes.len() };
        separator.bytes.get_mut(..bytes.len())?.copy_from_slice(bytes);
        Some(separator)
    }
}

/// A text of up to this many bytes is copied as if it had that many.
const SHORT: usize = 48;

impl Sheet {
    /// Goes on after `bytes`, with room for about `room` more.
    pub(super) fn new(mut bytes: Vec<u8>, room: usize) -> Self {
        let at = bytes.len();
        if bytes.capacity() == 0 {
            // Memory that the system gives is zero already.
            bytes = vec![0; room];
        } else {
            bytes.resize(at + room, 0);
        }
        Self { bytes, at }
    }

    /// What was written.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.bytes.truncate(self.at);
        self.bytes
    }

    /// How much was written.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.at
    }

    /// What was written from `start` on.
    #[inline]
    pub(super) fn since(&self, start: usize) -> &[u8] {
        self.bytes.get(start..self.at).unwrap_or_default()
    }

    /// Takes back what was written from `start` on.
    pub(super) fn rewind(&mut self, start: usize) {
        self.at = self.at.min(start);
    }

    /// The next `N` bytes, to be written. Those that matter are then kept by [`Self::keep`].
    #[inline]
    pub(super) fn claim<const N: usize>(&mut self) -> &mut [u8; N] {
        if self.bytes.len() - self.at < N {
            self.grow(N);
        }
        let Some(piece) = self.bytes[self.at..].first_chunk_mut() else { unreachable!("grown as needed") };
        piece
    }

    /// Keeps that many of the bytes that were claimed last.
    #[inline]
    pub(super) fn keep(&mut self, length: usize) {
        self.at += length;
        debug_assert!(self.at <= self.bytes.len());
    }

    #[inline]
    pub(super) fn push(&mut self, byte: u8) {
        *self.claim::<1>() = [byte];
        self.keep(1);
    }

    #[inline]
    pub(super) fn put(&mut self, bytes: &[u8]) {
        if self.bytes.len() - self.at < bytes.len() {
            self.grow(bytes.len());
        }
        self.bytes[self.at..][..bytes.len()].copy_from_slice(bytes);
        self.at += bytes.len();
    }

    /// Appends `text[start..end]` and the separator.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "a call costs more than what is done")]
    pub(super) fn put_part(&mut self, text: &[u8], start: usize, end: usize, separator: Separator) {
        let length = end - start;
        if length <= SHORT
            && let Some(part) = text[start..].first_chunk::<SHORT>()
        {
            let piece = self.claim::<{ SHORT + 2 }>();
            piece[..SHORT].copy_from_slice(part);
            piece[length..length + 2].copy_from_slice(&separator.bytes);
            self.keep(length + separator.length);
        } else {
            self.put(&text[start..end]);
            self.separate(separator);
        }
    }

    /// Claims `N` bytes, has them written, and keeps as many as that returns and the separator.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "a call costs more than what is done")]
    pub(super) fn put_with<const N: usize>(
        &mut self,
        separator: Separator,
        write: impl FnOnce(&mut [u8; N]) -> usize,
    ) {
        let length = write(self.claim());
        self.keep(length);
        self.separate(separator);
    }

    #[inline]
    pub(super) fn separate(&mut self, separator: Separator) {
        *self.claim() = separator.bytes;
        self.keep(separator.length);
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self, by: usize) {
        let length = self.bytes.len();
        self.bytes.resize(length + (length / 2).max(by).max(64), 0);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn pieces_come_out_in_order(pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..120), 0..40),
                                    before in prop::collection::vec(any::<u8>(), 0..9), room in 0_usize..300) {
            let mut sheet = Sheet::new(before.clone(), room);
            let mut expected = before;
            for (index, piece) in pieces.iter().enumerate() {
                match index % 3 {
                    0 => sheet.put(piece),
                    1 => sheet.put_part(piece, piece.len() / 3, piece.len() / 2, Separator::new(b";").unwrap_or_default()),
                    _ => piece.iter().for_each(|&byte| sheet.push(byte)),
                }
                expected.extend_from_slice(if index % 3 == 1 { &piece[piece.len() / 3..piece.len() / 2] } else { piece });
                if index % 3 == 1 {
                    expected.push(b';');
                }
                prop_assert_eq!(sheet.len(), expected.len());
            }
            prop_assert_eq!(sheet.finish(), expected);
        }
    }

    #[test]
    fn takes_back() {
        let mut sheet = Sheet::new(b"ab".to_vec(), 0);
        sheet.put(b"cde");
        assert_eq!(sheet.since(3), b"de");
        sheet.rewind(3);
        sheet.push(b'x');
        assert_eq!(sheet.finish(), b"abcx");
    }
}
