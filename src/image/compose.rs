//! The background: what fills empty space, and what lies under transparent pixels where the format has none.

use super::options::Background;
use super::pixels::{Layout, Pixels};
use super::plan::Plan;
use crate::error::Result;

/// Pads and flattens the shown pixels as the plan says.
pub(super) fn compose(shown: Pixels, plan: &Plan) -> Result<Pixels> {
    let background = plan.options.background;
    let padded = if (shown.width(), shown.height()) == plan.canvas {
        shown
    } else {
        pad(&shown.convert(plan.layouts.padded)?, plan.canvas, plan.offset, background)?
    };
    let encoded = plan.layouts.encoded;
    if padded.layout().has_alpha() && !encoded.has_alpha() {
        return flatten(&padded, encoded, background);
    }
    padded.convert(encoded)
}

fn pad(image: &Pixels, canvas: (u32, u32), offset: (u32, u32), background: Background) -> Result<Pixels> {
    let layout = image.layout();
    let channels = layout.channels();
    let mut padded = Pixels::new(layout, canvas.0, canvas.1)?;
    let Background { r, g, b, alpha } = background;
    let colour: &[u8] = match layout {
        Layout::L8 => &[r],
        Layout::La8 => &[r, alpha],
        Layout::Rgb8 => &[r, g, b],
        _ => &[r, g, b, alpha],
    };
    for pixel in padded.data_mut().chunks_exact_mut(channels) {
        pixel.copy_from_slice(colour);
    }
    let (from, to) = (image.stride(), padded.stride());
    let left = offset.0 as usize * channels;
    let rows = padded.data_mut().chunks_exact_mut(to).skip(offset.1 as usize);
    for (source, target) in image.data().chunks_exact(from).zip(rows) {
        target[left..left + from].copy_from_slice(source);
    }
    Ok(padded)
}

/// Lays the image over the background, whose own alpha is ignored.
fn flatten(image: &Pixels, layout: Layout, background: Background) -> Result<Pixels> {
    let mut flat = Pixels::new(layout, image.width(), image.height())?;
    let from = image.layout().channels();
    let gray = image.layout().is_gray();
    let Background { r, g, b, .. } = background;
    let below = [r, g, b];
    for (source, target) in
        image.data().chunks_exact(from).zip(flat.data_mut().chunks_exact_mut(layout.channels()))
    {
        let alpha = u32::from(source[from - 1]);
        for (channel, value) in target.iter_mut().enumerate() {
            let above = u32::from(source[if gray { 0 } else { channel }]);
            // Rounded to nearest.
            *value = ((above * alpha + u32::from(below[channel]) * (255 - alpha) + 127) / 255) as u8;
        }
    }
    Ok(flat)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RED: Background = Background { r: 255, g: 0, b: 0, alpha: 255 };

    #[test]
    fn padding_surrounds() {
        let image = Pixels::from_vec(Layout::L8, 1, 1, vec![7]).unwrap();
        let background = Background { r: 9, g: 9, b: 9, alpha: 255 };
        let padded = pad(&image, (3, 2), (1, 1), background).unwrap();
        assert_eq!(padded.data(), [9, 9, 9, 9, 7, 9]);
    }

    #[test]
    fn flattening_mixes_by_alpha() {
        let image =
            Pixels::from_vec(Layout::Rgba8, 3, 1, vec![0, 0, 255, 255, 0, 0, 255, 0, 0, 0, 255, 51]).unwrap();
        let flat = flatten(&image, Layout::Rgb8, RED).unwrap();
        assert_eq!(flat.data(), [0, 0, 255, 255, 0, 0, 204, 0, 51]);
    }

    #[test]
    fn gray_on_colour_becomes_colour() {
        let image = Pixels::from_vec(Layout::La8, 1, 1, vec![100, 0]).unwrap();
        assert_eq!(flatten(&image, Layout::Rgb8, RED).unwrap().data(), [255, 0, 0]);
    }
}
