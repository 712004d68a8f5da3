//! From header and options to a plan: everything that can be refused is refused here, before a byte is
//! allocated for pixels, and what the job will need is known.

use super::decode::{self, Scale};
use super::format::Format;
use super::limits::Limits;
use super::metadata::{ColorModel, Metadata};
use super::options::{FailOn, Kernel, ResizeOptions};
use super::orientation::Orientation;
use super::pixels::Layout;
use super::rungs::{self, Rung};
use super::scale::BANDS;
use super::target::Target;
use super::{color, embedded, encode};
use crate::error::{Code, Error, Result};

/// The most pixels an output may have, over all its frames: 0x3FFF², the default of `limits.inputPixels`.
pub const MAX_OUTPUT_PIXELS: u64 = 268_402_689;

/// The most outputs of one job.
pub const MAX_OUTPUTS: usize = 64;

/// What a [`ResizeJob`](super::ResizeJob) will do.
#[derive(Clone, Debug)]
pub struct Plan {
    pub(super) metadata: Metadata,
    pub(super) fail_on: FailOn,
    pub(super) targets: Vec<Target>,
    pub(super) decoding: Decoding,
    /// How the outputs' pixels come about, if nothing in the pixels changes it: for the bound of memory.
    pub(super) rungs: Vec<Rung>,
}

/// How the input is decoded.
#[derive(Clone, Copy, Debug)]
pub(super) struct Decoding {
    pub(super) layout: Layout,
    /// Of a JPEG.
    pub(super) scale: Scale,
    /// Luma and chroma stay apart.
    pub(super) planar: bool,
    /// All frames.
    pub(super) animated: bool,
}

impl Plan {
    /// A plan for one output; damage and truncation are errors.
    ///
    /// # Errors
    ///
    /// As [`Plan::for_set`].
    pub fn new(metadata: &Metadata, options: &ResizeOptions, limits: &Limits) -> Result<Self> {
        Self::for_set(metadata, std::slice::from_ref(options), FailOn::Error, limits)
    }

    /// Checks limits and options against an image's header, and computes sizes. All outputs come from one
    /// decoding.
    ///
    /// # Errors
    ///
    /// `ERR_IMAGE_LIMIT` for an input over its limits and for an output that the format cannot hold or that
    /// has more than [`MAX_OUTPUT_PIXELS`]; `ERR_IMAGE_FORMAT` for pixels that cannot be decoded (JPEG with
    /// arithmetic coding, say); `ERR_INVALID_ARG` for options out of their range.
    pub fn for_set(
        metadata: &Metadata,
        outputs: &[ResizeOptions],
        fail_on: FailOn,
        limits: &Limits,
    ) -> Result<Self> {
        if outputs.is_empty() || outputs.len() > MAX_OUTPUTS {
            let message =
                format!("from 1 to {MAX_OUTPUTS} outputs are made of an input; got {}", outputs.len());
            return Err(Error::new(Code::InvalidArg, message));
        }
        limits.check(metadata)?;
        if let Some(what) = &metadata.undecodable {
            let message =
                format!("the input is {what}, which is not read; save it as another kind of file first");
            return Err(Error::new(Code::ImageFormat, message));
        }
        decode::check(metadata, fail_on)?;
        let targets = outputs
            .iter()
            .enumerate()
            .map(|(index, options)| {
                Target::new(metadata, options).map_err(|error| of_output(error, index, outputs.len()))
            })
            .collect::<Result<Vec<_>>>()?;
        let decoding = decoding(metadata, &targets);
        if decoding.animated {
            limits.check_frames(metadata)?;
        }
        let size = decode::decoded_size(metadata, decoding.scale);
        // Whether colours are converted, which decides on who may share, is found out once the profile is read.
        let bytes = |rungs: &Vec<Rung>| rungs.iter().map(Rung::bytes).fold(0, u64::saturating_add);
        let rungs = [false, true]
            .map(|converts| rungs::ladder(&targets, decoding, size, converts).0)
            .into_iter()
            .max_by_key(bytes)
            .unwrap_or_default();
        Ok(Self { metadata: metadata.clone(), fail_on, targets, decoding, rungs })
    }

    /// The format that the first output will be written in.
    pub fn format(&self) -> Format {
        self.targets[0].format
    }

    /// Width and height of the first output in pixels.
    pub fn output_size(&self) -> (u32, u32) {
        self.targets[0].shape.canvas
    }

    /// Width and height of every output in pixels. Trimming may change them.
    pub fn output_sizes(&self) -> Vec<(u32, u32)> {
        self.targets.iter().map(|target| target.shape.canvas).collect()
    }

