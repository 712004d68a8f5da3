//! Writes JPEG files of given coefficients in every way that the decoder reads: samplings, interleaving,
//! restarts, progressive scans with their refinements.

use super::super::idct::{Block, Steps};
use super::super::zigzag::ZIGZAG;

pub(super) struct Picture {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) factors: Vec<(u32, u32)>,
    pub(super) ids: Vec<u8>,
    pub(super) adobe: Option<u8>,
    /// Of each component in rows, with the blocks that only fill units.
    pub(super) blocks: Vec<Vec<Block>>,
    pub(super) steps: Steps,
    pub(super) interval: u16,
}

pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

/// Symbols that have short codes; all others have 11 bits, more than one look-up takes.
const COMMON: [u8; 8] = [0x00, 0x01, 0x02, 0x11, 0x03, 0x21, 0xF0, 0x12];

fn ac_symbols() -> Vec<u8> {
    let rest = (0..=255).filter(|symbol| !COMMON.contains(symbol));
    COMMON.into_iter().chain(rest).collect()
}

/// Code and length.
fn ac_code(symbol: u8) -> (u32, u32) {
    let index = ac_symbols().iter().position(|&other| other == symbol).unwrap() as u32;
    match index {
        0..4 => (index, 3),
        4..8 => ((4 << 2) + index - 4, 5),
        _ => ((5 << 8) + index - 8, 11),
    }
}

#[derive(Default)]
struct BitWriter {
    bytes: Vec<u8>,
    buffer: u64,
    count: u32,
}

impl BitWriter {
    fn put(&mut self, value: u32, bits: u32) {
        self.buffer = self.buffer << bits | u64::from(value) & ((1 << bits) - 1);
        self.count += bits;
        while self.count >= 8 {
            self.count -= 8;
            let byte = (self.buffer >> self.count) as u8;
            self.bytes.push(byte);
            if byte == 0xFF {
                self.bytes.push(0);
            }
        }
    }

    /// A number by its size and then its bits.
    fn value(&mut self, value: i32, size: u32) {
        self.put(if value < 0 { value - 1 } else { value } as u32, size);
    }

    fn align(&mut self) {
        if self.count > 0 {
            self.put(0x7F, 8 - self.count);
        }
    }

    fn dc(&mut self, difference: i32) {
        let size = 32 - difference.unsigned_abs().leading_zeros();
        self.put(size, 4);
        self.value(difference, size);
    }

    fn ac(&mut self, symbol: u8) {
        let (code, length) = ac_code(symbol);
        self.put(code, length);
    }
}

fn size(value: i32) -> u32 {
    32 - value.unsigned_abs().leading_zeros()
}

impl Picture {
    /// A picture of random blocks, many of them sparse.
    pub(super) fn random(width: u32, height: u32, factors: &[(u32, u32)], seed: u64) -> Self {
        let mut random = Random(seed);
        let mut picture = Self {
            width,
            height,
            factors: factors.to_vec(),
            ids: (1..=factors.len() as u8).collect(),
            adobe: None,
            blocks: Vec::new(),
            steps: std::array::from_fn(|index| 1 + (index as i16 * 7) % 5),
            interval: 0,
        };
        let (units_x, units_y) = picture.units();
        picture.blocks = picture
            .used_factors()
            .iter()
            .map(|&(h, v)| {
                (0..units_x * h * units_y * v)
                    .map(|_| {
                        let mut block = [0; 64];
                        block[0] = random.below(400) as i16 - 200;
                        let extent = [1, 1, 10, 30, 64][random.below(5) as usize];
                        for _ in 0..random.below(20) {
                            let at = usize::from(ZIGZAG[random.below(extent) as usize]);
                            block[at] = random.below(41) as i16 - 20;
                        }
                        block
                    })
                    .collect()
            })
            .collect();
        picture
    }

    /// One component is never interleaved.
    fn used_factors(&self) -> Vec<(u32, u32)> {
        if self.factors.len() == 1 { vec![(1, 1)] } else { self.factors.clone() }
    }

    pub(super) fn most(&self) -> (u32, u32) {
        let factors = self.used_factors();
        (factors.iter().map(|of| of.0).max().unwrap(), factors.iter().map(|of| of.1).max().unwrap())
    }

    fn units(&self) -> (u32, u32) {
        let (across, down) = self.most();
        (self.width.div_ceil(8 * across), self.height.div_ceil(8 * down))
    }

    /// Blocks a row, as written in interleaved scans, and blocks with samples across and down.
    pub(super) fn grid(&self, component: usize) -> (usize, usize, usize) {
        let (h, v) = self.used_factors()[component];
        let (across, down) = self.most();
        let real = |length: u32, own: u32, most: u32| (length * own).div_ceil(8 * most) as usize;
        ((self.units().0 * h) as usize, real(self.width, h, across), real(self.height, v, down))
    }

