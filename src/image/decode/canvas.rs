//! The canvas of an animation, onto which frames are laid one after the other.

use super::super::pixels::{Layout, Pixels, out_of_memory};
use crate::error::{Error, Result};
use crate::pool::Cancel;

/// Bytes a pixel of the canvas: red, green, blue, alpha.
const PIXEL: usize = 4;

/// A part of the canvas.
#[derive(Clone, Copy, Debug)]
pub(super) struct Area {
    pub(super) left: u32,
    pub(super) top: u32,
    pub(super) width: u32,
    pub(super) height: u32,
}

pub(super) struct Canvas {
    pixels: Pixels,
    /// What was below the last frame, where it is to come back.
    saved: Vec<u8>,
}

impl Canvas {
    /// A transparent canvas.
    pub(super) fn new(width: u32, height: u32) -> Result<Self> {
        Ok(Self { pixels: Pixels::new(Layout::Rgba8, width, height)?, saved: Vec::new() })
    }

    /// The part of an area that lies on the canvas.
    pub(super) fn clip(&self, area: Area) -> Area {
        let (width, height) = self.pixels.size();
        let (left, top) = (area.left.min(width), area.top.min(height));
        Area { left, top, width: area.width.min(width - left), height: area.height.min(height - top) }
    }

    /// The pixels of one row of an area that lies on the canvas.
    pub(super) fn row(&mut self, area: Area, row: u32) -> &mut [u8] {
        let stride = self.pixels.stride();
        let start = (area.top + row) as usize * stride + area.left as usize * PIXEL;
        &mut self.pixels.data_mut()[start..start + area.width as usize * PIXEL]
    }

    /// Makes an area transparent.
    pub(super) fn clear(&mut self, area: Area, cancel: &Cancel) -> Result<()> {
        for row in 0..area.height {
            poll(row, area.width, cancel)?;
            self.row(area, row).fill(0);
        }
        Ok(())
    }

    /// Remembers what an area holds.
    pub(super) fn save(&mut self, area: Area, cancel: &Cancel) -> Result<()> {
        let mut saved = std::mem::take(&mut self.saved);
        saved.clear();
        let length = area.width as usize * area.height as usize * PIXEL;
        if saved.capacity() < length {
            // Freed before there is more: growing it may have both at once.
            saved = Vec::new();
        }
        saved.try_reserve_exact(length).map_err(|_| out_of_memory(length as u64))?;
        for row in 0..area.height {
            poll(row, area.width, cancel)?;
            saved.extend_from_slice(self.row(area, row));
        }
        self.saved = saved;
        Ok(())
    }

    /// Puts back what was remembered of the same area.
    pub(super) fn restore(&mut self, area: Area, cancel: &Cancel) -> Result<()> {
        let saved = std::mem::take(&mut self.saved);
        let length = area.width as usize * PIXEL;
        if length > 0 {
            for (row, saved) in (0..area.height).zip(saved.chunks_exact(length)) {
                poll(row, area.width, cancel)?;
                self.row(area, row).copy_from_slice(saved);
            }
        }
        self.saved = saved;
        Ok(())
    }

    /// What is to be seen, as an image of its own. Where the layout has no alpha, nothing is transparent, or
    /// it is black.
    pub(super) fn picture(&self, layout: Layout, cancel: &Cancel) -> Result<Pixels> {
        let (width, height) = self.pixels.size();
        if !matches!(layout, Layout::Rgb8 | Layout::Rgba8) {
            return Err(Error::internal(format!("an animation is not decoded to {layout:?}")));
        }
        let mut picture = Pixels::new(layout, width, height)?;
        let (stride, channels) = (picture.stride(), layout.channels());
        let rows = picture
            .data_mut()
            .chunks_exact_mut(stride)
            .zip(self.pixels.data().chunks_exact(self.pixels.stride()));
        for (row, (target, source)) in rows.enumerate() {
            poll(row as u32, width, cancel)?;
            if channels == PIXEL {
                target.copy_from_slice(source);
            } else {
                for (target, source) in target.chunks_exact_mut(channels).zip(source.chunks_exact(PIXEL)) {
                    target.copy_from_slice(&source[..channels]);
                }
            }
        }
        Ok(picture)
    }
}

/// Looks at the flag at every so many rows.
fn poll(row: u32, width: u32, cancel: &Cancel) -> Result<()> {
    const PIXELS_A_POLL: u32 = 1 << 18;
    if row.is_multiple_of(PIXELS_A_POLL / width.max(1) + 1) { cancel.check() } else { Ok(()) }
}

/// Lays a pixel over another one (RFC 9649, section 2.7.1.1), neither of them premultiplied.
pub(super) fn blend(below: &mut [u8; PIXEL], above: [u8; PIXEL]) {
    let alpha = u32::from(above[3]);
    match alpha {
        0 => {}
        255 => *below = above,
        _ => {
            // All in units of 1/255².
            let over = alpha * 255;
            let under = u32::from(below[3]) * (255 - alpha);
            let both = over + under;
            for channel in 0..3 {
                let sum = u32::from(above[channel]) * over + u32::from(below[channel]) * under;
                below[channel] = ((sum + both / 2) / both) as u8;
            }
            below[3] = ((both + 127) / 255) as u8;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blending_is_exact_to_half_a_step() {
        for above_alpha in (0..=255_u8).step_by(5) {
            for below_alpha in (0..=255_u8).step_by(5) {
                let (above, mut below) = ([200, 10, 90, above_alpha], [30, 250, 90, below_alpha]);
                let (a, b) = (f64::from(above_alpha) / 255.0, f64::from(below_alpha) / 255.0);
                let alpha = a + b * (1.0 - a);
                let expected: Vec<f64> = (0..3)
                    .map(|c| (f64::from(above[c]) * a + f64::from(below[c]) * b * (1.0 - a)) / alpha)
                    .collect();
                blend(&mut below, above);
                assert!((f64::from(below[3]) - alpha * 255.0).abs() <= 0.5 + 1e-9);
                if alpha > 0.0 && above_alpha > 0 {
                    for (found, expected) in below.iter().zip(&expected) {
                        assert!((f64::from(*found) - expected).abs() <= 0.5 + 1e-9);
                    }
                }
            }
        }
    }

    #[test]
    fn areas_are_cleared_and_come_back() {
        let mut canvas = Canvas::new(3, 2).unwrap();
        let all = Area { left: 0, top: 0, width: 3, height: 2 };
        canvas.row(all, 0).fill(7);
        canvas.row(all, 1).fill(9);
        let part = canvas.clip(Area { left: 1, top: 1, width: 9, height: 9 });
        assert_eq!((part.width, part.height), (2, 1));
        let cancel = Cancel::new();
        canvas.save(part, &cancel).unwrap();
        canvas.clear(part, &cancel).unwrap();
        assert_eq!(canvas.row(all, 1), [9, 9, 9, 9, 0, 0, 0, 0, 0, 0, 0, 0]);
        canvas.restore(part, &cancel).unwrap();
        assert_eq!(canvas.row(all, 1), [9; 12]);
        assert_eq!(canvas.picture(Layout::Rgb8, &cancel).unwrap().data(), [[7; 9], [9; 9]].concat());
    }
}
