//! From a row as stored to pixels.

use super::super::super::pixels::{Layout, Pixels, narrow, out_of_memory};
use super::super::super::probe::tiff::{Alpha, Header, Photometric};
use crate::error::{Error, Result};
use crate::pool::Cancel;

pub(super) struct Reader<'a> {
    header: &'a Header<'a>,
    layout: Layout,
    /// A row of a strip or tile, unpacked.
    row: Vec<u8>,
    /// Red, green and blue of every index.
    palette: Vec<[u16; 3]>,
    /// Channels of a pixel as stored, and how many of them are read.
    stored: usize,
    used: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(header: &'a Header<'a>, layout: Layout) -> Result<Self> {
        let colors = match header.photometric {
            Photometric::Cmyk => 4,
            _ if header.is_gray() => 1,
            _ => 3,
        };
        let alpha = header.alpha != Alpha::None;
        let fits = layout.channels() == colors + usize::from(alpha)
            && layout.is_cmyk() == (header.photometric == Photometric::Cmyk);
        if !fits || !matches!(header.bits, 1 | 2 | 4 | 8 | 16) {
            return Err(Error::internal(format!("this TIFF is not decoded to {layout:?}")));
        }
        let indexed = header.photometric == Photometric::Palette;
        // Bounded by the probe: no strip or tile is much wider than the image.
        let row_bytes = header.row_bytes() as usize;
        let mut row = Vec::new();
        row.try_reserve_exact(row_bytes).map_err(|_| out_of_memory(row_bytes as u64))?;
        row.resize(row_bytes, 0);
        Ok(Self {
            header,
            layout,
            row,
            palette: if indexed { palette(header) } else { Vec::new() },
            stored: if header.planar { 1 } else { usize::from(header.samples) },
            used: if indexed { 1 } else { colors } + usize::from(alpha),
        })
    }

    /// Where the next row is to be unpacked to.
    pub(super) fn row(&mut self) -> &mut [u8] {
        &mut self.row
    }

    /// Whether a plane holds a channel that is shown.
    pub(super) fn uses(&self, plane: u16) -> bool {
        usize::from(plane) < self.used
    }

    /// Sets the pixels of a row from what was unpacked. Where planes are apart, one of their channels.
    pub(super) fn put(&mut self, plane: u16, target: &mut [u8]) {
        self.restore();
        let indexed = !self.palette.is_empty();
        let inverted = self.header.photometric == Photometric::WhiteIsZero;
        let (bits, wide) = (self.header.bits, self.layout.is_wide());
        if bits == 8 && !wide && !indexed && !inverted && !self.header.planar && self.stored == self.used {
            let length = target.len();
            target.copy_from_slice(&self.row[..length]);
            return;
        }
        let first = if self.header.planar { usize::from(plane) } else { 0 };
        let used = if self.header.planar { 1 } else { self.used };
        for (x, pixel) in target.chunks_exact_mut(self.layout.pixel_bytes()).enumerate() {
            for channel in 0..used {
                let value = sample(&self.row, bits, x * self.stored + channel);
                let channel = first + channel;
                if indexed && channel == 0 {
                    let color = self.palette.get(usize::from(value));
                    for (channel, value) in color.into_iter().flatten().enumerate() {
                        set(pixel, channel, *value, wide);
                    }
                    continue;
                }
                let value = spread(value, bits);
                let value = if inverted && channel == 0 { !value } else { value };
                // An index becomes three colours.
                set(pixel, if indexed { channel + 2 } else { channel }, value, wide);
            }
        }
    }

    /// Sixteen bits in the machine's order, and differences summed up (section 14).
    fn restore(&mut self) {
        let step = self.stored;
        if self.header.bits == 16 {
            let (words, _) = self.row.as_chunks_mut::<2>();
            let little = self.header.directory.is_little_endian();
            for word in words.iter_mut() {
                let value = if little { u16::from_le_bytes(*word) } else { u16::from_be_bytes(*word) };
                *word = value.to_ne_bytes();
            }
            if self.header.differences {
                for index in step..words.len() {
                    let before = u16::from_ne_bytes(words[index - step]);
                    words[index] = u16::from_ne_bytes(words[index]).wrapping_add(before).to_ne_bytes();
                }
            }
        } else if self.header.differences {
            for index in step..self.row.len() {
                self.row[index] = self.row[index].wrapping_add(self.row[index - step]);
            }
        }
    }
}

/// A sample of a row, as it is stored.
fn sample(row: &[u8], bits: u8, index: usize) -> u16 {
    let byte = |at: usize| row.get(at).copied().unwrap_or(0);
    match bits {
        8 => byte(index).into(),
        16 => u16::from_ne_bytes([byte(index * 2), byte(index * 2 + 1)]),
        _ => {
            let bits = usize::from(bits);
            let bit = index * bits;
            u16::from(byte(bit / 8) >> (8 - bits - bit % 8)) & ((1 << bits) - 1)
        }
    }
}

/// A sample in sixteen bits.
fn spread(value: u16, bits: u8) -> u16 {
    match bits {
        1 => value * 0xFFFF,
        2 => value * 0x5555,
        4 => value * 0x1111,
        8 => value * 0x0101,
        _ => value,
    }
}

fn set(pixel: &mut [u8], channel: usize, value: u16, wide: bool) {
    if wide {
        pixel[channel * 2..channel * 2 + 2].copy_from_slice(&value.to_ne_bytes());
    } else {
        pixel[channel] = narrow(value);
    }
}

fn palette(header: &Header<'_>) -> Vec<[u16; 3]> {
    let Some(field) = &header.palette else { return Vec::new() };
    let count = 1_usize << header.bits;
    let value = |at| header.directory.number(field, at).map_or(0, |value| value.min(0xFFFF) as u16);
    // Where eight bits are meant, some old writers store them as they are, and others moved up by eight.
    let low = (0..count * 3).all(|at| value(at) < 256);
    let high = (0..count * 3).all(|at| value(at) % 256 == 0);
    let value = |at| match (low, high) {
        (true, _) => value(at) * 257,
        (_, true) => (value(at) >> 8) * 257,
        _ => value(at),
    };
    (0..count).map(|index| [value(index), value(count + index), value(2 * count + index)]).collect()
}

/// Divides the colours by the alpha that they are multiplied with.
pub(super) fn unassociate(pixels: &mut Pixels, cancel: &Cancel) -> Result<()> {
    let channels = pixels.layout().channels();
    if pixels.layout().is_wide() {
        divide(pixels.words_mut(), channels, u16::MAX, |value| value as u16, cancel)
    } else {
        divide(pixels.data_mut(), channels, u8::MAX, |value| value as u8, cancel)
    }
}

fn divide<T: Copy + Into<u64>>(
    samples: &mut [T],
    channels: usize,
    most: T,
    narrow: impl Fn(u64) -> T,
    cancel: &Cancel,
) -> Result<()> {
    const PIXELS_A_POLL: usize = 1 << 16;
    let most = most.into();
    for some in samples.chunks_mut(PIXELS_A_POLL * channels) {
        cancel.check()?;
        for pixel in some.chunks_exact_mut(channels) {
            let Some((alpha, colors)) = pixel.split_last_mut() else { continue };
            let alpha: u64 = (*alpha).into();
            for color in colors {
                let value: u64 = (*color).into();
                let value = (value * most + alpha / 2).checked_div(alpha).unwrap_or(0);
                *color = narrow(value.min(most));
            }
        }
    }
    Ok(())
}
