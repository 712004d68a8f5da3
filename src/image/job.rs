//! A job in slices, so that a worker may turn to something more urgent between them: decode, scale, finish.
//! What a stage needed is freed before the next one begins.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use super::color::ToSrgb;
use super::decode;
use super::finish::{Finisher, Prepared};
use super::gauge::{Gauge, Held};
use super::metadata::Metadata;
use super::options::FailOn;
use super::plan::Plan;
use super::raster::Raster;
use super::scale::{Base, Scaler};
use super::target::Target;
use super::timings::{Timings, milliseconds};
use super::{Format, Limits, ResizeOptions, embedded, probe};
use crate::error::{Error, Result};
use crate::pool::{Cancel, Cx};

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
    /// Its frames: 1 for a still image.
    pub frames: u32,
    /// Milliseconds that each frame is shown; empty for a still image.
    pub delays: Vec<u32>,
    /// What took how long.
    pub timings: Timings,
}

impl fmt::Debug for Output {
    /// Without the bytes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { data, format, width, height, frames, .. } = self;
        write!(f, "Output({format:?}, {width}x{height}, {frames} frame(s), {} bytes)", data.len())
    }
}

/// What a step of a job came to.
#[derive(Debug)]
pub enum Step {
    /// There is more to do.
    More,
    /// The job is done: its outputs, in the order they were asked for. Stepping it again is an error.
    Done(Vec<Output>),
}

/// Who works on the parts of a step.
pub trait Hands {
    /// The flag to poll.
    fn cancel(&self) -> &Cancel;

    /// `part(0) … part(parts - 1)`, in any order, perhaps at the same time; the results in order.
    ///
    /// # Errors
    ///
    /// The first part's that fails, or what the flag says.
    fn each<T, F>(&self, parts: usize, part: F) -> Result<Vec<T>>
    where
        T: Send + 'static,
        F: Fn(usize) -> Result<T> + Send + Sync + 'static;
}

/// The calling thread alone.
impl Hands for Cancel {
    fn cancel(&self) -> &Cancel {
        self
    }

    fn each<T, F>(&self, parts: usize, part: F) -> Result<Vec<T>>
    where
        T: Send + 'static,
        F: Fn(usize) -> Result<T> + Send + Sync + 'static,
    {
        (0..parts)
            .map(|index| {
                self.check()?;
                part(index)
            })
            .collect()
    }
}

/// A worker, and whatever threads are idle.
impl Hands for Cx<'_> {
    fn cancel(&self) -> &Cancel {
        Cx::cancel(self)
    }

    fn each<T, F>(&self, parts: usize, part: F) -> Result<Vec<T>>
    where
        T: Send + 'static,
        F: Fn(usize) -> Result<T> + Send + Sync + 'static,
    {
        self.parallel(parts, part)
    }
}

/// One input on its way to its outputs.
#[derive(Debug)]
pub struct ResizeJob<B> {
    plan: Plan,
    gauge: Gauge,
    stage: Stage<B>,
}

#[derive(Debug)]
enum Stage<B> {
    Decode(B),
    Scale(Decoded),
    Finish {
        prepared: Vec<Prepared>,
        finisher: Finisher,
        timings: Timings,
    },
    /// Done or failed.
    Over,
}

/// A still image, decoded.
#[derive(Debug)]
struct Decoded {
    raster: Raster,
    finisher: Finisher,
    timings: Timings,
}

