//! Where samples come from: bands of rows, one for each row of units, of each component.

use super::color::{self, Columns};
use super::frame::{Frame, Subsampling};
use crate::error::{Error, Result};
use crate::image::pixels::out_of_memory;

/// A plane of samples.
#[derive(Clone, Copy)]
pub(in crate::image) struct PlaneRef<'a> {
    /// Row by row; the last may end with its last sample.
    pub(in crate::image) data: &'a [u8],
    pub(in crate::image) width: u32,
    pub(in crate::image) height: u32,
    /// From one row to the next.
    pub(in crate::image) stride: usize,
}

impl<'a> PlaneRef<'a> {
    /// Whether the data is as long as the size says.
    pub(super) fn is_whole(&self) -> bool {
        let Some(last) = (self.height as usize).checked_sub(1) else { return false };
        let length = last.checked_mul(self.stride).and_then(|start| start.checked_add(self.width as usize));
        self.width > 0
            && self.stride >= self.width as usize
            && length.is_some_and(|length| self.data.len() >= length)
    }

    /// A row, or the last for those below it.
    fn row(&self, row: usize) -> &'a [u8] {
        let row = row.min(self.height as usize - 1);
        &self.data[row * self.stride..][..self.width as usize]
    }
}

/// The samples of a picture.
pub(super) enum Source<'a> {
    /// One component or three, as they are.
    Planes(Vec<PlaneRef<'a>>),
    /// Interleaved red, green and blue.
    Rgb { data: &'a [u8], width: usize, height: usize, subsampling: Subsampling },
}

/// A component's rows of one row of units, filled up to whole blocks with the samples at the edge.
#[derive(Default)]
struct Rows {
    data: Vec<u8>,
    stride: usize,
}

impl Rows {
    fn new(stride: usize, rows: usize) -> Result<Self> {
        let mut data = Vec::new();
        data.try_reserve_exact(stride * rows).map_err(|_| out_of_memory((stride * rows) as u64))?;
        data.resize(stride * rows, 0);
        Ok(Self { data, stride })
    }

    fn row(&mut self, row: usize) -> &mut [u8] {
        &mut self.data[row * self.stride..][..self.stride]
    }

    /// Repeats the last sample of a row of `width`.
    fn fill_right(&mut self, row: usize, width: usize) {
        let row = self.row(row);
        let last = row[width - 1];
        row[width..].fill(last);
    }

    /// Repeats the last of so many rows.
    fn fill_below(&mut self, rows: usize) {
        let last = (rows - 1) * self.stride;
        let mut below = rows * self.stride;
        while below < self.data.len() {
            self.data.copy_within(last..last + self.stride, below);
            below += self.stride;
        }
    }
}

/// Reads a source band by band.
pub(super) struct Bands<'a> {
    source: Source<'a>,
    /// By component.
    rows: Vec<Rows>,
}

impl<'a> Bands<'a> {
    pub(super) fn new(source: Source<'a>, frame: &Frame) -> Result<Self> {
        let rows = frame
            .components
            .iter()
            .map(|component| Rows::new(component.blocks_wide as usize * 8, component.down as usize * 8))
            .collect::<Result<_>>()?;
        Ok(Self { source, rows })
    }

    /// Prepares the rows of a row of units.
    pub(super) fn read(&mut self, unit_row: usize) -> Result<()> {
        match &self.source {
            Source::Planes(planes) => {
                for (plane, rows) in planes.iter().zip(&mut self.rows) {
                    copy(plane, unit_row, rows);
                }
                Ok(())
            }
            Source::Rgb { data, width, height, subsampling } => {
                let [luma, blue, red] = &mut self.rows[..] else {
                    return Err(Error::internal("colour is three components"));
                };
                let down = subsampling.factors().1 as usize;
                let first = unit_row * 8 * down;
                let present = (height - first).min(8 * down);
                let pixels = |row: usize| &data[(first + row.min(present - 1)) * width * 3..][..width * 3];
                match subsampling {
                    Subsampling::None => {
                        for row in 0..present {
                            let chroma = Columns::All(blue.row(row), red.row(row));
                            color::convert(pixels(row), luma.row(row), chroma);
                        }
                    }
                    Subsampling::Both => {
                        for pair in 0..present.div_ceil(2) {
                            let upper = pixels(2 * pair);
                            let lower = pixels(2 * pair + 1);
                            color::convert(upper, luma.row(2 * pair), Columns::None);
                            if 2 * pair + 1 < present {
                                color::convert(lower, luma.row(2 * pair + 1), Columns::None);
                            }
                            color::average([upper, lower], blue.row(pair), red.row(pair));
                        }
                    }
                }
                let chroma_width = subsampling.chroma_size((*width as u32, 1)).0 as usize;
                for (rows, width, present) in [
                    (luma, *width, present),
                    (blue, chroma_width, present.div_ceil(down)),
                    (red, chroma_width, present.div_ceil(down)),
                ] {
                    for row in 0..present {
                        rows.fill_right(row, width);
                    }
                    rows.fill_below(present);
                }
                Ok(())
            }
        }
    }

    /// The rows of a component's row of blocks within the band, and how far they are apart.
    pub(super) fn block_row(&self, component: usize, row: usize) -> (&[u8], usize) {
        let rows = &self.rows[component];
        (&rows.data[row * 8 * rows.stride..][..8 * rows.stride], rows.stride)
    }
}

fn copy(plane: &PlaneRef<'_>, unit_row: usize, rows: &mut Rows) {
    let height = rows.data.len() / rows.stride;
    let width = plane.width as usize;
    for row in 0..height {
        rows.row(row)[..width].copy_from_slice(plane.row(unit_row * height + row));
        rows.fill_right(row, width);
    }
}
