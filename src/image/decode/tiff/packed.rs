//! A strip's or tile's bytes as its decoder reads them: piece by piece, the bits of each turned around where
//! the file stores them so. Between two pieces there is a look at whether anybody still wants the picture: there
//! may be megabytes that unpack to nothing.

use std::io::{self, BufRead, Read};

use crate::pool::Cancel;

/// Bytes between two looks: well below a millisecond of any decoder's work, were every bit a code of its own.
const PIECE: usize = 1 << 13;

/// Once cancelled, it ends; whoever reads on asks the flag why.
pub(super) struct Packed<'a> {
    piece: &'a [u8],
    /// The piece with its bits turned around, if they are.
    turned: Option<Vec<u8>>,
    /// Bytes of the piece that are read.
    at: usize,
    /// What comes after the piece.
    rest: &'a [u8],
    cancel: &'a Cancel,
}

impl<'a> Packed<'a> {
    pub(super) fn new(bytes: &'a [u8], low_bits_first: bool, cancel: &'a Cancel) -> Self {
        Self { piece: &[], turned: low_bits_first.then(Vec::new), at: 0, rest: bytes, cancel }
    }

    /// What is left of the piece, or the next one; nothing at the end.
    fn piece(&mut self) -> &[u8] {
        if self.at == self.piece.len() {
            self.advance();
        }
        &self.turned.as_deref().unwrap_or(self.piece)[self.at..]
    }

    #[cold]
    fn advance(&mut self) {
        if self.cancel.is_cancelled() {
            self.rest = &[];
        }
        (self.piece, self.rest) = self.rest.split_at(self.rest.len().min(PIECE));
        self.at = 0;
        if let Some(turned) = &mut self.turned {
            turned.clear();
            turned.extend(self.piece.iter().map(|byte| byte.reverse_bits()));
        }
    }
}

impl Iterator for Packed<'_> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        let byte = *self.piece().first()?;
        self.at += 1;
        Some(byte)
    }
}

impl Read for Packed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.piece().read(buffer)?;
        self.at += length;
        Ok(length)
    }
}

impl BufRead for Packed<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        Ok(self.piece())
    }

    fn consume(&mut self, amount: usize) {
        self.at = (self.at + amount).min(self.piece.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_turned_around_in_every_piece() {
        let cancel = Cancel::new();
        let bytes: Vec<u8> = (0..PIECE * 2 + 5).map(|at| (at * 7 % 251) as u8).collect();
        let turned: Vec<u8> = bytes.iter().map(|byte| byte.reverse_bits()).collect();
        for (low_bits_first, expected) in [(false, &bytes), (true, &turned)] {
            let singly: Vec<u8> = Packed::new(&bytes, low_bits_first, &cancel).collect();
            assert_eq!(&singly, expected);
            let mut whole = Vec::new();
            Packed::new(&bytes, low_bits_first, &cancel).read_to_end(&mut whole).unwrap();
            assert_eq!(&whole, expected);
        }
    }

    #[test]
    fn it_ends_within_a_piece_of_being_cancelled() {
        let cancel = Cancel::new();
        let bytes = vec![1; PIECE * 100];
        let mut packed = Packed::new(&bytes, false, &cancel);
        assert_eq!(packed.next(), Some(1));
        cancel.cancel();
        assert!(packed.count() < PIECE);
    }
}
