//! The file around the scans: its segments (ITU-T T.81, annex B).

use super::FailOn;
use super::entropy::next_marker;
use super::flaw::Flaw;
use super::frame::{Frame, Hints, Scan};
use super::huffman::{Code, Table, Tables};
use super::idct::Steps;
use super::zigzag::ZIGZAG;
use crate::error::{self, Error, Result};
use crate::image::format::Format;
use crate::image::metadata::Metadata;
use crate::image::probe::corrupt;
use crate::pool::Cancel;

/// A file as far as it is read.
pub(super) struct File<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) fail_on: FailOn,
    pub(super) cancel: &'a Cancel,
    /// Units between restarts, 0 for none.
    pub(super) interval: u32,
    at: usize,
    hints: Hints,
    steps: [Option<Box<Steps>>; 4],
    dc: [Option<Code>; 4],
    ac: [Option<Code>; 4],
    /// Scans that may still come in a progressive file: no more than the probe has counted.
    scans: u32,
}

/// What comes next in a file.
enum Next {
    Frame(u8, std::ops::Range<usize>),
    Scan(std::ops::Range<usize>),
    End,
}

impl<'a> File<'a> {
    /// Reads up to the first scan.
    pub(super) fn open(
        bytes: &'a [u8],
        metadata: &Metadata,
        fail_on: FailOn,
        cancel: &'a Cancel,
    ) -> Result<(Self, Frame, Scan)> {
        let mut file = Self {
            bytes,
            fail_on,
            cancel,
            interval: 0,
            at: 2,
            hints: Hints::default(),
            steps: [const { None }; 4],
            dc: [const { None }; 4],
            ac: [const { None }; 4],
            scans: if metadata.progressive == Some(true) { metadata.scans.max(1) } else { u32::MAX },
        };
        let unread = || corrupt(Format::Jpeg, "its header cannot be read");
        let damaged = |flaw: Flaw| match flaw {
            Flaw::Truncation => corrupt(Format::Jpeg, "it ends within its header"),
            Flaw::Damage(what) => corrupt(Format::Jpeg, what),
        };
        let Next::Frame(marker, range) = file.next().map_err(damaged)? else { return Err(unread()) };
        let mut frame = match marker {
            0xC0..=0xC2 => Frame::read(marker == 0xC2, &bytes[range]).ok_or_else(unread)?,
            _ => {
                return Err(Error::new(
                    error::Code::ImageFormat,
                    "the input is a JPEG of a kind that is not read",
                ));
            }
        };
        super::super::check_size((frame.width, frame.height), metadata)?;
        if frame.components.len() != usize::from(metadata.channels)
            || Some(frame.progressive) != metadata.progressive
        {
            return Err(corrupt(Format::Jpeg, "its channels are not those its header names"));
        }
        let Next::Scan(range) = file.next().map_err(damaged)? else { return Err(unread()) };
        let scan = Scan::read(&frame, &bytes[range]).map_err(damaged)?;
        frame.settle_model(file.hints);
        file.scans -= 1;
        Ok((file, frame, scan))
    }

    /// The next scan, after the data of the one before. `None` after the last one.
    pub(super) fn next_scan(&mut self, frame: &Frame) -> Result<Option<Scan>> {
        self.cancel.check()?;
        let found = match self.next() {
            Ok(Next::End) => return Ok(None),
            Ok(Next::Scan(_)) if self.scans == 0 => Err(Flaw::Damage("it has more scans than it should")),
            Ok(Next::Scan(range)) => Scan::read(frame, &self.bytes[range]),
            Ok(Next::Frame(..)) => Err(Flaw::Damage("a second frame header")),
            Err(flaw) => Err(flaw),
        };
        match found {
            Ok(scan) => {
                self.scans -= 1;
                Ok(Some(scan))
            }
            Err(flaw) => {
                flaw.judge(self.fail_on)?;
                Ok(None)
            }
        }
    }

    /// Where the data of the scan begins whose header was read last.
    pub(super) fn data(&self) -> usize {
        self.at
    }

    /// Goes on after a scan's data.
    pub(super) fn go_to(&mut self, at: usize) {
        self.at = at;
    }

