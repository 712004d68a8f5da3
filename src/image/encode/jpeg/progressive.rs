//! The scans of a progressive file (ITU-T T.81, annex G): spectral selection and successive approximation,
//! each scan with codes made for it.

use super::baseline::magnitude;
use super::bits::{BitWriter, reserve};
use super::blocks::UnitRow;
use super::coefficients::Coefficients;
use super::frame::Frame;
use super::huffman::{Code, Histogram, Table};
use super::markers::{self, Class, ScanHeader};
use super::tokens::{Room, Tokens, write_next};
use crate::error::Result;
use crate::pool::Cancel;

const ZERO_RUN: u8 = 0xF0;

/// Blocks between two looks at the flag.
const BLOCKS_BETWEEN_POLLS: usize = 1 << 12;

/// The longest run of blocks without more coefficients.
const LONGEST_RUN: u16 = 0x7FFF;

/// How many correcting bits may wait for the end of a run, the next block's included.
const MOST_WAITING: usize = 1000;

/// Which component a scan codes.
type Which = Option<usize>;

/// All first, coarsely; then luma's low frequencies, chroma, luma's high ones; then a bit more of each. This
/// is the script that IJG's `jpeg_simple_progression` made usual.
const COLOR: [(Which, ScanHeader); 10] = [
    (None, header(0, 0, 0, 1)),
    (Some(0), header(1, 5, 0, 2)),
    (Some(2), header(1, 63, 0, 1)),
    (Some(1), header(1, 63, 0, 1)),
    (Some(0), header(6, 63, 0, 2)),
    (Some(0), header(1, 63, 2, 1)),
    (None, header(0, 0, 1, 0)),
    (Some(2), header(1, 63, 1, 0)),
    (Some(1), header(1, 63, 1, 0)),
    (Some(0), header(1, 63, 1, 0)),
];

const GRAY: [(Which, ScanHeader); 6] = [
    (None, header(0, 0, 0, 1)),
    (Some(0), header(1, 5, 0, 2)),
    (Some(0), header(6, 63, 0, 2)),
    (Some(0), header(1, 63, 2, 1)),
    (None, header(0, 0, 1, 0)),
    (Some(0), header(1, 63, 1, 0)),
];

const fn header(first: u8, last: u8, high: u8, low: u8) -> ScanHeader {
    ScanHeader { first, last, high, low }
}

/// Collects the coefficients.
pub(super) struct Progressive {
    components: Vec<Coefficients>,
}

impl Progressive {
    pub(super) fn new(frame: &Frame) -> Self {
        Self { components: frame.components.iter().map(|_| Coefficients::default()).collect() }
    }

    /// Adds a row of units.
    pub(super) fn add(&mut self, row: &UnitRow) -> Result<()> {
        for (index, component) in self.components.iter_mut().enumerate() {
            component.add(row.present(index))?;
        }
        Ok(())
    }

    /// Writes the scans.
    pub(super) fn finish(&self, frame: &Frame, file: &mut Vec<u8>, cancel: &Cancel) -> Result<()> {
        let script: &[(Which, ScanHeader)] = if frame.is_gray() { &GRAY } else { &COLOR };
        for (which, header) in script {
            match which {
                None if header.high == 0 => self.dc_first(frame, *header, file, cancel)?,
                None => self.dc_refining(frame, *header, file, cancel)?,
                Some(component) if header.high == 0 => self.ac(*component, *header, file, cancel, first)?,
                Some(component) => self.ac(*component, *header, file, cancel, refining)?,
            }
        }
        Ok(())
    }

    /// The first coefficients of all blocks as they are interleaved, each with its component's index. Blocks
    /// beyond the edge have that of the block before.
    fn each_dc(
        &self,
        frame: &Frame,
        cancel: &Cancel,
        mut each: impl FnMut(usize, i16) -> Result<()>,
    ) -> Result<()> {
        let mut before = [0; 3];
        for unit_row in 0..frame.units_high {
            cancel.check()?;
            for unit in 0..frame.units_wide {
                let components = frame.components.iter().zip(&self.components).zip(&mut before);
                for (index, ((component, coefficients), before)) in components.enumerate() {
                    for down in 0..component.down {
                        for across in 0..component.across {
                            let row = unit_row * component.down + down;
                            let column = unit * component.across + across;
                            if row < component.blocks_high && column < component.blocks_wide {
                                let at = row as usize * component.blocks_wide as usize + column as usize;
                                *before = coefficients.dc[at];
                            }
                            each(index, *before)?;
                        }
                    }
                }
            }
        }
        Ok(())
    }