    /// An upper bound of the memory in bytes that the job allocates at any one time, its outputs included,
    /// the input's own bytes not.
    pub fn working_bytes(&self) -> u64 {
        let Self { metadata, targets, decoding, .. } = self;
        let frames = |target: &Target| if target.animated { u64::from(metadata.frames) } else { 1 };
        let source = pixels(decode::decoded_size(metadata, decoding.scale))
            .saturating_mul(decoding.layout.pixel_bytes() as u64);
        let decoding_peak = source.saturating_add(decode::extra_bytes(metadata, *decoding));
        let sum = |of: fn(&Rung) -> u64| self.rungs.iter().map(of).fold(0, u64::saturating_add);
        // What trimming may make larger.
        let trimmed = targets
            .iter()
            .filter(|target| target.options.trim.is_some())
            .map(|target| target.most_pixels.saturating_mul(decoding.layout.pixel_bytes() as u64))
            .fold(0, u64::saturating_add);
        let rungs = sum(Rung::bytes).saturating_add(trimmed);
        // Many rungs may be made at once, or a few by several threads each, in bands that are then put together.
        let mut in_bands: Vec<u64> = self
            .rungs
            .iter()
            .map(|rung| rung.extra_bytes().saturating_mul(BANDS as u64).saturating_add(rung.bytes()))
            .collect();
        in_bands.sort_unstable_by(|one, other| other.cmp(one));
        let few = in_bands.iter().take(BANDS - 1).fold(0_u64, |all, one| all.saturating_add(*one));
        let scaling = sum(Rung::extra_bytes).max(few).saturating_add(trimmed.saturating_mul(2));
        let resizing = source.saturating_add(rungs).saturating_add(scaling);
        // Several outputs may be finished at once. Each holds what it reads and what it makes.
        let finishing: u64 = targets
            .iter()
            .map(|target| {
                let pixel_bytes = target.pixel_bytes().max(decoding.layout.pixel_bytes() as u64);
                let canvas = pixels(target.largest_canvas()).saturating_mul(pixel_bytes);
                let kept = pixels(target.shape.shown()).saturating_mul(pixel_bytes);
                let pictures = canvas.saturating_mul(frames(target));
                let composing = kept.saturating_add(canvas);
                let encoding = encode::extra_bytes(
                    target.format,
                    &target.options,
                    target.largest_canvas(),
                    target.encoded,
                    frames(target) as u32,
                );
                pictures.saturating_add(composing.max(encoding))
            })
            .fold(0, u64::saturating_add);
        let profile =
            if metadata.icc.is_some() || decoding.layout.is_cmyk() { color::PROFILE_BYTES } else { 0 };
        let peak = if decoding.animated {
            // Frames are decoded while what was made of the earlier ones waits.
            decoding_peak.saturating_add(resizing).saturating_add(finishing)
        } else {
            decoding_peak.max(resizing).max(rungs.saturating_add(finishing))
        };
        peak.saturating_add(profile)
            .saturating_add(embedded::bytes(metadata, targets))
            .saturating_add(64 << 10)
    }
}

/// An error that names the output that it is about, where there are several.
pub(super) fn of_output(error: Error, index: usize, outputs: usize) -> Error {
    if outputs == 1 {
        return error;
    }
    let message = match error.message().strip_prefix("options.") {
        Some(option) => format!("outputs[{index}].{option}"),
        None => format!("outputs[{index}]: {}", error.message()),
    };
    Error::new(error.code(), message)
}

pub(super) fn pixels((width, height): (u32, u32)) -> u64 {
    u64::from(width) * u64::from(height)
}

fn decoding(metadata: &Metadata, targets: &[Target]) -> Decoding {
    let wide = targets.iter().any(|target| target.wide);
    let layout = if metadata.color_model == ColorModel::Cmyk {
        Layout::Cmyk8
    } else {
        Layout::new(metadata.color_model == ColorModel::Gray, metadata.has_alpha, wide)
    };
    let animated = targets.iter().any(|target| target.animated);
    let jpeg = metadata.format == Format::Jpeg;
    let plain = |target: &Target| {
        target.options.trim.is_none() && target.shape.is_whole() && target.options.kernel != Kernel::Nearest
    };
    let scale = if jpeg && targets.iter().all(plain) {
        let needed = targets.iter().map(|target| target.shape.density()).fold(0.0, f64::max);
        let shortage = shortage_of_chroma(metadata, targets);
        Scale::for_density(needed * shortage.unwrap_or(1.0), shortage.is_some())
    } else {
        Scale::Full
    };
    // Linear light needs all three colours of a pixel, as a saliency map does, and trimming.
    let separable = |target: &Target| plain(target) && !target.options.linear && !target.needs_attention();
    let planar = jpeg && decode::is_planar(metadata) && targets.iter().all(separable);
    Decoding { layout, scale, planar, animated }
}

/// Along the axis where chroma has least: how many times as many samples luma has, when both are scaled down to a
/// half or less. `None` where outputs want no more of it than they get if it is scaled down as luma is.
fn shortage_of_chroma(metadata: &Metadata, targets: &[Target]) -> Option<f64> {
    let halved = targets.iter().all(Target::halves_chroma);
    match metadata.chroma_subsampling {
        _ if metadata.color_model == ColorModel::Gray => None,
        Some("4:4:4") => None,
        Some("4:2:0" | "4:2:2" | "4:4:0") if halved => None,
        // Both axes alike can be scaled down less.
        Some("4:2:0") => Some(1.0),
        Some("4:2:2" | "4:4:0" | "4:1:0") => Some(2.0),
        _ => Some(4.0),
    }
}

impl Target {
    /// The orientation that an input is shown in: its own, then what is asked for.
    pub(super) fn orientation_of(metadata: &Metadata, options: &ResizeOptions) -> Orientation {
        let own = if options.auto_orient { metadata.orientation } else { Orientation::UPRIGHT };
        own.then(options.rotate, options.flip, options.flop)
    }
}