    fn next(&mut self) -> std::result::Result<Next, Flaw> {
        loop {
            let (marker, start) = next_marker(self.bytes, self.at).ok_or(Flaw::Truncation)?;
            match marker {
                0x01 | 0xD0..=0xD8 => {
                    self.at = start;
                    continue;
                }
                0xD9 => return Ok(Next::End),
                _ => {}
            }
            let &length =
                self.bytes.get(start..).and_then(|rest| rest.first_chunk()).ok_or(Flaw::Truncation)?;
            let range = start + 2..start + usize::from(u16::from_be_bytes(length));
            if range.is_empty() && range.start != range.end {
                return Err(Flaw::Damage("a segment's length makes no sense"));
            }
            let segment = self.bytes.get(range.clone()).ok_or(Flaw::Truncation)?;
            self.at = range.end;
            match marker {
                0xC4 => self.codes(segment)?,
                0xC0..=0xCF if marker != 0xC8 && marker != 0xCC => return Ok(Next::Frame(marker, range)),
                0xDA => return Ok(Next::Scan(range)),
                0xDB => self.quantisation(segment)?,
                0xDD => {
                    let &[high, low] = segment else {
                        return Err(Flaw::Damage("a restart interval makes no sense"));
                    };
                    self.interval = u16::from_be_bytes([high, low]).into();
                }
                0xE0 => self.hints.jfif |= segment.starts_with(b"JFIF\0"),
                0xEE if segment.starts_with(b"Adobe") => {
                    self.hints.adobe = segment.get(11).copied().or(self.hints.adobe);
                }
                _ => {}
            }
        }
    }

    fn quantisation(&mut self, mut segment: &[u8]) -> std::result::Result<(), Flaw> {
        const DAMAGED: Flaw = Flaw::Damage("a quantisation table makes no sense");
        while let Some((&kind, rest)) = segment.split_first() {
            let wide = kind >> 4 == 1;
            let (values, after) = rest.split_at_checked(if wide { 128 } else { 64 }).ok_or(DAMAGED)?;
            let place = self.steps.get_mut(usize::from(kind & 15)).ok_or(DAMAGED)?;
            if kind >> 4 > 1 {
                return Err(DAMAGED);
            }
            let steps = place.get_or_insert_with(|| Box::new([0; 64]));
            for (index, &natural) in ZIGZAG[..64].iter().enumerate() {
                steps[usize::from(natural)] = if wide {
                    i16::from_be_bytes([values[index * 2], values[index * 2 + 1]])
                } else {
                    values[index].into()
                };
            }
            segment = after;
        }
        Ok(())
    }

    fn codes(&mut self, mut segment: &[u8]) -> std::result::Result<(), Flaw> {
        const DAMAGED: Flaw = Flaw::Damage("a Huffman code makes no sense");
        while let Some((&kind, rest)) = segment.split_first() {
            let (code, length) = Code::read(rest).ok_or(DAMAGED)?;
            let class = match kind >> 4 {
                0 if code.are_sizes() => &mut self.dc,
                1 => &mut self.ac,
                _ => return Err(DAMAGED),
            };
            *class.get_mut(usize::from(kind & 15)).ok_or(DAMAGED)? = Some(code);
            segment = &rest[length..];
        }
        Ok(())
    }

    /// Fixes the quantisation of the scan's components, as it is now, and makes the tables of its codes.
    pub(super) fn prepare(&self, frame: &mut Frame, scan: &Scan) -> std::result::Result<Vec<Tables>, Flaw> {
        const MISSING: Flaw = Flaw::Damage("a scan names tables that are not there");
        let means = !frame.progressive || (scan.first == 0 && scan.high == 0);
        let others = !frame.progressive || scan.first > 0;
        let mut tables = Vec::with_capacity(scan.parts.len());
        for part in &scan.parts {
            let component = &mut frame.components[part.component];
            if component.steps.is_none() {
                component.steps = Some(self.steps[usize::from(component.table)].clone().ok_or(MISSING)?);
            }
            let table = |needed: bool, code: &Option<Code>| match code {
                Some(code) if needed => Ok(Some(Table::new(code))),
                None if needed => Err(MISSING),
                _ => Ok(None),
            };
            tables.push((table(means, &self.dc[part.dc])?, table(others, &self.ac[part.ac])?));
        }
        Ok(tables)
    }
}