    fn dc_first(&self, frame: &Frame, header: ScanHeader, file: &mut Vec<u8>, cancel: &Cancel) -> Result<()> {
        let mut histograms = [Histogram::new(), Histogram::new()];
        let mut before = [0; 3];
        let mut difference = |index: usize, dc: i16| {
            let dc = dc >> header.low;
            let difference = dc.wrapping_sub(before[index]);
            before[index] = dc;
            magnitude(difference)
        };
        let mut tokens = Tokens::new();
        self.each_dc(frame, cancel, |index, dc| {
            let (size, bits) = difference(index, dc);
            let histogram = &mut histograms[usize::from(frame.components[index].tables)];
            tokens.room()?.push(size as u8, bits, size, histogram);
            Ok(())
        })?;
        let used = if frame.is_gray() { 1 } else { 2 };
        let mut tables = Vec::with_capacity(used);
        let mut total = 0;
        for (index, histogram) in (0..).zip(&histograms[..used]) {
            let code = Code::for_histogram(histogram);
            markers::huffman_table(file, Class::Dc, index, &code)?;
            let table = Table::new(&code, |symbol| symbol & 15);
            total += table.total(histogram);
            tables.push(table);
        }
        let components = (0..).zip(&frame.components).map(|(index, component)| (index, component.tables, 0));
        markers::scan(file, components, header)?;
        reserve_bits(file, total)?;
        let mut turn = frame
            .components
            .iter()
            .flat_map(|component| {
                let blocks = component.across * component.down;
                std::iter::repeat_n(usize::from(component.tables), blocks as usize)
            })
            .cycle();
        let mut writer = BitWriter::new(file);
        for piece in tokens.into_pieces() {
            let mut words = piece.iter();
            loop {
                writer.reserve(16)?;
                if words.as_slice().is_empty() {
                    break;
                }
                let Some(table) = turn.next() else { break };
                write_next(&mut words, &tables[table], &mut writer);
            }
        }
        writer.finish()
    }

    fn dc_refining(
        &self,
        frame: &Frame,
        header: ScanHeader,
        file: &mut Vec<u8>,
        cancel: &Cancel,
    ) -> Result<()> {
        markers::scan(file, (0..frame.components.len() as u8).map(|index| (index, 0, 0)), header)?;
        let mut writer = BitWriter::new(file);
        self.each_dc(frame, cancel, |_, dc| {
            writer.reserve(16)?;
            writer.put((dc >> header.low) as u32 & 1, 1);
            Ok(())
        })?;
        writer.finish()
    }

    /// A scan of one component without its blocks' first coefficients.
    fn ac(
        &self,
        component: usize,
        header: ScanHeader,
        file: &mut Vec<u8>,
        cancel: &Cancel,
        code_block: fn(&mut AcScan, &mut Room<'_>, u64, &[i16]),
    ) -> Result<()> {
        let mut scan = AcScan::new(header);
        let mut tokens = Tokens::new();
        for (index, (nonzero, values)) in self.components[component].blocks().enumerate() {
            if index % BLOCKS_BETWEEN_POLLS == 0 {
                cancel.check()?;
            }
            let skipped = nonzero & !scan.band & ((1 << header.first) - 1);
            let inside = nonzero & scan.band;
            let from = skipped.count_ones() as usize;
            let values = &values[from..from + inside.count_ones() as usize];
            code_block(&mut scan, &mut tokens.room()?, inside, values);
        }
        scan.end_run(&mut tokens.room()?);
        let table = u8::from(component > 0);
        let code = Code::for_histogram(&scan.histogram);
        markers::huffman_table(file, Class::Ac, table, &code)?;
        let entries = Table::new(&code, bits_after);
        markers::scan(file, std::iter::once((component as u8, 0, table)), header)?;
        reserve_bits(file, entries.total(&scan.histogram))?;
        let mut writer = BitWriter::new(file);
        for piece in tokens.into_pieces() {
            cancel.check()?;
            let mut words = piece.iter();
            loop {
                writer.reserve(16)?;
                if write_next(&mut words, &entries, &mut writer).is_none() {
                    break;
                }
            }
        }
        writer.finish()
    }
}

fn reserve_bits(file: &mut Vec<u8>, bits: u64) -> Result<()> {
    let bytes = bits as usize / 8;
    reserve(file, bytes + bytes / 128 + 1024)
}

/// Marks up to eight correcting bits, which stand alone: their number is in the upper half.
const CORRECTION: u8 = 0x0F;

/// How many bits follow a symbol in a scan without first coefficients.
fn bits_after(symbol: u8) -> u8 {
    let (high, low) = (symbol >> 4, symbol & 15);
    match low {
        // The end of a run of blocks, whose length has so many bits below its highest; or sixteen zeros.
        0 if symbol != ZERO_RUN => high,
        CORRECTION => high,
        low => low,
    }
}

/// The state of a scan within its component.
struct AcScan {
    header: ScanHeader,
    /// The coefficients that it codes.
    band: u64,
    histogram: Histogram,
    /// Blocks at whose end no more coefficients come.
    run: u16,
    /// Correcting bits of the coefficients in them.
    waiting: Vec<bool>,
    /// Of the block at hand, since its last symbol.
    corrections: Vec<bool>,
}

impl AcScan {
    fn new(header: ScanHeader) -> Self {
        let band = (u64::MAX << header.first) & (u64::MAX >> (63 - header.last));
        Self {
            header,
            band,
            histogram: Histogram::new(),
            run: 0,
            waiting: Vec::with_capacity(MOST_WAITING),
            corrections: Vec::with_capacity(64),
        }
    }

