//! Colour: pixels that a profile describes as something else than sRGB become sRGB, unless the profile goes
//! into the output. Done on the resized image, which has fewer pixels.
//!
//! The intent is perceptual, without black point compensation, as browsers and libvips have it: the black
//! of a press stays as dark as its profile says.

mod ink;
mod profile;
mod recent;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use moxcms::{
    CmsError, ColorProfile, DataColorSpace, Layout as CmsLayout, RenderingIntent, TransformExecutor,
    TransformOptions,
};

use super::pixels::{Layout, Pixels};
use crate::error::{Error, Result};
use crate::pool::Cancel;

/// Colours that differ by no more than this of 255 from what they were count as unchanged: profiles of sRGB
/// come in many editions, and rounding through one of them would cost what it is meant to keep.
const SAME: u32 = 2;

/// Pixels converted between two looks at the cancellation: at most half a millisecond's work.
const BAND: usize = 8192;

/// What reading a profile and computing tables from it may take: the profile itself, and at most 8.4 MB
/// measured with the largest tables that are read.
pub(super) const PROFILE_BYTES: u64 = 16 << 20;

type Transform<T> = Arc<dyn TransformExecutor<T> + Send + Sync>;

/// A conversion of pixels to sRGB, for any number of images of one layout.
pub(super) struct ToSrgb {
    layout: Layout,
    transform: Kind,
}

impl std::fmt::Debug for ToSrgb {
    /// Without its tables.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ToSrgb({:?})", self.layout)
    }
}

#[derive(Clone)]
enum Kind {
    Eight(Transform<u8>),
    Sixteen(Transform<u16>),
    /// Ink to light.
    Ink(Transform<u8>),
    /// Ink to light without knowing the inks.
    AnyInk,
}

impl ToSrgb {
    /// `None` where pixels count as sRGB already: there is no profile, or it is damaged, or belongs to
    /// another colour model than the pixels, or says sRGB. For inks there is always a conversion.
    pub(super) fn new(layout: Layout, profile: Option<&[u8]>) -> Option<Self> {
        let transform = profile.and_then(|profile| recent::recent(layout, profile, || kind(layout, profile)));
        let transform = if layout.is_cmyk() { transform.or(Some(Kind::AnyInk)) } else { transform };
        transform.map(|transform| Self { layout, transform })
    }

    /// The pixels in sRGB; alpha stays as it is.
    pub(super) fn apply(&self, mut pixels: Pixels, cancel: &Cancel) -> Result<Pixels> {
        if pixels.layout() != self.layout {
            let message = format!("colours of {:?}, given {:?}", self.layout, pixels.layout());
            return Err(Error::internal(message));
        }
        let channels = self.layout.channels();
        match &self.transform {
            Kind::Eight(transform) => in_place(&**transform, pixels.data_mut(), channels, cancel)?,
            Kind::Sixteen(transform) => in_place(&**transform, pixels.words_mut(), channels, cancel)?,
            Kind::Ink(transform) => {
                return from_ink(&pixels, cancel, |ink, light| {
                    transform.transform(ink, light).map_err(|error| internal(&error))
                });
            }
            Kind::AnyInk => {
                return from_ink(&pixels, cancel, |ink, light| {
                    ink::to_light(ink, light);
                    Ok(())
                });
            }
        }
        Ok(pixels)
    }
}

fn in_place<T: Copy + Default>(
    transform: &dyn TransformExecutor<T>,
    samples: &mut [T],
    channels: usize,
    cancel: &Cancel,
) -> Result<()> {
    let band = BAND * channels;
    let mut before = vec![T::default(); band.min(samples.len())];
    for samples in samples.chunks_mut(band) {
        cancel.check()?;
        let before = &mut before[..samples.len()];
        before.copy_from_slice(samples);
        transform.transform(before, samples).map_err(|error| internal(&error))?;
    }
    Ok(())
}

