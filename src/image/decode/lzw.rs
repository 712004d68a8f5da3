//! LZW, of GIF and TIFF, by weezl, from input that comes in pieces.

use std::io::{self, BufRead, Read};

use weezl::decode::Decoder;
use weezl::{LzwError, LzwStatus};

/// What the input unpacks to. It ends where the input does, or its end code, and fails, once all before is
/// read, where a code makes no sense.
pub(super) struct Lzw<R> {
    decoder: Decoder,
    input: R,
    failed: Option<LzwError>,
}

impl<R> Lzw<R> {
    pub(super) fn new(decoder: Decoder, input: R) -> Self {
        Self { decoder, input, failed: None }
    }
}

impl<R: BufRead> Read for Lzw<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        let mut stalled = false;
        while self.failed.is_none() {
            let result = self.decoder.decode_bytes(self.input.fill_buf()?, out);
            self.input.consume(result.consumed_in);
            self.failed = result.status.err();
            if result.consumed_out > 0 {
                return Ok(result.consumed_out);
            }
            match result.status {
                Ok(LzwStatus::Done) => return Ok(0),
                Ok(LzwStatus::NoProgress) if result.consumed_in == 0 && stalled => return Ok(0),
                // A code that clears the table gives nothing. It may come from the bits that the decoder holds,
                // and so consume nothing either: only what comes next tells that from the end.
                _ => stalled = result.consumed_in == 0,
            }
        }
        Err(io::Error::new(io::ErrorKind::InvalidData, "an LZW code makes no sense"))
    }
}

#[cfg(test)]
mod tests {
    use weezl::BitOrder;
    use weezl::decode::Configuration;
    use weezl::encode::Encoder;

    use super::*;

    /// Hands out a few bytes at a time.
    struct Pieces<'a>(&'a [u8], usize);

    impl Read for Pieces<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.0.read(buffer)
        }
    }

    impl BufRead for Pieces<'_> {
        fn fill_buf(&mut self) -> io::Result<&[u8]> {
            Ok(&self.0[..self.0.len().min(self.1)])
        }

        fn consume(&mut self, amount: usize) {
            self.0 = &self.0[amount..];
        }
    }

    fn decoder() -> Decoder {
        Configuration::with_tiff_size_switch(BitOrder::Msb, 8).with_yield_on_full_buffer(true).build()
    }

    #[test]
    fn pieces_and_buffers_of_any_size() {
        let plain: Vec<u8> = (0..20_000_u32).map(|at| (at * at / 999 % 253) as u8).collect();
        let packed = Encoder::with_tiff_size_switch(BitOrder::Msb, 8).encode(&plain).unwrap();
        for (piece, buffer) in [(1, 1), (1, 5000), (3, 7), (100, 64), (usize::MAX, 20_000)] {
            let mut lzw = Lzw::new(decoder(), Pieces(&packed, piece));
            let mut found = vec![0; plain.len()];
            for part in found.chunks_mut(buffer) {
                lzw.read_exact(part).unwrap();
            }
            assert!(found == plain, "pieces of {piece}, buffers of {buffer}");
            assert_eq!(lzw.read(&mut [0; 9]).unwrap(), 0, "nothing after the end code");
        }
    }

    #[test]
    fn codes_that_clear_the_table_may_follow_one_another() {
        // Nine bits each: clear, many times, then 65 and the end.
        let mut bits: Vec<u16> = vec![256; 50];
        bits.extend([65, 257]);
        let bits: Vec<u8> =
            bits.iter().flat_map(|code| (0..9).rev().map(move |bit| (code >> bit & 1) as u8)).collect();
        let packed: Vec<u8> = bits
            .chunks(8)
            .map(|byte| byte.iter().fold(0, |all, bit| all << 1 | bit) << (8 - byte.len()))
            .collect();
        for piece in [1, 7, usize::MAX] {
            let mut found = Vec::new();
            Lzw::new(decoder(), Pieces(&packed, piece)).read_to_end(&mut found).unwrap();
            assert_eq!(found, b"A", "pieces of {piece}");
        }
    }

    #[test]
    fn a_code_that_clears_the_table_between_two_reads_is_no_end() {
        // Nine bits each: clear, 65, clear, 66 and the end.
        let codes = [256_u64, 65, 256, 66, 257];
        let bits = codes.iter().fold(0, |bits, code| bits << 9 | code) << 19;
        let packed = bits.to_be_bytes();
        for piece in [1, usize::MAX] {
            let mut lzw = Lzw::new(decoder(), Pieces(&packed[..6], piece));
            for expected in [&b"A"[..], b"B", b""] {
                let mut byte = [0];
                let length = lzw.read(&mut byte).unwrap();
                assert_eq!(&byte[..length], expected);
            }
        }
    }

    #[test]
    fn what_comes_before_damage_is_given() {
        // Nine bits each: clear, 65, 66, and one that is not in the table yet.
        let codes = [256_u64, 65, 66, 400];
        let bits = codes.iter().fold(0, |bits, code| bits << 9 | code) << 28;
        let packed = bits.to_be_bytes();
        let mut lzw = Lzw::new(decoder(), &packed[..5]);
        let (mut found, mut buffer) = (Vec::new(), [0; 16]);
        let error = loop {
            match lzw.read(&mut buffer) {
                Ok(0) => panic!("damage is no end"),
                Ok(length) => found.extend(&buffer[..length]),
                Err(error) => break error,
            }
        };
        assert_eq!((found.as_slice(), error.kind()), (&b"AB"[..], io::ErrorKind::InvalidData));
    }
}
