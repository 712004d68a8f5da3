//! Image data that no encoder writes: headers of any content, before data of chance, which always stands for
//! some picture.

/// A generator of numbers of chance (Numerical Recipes' constants).
pub(super) struct Chance(pub(super) u32);

impl Chance {
    pub(super) fn byte(&mut self) -> u8 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 24) as u8
    }

    pub(super) fn below(&mut self, end: u32) -> u32 {
        let value = u32::from(self.byte()) << 8 | u32::from(self.byte());
        value % end
    }

    pub(super) fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.byte()).collect()
    }
}

/// The boolean entropy encoder: the interval of all that may follow is narrowed by each boolean, as section 7
/// defines it. Its lower end is the bytes that are written and `bottom`.
pub(super) struct Writer {
    bytes: Vec<u8>,
    bottom: u32,
    range: u32,
    /// Shifts until the next byte is complete.
    left: u32,
}

impl Writer {
    pub(super) fn new() -> Self {
        Self { bytes: Vec::new(), bottom: 0, range: 255, left: 24 }
    }

    pub(super) fn put(&mut self, value: bool, probability: u8) {
        let split = 1 + (((self.range - 1) * u32::from(probability)) >> 8);
        if value {
            let (bottom, carries) = self.bottom.overflowing_add(split);
            self.bottom = bottom;
            self.range -= split;
            if carries {
                self.carry();
            }
        } else {
            self.range = split;
        }
        while self.range < 128 {
            self.range <<= 1;
            if self.bottom >> 31 != 0 {
                self.carry();
            }
            self.bottom <<= 1;
            self.left -= 1;
            if self.left == 0 {
                self.bytes.push((self.bottom >> 24) as u8);
                self.bottom &= 0x00FF_FFFF;
                self.left = 8;
            }
        }
    }

    fn carry(&mut self) {
        for byte in self.bytes.iter_mut().rev() {
            *byte = byte.wrapping_add(1);
            if *byte != 0 {
                break;
            }
        }
    }

    pub(super) fn number(&mut self, value: u32, bits: u32) {
        for bit in (0..bits).rev() {
            self.put(value >> bit & 1 != 0, 128);
        }
    }

    /// A number of chance and its sign, if any.
    fn maybe_signed(&mut self, bits: u32, most: u32, chance: &mut Chance) {
        let there = chance.below(2);
        self.number(there, 1);
        if there != 0 {
            self.number(chance.below(most + 1), bits);
            self.number(chance.below(2), 1);
        }
    }

    /// All that was put. What follows it is read as more booleans.
    pub(super) fn finish(mut self) -> Vec<u8> {
        for _ in 0..32 {
            self.put(false, 128);
        }
        self.bytes
    }
}

/// What a frame of chance is made of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Choice {
    pub(super) size: (u32, u32),
    /// 0 to 3, for 1 to 8 partitions of coefficients.
    pub(super) partitions: u32,
    pub(super) segments: bool,
    pub(super) filter: (bool, u32, u32),
    pub(super) deltas: bool,
    pub(super) skips: bool,
    /// Probabilities that are replaced: of so many 256ths.
    pub(super) updates: u8,
    /// The highest index of the quantizer.
    pub(super) quantizer: u32,
}

/// A frame's data.
pub(super) fn frame(choice: &Choice, chance: &mut Chance) -> Vec<u8> {
    let (width, height) = choice.size;
    let mut bits = Writer::new();
    bits.number(chance.below(2), 2);
    bits.number(u32::from(choice.segments), 1);
    if choice.segments {
        // A map, and values.
        bits.number(0b11, 2);
        let absolute = chance.below(2);
        bits.number(absolute, 1);
        for _ in 0..4 {
            bits.maybe_signed(7, choice.quantizer, chance);
        }
        for _ in 0..4 {
            bits.maybe_signed(6, 63, chance);
        }
        for _ in 0..3 {
            bits.number(1, 1);
            bits.number(1 + chance.below(255), 8);
        }
    }
    let (simple, level, sharpness) = choice.filter;
    bits.number(u32::from(simple), 1);
    bits.number(level, 6);
    bits.number(sharpness, 3);
    bits.number(u32::from(choice.deltas), 1);
    if choice.deltas {
        bits.number(1, 1);
        for _ in 0..8 {
            bits.maybe_signed(6, 63, chance);
        }
    }
    bits.number(choice.partitions, 2);
    bits.number(chance.below(choice.quantizer + 1), 7);
    for _ in 0..5 {
        bits.maybe_signed(4, 15.min(choice.quantizer), chance);
    }
    bits.number(0, 1);
    for &update in super::super::tables::TOKEN_UPDATES.as_flattened().as_flattened().as_flattened() {
        let replaced = chance.byte() < choice.updates;
        bits.put(replaced, update);
        if replaced {
            bits.number(1 + chance.below(255), 8);
        }
    }
    bits.number(u32::from(choice.skips), 1);
    if choice.skips {
        bits.number(1 + chance.below(255), 8);
    }
    let across_and_down = (width.div_ceil(16) as usize, height.div_ceil(16) as usize);
    let macroblocks = across_and_down.0 * across_and_down.1;
    let mut first = bits.finish();
    first.extend(chance.bytes(macroblocks * 100 + 100));
    let partitions: Vec<_> = (0..1 << choice.partitions)
        .map(|index| {
            let rows = across_and_down.1.div_ceil(1 << choice.partitions);
            let mut bytes = chance.bytes(across_and_down.0 * rows * 1500 + index);
            // No encoder begins with all ones, which lie outside the interval, and no two decoders agree on them.
            bytes[0] &= 0x7F;
            bytes
        })
        .collect();
    assemble(choice.size, &first, &partitions)
}

/// A frame's data, of its partitions.
pub(super) fn assemble((width, height): (u32, u32), first: &[u8], partitions: &[Vec<u8>]) -> Vec<u8> {
    let tag = (first.len() as u32) << 5 | 1 << 4;
    let mut data = tag.to_le_bytes()[..3].to_vec();
    data.extend([0x9D, 0x01, 0x2A]);
    data.extend((width as u16).to_le_bytes());
    data.extend((height as u16).to_le_bytes());
    data.extend(first);
    for partition in &partitions[..partitions.len() - 1] {
        data.extend(&(partition.len() as u32).to_le_bytes()[..3]);
    }
    data.extend(partitions.concat());
    data
}