fn from_ink(
    pixels: &Pixels,
    cancel: &Cancel,
    convert: impl Fn(&[u8], &mut [u8]) -> Result<()>,
) -> Result<Pixels> {
    let mut target = Pixels::new(Layout::Rgb8, pixels.width(), pixels.height())?;
    for (ink, light) in pixels.data().chunks(BAND * 4).zip(target.data_mut().chunks_mut(BAND * 3)) {
        cancel.check()?;
        convert(ink, light)?;
    }
    Ok(target)
}

/// Lengths are whole pixels and the layouts are the transform's, so this does not happen.
fn internal(error: &CmsError) -> Error {
    Error::internal(format!("colours were not converted: {error}"))
}

fn kind(layout: Layout, profile: &[u8]) -> Option<Kind> {
    let (model, cms_layout) = match layout {
        Layout::L8 | Layout::L16 => (DataColorSpace::Gray, CmsLayout::Gray),
        Layout::La8 | Layout::La16 => (DataColorSpace::Gray, CmsLayout::GrayAlpha),
        Layout::Rgb8 | Layout::Rgb16 => (DataColorSpace::Rgb, CmsLayout::Rgb),
        Layout::Rgba8 | Layout::Rgba16 => (DataColorSpace::Rgb, CmsLayout::Rgba),
        Layout::Cmyk8 => (DataColorSpace::Cmyk, CmsLayout::Rgba),
    };
    let source = profile::read(profile, model)?;
    let target = target(model);
    let options = TransformOptions {
        rendering_intent: RenderingIntent::Perceptual,
        // Through a table, fixed point is off by up to two levels: enough to tint a gray.
        prefer_fixed_point: source.lut_a_to_b_perceptual.is_none(),
        ..TransformOptions::default()
    };
    if layout.is_cmyk() {
        return source
            .create_transform_8bit(cms_layout, &target, CmsLayout::Rgb, options)
            .ok()
            .map(Kind::Ink);
    }
    if layout.is_wide() {
        let transform = source.create_transform_16bit(cms_layout, &target, cms_layout, options).ok()?;
        let same = is_identity(&*transform, layout, u16::MAX, |level| u16::from(level) * 257);
        return (!same).then_some(Kind::Sixteen(transform));
    }
    let transform = source.create_transform_8bit(cms_layout, &target, cms_layout, options).ok()?;
    let same = is_identity(&*transform, layout, u8::MAX, |level| level);
    (!same).then_some(Kind::Eight(transform))
}

/// sRGB, or its curve alone for gray.
fn target(model: DataColorSpace) -> ColorProfile {
    let mut target = ColorProfile::new_srgb();
    if model == DataColorSpace::Gray {
        target.color_space = DataColorSpace::Gray;
        target.gray_trc = target.red_trc.take();
    }
    target
}

/// Whether a grid of colours over the whole cube comes out as it went in.
fn is_identity<T: Copy + Default + Into<u32>>(
    transform: &dyn TransformExecutor<T>,
    layout: Layout,
    full: T,
    level: impl Fn(u8) -> T,
) -> bool {
    /// Nearer to each other in the shadows, where curves of sRGB and of plain gamma differ most.
    const LEVELS: [u8; 9] = [0, 8, 20, 51, 102, 153, 204, 238, 255];
    let mut before = Vec::new();
    for (r, g, b) in
        LEVELS.iter().flat_map(|r| LEVELS.iter().flat_map(move |g| LEVELS.iter().map(move |b| (*r, *g, *b))))
    {
        before.extend([r, g, b][..if layout.is_gray() { 1 } else { 3 }].iter().map(|value| level(*value)));
        if layout.has_alpha() {
            before.push(full);
        }
    }
    let mut after = vec![T::default(); before.len()];
    let tolerance = SAME * (full.into() / 255);
    transform.transform(&before, &mut after).is_ok()
        && before.iter().zip(&after).all(|(before, after)| {
            let (before, after): (u32, u32) = ((*before).into(), (*after).into());
            before.abs_diff(after) <= tolerance
        })
}
