//! The `ALPH` chunk: the alpha of a lossy image (RFC 9649, section 2.7.1.2).

use super::super::super::pixels::{Layout, Pixels};
use super::vp8l::{self, Decoded, Flaw};
use crate::error::Result;
use crate::pool::Cancel;

/// Bytes between two looks at the flag, where they are only copied or set.
const BYTES_A_POLL: usize = 1 << 20;

/// How a pixel is predicted from those before it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Filter {
    None,
    Horizontal,
    Vertical,
    Gradient,
}

/// Decodes a chunk's data to [`Layout::L8`]. What cannot be decoded is opaque.
pub(super) fn decode(data: &[u8], size: (u32, u32), cancel: &Cancel) -> Result<Decoded> {
    let Some((&head, rest)) = data.split_first() else { return opaque(size, Flaw::Truncation, cancel) };
    // Two bits each, from the highest: reserved; whether levels were reduced, which changes nothing here; the
    // filter; the compression.
    let filter = match head >> 2 & 3 {
        0 => Filter::None,
        1 => Filter::Horizontal,
        2 => Filter::Vertical,
        _ => Filter::Gradient,
    };
    let mut decoded = match head & 3 {
        0 => raw(rest, size, cancel)?,
        1 => vp8l::decode_green(rest, size, cancel)?,
        _ => return opaque(size, Flaw::Damage("its alpha is compressed in a way that there is not"), cancel),
    };
    let whole = decoded.rows as usize * decoded.pixels.stride();
    unfilter(filter, &mut decoded.pixels, whole, cancel)?;
    fill(&mut decoded.pixels.data_mut()[whole..], cancel)?;
    Ok(decoded)
}

fn fill(pixels: &mut [u8], cancel: &Cancel) -> Result<()> {
    for part in pixels.chunks_mut(BYTES_A_POLL) {
        cancel.check()?;
        part.fill(255);
    }
    Ok(())
}

fn opaque((width, height): (u32, u32), flaw: Flaw, cancel: &Cancel) -> Result<Decoded> {
    let mut pixels = Pixels::new(Layout::L8, width, height)?;
    fill(pixels.data_mut(), cancel)?;
    Ok(Decoded { pixels, rows: 0, flaw: Some(flaw) })
}

fn raw(data: &[u8], (width, height): (u32, u32), cancel: &Cancel) -> Result<Decoded> {
    let mut pixels = Pixels::new(Layout::L8, width, height)?;
    let rows = (data.len() / width as usize).min(height as usize);
    let given = rows * width as usize;
    for (to, from) in pixels.data_mut()[..given].chunks_mut(BYTES_A_POLL).zip(data.chunks(BYTES_A_POLL)) {
        cancel.check()?;
        to.copy_from_slice(&from[..to.len()]);
    }
    let flaw = (rows < height as usize).then_some(Flaw::Truncation);
    Ok(Decoded { pixels, rows: rows as u32, flaw })
}

/// Undoes the filter in the first bytes, which are whole rows.
fn unfilter(filter: Filter, pixels: &mut Pixels, whole: usize, cancel: &Cancel) -> Result<()> {
    const PIXELS_A_POLL: usize = 1 << 15;
    if filter == Filter::None {
        return Ok(());
    }
    let width = pixels.stride();
    let (mut above, mut rest) = pixels.data_mut()[..whole].split_at_mut(width.min(whole));
    // The first row has nothing above: it is predicted from the left, whatever the filter.
    add_left(above, 0);
    let rows_a_poll = PIXELS_A_POLL / width + 1;
    let mut y = 0;
    while !rest.is_empty() {
        if y % rows_a_poll == 0 {
            cancel.check()?;
        }
        y += 1;
        let (row, below) = rest.split_at_mut(width);
        match filter {
            Filter::None => {}
            Filter::Horizontal => add_left(row, above[0]),
            Filter::Vertical => {
                for (value, above) in row.iter_mut().zip(above.iter()) {
                    *value = value.wrapping_add(*above);
                }
            }
            Filter::Gradient => {
                // The first pixel's left and upper left are the pixel above.
                let (mut left, mut corner) = (above[0], above[0]);
                for (value, &mut above) in row.iter_mut().zip(above) {
                    let guess = i16::from(left) + i16::from(above) - i16::from(corner);
                    *value = value.wrapping_add(guess.clamp(0, 255) as u8);
                    (left, corner) = (*value, above);
                }
            }
        }
        (above, rest) = (row, below);
    }
    Ok(())
}

fn add_left(row: &mut [u8], mut left: u8) {
    for value in row {
        left = value.wrapping_add(left);
        *value = left;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: (u32, u32) = (7, 5);

    fn noise() -> Vec<u8> {
        (0..35_u32).map(|at| (at.wrapping_mul(0x9E37_79B9) >> 13) as u8).collect()
    }

    /// Section 2.7.1.2, pixel by pixel.
    fn predicted(filter: u8, values: &[u8], x: usize, y: usize) -> u8 {
        let at = |x: usize, y: usize| values[y * 7 + x];
        match (filter, x, y) {
            (0, ..) | (_, 0, 0) => 0,
            (1..=3, 0, _) | (2, 1.., 1..) => at(x, y - 1),
            (1, ..) | (2 | 3, _, 0) => at(x - 1, y),
            _ => {
                let sum = i32::from(at(x - 1, y)) + i32::from(at(x, y - 1)) - i32::from(at(x - 1, y - 1));
                sum.clamp(0, 255) as u8
            }
        }
    }

    #[test]
    fn filters_are_undone() {
        let values = noise();
        for filter in 0..4 {
            for reduced in [0, 1] {
                let mut data = vec![reduced << 4 | filter << 2];
                data.extend(
                    (0..35).map(|at| values[at].wrapping_sub(predicted(filter, &values, at % 7, at / 7))),
                );
                let decoded = decode(&data, SIZE, &Cancel::new()).unwrap();
                assert_eq!((decoded.rows, decoded.flaw), (5, None));
                assert_eq!(decoded.pixels.data(), values, "{filter}");
            }
        }
    }

    #[test]
    fn what_is_missing_is_opaque() {
        let data = [&[0][..], &noise()].concat();
        for length in 0..35_usize {
            let decoded = decode(&data[..length], SIZE, &Cancel::new()).unwrap();
            let rows = length.saturating_sub(1) / 7;
            assert_eq!((decoded.rows as usize, decoded.flaw), (rows, Some(Flaw::Truncation)));
            assert_eq!(decoded.pixels.data()[..rows * 7], noise()[..rows * 7]);
            assert!(decoded.pixels.data()[rows * 7..].iter().all(|&alpha| alpha == 255));
        }
    }

    #[test]
    fn another_compression_is_damage() {
        for compression in [2, 3] {
            let data = [&[compression][..], &noise()].concat();
            let decoded = decode(&data, SIZE, &Cancel::new()).unwrap();
            assert!(matches!(decoded.flaw, Some(Flaw::Damage(_))));
            assert_eq!(decoded.pixels.data(), [255; 35]);
        }
    }
}
