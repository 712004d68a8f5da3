//! From rows of samples to rows of pixels, as the samples come.

use super::frame::Frame;
use super::memory;
use super::upsample::{Method, Rows};
use super::{Model, Scale, color};
use crate::error::Result;
use crate::image::pixels::{Layout, Pixels};

/// Makes the pixels' rows, the upper ones first.
pub(super) struct Painter {
    model: Model,
    rows: Vec<Rows>,
    /// Rows of samples that are kept from one row of units to the next.
    kept: usize,
    /// Rows of pixels that a row of units makes.
    unit_rows: usize,
    lines: [Vec<u8>; 4],
    sums: Vec<u16>,
    /// The next row to paint.
    next: usize,
    pixels: Pixels,
}

/// Whether a component's samples are needed: luma is all that gray pixels take.
pub(super) fn is_wanted(model: Model, layout: Layout, component: usize) -> bool {
    component == 0 || !(model == Model::Ycc && layout == Layout::L8)
}

impl Painter {
    /// One that is given a row of units at a time.
    pub(super) fn by_units(frame: &Frame, scale: Scale, layout: Layout) -> Result<Self> {
        let mut painter = Self::new(frame, scale, layout)?;
        painter.kept = usize::from(painter.rows.iter().any(|rows| rows.method.looks_down()));
        for (index, rows) in painter.rows.iter_mut().enumerate() {
            if is_wanted(frame.model, layout, index) {
                rows.data = memory::filled(rows.stride * (rows.unit_height + painter.kept), 0)?;
            }
        }
        Ok(painter)
    }

    /// One that is given everything.
    pub(super) fn of_planes(
        frame: &Frame,
        scale: Scale,
        layout: Layout,
        planes: Vec<Vec<u8>>,
    ) -> Result<Self> {
        let mut painter = Self::new(frame, scale, layout)?;
        for (rows, plane) in painter.rows.iter_mut().zip(planes) {
            rows.data = plane;
        }
        Ok(painter)
    }

    fn new(frame: &Frame, scale: Scale, layout: Layout) -> Result<Self> {
        let (width, height) = frame.size(scale);
        let rows = frame.components.iter().map(|component| Rows {
            data: Vec::new(),
            stride: component.stride,
            unit_height: component.unit_rows,
            width: component.width as usize,
            height: component.height as usize,
            first: 1,
            method: Method::new(frame, component, scale),
        });
        // Enlarging by two makes a sample more than an odd width has.
        let line = || vec![0; width as usize + 2];
        Ok(Self {
            model: frame.model,
            rows: rows.collect(),
            kept: 0,
            unit_rows: (frame.down * scale.side() as u32) as usize,
            lines: [line(), line(), line(), line()],
            sums: vec![0; width as usize / 2 + 2],
            next: 0,
            pixels: Pixels::new(layout, width, height)?,
        })
    }

    /// Where a row of units puts its samples.
    pub(super) fn targets(&mut self) -> Vec<&mut [u8]> {
        let kept = self.kept;
        self.rows.iter_mut().map(|rows| rows.data.get_mut(kept * rows.stride..).unwrap_or_default()).collect()
    }

    /// Paints what can be painted once row `unit` of units is in its place.
    pub(super) fn paint_unit(&mut self, unit: usize) {
        for rows in &mut self.rows {
            rows.first = unit * rows.unit_height + 1 - self.kept;
        }
        let end = (unit + 1) * self.unit_rows;
        let height = self.pixels.height() as usize;
        self.paint(if end >= height { height } else { end - self.kept });
        if self.kept > 0 {
            for rows in self.rows.iter_mut().filter(|rows| !rows.data.is_empty()) {
                rows.data.copy_within(rows.unit_height * rows.stride.., 0);
            }
        }
    }

    /// The pixels, with all rows painted that are not yet.
    pub(super) fn finish(mut self) -> Pixels {
        self.paint(self.pixels.height() as usize);
        self.pixels
    }

    pub(super) fn paint(&mut self, until: usize) {
        #[cfg(target_arch = "x86_64")]
        if super::cpu::has_avx2() {
            // SAFETY: the processor has what the function is compiled for.
            return unsafe { self.paint_avx2(until) };
        }
        self.paint_rows(until);
    }

    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt")]
    fn paint_avx2(&mut self, until: usize) {
        self.paint_rows(until);
    }

    #[inline(always)]
    fn paint_rows(&mut self, until: usize) {
        let layout = self.pixels.layout();
        let stride = self.pixels.stride();
        let rows = self.next..until;
        let out = self.pixels.data_mut().chunks_exact_mut(stride).skip(rows.start);
        for (y, out) in rows.zip(out) {
            let mut samples: [&[u8]; 4] = [&[]; 4];
            for ((samples, rows), line) in samples.iter_mut().zip(&self.rows).zip(&mut self.lines) {
                if !rows.data.is_empty() {
                    *samples = rows.enlarged(y, line, &mut self.sums);
                }
            }
            color::convert(self.model, samples, layout, out);
        }
        self.next = until;
    }
}
