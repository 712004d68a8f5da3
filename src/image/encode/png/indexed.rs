//! Indexed colour: the order of the palette, and indices in as few bits as will do.

use super::super::super::pixels::PIXELS_BETWEEN_POLLS;
use super::super::palette::Indexed;
use super::super::sink::reserved;
use crate::error::Result;
use crate::pool::Cancel;

/// The same image with the colours that are not opaque at the start of its palette.
pub(super) fn translucent_first(mut image: Indexed, cancel: &Cancel) -> Result<Indexed> {
    let mut order: Vec<u8> = (0..=u8::MAX).take(image.colors.len()).collect();
    order.sort_by_key(|&index| image.colors[usize::from(index)][3] == u8::MAX);
    let mut places = [0; 256];
    for (place, &index) in (0..=u8::MAX).zip(&order) {
        places[usize::from(index)] = place;
    }
    image.colors = order.iter().map(|&index| image.colors[usize::from(index)]).collect();
    for part in image.indices.chunks_mut(PIXELS_BETWEEN_POLLS) {
        cancel.check()?;
        for index in part {
            *index = places[usize::from(*index)];
        }
    }
    Ok(image)
}

/// Bits an index: 1, 2, 4 or 8.
pub(super) fn depth(colors: usize) -> u8 {
    match colors {
        0..=2 => 1,
        3..=4 => 2,
        5..=16 => 4,
        _ => 8,
    }
}

pub(super) fn row_bytes(width: usize, bits: u8) -> usize {
    (width * usize::from(bits)).div_ceil(8)
}

/// Packs indices, the leftmost in the highest bits; rows begin with a byte (section 7.2).
pub(super) fn pack(indices: &[u8], width: usize, bits: u8, cancel: &Cancel) -> Result<Vec<u8>> {
    let mut out = reserved(row_bytes(width, bits) * (indices.len() / width))?;
    let per_byte = 8 / usize::from(bits);
    let rows_between_polls = (PIXELS_BETWEEN_POLLS / width).max(1);
    for (y, row) in indices.chunks_exact(width).enumerate() {
        if y % rows_between_polls == 0 {
            cancel.check()?;
        }
        out.extend(row.chunks(per_byte).map(|group| {
            let packed = group.iter().fold(0_u16, |packed, &index| packed << bits | u16::from(index));
            (packed << (usize::from(bits) * (per_byte - group.len()))) as u8
        }));
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pack(indices: &[u8], width: usize, bits: u8) -> Vec<u8> {
        super::pack(indices, width, bits, &Cancel::new()).unwrap()
    }

    #[test]
    fn indices_are_packed_from_the_left() {
        assert_eq!(pack(&[1, 0, 1, 1, 0, 1], 3, 1), [0b1010_0000, 0b1010_0000]);
        assert_eq!(pack(&[3, 0, 1, 2, 1], 5, 2), [0b1100_0110, 0b0100_0000]);
        assert_eq!(pack(&[15, 1, 7], 3, 4), [0xF1, 0x70]);
        assert_eq!(pack(&[200, 1], 2, 8), [200, 1]);
    }

    #[test]
    fn the_palette_begins_with_what_is_not_opaque() {
        let image = Indexed {
            colors: vec![[1, 1, 1, 255], [2, 2, 2, 0], [3, 3, 3, 255], [4, 4, 4, 9]],
            indices: vec![0, 1, 2, 3],
        };
        let sorted = translucent_first(image, &Cancel::new()).unwrap();
        assert_eq!(sorted.colors, [[2, 2, 2, 0], [4, 4, 4, 9], [1, 1, 1, 255], [3, 3, 3, 255]]);
        assert_eq!(sorted.indices, [2, 0, 3, 1]);
    }
}
