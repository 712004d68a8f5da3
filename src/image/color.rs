//! Colour: pixels that a profile describes as something else than sRGB become sRGB, because the profile
//! does not go into the output. Done on the resized image, which has fewer pixels.

use moxcms::{
    ColorProfile, DataColorSpace, Layout as CmsLayout, ParsingOptions, TransformExecutor, TransformOptions,
};

use super::pixels::{Layout, Pixels};
use crate::error::Result;
use crate::pool::Cancel;

/// Colours that differ by no more than this from what they were count as unchanged: profiles of sRGB come
/// in many editions, and rounding through one of them would cost what it is meant to keep.
const SAME: u8 = 2;

type Transform = dyn TransformExecutor<u8> + Send + Sync;

/// Converts the pixels. A profile that is damaged, that belongs to another colour model than the pixels, or
/// that says sRGB, changes nothing: as in browsers, such images are taken for sRGB.
pub(super) fn to_srgb(pixels: &mut Pixels, profile: &[u8], cancel: &Cancel) -> Result<()> {
    let Some(transform) = transform(pixels.layout(), profile) else { return Ok(()) };
    let stride = pixels.stride();
    let mut before = vec![0; stride];
    for row in pixels.data_mut().chunks_exact_mut(stride) {
        cancel.check()?;
        before.copy_from_slice(row);
        if transform.transform(&before, row).is_err() {
            // Lengths are whole pixels, so this does not happen; the row stays as it was.
            row.copy_from_slice(&before);
        }
    }
    Ok(())
}

fn transform(layout: Layout, profile: &[u8]) -> Option<std::sync::Arc<Transform>> {
    // Bounded: tables of hostile profiles could claim any size.
    let parsing = ParsingOptions {
        max_profile_size: 8 << 20,
        max_allowed_clut_size: 1_000_000,
        max_allowed_trc_size: 40_000,
    };
    let source = ColorProfile::new_from_slice_with_options(profile, parsing).ok()?;
    let (model, cms_layout) = match layout {
        Layout::L8 => (DataColorSpace::Gray, CmsLayout::Gray),
        Layout::La8 => (DataColorSpace::Gray, CmsLayout::GrayAlpha),
        Layout::Rgb8 => (DataColorSpace::Rgb, CmsLayout::Rgb),
        Layout::Rgba8 => (DataColorSpace::Rgb, CmsLayout::Rgba),
        _ => return None,
    };
    if source.color_space != model {
        return None;
    }
    let mut target = ColorProfile::new_srgb();
    if model == DataColorSpace::Gray {
        target.color_space = DataColorSpace::Gray;
        target.gray_trc = target.red_trc.take();
    }
    let options = TransformOptions::default();
    let transform = source.create_transform_8bit(cms_layout, &target, cms_layout, options).ok()?;
    (!is_identity(&*transform, layout)).then_some(transform)
}

/// Whether a grid of colours over the whole cube comes out as it went in.
fn is_identity(transform: &Transform, layout: Layout) -> bool {
    const LEVELS: [u8; 6] = [0, 51, 102, 153, 204, 255];
    let channels = layout.channels();
    let mut before = Vec::new();
    for (r, g, b) in
        LEVELS.iter().flat_map(|r| LEVELS.iter().flat_map(move |g| LEVELS.iter().map(move |b| (*r, *g, *b))))
    {
        before.extend_from_slice(&[r, g, b][..if layout.is_gray() { 1 } else { 3 }]);
        if layout.has_alpha() {
            before.push(255);
        }
    }
    let mut after = vec![0; before.len()];
    debug_assert_eq!(before.len() % channels, 0);
    transform.transform(&before, &mut after).is_ok()
        && before.iter().zip(&after).all(|(before, after)| before.abs_diff(*after) <= SAME)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn convert(layout: Layout, data: &[u8], profile: &ColorProfile) -> Vec<u8> {
        let profile = profile.encode().unwrap();
        convert_with(layout, data, &profile)
    }

    fn convert_with(layout: Layout, data: &[u8], profile: &[u8]) -> Vec<u8> {
        let width = (data.len() / layout.channels()) as u32;
        let mut pixels = Pixels::from_vec(layout, width, 1, data.to_vec()).unwrap();
        to_srgb(&mut pixels, profile, &Cancel::new()).unwrap();
        pixels.data().to_vec()
    }

    /// sRGB of Display P3 colours, by the matrices and curve of CSS Color 4 (sections 10.2 and 17).
    #[test]
    fn display_p3_becomes_srgb() {
        let p3 = ColorProfile::new_display_p3();
        for (input, expected) in [
            ([128, 128, 128], [128, 128, 128]),
            ([200, 100, 50], [215, 93, 31]),
            ([100, 150, 120], [83, 152, 118]),
            ([255, 0, 0], [255, 0, 0]),
        ] {
            let output = convert(Layout::Rgb8, &input, &p3);
            for (found, expected) in output.iter().zip(expected) {
                assert!(
                    found.abs_diff(expected) <= 3,
                    "{input:?} became {output:?}, expected about {expected:?}"
                );
            }
        }
    }

    #[test]
    fn alpha_is_kept() {
        let output = convert(Layout::Rgba8, &[200, 100, 50, 77], &ColorProfile::new_display_p3());
        assert_eq!(output[3], 77);
        assert!(output[0] > 205);
    }

    #[test]
    fn gray_with_another_gamma_becomes_srgb_gray() {
        // 0.5^1.0 linear is 188 in sRGB.
        let linear = ColorProfile::new_gray_with_gamma(1.0);
        let output = convert(Layout::L8, &[0, 128, 255], &linear);
        assert_eq!((output[0], output[2]), (0, 255));
        assert!(output[1].abs_diff(188) <= 2, "{output:?}");
        let output = convert(Layout::La8, &[128, 9], &linear);
        assert!(output[0].abs_diff(188) <= 2 && output[1] == 9, "{output:?}");
    }

    #[test]
    fn srgb_itself_changes_nothing_to_the_bit() {
        let data: Vec<u8> = (0..=254).collect();
        assert_eq!(convert(Layout::Rgb8, &data, &ColorProfile::new_srgb()), data);
    }

    #[test]
    fn profiles_that_do_not_fit_change_nothing() {
        let data = [200, 100, 50];
        assert_eq!(convert(Layout::L8, &data, &ColorProfile::new_display_p3()), data);
        assert_eq!(convert(Layout::Rgb8, &data, &ColorProfile::new_gray_with_gamma(1.0)), data);
        assert_eq!(convert_with(Layout::Rgb8, &data, b"no profile"), data);
        let whole = ColorProfile::new_display_p3().encode().unwrap();
        for length in (0..whole.len()).step_by(7) {
            convert_with(Layout::Rgb8, &data, &whole[..length]);
        }
    }
}
