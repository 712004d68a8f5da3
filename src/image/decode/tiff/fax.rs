//! Fax: rows of black and white, as runs (ITU-T T.4, one-dimensional) or as differences to the row above (T.4,
//! two-dimensional; T.6).
//!
//! A row is the places where its colour changes, which only ever go to the right: whatever the data, decoding
//! takes time in proportion to its bits and to the rows' pixels, and memory for two rows.

mod bits;
mod codes;

use self::bits::Bits;
use self::codes::{MODE_BITS, Mode, RUN_BITS};
use super::super::super::format::Format;
use super::super::super::pixels::out_of_memory;
use super::super::super::probe::corrupt;
use super::packed::Packed;
use super::unpack::too_short;
use crate::error::Result;

/// How rows are coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    /// T.4. Where `two_dimensional`, a bit before each row says which way it is coded.
    Group3 { two_dimensional: bool },
    /// T.6.
    Group4,
}

pub(super) struct Fax<'a> {
    bits: Bits<'a>,
    coding: Coding,
    /// Whether a damaged row is shown as far as it goes, and the next one looked for.
    lenient: bool,
    /// Of T.4: whether marks lie between the rows. T.4 demands them, and some writers leave them out.
    marked: Option<bool>,
    above: Changes,
    row: Changes,
}

/// The places in a row where the colour changes, which is white at first. Each is to the right of the one before.
struct Changes {
    at: Vec<u16>,
    width: u32,
    /// How far the row is known.
    end: u32,
}

impl Changes {
    fn new(width: u32) -> Result<Self> {
        let mut at = Vec::new();
        let most = width as usize;
        at.try_reserve_exact(most).map_err(|_| out_of_memory(most as u64 * 2))?;
        Ok(Self { at, width, end: 0 })
    }

    fn clear(&mut self) {
        self.at.clear();
        self.end = 0;
    }

    fn is_black(&self) -> bool {
        self.at.len() % 2 == 1
    }

    /// Changes the colour here, no further left than what is known; where it changed here already, it does not.
    fn push(&mut self, at: u32) -> std::result::Result<(), Flaw> {
        if at > self.width {
            return Err(Flaw::Width);
        }
        self.end = at;
        self.change(at);
        Ok(())
    }

    fn change(&mut self, at: u32) {
        let place = at as u16;
        if self.at.last() == Some(&place) {
            self.at.pop();
        } else if at < self.width {
            self.at.push(place);
        }
    }

    /// What is not known is white.
    fn end_white(&mut self) {
        if self.is_black() {
            self.change(self.end);
        }
    }

    fn get(&self, index: usize) -> u32 {
        self.at.get(index).map_or(self.width, |at| u32::from(*at))
    }

    /// Black is 1, as if white were 0.
    fn paint(&self, row: &mut [u8]) {
        row.fill(0);
        for index in (0..self.at.len()).step_by(2) {
            blacken(row, self.get(index) as usize, self.get(index + 1) as usize);
        }
    }
}

fn blacken(row: &mut [u8], from: usize, to: usize) {
    let (first, last) = (from / 8, to / 8);
    let (head, tail) = (0xFF_u8 >> (from % 8), !(0xFF_u8 >> (to % 8)));
    if first == last {
        row[first] |= head & tail;
        return;
    }
    row[first] |= head;
    row[first + 1..last].fill(0xFF);
    if tail != 0 {
        row[last] |= tail;
    }
}

/// Why a row is not whole.
enum Flaw {
    /// The data ends.
    End,
    /// A code that there is not, or that leads back to the left.
    Code,
    /// A run goes on after the row's end.
    Width,
}

impl<'a> Fax<'a> {
    /// Of rows of at most 65,535 pixels.
    pub(super) fn new(packed: Packed<'a>, coding: Coding, width: u32, lenient: bool) -> Result<Self> {
        let width = width.min(u16::MAX.into());
        Ok(Self {
            bits: Bits::new(packed),
            coding,
            lenient,
            marked: None,
            above: Changes::new(width)?,
            row: Changes::new(width)?,
        })
    }

