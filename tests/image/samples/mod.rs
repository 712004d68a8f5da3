//! A small file of every kind that a decoder tells apart, made here.
//!
//! Also of use outside of `tests/image`: `tests/image_memory.rs` and the seeds of `fuzz/` take them from here.

mod bmp;
mod gif;
mod jpeg;
mod png;
mod tiff;
mod webp;

pub(crate) use tiff::tiff;

/// One of the files.
#[derive(Clone)]
pub(crate) struct Sample {
    /// The format: `jpeg`, `png`, `webp`, `gif`, `tiff` or `bmp`.
    pub(crate) format: &'static str,
    /// What is special about it.
    pub(crate) name: String,
    pub(crate) data: Vec<u8>,
}

impl Sample {
    fn new(format: &'static str, name: impl Into<String>, data: Vec<u8>) -> Self {
        Self { format, name: name.into(), data }
    }
}

impl std::fmt::Display for Sample {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.format, self.name)
    }
}

/// All of them.
pub(crate) fn samples() -> Vec<Sample> {
    [jpeg::samples(), png::samples(), webp::samples(), gif::samples(), tiff::samples(), bmp::samples()]
        .concat()
}

/// Samples of an image with smooth parts, edges and grain, so that every kind of code is written for it.
pub(crate) fn texture(width: u32, height: u32, channels: u32) -> Vec<u8> {
    let grain = crate::support::noise((width * height) as usize, 7);
    let mut samples = Vec::with_capacity((width * height * channels) as usize);
    for y in 0..height {
        for x in 0..width {
            let disc = x.abs_diff(width / 2).pow(2) + y.abs_diff(height / 2).pow(2) < (height / 3).pow(2);
            for channel in 0..channels {
                let smooth = x * 180 / width + y * (20 + channel * 20) / height;
                let grain = if y > height / 2 { u32::from(grain[(y * width + x) as usize] >> 4) } else { 0 };
                samples.push(
                    (if disc { 220_u32.saturating_sub(channel * 50) } else { smooth } + grain).min(255) as u8,
                );
            }
        }
    }
    samples
}

/// The same in indices below `count`.
pub(crate) fn indices(width: u32, height: u32, count: u8) -> Vec<u8> {
    let step = 256 / u16::from(count);
    texture(width, height, 1)
        .iter()
        .map(|value| (u16::from(*value) / step).min(u16::from(count) - 1) as u8)
        .collect()
}

/// `count` colours of three channels each.
pub(crate) fn palette(count: u8) -> Vec<u8> {
    (0..count).flat_map(|i| [i.wrapping_mul(37), i.wrapping_mul(91), i.wrapping_mul(53)]).collect()
}