impl<B: AsRef<[u8]>> ResizeJob<B> {
    /// A job on `bytes`, which must be the bytes that were probed for the plan.
    pub fn new(bytes: B, plan: Plan) -> Self {
        Self { plan, gauge: Gauge::default(), stage: Stage::Decode(bytes) }
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
    /// when memory does not suffice, and what the cancel flag says. After an error the job is over.
    pub fn step(&mut self, hands: &impl Hands) -> Result<Step> {
        hands.cancel().check()?;
        match std::mem::replace(&mut self.stage, Stage::Over) {
            Stage::Decode(bytes) => {
                self.stage = self.decode(bytes.as_ref(), hands)?;
                Ok(Step::More)
            }
            Stage::Scale(decoded) => {
                self.stage = self.scale(decoded, hands)?;
                Ok(Step::More)
            }
            Stage::Finish { prepared, finisher, timings } => {
                finish(prepared, finisher, &timings, &self.gauge, hands).map(Step::Done)
            }
            Stage::Over => Err(Error::internal("an image job was stepped after its end")),
        }
    }

    fn decode(&self, bytes: &[u8], hands: &impl Hands) -> Result<Stage<B>> {
        let Self { plan, gauge, .. } = self;
        let Plan { metadata, decoding, .. } = plan;
        let begun = Instant::now();
        let profile = metadata.icc.as_ref().and_then(|icc| icc.read(bytes));
        let layout = decoding.layout;
        // Where every output keeps its colours, nothing is converted.
        let converted = plan.targets.iter().any(|target| !target.keeps_profile);
        let to_srgb = if converted { ToSrgb::new(layout, profile.as_deref()).map(Arc::new) } else { None };
        drop(profile);
        let finisher = Finisher {
            targets: plan.targets.clone(),
            to_srgb,
            embedded: embedded::embedded(bytes, metadata, &plan.targets),
        };
        let mut timings = Timings { scale: decoding.scale.as_str(), ..Timings::default() };
        if decoding.animated {
            return self.animation(bytes, finisher, timings, begun, hands);
        }
        let extra = gauge.hold(decode::extra_bytes(metadata, *decoding));
        let converts = finisher.converts();
        let full_chroma = plan.targets.iter().any(|target| !target.takes_half_chroma(converts));
        let raster = decode::raster(bytes, metadata, *decoding, full_chroma, plan.fail_on, hands.cancel())?;
        drop(extra);
        timings.path = raster.path();
        timings.decode_ms = milliseconds(begun);
        Ok(Stage::Scale(Decoded { raster, finisher, timings }))
    }

    /// Decodes and scales frame by frame, so that only one is in memory as large as it came.
    fn animation(
        &self,
        bytes: &[u8],
        mut finisher: Finisher,
        mut timings: Timings,
        begun: Instant,
        hands: &impl Hands,
    ) -> Result<Stage<B>> {
        let Self { plan, gauge, .. } = self;
        let cancel = hands.cancel();
        let mut prepared: Vec<Prepared> = Vec::new();
        let mut spent = 0.0;
        let extra = gauge.hold(decode::extra_bytes(&plan.metadata, plan.decoding));
        let mut frames = decode::frames(bytes, &plan.metadata, plan.decoding.layout, plan.fail_on, cancel)?;
        let mut index = 0_u32;
        for frame in frames.by_ref() {
            cancel.check()?;
            let frame = frame?;
            let (raster, delay) = (Raster::Pixels(frame.pixels), frame.delay_ms);
            timings.path = raster.path();
            let scaling = Instant::now();
            let scaler = Scaler::new(plan, Base::new(raster, gauge), finisher.converts(), gauge);
            if index == 0 {
                // What trimming and attention find in the first frame holds for all.
                scaler.resolve(&mut finisher.targets, cancel)?;
                prepared = finisher.targets.iter().map(|_| Prepared::picture(&plan.metadata)).collect();
            }
            // Later frames are only scaled for the outputs that show them.
            let (outputs, targets): (Vec<usize>, Vec<Target>) = finisher
                .targets
                .iter()
                .enumerate()
                .filter(|(_, target)| index == 0 || target.animated)
                .map(|(output, target)| (output, target.clone()))
                .unzip();
            for (output, raster) in outputs.into_iter().zip(scaler.scale(&targets, hands)?) {
                finisher.add_frame(&mut prepared[output], output, raster, delay, gauge, cancel)?;
            }
            spent += milliseconds(scaling);
            index += 1;
        }
        drop(frames);
        drop(extra);
        if index == 0 {
            return Err(probe::corrupt(plan.metadata.format, "it holds no frame"));
        }
        timings.resize_ms = spent;
        timings.decode_ms = milliseconds(begun) - spent;
        Ok(Stage::Finish { prepared, finisher, timings })
    }

    fn scale(&self, decoded: Decoded, hands: &impl Hands) -> Result<Stage<B>> {
        let Decoded { raster, mut finisher, mut timings } = decoded;
        let begun = Instant::now();
        let base = Base::new(raster, &self.gauge);
        let scaler = Scaler::new(&self.plan, base, finisher.converts(), &self.gauge);
        scaler.resolve(&mut finisher.targets, hands.cancel())?;
        let rasters = scaler.scale(&finisher.targets, hands)?;
        timings.resize_ms = milliseconds(begun);
        Ok(Stage::Finish { prepared: rasters.into_iter().map(Prepared::Raster).collect(), finisher, timings })
    }
}

/// Turns, converts, pads and encodes each output.
fn finish(
    prepared: Vec<Prepared>,
    finisher: Finisher,
    timings: &Timings,
    gauge: &Gauge,
    hands: &impl Hands,
) -> Result<Vec<Output>> {
    if prepared.len() == 1 {
        // Nothing else can be made beside it: what idle hands can do is within it.
        return prepared
            .into_iter()
            .map(|one| finisher.finish(0, one, timings, gauge, hands).map(|(output, _)| output))
            .collect();
    }
    // The largest first: several hands then end at about the same time.
    let mut order: Vec<usize> = (0..prepared.len()).collect();
    order.sort_by_key(|index| std::cmp::Reverse(finisher.cost(*index, &prepared[*index])));
    let parts = order.len();
    let places: Vec<Mutex<Option<Prepared>>> =
        prepared.into_iter().map(|one| Mutex::new(Some(one))).collect();
    let (cancel, gauge, timings, sequence) =
        (hands.cancel().clone(), gauge.clone(), timings.clone(), order.clone());
    let made = hands.each(parts, move |part| {
        let index = sequence[part];
        let prepared = places[index].lock().unwrap_or_else(PoisonError::into_inner).take();
        let prepared = prepared.ok_or_else(|| Error::internal("an output was asked for twice"))?;
        finisher.finish(index, prepared, &timings, &gauge, &cancel)
    })?;
    let mut sorted: Vec<(usize, (Output, Held))> = order.into_iter().zip(made).collect();
    sorted.sort_by_key(|(index, _)| *index);
    Ok(sorted.into_iter().map(|(_, (output, _))| output).collect())
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
    let outputs = resize_image_set(bytes, std::slice::from_ref(options), FailOn::Error, limits, cancel)?;
    outputs.into_iter().next().ok_or_else(|| Error::internal("a job without an output"))
}

/// Makes several outputs of one decoding, on the calling thread; in the order asked for.
///
/// # Errors
///
/// Those of [`probe`], [`Plan::for_set`] and [`ResizeJob::step`].
pub fn resize_image_set(
    bytes: &[u8],
    outputs: &[ResizeOptions],
    fail_on: FailOn,
    limits: &Limits,
    cancel: &Cancel,
) -> Result<Vec<Output>> {
    limits.check_bytes(bytes.len() as u64)?;
    let metadata: Metadata = probe::probe(bytes)?;
    let plan = Plan::for_set(&metadata, outputs, fail_on, limits)?;
    let mut job = ResizeJob::new(bytes, plan);
    loop {
        if let Step::Done(outputs) = job.step(cancel)? {
            return Ok(outputs);
        }
    }
}
