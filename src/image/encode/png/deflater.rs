//! Blocks of DEFLATE (RFC 1951) of filtered rows.

use super::super::super::pixels::out_of_memory;
use super::matches::Finder;
use super::packer::EMPTY_STORED;
use crate::deflate::{Bits, Pause, Sequence, WINDOW, write_block};
use crate::error::Result;

pub(super) struct Deflater {
    finder: Finder,
    sequences: Vec<Sequence>,
    /// The end of what is compressed, to which matches may refer, and then what is not yet.
    known: Vec<u8>,
    /// How far `known` begins from the start of the data, modulo 2^16.
    base: u16,
    pause: Pause,
}

impl Deflater {
    /// `depth` is how many places are looked at for each match.
    pub(super) fn new(depth: usize) -> Self {
        Self {
            finder: Finder::new(depth),
            sequences: Vec::new(),
            known: Vec::new(),
            base: 0,
            pause: Pause::default(),
        }
    }

    /// Begins behind these bytes, which readers have.
    pub(super) fn begin(&mut self, before: &[u8]) {
        self.known.extend_from_slice(before);
        self.finder.remember(before);
    }

    /// Appends `data` as one block, the stream's last one or not.
    pub(super) fn block(&mut self, data: &[u8], last: bool, out: &mut Vec<u8>) -> Result<()> {
        // If nothing compresses it is stored; and the room that is made at once for bits.
        reserve(out, data.len() + (64 << 10))?;
        let from = self.known.len();
        self.known.extend_from_slice(data);
        self.sequences.clear();
        self.finder.find(&self.known, from, self.base, &mut self.sequences);
        let mut bits = Bits::resume(out, self.pause);
        let counts = write_block(&mut bits, &self.known, from, &self.sequences, last);
        if last {
            bits.finish();
            return Ok(());
        }
        self.pause = bits.pause();
        self.finder.learn(&counts);
        let surplus = self.known.len().saturating_sub(WINDOW);
        self.known.drain(..surplus);
        self.base = self.base.wrapping_add(surplus as u16);
        Ok(())
    }

    /// Ends the blocks so far with a whole byte.
    pub(super) fn align(&mut self, out: &mut Vec<u8>) -> Result<()> {
        reserve(out, 64 << 10)?;
        let mut bits = Bits::resume(out, self.pause);
        bits.put(0, 3);
        bits.finish();
        self.pause = Pause::default();
        out.extend_from_slice(&EMPTY_STORED);
        Ok(())
    }
}

fn reserve(out: &mut Vec<u8>, most: usize) -> Result<()> {
    if out.capacity() - out.len() < most {
        let more = most.max(out.len() / 2);
        out.try_reserve(more).map_err(|_| out_of_memory(more as u64))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use proptest::prelude::*;

    use super::*;

    /// What an independent decoder makes of it.
    fn inflate(stream: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        flate2::read::DeflateDecoder::new(stream).read_to_end(&mut out).unwrap();
        out
    }

    /// In blocks of so many bytes, of which each so many are a part of its own.
    fn deflate(data: &[u8], block: usize, part: usize, depth: usize) -> Vec<u8> {
        let mut out = Vec::new();
        let mut from = 0;
        loop {
            let (end, mut deflater) = ((from + part).min(data.len()), Deflater::new(depth));
            deflater.begin(&data[from.saturating_sub(WINDOW)..from]);
            let mut blocks = data[from..end].chunks(block).peekable();
            while let Some(block) = blocks.next() {
                deflater.block(block, end == data.len() && blocks.peek().is_none(), &mut out).unwrap();
            }
            from = end;
            if end == data.len() {
                break;
            }
            deflater.align(&mut out).unwrap();
        }
        if data.is_empty() {
            Deflater::new(depth).block(b"", true, &mut out).unwrap();
        }
        out
    }

    /// Small differences, as filtered photographs have, and now and then a row again.
    fn rows(count: usize) -> Vec<u8> {
        let mut state = 1_u64;
        let mut data = Vec::new();
        for row in 0..count {
            if row % 7 == 6 {
                data.extend_from_within(data.len() - 500..);
                continue;
            }
            data.extend((0..500).map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                ((state >> 60) as i8 - (state >> 56 & 15) as i8) as u8
            }));
        }
        data
    }

    #[test]
    fn nothing_is_a_stream_too() {
        assert_eq!(inflate(&deflate(b"", 1, 1, 1)), b"");
    }

    #[test]
    fn rows_come_back_no_larger_than_from_a_general_encoder() {
        let data = rows(1000);
        let mut general = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::new(6));
        std::io::Write::write_all(&mut general, &data).unwrap();
        let general = general.finish().unwrap().len();
        for (block, part, depth) in
            [(10_000, 1 << 20, 1), (32_768, 1 << 20, 4), (32_768, 200_000, 4), (300_000, 300_000, 16)]
        {
            let out = deflate(&data, block, part, depth);
            assert!(inflate(&out) == data, "{block} {part} {depth}");
            assert!(out.len() * 100 <= general * 102, "{} against {general}", out.len());
        }
    }

    #[test]
    fn what_cannot_be_compressed_is_stored() {
        let mut state = 1_u64;
        let data: Vec<u8> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 56) as u8
        })
        .take(200_000)
        .collect();
        for block in [50_000, 200_000] {
            let out = deflate(&data, block, 100_000, 4);
            assert!(inflate(&out) == data);
            assert!(out.len() <= data.len() + 64);
        }
    }

    #[test]
    fn long_runs_are_short() {
        let data = vec![0; 1 << 20];
        let out = deflate(&data, 40_000, 1 << 20, 4);
        assert!(inflate(&out) == data && out.len() < 4_000, "{}", out.len());
    }

    proptest! {
        #[test]
        fn anything_comes_back(
            data in prop::collection::vec(prop_oneof![4 => 0_u8..3, 1 => any::<u8>()], 0..5000),
            block in 1_usize..2000,
            part in 1_usize..6000,
            depth in 1_usize..9,
        ) {
            prop_assert_eq!(inflate(&deflate(&data, block, part, depth)), data);
        }
    }
}
