//! The ladder: which pixels are made from which, when several outputs come from one decoding.
//!
//! An output is scaled from the nearest larger one rather than from the decoded image, where that one has at
//! least [`GUARD`] times its pixels along both axes: a windowed sinc applied to what one has made already
//! loses little then, and costs a fraction. Outputs that differ only in their encoding share their pixels.

use super::decode::Scale;
use super::format::Format;
use super::geometry::Rect;
use super::options::{ChromaSubsampling, Kernel, Region};
use super::pixels::Layout;
use super::plan::{Decoding, pixels};
use super::resize::{self, Scaling};
use super::target::Target;

/// How many times the pixels of an output, along each axis, another one must have to be its source.
const GUARD: f64 = 1.99;

/// How many times the pixels of an output, along each axis, a JPEG that is decoded smaller keeps for the kernel:
/// one that hardly shrinks them leaves the borders of the decoder's blocks to be seen.
const SPARE: f64 = 1.25;

/// Pixels that one or more outputs are made of.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Rung {
    /// The rung that it is scaled from; `None` is the decoded image.
    pub(super) from: Option<usize>,
    /// From the decoded image.
    pub(super) scaling: Scaling,
    /// Of planes: chroma has half the samples along both axes.
    pub(super) half_chroma: bool,
    /// Of those: in the range that lossy WebP has.
    pub(super) studio: bool,
    /// Of those: whether the axes, if they have an odd number of pixels, are shown from their end.
    pub(super) mirrored: (bool, bool),
    layout: Layout,
}

impl Rung {
    pub(super) fn bytes(&self) -> u64 {
        let (width, height) = self.scaling.target;
        if self.half_chroma {
            return pixels((width, height)) + 2 * pixels((width.div_ceil(2), height.div_ceil(2)));
        }
        pixels((width, height)).saturating_mul(self.layout.pixel_bytes() as u64)
    }

    pub(super) fn extra_bytes(&self) -> u64 {
        resize::extra_bytes(self.layout, &self.scaling)
    }

    /// Pixels for one of the decoded image, across and down.
    fn density(&self) -> (f64, f64) {
        let Scaling { area, target, .. } = self.scaling;
        (f64::from(target.0) / area.width, f64::from(target.1) / area.height)
    }

    /// Whether an output is as good when it comes from this one.
    fn may_feed(&self, other: &Rung) -> bool {
        let (own, others) = (self.density(), other.density());
        self.scaling.kernel == other.scaling.kernel
            && self.scaling.kernel != Kernel::Nearest
            && self.scaling.linear == other.scaling.linear
            && self.scaling.region == other.scaling.region
            // What was enlarged has more pixels than there is to see; a little of it is rounding.
            && own.0 < 1.01
            && own.1 < 1.01
            // Chroma that was halved has lost what a full one shows.
            && (!self.half_chroma || other.half_chroma)
            && (!self.studio || other.studio)
            && own.0 >= others.0 * GUARD
            && own.1 >= others.1 * GUARD
            && covers(self.scaling.area, other)
    }

    /// How it is scaled from another rung.
    pub(super) fn scaling_from(&self, source: &Rung) -> Scaling {
        let (across, down) = source.density();
        let (own, all) = (self.scaling.area, source.scaling.area);
        let (width, height) = source.scaling.target;
        Scaling {
            region: Region { left: 0, top: 0, width, height },
            area: Rect {
                left: (own.left - all.left) * across,
                top: (own.top - all.top) * down,
                width: own.width * across,
                height: own.height * down,
            },
            ..self.scaling
        }
    }
}

/// Whether an area holds another's, which may reach beyond it by half of its pixels: that is what rounding
/// makes of the sizes of one image.
fn covers(area: Rect<f64>, other: &Rung) -> bool {
    let (across, down) = other.density();
    let (across, down) = (0.51 / across, 0.51 / down);
    let inner = other.scaling.area;
    area.left <= inner.left + across
        && area.top <= inner.top + down
        && area.left + area.width + across >= inner.left + inner.width
        && area.top + area.height + down >= inner.top + inner.height
}

impl Target {
    /// Whether planes go into the output as they are. `converts`: their colours are not those that the
    /// output says they are.
    pub(super) fn takes_planes(&self, converts: bool) -> bool {
        let Self { options, format, shape, .. } = self;
        (!converts || self.keeps_profile)
            && !shape.is_padded()
            && match format {
                Format::Jpeg => true,
                Format::WebP => !options.lossless && !options.near_lossless,
                _ => false,
            }
    }

    pub(super) fn takes_half_chroma(&self, converts: bool) -> bool {
        self.takes_planes(converts) && self.halves_chroma()
    }

    /// Whether the output stores half of chroma's samples along both axes.
    pub(super) fn halves_chroma(&self) -> bool {
        let Self { options, format, .. } = self;
        match format {
            Format::Jpeg | Format::Avif => options.chroma_for(*format) == ChromaSubsampling::Quarter,
            Format::WebP => !options.lossless && !options.near_lossless,
            _ => false,
        }
    }
}

/// The rungs, each after the one that it is scaled from, and which one each output is made of. `size` is the
/// decoded image's.
pub(super) fn ladder(
    targets: &[Target],
    decoding: Decoding,
    size: (u32, u32),
    converts: bool,
) -> (Vec<Rung>, Vec<usize>) {
    let wanted: Vec<Rung> = targets
        .iter()
        .map(|target| {
            let scaling = target.shape.scaling(size, decoding.scale.factor(), &target.options);
            let half_chroma = decoding.planar && target.takes_half_chroma(converts);
            let odd = (scaling.target.0 % 2 == 1, scaling.target.1 % 2 == 1);
            let mirrored = target.orientation.mirrored();
            Rung {
                from: None,
                scaling,
                half_chroma,
                studio: half_chroma && target.format == Format::WebP,
                mirrored: (half_chroma && odd.0 && mirrored.0, half_chroma && odd.1 && mirrored.1),
                layout: decoding.layout,
            }
        })
        .collect();
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|one, other| {
        let key = |index: &usize| wanted[*index].density().0.max(wanted[*index].density().1);
        let needs = |index: &usize| (wanted[*index].half_chroma, wanted[*index].studio);
        key(other).total_cmp(&key(one)).then(needs(one).cmp(&needs(other)))
    });
    let mut rungs: Vec<Rung> = Vec::new();
    let mut rung_of = vec![0; wanted.len()];
    for index in order {
        let rung = &wanted[index];
        let same = rungs.iter().position(|other| Rung { from: None, ..other.clone() } == *rung);
        rung_of[index] = same.unwrap_or_else(|| {
            // The last that may feed it is the nearest in size.
            let from = rungs.iter().rposition(|other| other.may_feed(rung));
            rungs.push(Rung { from, ..rung.clone() });
            rungs.len() - 1
        });
    }
    (rungs, rung_of)
}

impl Scale {
    /// The smallest image that has [`SPARE`] times the pixels that are wanted: `density` is outputs' pixels for one of
    /// the input. `chroma_counts`: only of those that leave chroma of half the samples as many as luma.
    pub(super) fn for_density(density: f64, chroma_counts: bool) -> Self {
        Scale::ALL
            .into_iter()
            .filter(|scale| !chroma_counts || scale.evens_chroma())
            .find(|scale| scale.factor() >= density * SPARE)
            .unwrap_or(Scale::Full)
    }
}

#[cfg(test)]
mod tests;