    fn header(&self, progressive: bool) -> Vec<u8> {
        let mut file = vec![0xFF, 0xD8];
        if let Some(transform) = self.adobe {
            segment(&mut file, 0xEE, &[b"Adobe\0\x64\0\0\0\0", &[transform][..]].concat());
        }
        // Steps in 16 bits, in table 2.
        let steps = ZIGZAG[..64].iter().flat_map(|&at| self.steps[usize::from(at)].to_be_bytes());
        segment(&mut file, 0xDB, &[0x12].into_iter().chain(steps).collect::<Vec<_>>());
        let mut frame = vec![8];
        frame.extend((self.height as u16).to_be_bytes());
        frame.extend((self.width as u16).to_be_bytes());
        frame.push(self.factors.len() as u8);
        for (id, (h, v)) in self.ids.iter().zip(&self.factors) {
            frame.extend([*id, (h << 4 | v) as u8, 2]);
        }
        segment(&mut file, if progressive { 0xC2 } else { 0xC0 }, &frame);
        let mut dc = vec![0x01, 0, 0, 0, 12];
        dc.extend([0; 12]);
        dc.extend(0..12);
        segment(&mut file, 0xC4, &dc);
        let mut ac = vec![0x13, 0, 0, 4, 0, 4, 0, 0, 0, 0, 0, 248];
        ac.extend([0; 5]);
        ac.extend(ac_symbols());
        segment(&mut file, 0xC4, &ac);
        segment(&mut file, 0xDD, &self.interval.to_be_bytes());
        file
    }

    fn scan_header(&self, file: &mut Vec<u8>, components: &[usize], spectrum: [u8; 3]) {
        let mut header = vec![components.len() as u8];
        header.extend(components.iter().flat_map(|&component| [self.ids[component], 0x13]));
        header.extend(spectrum);
        segment(file, 0xDA, &header);
    }

    /// The blocks of each unit of a scan, as component and index.
    fn scan_units(&self, components: &[usize]) -> Vec<Vec<(usize, usize)>> {
        if let [component] = *components {
            let (stride, across, down) = self.grid(component);
            return (0..across * down)
                .map(|index| vec![(component, index / across * stride + index % across)])
                .collect();
        }
        let (units_x, units_y) = self.units();
        (0..units_x * units_y)
            .map(|unit| {
                let mut blocks = Vec::new();
                for &component in components {
                    let (h, v) = self.factors[component];
                    for inner in 0..h * v {
                        let y = unit / units_x * v + inner / h;
                        let x = unit % units_x * h + inner % h;
                        blocks.push((component, (y * units_x * h + x) as usize));
                    }
                }
                blocks
            })
            .collect()
    }

    /// Writes a scan's data; `write` gets each block, and at the end of an interval nothing.
    fn data(
        &self,
        file: &mut Vec<u8>,
        components: &[usize],
        mut write: impl FnMut(&mut BitWriter, Option<(usize, &Block)>),
    ) {
        let mut bits = BitWriter::default();
        for (index, unit) in self.scan_units(components).iter().enumerate() {
            if self.interval > 0 && index > 0 && index % usize::from(self.interval) == 0 {
                write(&mut bits, None);
                bits.align();
                // Fill bytes before a marker are allowed.
                bits.bytes.extend([0xFF, 0xFF]);
                bits.bytes.push(0xD0 + ((index / usize::from(self.interval) - 1) % 8) as u8);
            }
            for &(component, block) in unit {
                write(&mut bits, Some((component, &self.blocks[component][block])));
            }
        }
        write(&mut bits, None);
        bits.align();
        file.extend(bits.bytes);
    }

    /// A baseline file of these scans.
    pub(super) fn sequential(&self, scans: &[&[usize]]) -> Vec<u8> {
        let mut file = self.header(false);
        for components in scans {
            self.scan_header(&mut file, components, [0, 63, 0]);
            let mut means = [0; 4];
            self.data(&mut file, components, |bits, block| {
                let Some((component, block)) = block else {
                    means = [0; 4];
                    return;
                };
                bits.dc(i32::from(block[0]) - means[component]);
                means[component] = block[0].into();
                let mut run = 0;
                for &at in &ZIGZAG[1..64] {
                    let value = i32::from(block[usize::from(at)]);
                    if value == 0 {
                        run += 1;
                        continue;
                    }
                    while run > 15 {
                        bits.ac(0xF0);
                        run -= 16;
                    }
                    bits.ac(run << 4 | size(value) as u8);
                    bits.value(value, size(value));
                    run = 0;
                }
                if run > 0 {
                    bits.ac(0);
                }
            });
        }
        file.extend([0xFF, 0xD9]);
        file
    }