    /// Ends the run of blocks, if there is one.
    fn end_run(&mut self, room: &mut Room<'_>) {
        if self.run > 0 {
            let length = self.run.ilog2();
            let bits = self.run & ((1 << length) - 1);
            room.push((length << 4) as u8, bits, length, &mut self.histogram);
            self.run = 0;
            correct(room, &mut self.waiting);
        }
    }
}

/// Adds bits that are no symbol.
fn correct(room: &mut Room<'_>, bits: &mut Vec<bool>) {
    for eight in bits.chunks(8) {
        let value = eight.iter().fold(0, |value, bit| value << 1 | u16::from(*bit));
        room.push_uncounted((eight.len() as u8) << 4 | CORRECTION, value, eight.len() as u32);
    }
    bits.clear();
}

/// The first time that coefficients are coded (G.1.2.2).
fn first(scan: &mut AcScan, room: &mut Room<'_>, mut left: u64, values: &[i16]) {
    let mut next = u32::from(scan.header.first);
    for value in values {
        let k = left.trailing_zeros();
        left &= left - 1;
        // Towards zero: a shift would move negative ones away from it.
        let value = value / (1 << scan.header.low);
        if value == 0 {
            continue;
        }
        scan.end_run(room);
        let mut zeros = k - next;
        next = k + 1;
        while zeros > 15 {
            room.push(ZERO_RUN, 0, 0, &mut scan.histogram);
            zeros -= 16;
        }
        let (size, bits) = magnitude(value);
        room.push((zeros << 4 | size) as u8, bits, size, &mut scan.histogram);
    }
    if next <= u32::from(scan.header.last) {
        scan.run += 1;
        if scan.run == LONGEST_RUN {
            scan.end_run(room);
        }
    }
}

/// A further bit of coefficients that were coded before (G.1.2.3).
fn refining(scan: &mut AcScan, room: &mut Room<'_>, mut left: u64, values: &[i16]) {
    let low = scan.header.low;
    // Coefficients that become other than zero in this scan: those after the last of them need no symbols.
    let new = |value: i16| value.unsigned_abs() >> low == 1;
    let mut new_left = values.iter().filter(|value| new(**value)).count();
    let mut zeros = 0;
    let mut next = u32::from(scan.header.first);
    for value in values {
        let k = left.trailing_zeros();
        left &= left - 1;
        zeros += k - next;
        next = k + 1;
        let magnitude = value.unsigned_abs() >> low;
        if magnitude == 0 {
            zeros += 1;
            continue;
        }
        while zeros > 15 && new_left > 0 {
            scan.end_run(room);
            room.push(ZERO_RUN, 0, 0, &mut scan.histogram);
            correct(room, &mut scan.corrections);
            zeros -= 16;
        }
        if magnitude > 1 {
            scan.corrections.push(magnitude & 1 == 1);
            continue;
        }
        scan.end_run(room);
        room.push((zeros << 4) as u8 | 1, u16::from(*value > 0), 1, &mut scan.histogram);
        correct(room, &mut scan.corrections);
        new_left -= 1;
        zeros = 0;
    }
    zeros += u32::from(scan.header.last) + 1 - next;
    if zeros > 0 || !scan.corrections.is_empty() {
        scan.run += 1;
        scan.waiting.append(&mut scan.corrections);
        // So that another block's bits have room.
        if scan.run == LONGEST_RUN || scan.waiting.len() > MOST_WAITING - 63 {
            scan.end_run(room);
        }
    }
}
