//! Random bitstreams that hold an image.

use super::super::image::pixels_back;
use super::writer::{Writer, codes};

pub(super) struct Random(u64);

/// What has been written of an image. A place in the cache that nothing has been put in is not referred to:
/// what it holds is no colour that has been seen, and image-webp forgets that it is one from then on.
struct Pixels {
    pixels: Vec<u32>,
    cache: Vec<Option<u32>>,
}

impl Pixels {
    fn push(&mut self, pixel: u32) {
        self.pixels.push(pixel);
        if !self.cache.is_empty() {
            let shift = 32 - self.cache.len().ilog2();
            self.cache[(pixel.wrapping_mul(0x1E35_A7BD) >> shift) as usize] = Some(pixel);
        }
    }
}

/// What an image's codes are like.
#[derive(Clone, Copy)]
struct Kind {
    main: bool,
    /// Values of green that there are.
    greens: usize,
}

/// A code, and the symbols that it has.
struct Code {
    codes: Vec<(u64, u32)>,
    symbols: Vec<usize>,
}

impl Code {
    fn new(lengths: &[u8]) -> Self {
        let symbols = (0..lengths.len()).filter(|&symbol| lengths[symbol] > 0).collect();
        Self { codes: codes(lengths), symbols }
    }
}

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// xorshift64* (Vigna, "An experimental exploration of Marsaglia's xorshift generators, scrambled").
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 16
    }

    pub(super) fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    fn one_in(&mut self, many: usize) -> bool {
        self.below(many) == 0
    }

    /// A bitstream, and the size of its image.
    pub(super) fn stream(&mut self) -> (Vec<u8>, (u32, u32)) {
        let (width, height) = (1 + self.below(70), 1 + self.below(70));
        let mut writer = Writer::new();
        writer.header(width as u32, height as u32, true);
        let mut transforms = [0, 1, 2, 3];
        for at in 0..4 {
            transforms.swap(at, self.below(4));
        }
        let mut across = width;
        for &transform in &transforms[..self.below(5)] {
            writer.put(1, 1);
            writer.put(transform, 2);
            match transform {
                0 | 1 => {
                    let bits = self.below(4);
                    writer.put(bits as u64, 3);
                    let of = (across.div_ceil(4 << bits), height.div_ceil(4 << bits));
                    // There are fourteen predictors.
                    let greens = if transform == 0 { 14 } else { 256 };
                    self.image(&mut writer, of, Kind { main: false, greens });
                }
                2 => {}
                _ => {
                    let most = [2, 4, 16, 256][self.below(4)];
                    let colors = 1 + self.below(most);
                    writer.put(colors as u64 - 1, 8);
                    self.image(&mut writer, (colors, 1), Kind { main: false, greens: 256 });
                    across = across.div_ceil(match colors {
                        ..=2 => 8,
                        3..=4 => 4,
                        5..=16 => 2,
                        _ => 1,
                    });
                }
            }
        }
        writer.put(0, 1);
        self.image(&mut writer, (across, height), Kind { main: true, greens: 256 });
        (writer.finish(), (width as u32, height as u32))
    }

    fn image(&mut self, writer: &mut Writer, (width, height): (usize, usize), kind: Kind) {
        let cached = if self.one_in(2) { 1 + self.below(11) } else { 0 };
        writer.put(u64::from(cached > 0), 1);
        if cached > 0 {
            writer.put(cached as u64, 4);
        }
        let cached = if cached > 0 { 1 << cached } else { 0 };
        // With blocks, their numbers are green's alone: two groups, one of them perhaps without a block.
        let mut bits = 0;
        let mut numbers = vec![0];
        if kind.main {
            let has_blocks = self.one_in(2);
            writer.put(u64::from(has_blocks), 1);
            if has_blocks {
                bits = 2 + self.below(3);
                writer.put(bits as u64 - 2, 3);
                let count = width.div_ceil(1 << bits) * height.div_ceil(1 << bits);
                numbers = (0..count).map(|_| self.below(2) * 2).collect();
                writer.put(0, 1);
                writer.two_symbols(0, 2);
                for _ in 0..4 {
                    writer.one_symbol(0);
                }
                for &number in &numbers {
                    writer.put(number as u64 / 2, 1);
                }
            }
        }
        let groups: Vec<[Code; 5]> = (0..=numbers.iter().copied().max().unwrap_or(0))
            .map(|_| [256 + 24 + cached, 256, 256, 256, 40].map(|symbols| self.code(writer, symbols, kind)))
            .collect();
        let mut pixels = Pixels { pixels: Vec::new(), cache: vec![None; cached] };
        let total = width * height;
        while pixels.pixels.len() < total {
            let (x, y) = (pixels.pixels.len() % width, pixels.pixels.len() / width);
            let block = if bits == 0 { 0 } else { (y >> bits) * width.div_ceil(1 << bits) + (x >> bits) };
            self.symbol(writer, &groups[numbers[block]], &mut pixels, (total, width));
        }
    }

    /// Writes a code of so many symbols, and returns it. Green's has at least one value of green.
    fn code(&mut self, writer: &mut Writer, symbols: usize, kind: Kind) -> Code {
        let values = if symbols > 256 { kind.greens } else { symbols };
        let mut lengths = vec![0; symbols];
        match self.below(4) {
            0 => {
                let symbol = self.below(values);
                writer.one_symbol(symbol as u8);
                lengths[symbol] = 1;
            }
            1 => {
                let symbol = self.below(values - 1);
                let second = symbol + 1 + self.below(values - 1 - symbol);
                writer.two_symbols(symbol as u8, second as u8);
                (lengths[symbol], lengths[second]) = (1, 1);
            }
            2 if values == 256 => {
                writer.flat_code(symbols as u64);
                lengths[..256].fill(8);
            }
            _ => {
                self.lengths(&mut lengths, values);
                writer.lengths(&lengths);
            }
        }
        Code::new(&lengths)
    }

    /// Lengths of a prefix code without gaps, by splitting codes in two.
    fn lengths(&mut self, lengths: &mut [u8], values: usize) {
        let mut given = vec![1, 1];
        for _ in 0..self.below(lengths.len().min(300)) {
            // Mostly the last one: that makes codes long.
            let at = if self.one_in(3) { self.below(given.len()) } else { given.len() - 1 };
            if given[at] < 15 {
                given[at] += 1;
                given.push(given[at]);
            }
        }
        // The first is a value; the others are any symbols that are allowed.
        let mut free: Vec<usize> = (0..values).chain(256.max(values)..lengths.len()).collect();
        let mut at = self.below(values);
        for length in given {
            if free.is_empty() {
                break;
            }
            lengths[free.swap_remove(at)] = length;
            at = self.below(free.len().max(1));
        }
        // Without room for all, those that there are must still leave no gap.
        if free.is_empty() {
            lengths.fill(0);
            (lengths[0], lengths[1]) = (1, 1);
        }
    }

    /// Writes a pixel, a copy or a place in the cache.
    fn symbol(
        &mut self,
        writer: &mut Writer,
        [green, red, blue, alpha, distance]: &[Code; 5],
        pixels: &mut Pixels,
        (total, width): (usize, usize),
    ) {
        let at = pixels.pixels.len();
        loop {
            let symbol = self.any(green);
            match symbol {
                0..256 => {
                    writer.code(green.codes[symbol]);
                    let mut pixel = (symbol as u32) << 8;
                    for (code, shift) in [(red, 16), (blue, 0), (alpha, 24)] {
                        let symbol = self.any(code);
                        writer.code(code.codes[symbol]);
                        pixel |= (symbol as u32) << shift;
                    }
                    return pixels.push(pixel);
                }
                256..280 => {
                    let (length_bits, length) = self.number(symbol - 256);
                    let far = self.any(distance);
                    let (far_bits, number) = self.number(far);
                    let back = pixels_back(number, width);
                    if length <= total - at && back <= at {
                        writer.code(green.codes[symbol]);
                        writer.put(length_bits, extra_bits(symbol - 256));
                        writer.code(distance.codes[far]);
                        writer.put(far_bits, extra_bits(far));
                        for from in at - back..at - back + length {
                            pixels.push(pixels.pixels[from]);
                        }
                        return;
                    }
                }
                _ => {
                    if let Some(pixel) = pixels.cache[symbol - 280] {
                        writer.code(green.codes[symbol]);
                        return pixels.push(pixel);
                    }
                }
            }
        }
    }

    fn any(&mut self, code: &Code) -> usize {
        code.symbols[self.below(code.symbols.len())]
    }

    /// The bits after a code, and the number that they make with it.
    fn number(&mut self, code: usize) -> (u64, usize) {
        let bits = extra_bits(code);
        let extra = self.below(1 << bits);
        let base = if code < 4 { code } else { (2 + code % 2) << bits };
        (extra as u64, base + extra + 1)
    }
}

fn extra_bits(code: usize) -> u32 {
    if code < 4 { 0 } else { (code as u32 - 2) / 2 }
}
