//! A scan's units one after the other, across restarts and, where damage is tolerated, across damage.

use super::FailOn;
use super::bits::{Bits, is_stray};
use super::flaw::Flaw;
use crate::error::Result;

/// Where in a scan's data the decoder is.
pub(super) struct Entropy<'a> {
    pub(super) bits: Bits<'a>,
    /// The mean of the block before, of each part.
    pub(super) means: [i32; 4],
    /// How many more blocks of a progressive scan have no new values.
    pub(super) empty_blocks: u32,
    bytes: &'a [u8],
    fail_on: FailOn,
    /// Units between restarts, 0 for none.
    interval: u32,
    /// Units before the next restart.
    left: u32,
    /// The number, 0 to 7, of the restart marker that comes next.
    expected: u8,
    /// Units that are lost.
    lost: u64,
}

/// Encoders are known to add a byte or two to their data; more have come out of step.
const MAX_STRAY_BYTES: usize = 2;

/// No unit of the scan can be found any more.
const ALL: u64 = u64::MAX;

const OUT_OF_STEP: Flaw = Flaw::Damage("its image data is out of step with its markers");

impl<'a> Entropy<'a> {
    pub(super) fn new(bytes: &'a [u8], at: usize, interval: u32, fail_on: FailOn) -> Self {
        Self {
            bits: Bits::new(bytes, at),
            means: [0; 4],
            empty_blocks: 0,
            bytes,
            fail_on,
            interval,
            left: interval,
            expected: 0,
            lost: 0,
        }
    }

    /// Goes to the next unit. False if it is lost.
    #[inline(always)]
    pub(super) fn begin_unit(&mut self) -> Result<bool> {
        if self.interval > 0 || self.lost > 0 { self.begin_counted() } else { Ok(true) }
    }

    fn begin_counted(&mut self) -> Result<bool> {
        if self.lost == 0
            && self.left == 0
            && let Err(flaw) = self.restart()
        {
            self.recover(flaw)?;
        }
        if self.lost > 0 {
            self.lost -= u64::from(self.lost != ALL);
            return Ok(false);
        }
        self.left -= 1;
        Ok(true)
    }

    /// Judges a unit by how its decoding went. False if it is lost.
    #[inline(always)]
    pub(super) fn end_unit(&mut self, decoded: std::result::Result<(), Flaw>) -> Result<bool> {
        if decoded.is_ok() && !self.bits.is_overrun() { Ok(true) } else { self.lose_unit(decoded) }
    }

    #[cold]
    fn lose_unit(&mut self, decoded: std::result::Result<(), Flaw>) -> Result<bool> {
        let flaw = match decoded {
            _ if self.bits.is_overrun() && self.bits.is_at_end_of_file() => Flaw::Truncation,
            Err(flaw) => flaw,
            Ok(()) => OUT_OF_STEP,
        };
        self.recover(flaw)?;
        Ok(false)
    }

    /// Whether nothing more of the scan can be decoded.
    pub(super) fn is_over(&self) -> bool {
        self.lost == ALL
    }

    fn restart(&mut self) -> std::result::Result<(), Flaw> {
        let (strays, marker) = self.rest();
        match marker {
            _ if strays > MAX_STRAY_BYTES => return Err(OUT_OF_STEP),
            None => return Err(Flaw::Truncation),
            Some((code, end)) if code == 0xD0 | self.expected => self.resume(end),
            Some(_) => return Err(OUT_OF_STEP),
        }
        Ok(())
    }

    /// How many bytes before the next marker are neither read nor padding, whether they are loaded already
    /// or not, and the marker.
    fn rest(&self) -> (usize, Option<(u8, usize)>) {
        let at = self.bits.position();
        let marker = next_marker(self.bytes, at);
        let end = marker.map_or(self.bytes.len(), |(_, end)| end - 2);
        let to_come = self.bytes.get(at..end).unwrap_or_default();
        let strays = to_come.iter().filter(|&&byte| is_stray(byte)).count();
        (strays + self.bits.stray_bytes(), marker)
    }

    fn resume(&mut self, at: usize) {
        self.bits = Bits::new(self.bytes, at);
        self.means = [0; 4];
        self.empty_blocks = 0;
        self.left = self.interval;
        self.expected = (self.expected + 1) & 7;
    }

    /// Finds where decoding can go on, if it may: at the next restart marker, whose number tells how many
    /// intervals are lost. `left` units of the present one are lost anyway.
    #[cold]
    fn recover(&mut self, flaw: Flaw) -> Result<()> {
        flaw.judge(self.fail_on)?;
        self.lost = ALL;
        if self.interval == 0 {
            return Ok(());
        }
        let mut at = self.bits.position();
        while let Some((code, end)) = next_marker(self.bytes, at) {
            if !(0xD0..=0xD7).contains(&code) {
                break;
            }
            let ahead = (code & 7).wrapping_sub(self.expected) & 7;
            // Six or seven ahead are rather two or one behind.
            if ahead < 6 {
                let left = self.left;
                self.expected = code & 7;
                self.resume(end);
                self.lost = u64::from(left) + u64::from(ahead) * u64::from(self.interval);
                return Ok(());
            }
            at = end;
        }
        Ok(())
    }

    /// Where the scan's data ends, once all units are decoded.
    pub(super) fn finish(self) -> Result<usize> {
        let at = self.bits.position();
        if self.lost == 0 && self.rest().0 > MAX_STRAY_BYTES {
            OUT_OF_STEP.judge(self.fail_on)?;
        }
        Ok(at)
    }
}

/// The next marker in entropy-coded data, and where it ends.
pub(super) fn next_marker(bytes: &[u8], from: usize) -> Option<(u8, usize)> {
    let mut at = from;
    loop {
        at += bytes.get(at..)?.iter().position(|&byte| byte == 0xFF)?;
        let code = *bytes.get(at + 1)?;
        if code != 0 && code != 0xFF {
            return Some((code, at + 2));
        }
        at += 1;
    }
}