    pub(super) fn interleaved(&self) -> Vec<u8> {
        self.sequential(&[&(0..self.factors.len()).collect::<Vec<_>>()])
    }

    /// A progressive file in which every coefficient comes in two or three steps.
    pub(super) fn progressive(&self) -> Vec<u8> {
        let mut file = self.header(true);
        let all: Vec<usize> = (0..self.factors.len()).collect();
        self.scan_header(&mut file, &all, [0, 0, 0x01]);
        let mut means = [0; 4];
        self.data(&mut file, &all, |bits, block| {
            let Some((component, block)) = block else {
                means = [0; 4];
                return;
            };
            let mean = i32::from(block[0]) >> 1;
            bits.dc(mean - means[component]);
            means[component] = mean;
        });
        for &component in &all {
            self.first_values(&mut file, component, 1, 5, 1);
            self.first_values(&mut file, component, 6, 63, 2);
        }
        self.scan_header(&mut file, &all, [0, 0, 0x10]);
        self.data(&mut file, &all, |bits, block| {
            if let Some((_, block)) = block {
                bits.put((block[0] & 1) as u32, 1);
            }
        });
        for &component in &all {
            self.refinement(&mut file, component, 6, 63, 1);
            self.refinement(&mut file, component, 1, 63, 0);
        }
        file.extend([0xFF, 0xD9]);
        file
    }

    fn first_values(&self, file: &mut Vec<u8>, component: usize, first: usize, last: usize, low: u32) {
        self.scan_header(file, &[component], [first as u8, last as u8, low as u8]);
        let mut empty = 0_u32;
        let flush = |bits: &mut BitWriter, empty: &mut u32| {
            if *empty > 0 {
                let length = 31 - empty.leading_zeros();
                bits.ac((length << 4) as u8);
                bits.put(*empty, length);
                *empty = 0;
            }
        };
        self.data(file, &[component], |bits, block| {
            let Some((_, block)) = block else { return flush(bits, &mut empty) };
            let mut run = 0;
            for &at in &ZIGZAG[first..=last] {
                let value = i32::from(block[usize::from(at)]);
                let value = value.signum() * (value.abs() >> low);
                if value == 0 {
                    run += 1;
                    continue;
                }
                flush(bits, &mut empty);
                while run > 15 {
                    bits.ac(0xF0);
                    run -= 16;
                }
                bits.ac(run << 4 | size(value) as u8);
                bits.value(value, size(value));
                run = 0;
            }
            if run > 0 {
                empty += 1;
                if empty == 0x7FFF {
                    flush(bits, &mut empty);
                }
            }
        });
    }

    fn refinement(&self, file: &mut Vec<u8>, component: usize, first: usize, last: usize, low: u32) {
        self.scan_header(file, &[component], [first as u8, last as u8, ((low + 1) << 4 | low) as u8]);
        // Blocks without new coefficients, and the bits of the coefficients that they have.
        let (mut empty, mut waiting) = (0_u32, Vec::new());
        let flush = |bits: &mut BitWriter, empty: &mut u32, waiting: &mut Vec<u32>| {
            if *empty > 0 {
                let length = 31 - empty.leading_zeros();
                bits.ac((length << 4) as u8);
                bits.put(*empty, length);
                waiting.drain(..).for_each(|bit| bits.put(bit, 1));
                *empty = 0;
            }
        };
        self.data(file, &[component], |bits, block| {
            let Some((_, block)) = block else { return flush(bits, &mut empty, &mut waiting) };
            let value = |index: usize| i32::from(block[usize::from(ZIGZAG[index])]).abs() >> low;
            let end = (first..=last).rev().find(|&index| value(index) == 1).unwrap_or(0);
            let (mut run, mut corrections) = (0, Vec::new());
            for index in first..=last {
                let present = value(index);
                if present == 0 {
                    run += 1;
                    continue;
                }
                while run > 15 && index <= end {
                    flush(bits, &mut empty, &mut waiting);
                    bits.ac(0xF0);
                    corrections.drain(..).for_each(|bit| bits.put(bit, 1));
                    run -= 16;
                }
                if present > 1 {
                    corrections.push(present as u32 & 1);
                    continue;
                }
                flush(bits, &mut empty, &mut waiting);
                bits.ac(run << 4 | 1);
                bits.put(u32::from(block[usize::from(ZIGZAG[index])] > 0), 1);
                corrections.drain(..).for_each(|bit| bits.put(bit, 1));
                run = 0;
            }
            if run > 0 || !corrections.is_empty() {
                empty += 1;
                waiting.append(&mut corrections);
            }
        });
    }
}

pub(super) fn segment(file: &mut Vec<u8>, marker: u8, content: &[u8]) {
    file.extend([0xFF, marker]);
    file.extend((content.len() as u16 + 2).to_be_bytes());
    file.extend(content);
}
