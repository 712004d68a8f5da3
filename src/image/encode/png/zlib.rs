//! A zlib stream (RFC 1950) of filtered rows, in bands that are appended to what is to be compressed.

use super::super::super::pixels::out_of_memory;
use super::matches::Finder;
use crate::deflate::{Bits, Pause, Sequence, WINDOW, write_block};
use crate::error::Result;

/// DEFLATE with a window of 32 KiB, no dictionary, the default level (section 2.2).
const HEADER: [u8; 2] = [0x78, 0x9C];

pub(super) struct Deflater {
    finder: Finder,
    sequences: Vec<Sequence>,
    /// The end of what is compressed, and behind it what is not yet.
    pending: Vec<u8>,
    compressed: usize,
    /// How far `pending` begins from the start of the data, modulo 2^16.
    base: u16,
    sum: Adler,
    pause: Pause,
    begun: bool,
}

impl Deflater {
    /// `depth` is how many places are looked at for each match.
    pub(super) fn new(depth: usize) -> Self {
        Self {
            finder: Finder::new(depth),
            sequences: Vec::new(),
            pending: Vec::new(),
            compressed: 0,
            base: 0,
            sum: Adler::new(),
            pause: Pause::default(),
            begun: false,
        }
    }

    /// Where data is appended.
    pub(super) fn pending(&mut self) -> &mut Vec<u8> {
        &mut self.pending
    }

    /// How much was appended since the last block.
    pub(super) fn waiting(&self) -> usize {
        self.pending.len() - self.compressed
    }

    /// Compresses what waits as one block, the last one or not.
    pub(super) fn block(&mut self, last: bool, out: &mut Vec<u8>) -> Result<()> {
        // If nothing compresses it is stored; and the room that is made at once for bits.
        let most = self.waiting() + (64 << 10);
        if out.capacity() - out.len() < most {
            let more = most.max(out.len() / 2);
            out.try_reserve(more).map_err(|_| out_of_memory(more as u64))?;
        }
        if !self.begun {
            out.extend_from_slice(&HEADER);
            self.begun = true;
        }
        self.sum.update(&self.pending[self.compressed..]);
        self.sequences.clear();
        self.finder.find(&self.pending, self.compressed, self.base, &mut self.sequences);
        let mut bits = Bits::resume(out, self.pause);
        let counts = write_block(&mut bits, &self.pending, self.compressed, &self.sequences, last);
        if last {
            bits.finish();
            out.extend_from_slice(&self.sum.value().to_be_bytes());
            return Ok(());
        }
        self.pause = bits.pause();
        self.finder.learn(&counts);
        let surplus = self.pending.len().saturating_sub(WINDOW);
        self.pending.drain(..surplus);
        self.base = self.base.wrapping_add(surplus as u16);
        self.compressed = self.pending.len();
        Ok(())
    }
}

/// Adler-32 (section 8.2).
struct Adler {
    low: u32,
    high: u32,
}

const PRIME: u32 = 65_521;

impl Adler {
    fn new() -> Self {
        Self { low: 1, high: 0 }
    }

    fn update(&mut self, data: &[u8]) {
        // So many bytes that neither sum outgrows 32 bits before it is reduced. Of 32 bytes at a time, the higher
        // sum has the first 32 times, the next 31 times and so on: products that go into vectors.
        for part in data.chunks(5504) {
            let (blocks, rest) = part.as_chunks::<32>();
            for block in blocks {
                let (mut sum, mut weighted) = (0_u32, 0_u32);
                for (index, &byte) in block.iter().enumerate() {
                    sum += u32::from(byte);
                    weighted += u32::from(byte) * (32 - index as u32);
                }
                self.high += 32 * self.low + weighted;
                self.low += sum;
            }
            for &byte in rest {
                self.low += u32::from(byte);
                self.high += self.low;
            }
            self.low %= PRIME;
            self.high %= PRIME;
        }
    }

    fn value(&self) -> u32 {
        self.high << 16 | self.low
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use proptest::prelude::*;

    use super::*;

    /// What an independent decoder, which checks the sum, makes of it.
    fn inflate(stream: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        flate2::read::ZlibDecoder::new(stream).read_to_end(&mut out).unwrap();
        out
    }

    fn deflate(data: &[u8], band: usize, depth: usize) -> Vec<u8> {
        let mut deflater = Deflater::new(depth);
        let mut out = Vec::new();
        let mut bands = data.chunks(band).peekable();
        while let Some(band) = bands.next() {
            deflater.pending().extend_from_slice(band);
            deflater.block(bands.peek().is_none(), &mut out).unwrap();
        }
        if data.is_empty() {
            deflater.block(true, &mut out).unwrap();
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
        assert_eq!(inflate(&deflate(b"", 1, 1)), b"");
    }

    #[test]
    fn rows_come_back_no_larger_than_from_a_general_encoder() {
        let data = rows(1000);
        let mut general = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::new(6));
        std::io::Write::write_all(&mut general, &data).unwrap();
        let general = general.finish().unwrap().len();
        for (band, depth) in [(10_000, 1), (32_768, 4), (300_000, 16)] {
            let out = deflate(&data, band, depth);
            assert!(inflate(&out) == data, "{band} {depth}");
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
        for band in [50_000, 200_000] {
            let out = deflate(&data, band, 4);
            assert!(inflate(&out) == data);
            assert!(out.len() <= data.len() + 64);
        }
    }

    #[test]
    fn long_runs_are_short() {
        let data = vec![0; 1 << 20];
        let out = deflate(&data, 40_000, 4);
        assert!(inflate(&out) == data && out.len() < 4_000, "{}", out.len());
    }

    proptest! {
        #[test]
        fn anything_comes_back(
            data in prop::collection::vec(prop_oneof![4 => 0_u8..3, 1 => any::<u8>()], 0..5000),
            band in 1_usize..2000,
            depth in 1_usize..9,
        ) {
            prop_assert_eq!(inflate(&deflate(&data, band, depth)), data);
        }
    }
}
