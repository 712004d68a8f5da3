//! From luma and chroma to colours, as libwebp does by default ("fancy upsampling"): of a pixel's four nearest
//! samples of chroma the nearest counts nine sixteenths, those beside it three, and the last one. The conversion
//! is libwebp's as well, in integers, so that colours are the same as everybody else's.

use super::Frame;
use super::memory::filled;
use crate::error::{Error, Result};
use crate::image::pixels::{Layout, Pixels};
use crate::pool::Cancel;

/// Pixels that are converted together.
const GROUP: usize = 32;
/// Rows between two looks at whether to stop.
const ROWS: u32 = 16;

impl Frame {
    pub(in crate::image) fn size(&self) -> (u32, u32) {
        self.luma.size()
    }

    /// In colour, with the alpha of each pixel if there is any.
    pub(in crate::image) fn to_rgb(&self, alpha: Option<&Pixels>, cancel: &Cancel) -> Result<Pixels> {
        let (width, height) = self.size();
        if alpha.is_some_and(|alpha| alpha.layout() != Layout::L8 || alpha.size() != self.size()) {
            return Err(Error::internal("alpha is not of its image's size"));
        }
        let layout = if alpha.is_some() { Layout::Rgba8 } else { Layout::Rgb8 };
        let mut pixels = Pixels::new(layout, width, height)?;
        let stride = pixels.stride();
        let mut painter = Painter::new(self)?;
        for (y, out) in (0..height).zip(pixels.data_mut().chunks_exact_mut(stride)) {
            if y.is_multiple_of(ROWS) {
                cancel.check()?;
            }
            let start = y as usize * width as usize;
            let alpha = alpha.map(|alpha| &alpha.data()[start..start + width as usize]);
            painter.row(y, alpha, out);
        }
        Ok(pixels)
    }
}

/// Makes rows of colours of a frame.
pub(in crate::image) struct Painter<'a> {
    frame: &'a Frame,
    /// Chroma of a row, as wide as luma, and what its two rows of samples amount to.
    chroma: [Vec<u8>; 2],
    sums: [Vec<u16>; 2],
}

impl<'a> Painter<'a> {
    pub(in crate::image) fn new(frame: &'a Frame) -> Result<Self> {
        let across = frame.chroma[0].width() as usize;
        let line = || filled(across * 2, 0);
        let sums = || filled(across, 0);
        Ok(Self { frame, chroma: [line()?, line()?], sums: [sums()?, sums()?] })
    }

    /// For tests: bytes allocated.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        let lines: usize = self.chroma.iter().map(Vec::capacity).sum();
        lines + self.sums.iter().map(|sums| sums.capacity() * size_of::<u16>()).sum::<usize>()
    }

    /// Row `y` of the frame, three bytes a pixel, or four with alpha.
    pub(in crate::image) fn row(&mut self, y: u32, alpha: Option<&[u8]>, out: &mut [u8]) {
        let luma = row(&self.frame.luma, y);
        let lines = self.frame.chroma.iter().zip(&mut self.sums).zip(&mut self.chroma);
        for ((plane, sums), line) in lines {
            let near = y / 2;
            // Beyond the first and the last row they are repeated.
            let far =
                if y.is_multiple_of(2) { near.saturating_sub(1) } else { (near + 1).min(plane.height() - 1) };
            enlarge(row(plane, near), row(plane, far), sums, line);
        }
        let [blue, red] = &self.chroma;
        match alpha {
            Some(alpha) => {
                convert(luma, blue, red, out.as_chunks_mut::<4>().0, |[r, g, b], i| [r, g, b, alpha[i]]);
            }
            None => convert(luma, blue, red, out.as_chunks_mut::<3>().0, |rgb, _| rgb),
        }
    }
}

fn row(plane: &Pixels, y: u32) -> &[u8] {
    let width = plane.width() as usize;
    &plane.data()[y as usize * width..][..width]
}

/// Twice as many samples as there are in both rows.
fn enlarge(near: &[u8], far: &[u8], sums: &mut [u16], line: &mut [u8]) {
    let sums = &mut sums[..near.len()];
    for ((sum, &near), &far) in sums.iter_mut().zip(near).zip(far) {
        *sum = u16::from(near) * 3 + u16::from(far);
    }
    let (pairs, _) = line.as_chunks_mut::<2>();
    let pairs = &mut pairs[..sums.len()];
    let last = sums.len() - 1;
    let mean = |near: u16, far: u16| (near * 3 + far + 8) >> 4;
    pairs[0][0] = mean(sums[0], sums[0]) as u8;
    pairs[last][1] = mean(sums[last], sums[last]) as u8;
    // Between two samples lie the second pixel of one and the first of the next.
    let between = &mut line[1..=last * 2];
    for (pair, sums) in between.as_chunks_mut::<2>().0.iter_mut().zip(sums.windows(2)) {
        let [before, after] = *sums else { continue };
        *pair = (mean(before, after) | mean(after, before) << 8).to_le_bytes();
    }
}

/// BT.601 from studio range, with fourteen bits of fraction of which eight are dropped at once. Sums that would
/// be negative saturate, which is where they are clamped in any case.
#[inline(always)]
fn rgb(y: u8, u: u8, v: u8) -> [u8; 3] {
    let times = |value: u8, factor: u32| (((u32::from(value) << 8) * factor) >> 16) as u16;
    let luma = times(y, 19_077);
    let clamp = |value: u16| (value >> 6).min(255) as u8;
    [
        clamp((luma + times(v, 26_149)).saturating_sub(14_234)),
        clamp((luma + 8_708).saturating_sub(times(u, 6_419) + times(v, 13_320))),
        clamp((luma + times(u, 33_050)).saturating_sub(17_685)),
    ]
}

#[inline(always)]
fn convert<const BYTES: usize>(
    luma: &[u8],
    blue: &[u8],
    red: &[u8],
    out: &mut [[u8; BYTES]],
    pixel: impl Fn([u8; 3], usize) -> [u8; BYTES],
) {
    let count = luma.len().min(out.len());
    let (blue, red) = (&blue[..count], &red[..count]);
    let groups =
        luma.as_chunks::<GROUP>().0.iter().zip(blue.as_chunks::<GROUP>().0).zip(red.as_chunks::<GROUP>().0);
    let mut start = 0;
    for (((y, u), v), out) in groups.zip(out.as_chunks_mut::<GROUP>().0) {
        let (mut r, mut g, mut b) = ([0; GROUP], [0; GROUP], [0; GROUP]);
        for i in 0..GROUP {
            [r[i], g[i], b[i]] = rgb(y[i], u[i], v[i]);
        }
        for (i, out) in out.iter_mut().enumerate() {
            *out = pixel([r[i], g[i], b[i]], start + i);
        }
        start += GROUP;
    }
    for i in start..count {
        out[i] = pixel(rgb(luma[i], blue[i], red[i]), i);
    }
}
