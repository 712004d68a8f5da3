//! `PackBits` (TIFF 6.0, section 9): a count, and after it so many bytes, or one that is repeated.

use std::io::{self, Read};

use super::packed::Packed;

pub(super) struct PackBits<'a> {
    packed: Packed<'a>,
    run: Run,
}

enum Run {
    Over,
    Literal(usize),
    Repeat(usize, u8),
}

impl<'a> PackBits<'a> {
    pub(super) fn new(packed: Packed<'a>) -> Self {
        Self { packed, run: Run::Over }
    }

    /// The next run. `None` at the end.
    fn next_run(&mut self) -> Option<Run> {
        loop {
            match self.packed.next()? as i8 {
                count @ 0.. => return Some(Run::Literal(count as usize + 1)),
                // Nothing, by the specification.
                -128 => {}
                count => {
                    return Some(Run::Repeat(1 + usize::from(count.unsigned_abs()), self.packed.next()?));
                }
            }
        }
    }
}

impl Read for PackBits<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        if matches!(self.run, Run::Over | Run::Literal(0) | Run::Repeat(0, _)) {
            let Some(run) = self.next_run() else { return Ok(0) };
            self.run = run;
        }
        match &mut self.run {
            Run::Over => Ok(0),
            Run::Literal(count) => {
                let length = (*count).min(out.len());
                let length = self.packed.read(&mut out[..length])?;
                *count -= length;
                Ok(length)
            }
            Run::Repeat(count, value) => {
                let length = (*count).min(out.len());
                out[..length].fill(*value);
                *count -= length;
                Ok(length)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::Cancel;

    #[test]
    fn runs_go_on_over_rows() {
        // The specification's example.
        let packed =
            [0xFE, 0xAA, 0x02, 0x80, 0x00, 0x2A, 0xFD, 0xAA, 0x03, 0x80, 0x00, 0x2A, 0x22, 0xF7, 0xAA];
        let plain = [
            0xAA, 0xAA, 0xAA, 0x80, 0x00, 0x2A, 0xAA, 0xAA, 0xAA, 0xAA, 0x80, 0x00, 0x2A, 0x22, 0xAA, 0xAA,
            0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA, 0xAA,
        ];
        let cancel = Cancel::new();
        for length in [1, 2, 3, 4, 6, 8, 12, 24] {
            let mut decoder = PackBits::new(Packed::new(&packed, false, &cancel));
            let mut rows = vec![0; plain.len()];
            for row in rows.chunks_mut(length) {
                decoder.read_exact(row).unwrap();
            }
            assert_eq!(rows, plain, "rows of {length}");
            assert!(decoder.read_exact(&mut [0]).is_err());
        }
    }
}
