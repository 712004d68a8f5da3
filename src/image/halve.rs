//! Half the pixels along each axis: means, two by two, of planes.

use std::sync::Arc;

use super::job::Hands;
use super::pixels::{Layout, Pixels};
use super::raster::{Kept, Planes, Raster};
use super::resize;
use crate::error::{Error, Result};
use crate::pool::Cancel;

/// Into how many bands luma is divided, so that idle threads may take some. Chroma is half of it or less.
const BANDS: u32 = 4;

/// Rows between two looks at the flag.
const ROWS_BETWEEN_POLLS: u32 = 64;

/// Planes half as large, rounded up.
pub(super) fn halve(source: &Arc<Kept>, hands: &impl Hands) -> Result<Raster> {
    let Raster::Planes(planes) = &source.raster else {
        return Err(Error::internal("pixels where planes were to be halved"));
    };
    let mut bands = Vec::new();
    for (number, plane) in [&planes.luma, &planes.chroma[0], &planes.chroma[1]].into_iter().enumerate() {
        let height = plane.height().div_ceil(2);
        let rows = height.div_ceil(if number == 0 { BANDS } else { BANDS / 2 });
        bands.extend(
            (0..height).step_by(rows as usize).map(|first| (number, first, rows.min(height - first))),
        );
    }
    let (shared, each, cancel) = (Arc::clone(source), bands.clone(), hands.cancel().clone());
    let made = hands.each(bands.len(), move |part| {
        let Raster::Planes(Planes { luma, chroma: [blue, red] }) = &shared.raster else {
            return Err(Error::internal("planes that became pixels"));
        };
        let (number, first, rows) = each[part];
        rows_of([luma, blue, red][number], first, rows, &cancel)
    })?;
    let mut made = bands.into_iter().zip(made).peekable();
    let mut plane = |wanted: usize| {
        let parts = std::iter::from_fn(|| made.next_if(|((number, ..), _)| *number == wanted));
        resize::stack(parts.map(|(_, rows)| rows).collect())
    };
    Ok(Raster::Planes(Planes { luma: plane(0)?, chroma: [plane(1)?, plane(2)?] }))
}

/// So many rows of the half, from `first` on.
fn rows_of(plane: &Pixels, first: u32, rows: u32, cancel: &Cancel) -> Result<Pixels> {
    let (width, height) = plane.size();
    let mut made = Pixels::new(Layout::L8, width.div_ceil(2), rows)?;
    let (stride, half) = (plane.stride(), made.stride());
    let row = |y: u32| &plane.data()[y as usize * stride..][..stride];
    for (y, out) in (first..).zip(made.data_mut().chunks_exact_mut(half)) {
        if y % ROWS_BETWEEN_POLLS == 0 {
            cancel.check()?;
        }
        // Where there is an odd number, the last counts twice.
        let (upper, lower) = (row(y * 2), row((y * 2 + 1).min(height - 1)));
        let (uppers, lowers) = (upper.as_chunks::<2>(), lower.as_chunks::<2>());
        for ((out, a), b) in out.iter_mut().zip(uppers.0).zip(lowers.0) {
            *out = mean([a[0], a[1], b[0], b[1]]);
        }
        if let ([a], [b], Some(out)) = (uppers.1, lowers.1, out.last_mut()) {
            *out = mean([*a, *a, *b, *b]);
        }
    }
    Ok(made)
}

#[inline]
fn mean(values: [u8; 4]) -> u8 {
    ((values.iter().map(|&value| u16::from(value)).sum::<u16>() + 2) >> 2) as u8
}

#[cfg(test)]
mod tests {
    use super::super::gauge::Gauge;
    use super::*;

    fn plane(width: u32, height: u32, value: impl Fn(u32, u32) -> u8) -> Pixels {
        let data = (0..width * height).map(|at| value(at % width, at / width)).collect();
        Pixels::from_vec(Layout::L8, width, height, data).unwrap()
    }

    #[test]
    fn each_pixel_is_the_mean_of_four() {
        for (width, height) in [(1_u32, 1_u32), (2, 2), (5, 3), (64, 33), (333, 257)] {
            let value = |x: u32, y: u32| ((x * 7) ^ (y * 13)) as u8;
            let chroma = || plane(width.div_ceil(2), height.div_ceil(2), value);
            let planes = Planes { luma: plane(width, height, value), chroma: [chroma(), chroma()] };
            let kept = Arc::new(Kept::new(Raster::Planes(planes), &Gauge::default()));
            let Raster::Planes(halved) = halve(&kept, &Cancel::new()).unwrap() else { panic!() };
            for (half, width, height) in
                [(&halved.luma, width, height), (&halved.chroma[1], width.div_ceil(2), height.div_ceil(2))]
            {
                let at = |x: u32, y: u32| u32::from(value(x.min(width - 1), y.min(height - 1)));
                let expected = plane(width.div_ceil(2), height.div_ceil(2), |x, y| {
                    let (x, y) = (x * 2, y * 2);
                    ((at(x, y) + at(x + 1, y) + at(x, y + 1) + at(x + 1, y + 1) + 2) / 4) as u8
                });
                assert_eq!((half.size(), half.data()), (expected.size(), expected.data()));
            }
        }
    }

    #[test]
    fn a_cancelled_job_stops() {
        let flat = || plane(8, 8, |_, _| 1);
        let planes = Planes { luma: flat(), chroma: [flat(), flat()] };
        let kept = Arc::new(Kept::new(Raster::Planes(planes), &Gauge::default()));
        let cancel = Cancel::new();
        cancel.cancel();
        assert!(halve(&kept, &cancel).is_err());
    }
}
