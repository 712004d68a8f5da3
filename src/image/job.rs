//! A resize in slices, so that a worker may turn to something more urgent between them.

use std::fmt;

use super::metadata::Metadata;
use super::options::FailOn;
use super::pixels::{Picture, Pixels};
use super::plan::Plan;
use super::{Format, Limits, ResizeOptions, color, compose, decode, encode, probe, resize};
use crate::error::{Error, Result};
use crate::pool::Cancel;

/// An encoded image.
#[derive(Clone)]
pub struct Output {
    /// The file's bytes.
    pub data: Vec<u8>,
    /// Its format.
    pub format: Format,
    /// Its width in pixels.
    pub width: u32,
    /// Its height in pixels.
    pub height: u32,
    /// Its frames: 1.
    pub frames: u32,
}

impl fmt::Debug for Output {
    /// Without the bytes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { data, format, width, height, frames } = self;
        write!(f, "Output({format:?}, {width}x{height}, {frames} frame(s), {} bytes)", data.len())
    }
}

/// What a step of a job came to.
#[derive(Debug)]
pub enum Step {
    /// There is more to do.
    More,
    /// The job is done; stepping it again is an error.
    Done(Output),
}

/// One image on its way: decode, resize, encode, a step each. What a stage needed is freed before the
/// next one begins.
#[derive(Debug)]
pub struct ResizeJob<B> {
    plan: Plan,
    stage: Stage<B>,
}

#[derive(Debug)]
enum Stage<B> {
    Decode(B),
    Resize {
        pixels: Pixels,
        profile: Option<Vec<u8>>,
    },
    Encode(Pixels),
    /// Done or failed.
    Over,
}

impl<B: AsRef<[u8]>> ResizeJob<B> {
    /// A job on `bytes`, which must be the bytes that were probed for the plan.
    pub fn new(bytes: B, plan: Plan) -> Self {
        Self { plan, stage: Stage::Decode(bytes) }
    }

    /// What the job will do.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Does the next stage.
    ///
    /// # Errors
    ///
    /// `ERR_IMAGE_CORRUPT` for damaged or truncated image data, `ERR_IMAGE_LIMIT` and `ERR_MEMORY_BUDGET`
    /// when memory does not suffice, and what `cancel` says. After an error the job is over.
    pub fn step(&mut self, cancel: &Cancel) -> Result<Step> {
        cancel.check()?;
        let plan = &self.plan;
        match std::mem::replace(&mut self.stage, Stage::Over) {
            Stage::Decode(bytes) => {
                let bytes = bytes.as_ref();
                let profile = plan.metadata.icc.as_ref().and_then(|icc| icc.read(bytes));
                let pixels =
                    decode::decode(bytes, &plan.metadata, plan.layouts.decoded, FailOn::Error, cancel)?;
                self.stage = Stage::Resize { pixels, profile };
                Ok(Step::More)
            }
            Stage::Resize { pixels, profile } => {
                let small = resize::resize(pixels, plan, cancel)?;
                let mut shown = plan.orientation.apply(small, cancel)?;
                if let Some(profile) = profile {
                    color::to_srgb(&mut shown, &profile, cancel)?;
                }
                self.stage = Stage::Encode(compose::compose(shown, plan)?);
                Ok(Step::More)
            }
            Stage::Encode(pixels) => {
                let (width, height) = (pixels.width(), pixels.height());
                let data = encode::encode(&Picture::still(pixels), plan.format, &plan.options, cancel)?;
                Ok(Step::Done(Output { data, format: plan.format, width, height, frames: 1 }))
            }
            Stage::Over => Err(Error::internal("an image job was stepped after its end")),
        }
    }
}

/// Resizes an image in one go, on the calling thread.
///
/// # Errors
///
/// Those of [`probe`], [`Plan::new`] and [`ResizeJob::step`].
///
/// ```no_run
/// use offloop::image::{Format, Limits, ResizeOptions, resize_image};
/// use offloop::pool::Cancel;
///
/// let photo = std::fs::read("photo.jpg").expect("a photo");
/// let options = ResizeOptions { width: Some(320), format: Some(Format::WebP), ..Default::default() };
/// let small = resize_image(&photo, &options, &Limits::default(), &Cancel::new())?;
/// assert_eq!(small.width, 320);
/// # Ok::<(), offloop::Error>(())
/// ```
pub fn resize_image(
    bytes: &[u8],
    options: &ResizeOptions,
    limits: &Limits,
    cancel: &Cancel,
) -> Result<Output> {
    limits.check_bytes(bytes.len() as u64)?;
    let metadata: Metadata = probe::probe(bytes)?;
    let plan = Plan::new(&metadata, options, limits)?;
    let mut job = ResizeJob::new(bytes, plan);
    loop {
        if let Step::Done(output) = job.step(cancel)? {
            return Ok(output);
        }
    }
}