    /// The next row.
    pub(super) fn read(&mut self, row: &mut [u8]) -> Result<()> {
        std::mem::swap(&mut self.above, &mut self.row);
        self.row.clear();
        let alone = match self.coding {
            Coding::Group3 { two_dimensional } => self.begin(two_dimensional)?,
            Coding::Group4 => false,
        };
        let flaw = if alone { self.runs() } else { self.modes() }.err();
        match flaw {
            Some(Flaw::End) => return Err(too_short()),
            Some(_) if !self.lenient => return Err(corrupt(Format::Tiff, "a row of fax makes no sense")),
            Some(Flaw::Code) => {
                self.row.end_white();
                // Where there are marks, the next one leads on. Without, any bit may be where the next row begins.
                if self.marked != Some(true) {
                    self.bits.skip(1);
                }
            }
            Some(Flaw::Width) | None => {}
        }
        self.row.paint(row);
        Ok(())
    }

    /// Goes to a row of T.4, and tells whether it is coded without the one above.
    fn begin(&mut self, two_dimensional: bool) -> Result<bool> {
        // Eight zeros begin no row. The first mark may come behind the first row.
        let marked = two_dimensional || self.marked == Some(true) || self.bits.peek(8) == 0;
        self.marked = Some(marked);
        if marked {
            let strayed = self.bits.skip_mark().ok_or_else(too_short)?;
            if strayed && !self.lenient {
                return Err(corrupt(Format::Tiff, "rows of fax are out of step with their marks"));
            }
        }
        if !two_dimensional {
            return Ok(true);
        }
        let alone = self.bits.peek(1) == 1;
        if self.bits.skip(1) { Ok(alone) } else { Err(too_short()) }
    }

    /// A row of runs (T.4, 4.1.1).
    fn runs(&mut self) -> std::result::Result<(), Flaw> {
        let mut black = false;
        while self.row.end < self.row.width {
            self.run(black)?;
            black = !black;
        }
        Ok(())
    }

    /// A row of modes (T.4, 4.2.1.3; T.6, 2.2). `a1`, `b1` and `b2` are the standards' names; a0 is the row's end.
    fn modes(&mut self) -> std::result::Result<(), Flaw> {
        // At first a0 lies before the row: a change above the first pixel is to the right of it.
        let (mut first, mut index) = (0, 0);
        while self.row.end < self.row.width {
            let (mode, bits) = self.mode()?;
            if !self.bits.skip(bits) {
                return Err(Flaw::End);
            }
            // The first change above, to the right of a0 and to the other colour. As a0 never goes back, that
            // is at most one further left than the last time.
            let black = self.row.is_black();
            if index % 2 != usize::from(black) {
                index = if index > 0 { index - 1 } else { 1 };
            }
            while index < self.above.at.len() && self.above.get(index) < first {
                index += 2;
            }
            match mode {
                Mode::Pass => self.row.end = self.above.get(index + 1),
                Mode::Vertical(right) => {
                    let a1 = self.above.get(index).checked_add_signed(right);
                    self.row.push(a1.filter(|a1| *a1 >= self.row.end).ok_or(Flaw::Code)?)?;
                }
                Mode::Horizontal => {
                    self.run(black)?;
                    self.run(!black)?;
                }
            }
            first = self.row.end + 1;
        }
        Ok(())
    }

    /// The next mode and the bits of its code.
    fn mode(&mut self) -> std::result::Result<(Mode, u32), Flaw> {
        let bits = self.bits.peek(MODE_BITS);
        codes::mode(bits).ok_or_else(|| {
            // Two marks end what is coded by T.6 (2.4.1.1).
            let is_end = self.coding == Coding::Group4 && self.bits.peek(12) == 1;
            if is_end || !self.bits.has(MODE_BITS) { Flaw::End } else { Flaw::Code }
        })
    }

    /// A run, and the change of colour after it.
    fn run(&mut self, black: bool) -> std::result::Result<(), Flaw> {
        let mut at = self.row.end;
        loop {
            let Some((run, bits)) = codes::run(black, self.bits.peek(RUN_BITS)) else {
                return Err(if self.bits.has(RUN_BITS) { Flaw::Code } else { Flaw::End });
            };
            if !self.bits.skip(bits) {
                return Err(Flaw::End);
            }
            at += run;
            if run < 64 || at > self.row.width {
                return self.row.push(at);
            }
        }
    }
}

#[cfg(test)]
mod tests;
