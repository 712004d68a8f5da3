//! Images: from JavaScript's arguments to jobs.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use napi::bindgen_prelude::{Buffer, Either, Uint8Array, Uint8ArraySlice};
use napi_derive::napi;

use super::bridge::{Ask, Bridge};
use super::environment::{Environment, Loan};
use super::image_flight::{Follower, Order};
use super::image_options::{ImageLimitsArgument, ResizeRequest, fail_on};
use super::image_task::ImageTask;
use super::value::{Failure, ImageFacts, ImageOutcome, ImageTimings, ImagesOutcome, Value};
use crate::error::{Error, Result};
use crate::image::{Limits, Metadata, Output, Plan, ResizeOptions, probe};
use crate::pool::{Admission, Lane, Slab};

/// An input's bytes, ours to read on any thread.
pub(super) enum Input {
    Copied(Slab),
    /// JavaScript gave the memory away: nobody else can reach it. Fields drop in order: the loan ends last.
    Transferred(Uint8Array, #[allow(dead_code, reason = "its end is what counts")] Loan),
}

impl AsRef<[u8]> for Input {
    fn as_ref(&self) -> &[u8] {
        match self {
            Input::Copied(bytes) => bytes,
            Input::Transferred(bytes, _) => bytes,
        }
    }
}

/// An input that a job reads and others are compared with.
#[derive(Clone)]
pub(super) struct SharedInput(pub(super) Arc<Input>);

impl AsRef<[u8]> for SharedInput {
    fn as_ref(&self) -> &[u8] {
        (*self.0).as_ref()
    }
}

/// Who waits for a resize, and for what.
pub(super) struct Wish {
    pub(super) id: u32,
    pub(super) asked: Instant,
    /// Whether each output's timings are wanted.
    pub(super) timings: Vec<bool>,
}

impl Wish {
    fn new(id: u32, request: &ResizeRequest) -> Self {
        Self {
            id,
            asked: Instant::now(),
            timings: request.outputs.iter().map(|output| output.timings).collect(),
        }
    }

    /// The outputs as JavaScript gets them. `queued_ms`: how long the job waited; `None` for whoever shares
    /// another's.
    pub(super) fn value(&self, outputs: Vec<Output>, queued_ms: Option<f64>) -> Value {
        let total_ms = self.asked.elapsed().as_secs_f64() * 1000.0;
        let images = outputs.into_iter().enumerate().map(|(index, output)| {
            let Output { data, format, width, height, frames, delays, timings } = output;
            let wanted = self.timings.get(index) == Some(&true);
            ImageOutcome {
                data: Buffer::from(data),
                format: format.as_str().to_owned(),
                width,
                height,
                frames,
                delays: (frames > 1).then_some(delays),
                timings: wanted.then(|| ImageTimings {
                    queue_ms: queued_ms.unwrap_or(0.0),
                    decode_ms: timings.decode_ms,
                    resize_ms: timings.resize_ms,
                    color_ms: timings.color_ms,
                    encode_ms: timings.encode_ms,
                    total_ms,
                    path: timings.path.to_owned(),
                    decode_scale: timings.scale.to_owned(),
                    peak_bytes: timings.peak_bytes as f64,
                    shared: queued_ms.is_none(),
                }),
            }
        });
        Value::Images(Box::new(ImagesOutcome { images: images.collect() }))
    }
}

/// Checked options, and what must be the same for two jobs to be one.
fn order(lane: Lane, request: &ResizeRequest) -> Result<Order> {
    Ok(Order {
        lane,
        outputs: request.outputs.iter().map(ResizeOptions::try_from).collect::<Result<_>>()?,
        limits: request.limits.into(),
        fail_on: fail_on(&request.fail_on)?,
    })
}

/// What the header says, for JavaScript.
fn facts(metadata: &Metadata, file: &[u8]) -> ImageFacts {
    let read = |payload: &Option<crate::image::Payload>| {
        payload.as_ref().and_then(|payload| payload.read(file)).map(Buffer::from)
    };
    ImageFacts {
        format: metadata.format.as_str().to_owned(),
        width: metadata.width,
        height: metadata.height,
        orientation: u32::from(metadata.orientation.value()),
        frames: metadata.frames,
        channels: u32::from(metadata.channels),
        bit_depth: u32::from(metadata.bit_depth),
        has_alpha: metadata.has_alpha,
        color_space: metadata.color_model.as_str().to_owned(),
        icc: read(&metadata.icc),
        exif: read(&metadata.exif),
        xmp: read(&metadata.xmp),
        progressive: metadata.progressive,
        chroma_subsampling: metadata.chroma_subsampling.map(str::to_owned),
        density: metadata.density,
        plays: metadata.plays,
        delays: (!metadata.delays.is_empty()).then(|| metadata.delays.clone()),
    }
}

fn inspect(file: &[u8], limits: &Limits) -> Result<ImageFacts> {
    limits.check_bytes(file.len() as u64)?;
    let metadata = probe(file)?;
    limits.check(&metadata)?;
    Ok(facts(&metadata, file))
}

/// What the system says of a folder, and of what is neither file nor folder.
fn not_a_file(is_dir: bool) -> std::io::Error {
    #[cfg(unix)]
    return std::io::Error::from_raw_os_error(if is_dir { libc::EISDIR } else { libc::EINVAL });
    #[cfg(not(unix))]
    std::io::Error::new(
        if is_dir { std::io::ErrorKind::IsADirectory } else { std::io::ErrorKind::InvalidInput },
        "it is not a regular file",
    )
}

/// Reads an image file whole, once its size is known to be allowed. Blocks: for the I/O thread.
fn read_file(path: &str, limits: &Limits, admission: &mut Admission) -> Result<Vec<u8>> {
    let failed = |error: &std::io::Error| Error::io("cannot read", path, error);
    // Before it is opened: opening a pipe would wait for its writer.
    let facts = std::fs::metadata(Path::new(path)).map_err(|error| failed(&error))?;
    if !facts.is_file() {
        return Err(failed(&not_a_file(facts.is_dir())));
    }
    limits.check_bytes(facts.len())?;
    admission.grow(facts.len(), 0)?;
    let mut bytes = Vec::with_capacity(facts.len() as usize);
    // What is added to the file meanwhile is not read.
    File::open(path)
        .and_then(|file| file.take(facts.len()).read_to_end(&mut bytes))
        .map_err(|error| failed(&error))?;
    Ok(bytes)
}

#[napi]
impl Bridge {
    #[napi]
    pub fn resize_image(
        &self,
        id: u32,
        lane: u32,
        timeout_ms: f64,
        source: Either<String, Uint8ArraySlice<'_>>,
        request: ResizeRequest,
    ) -> Option<Failure> {
        let ask = Ask::new(id, lane, timeout_ms);
        let wish = Wish::new(id, &request);
        let outcome = order(ask.lane, &request).and_then(|order| match source {
            Either::A(path) => self.resize_file(&ask, path, order, wish),
            Either::B(bytes) => match self.begin(&ask, &bytes, order, wish)? {
                Some(begun) => {
                    let copy = self.environment.process.pool.slabs().copy(&bytes);
                    self.start(begun, Input::Copied(copy));
                    Ok(())
                }
                None => Ok(()),
            },
        });
        outcome.err().map(|error| Failure::from(&error))
    }

    /// Admits a resize of bytes that JavaScript is about to transfer to us; `start_resize` follows at once, with
    /// the same bytes. In two steps, so that nothing is taken from the caller for a job that is refused.
    #[napi]
    pub fn admit_resize(
        &self,
        id: u32,
        lane: u32,
        timeout_ms: f64,
        bytes: Uint8ArraySlice<'_>,
        request: ResizeRequest,
    ) -> Option<Failure> {
        let ask = Ask::new(id, lane, timeout_ms);
        let wish = Wish::new(id, &request);
        match order(ask.lane, &request).and_then(|order| self.begin(&ask, &bytes, order, wish)) {
            Ok(begun) => {
                if let Some(begun) = begun {
                    self.admitted.borrow_mut().insert(id, begun);
                }
                None
            }
            Err(error) => Some(Failure::from(&error)),
        }
    }

    /// `owned`: the memory is ours alone; otherwise it could not be detached and is copied.
    #[napi]
    pub fn start_resize(&self, id: u32, bytes: Uint8Array, owned: bool) {
        // None for one that shares another's result.
        let Some(begun) = self.admitted.borrow_mut().remove(&id) else { return };
        let input = if owned {
            Input::Transferred(bytes, self.environment.lend())
        } else {
            Input::Copied(self.environment.process.pool.slabs().copy(&bytes))
        };
        self.start(begun, input);
    }

    /// Of bytes: read in place, within the call.
    #[napi]
    #[allow(clippy::unused_self, reason = "a method, as everything that JavaScript calls")]
    pub fn image_facts(
        &self,
        bytes: Uint8ArraySlice<'_>,
        limits: ImageLimitsArgument,
    ) -> Either<ImageFacts, Failure> {
        match inspect(&bytes, &limits.into()) {
            Ok(facts) => Either::A(facts),
            Err(error) => Either::B(Failure::from(&error)),
        }
    }

    /// Of a file.
    #[napi]
    pub fn image_file_facts(
        &self,
        id: u32,
        lane: u32,
        timeout_ms: f64,
        path: String,
        limits: ImageLimitsArgument,
    ) -> Option<Failure> {
        let limits = Limits::from(limits);
        let environment = Arc::clone(&self.environment);
        let outcome =
            self.with_file(&Ask::new(id, lane, timeout_ms), path, limits, move |bytes, admission| {
                match inspect(&bytes, &limits) {
                    Ok(facts) => {
                        admission.complete(|| environment.settle(id, Ok(Value::Facts(Box::new(facts)))));
                    }
                    Err(error) => admission.fail(error),
                }
            });
        outcome.err().map(|error| Failure::from(&error))
    }
}

/// A resize that was let in, before its input is ours.
pub(super) struct Begun {
    admission: Admission,
    plan: Plan,
    order: Order,
    wish: Wish,
}

impl Bridge {
    /// Lets the job in: behind an identical one that is under way (then that was all), or, the header read
    /// in place, as one of its own.
    fn begin(&self, ask: &Ask, bytes: &[u8], order: Order, wish: Wish) -> Result<Option<Begun>> {
        order.limits.check_bytes(bytes.len() as u64)?;
        if let Some(flight) = self.environment.flights.find(&order, bytes) {
            let mut admission = self.admit(ask.id, &ask.spec(0, 0))?;
            // It waits for nobody's slot.
            admission.begin();
            match flight.join(Follower { admission, wish }) {
                Ok(()) => return Ok(None),
                // It has landed this moment.
                Err(Follower { mut admission, wish }) => {
                    let plan = flight.plan.clone();
                    admission.grow(bytes.len() as u64, plan.working_bytes())?;
                    return Ok(Some(Begun { admission, plan, order, wish }));
                }
            }
        }
        let plan = Plan::for_set(&probe(bytes)?, &order.outputs, order.fail_on, &order.limits)?;
        let spec = ask.spec(bytes.len() as u64, plan.working_bytes());
        Ok(Some(Begun { admission: self.admit(ask.id, &spec)?, plan, order, wish }))
    }

    fn start(&self, begun: Begun, input: Input) {
        start(&self.environment, begun, input);
    }

    fn resize_file(&self, ask: &Ask, path: String, order: Order, wish: Wish) -> Result<()> {
        let environment = Arc::clone(&self.environment);
        self.with_file(ask, path, order.limits, move |bytes, admission| {
            if let Some(flight) = environment.flights.find(&order, &bytes) {
                let mut admission = admission;
                admission.begin();
                match flight.join(Follower { admission, wish }) {
                    Ok(()) => {}
                    Err(Follower { admission, wish }) => {
                        start_file(&environment, admission, bytes, order, wish);
                    }
                }
                return;
            }
            start_file(&environment, admission, bytes, order, wish);
        })
    }

    /// Admits a job, reads its file on the I/O thread, and goes on with the bytes there.
    fn with_file(
        &self,
        ask: &Ask,
        path: String,
        limits: Limits,
        then: impl FnOnce(Vec<u8>, Admission) + Send + 'static,
    ) -> Result<()> {
        let mut admission = self.admit(ask.id, &ask.spec(0, 0))?;
        self.environment.process.pool.on_io(Box::pin(async move {
            let read = tokio::task::spawn_blocking(move || {
                let wanted = admission.cancel_flag().check();
                match wanted.and_then(|()| read_file(&path, &limits, &mut admission)) {
                    Ok(bytes) => then(bytes, admission),
                    Err(error) => admission.fail(error),
                }
            });
            // If it panicked, its admission was dropped, and has said so.
            drop(read.await);
        }))
    }
}

fn start(environment: &Arc<Environment>, begun: Begun, input: Input) {
    let Begun { admission, plan, order, wish } = begun;
    let flight = environment.flights.take_off(order, plan, input);
    let task = ImageTask::new(flight, wish, environment);
    environment.process.pool.enqueue(admission, Box::new(task));
}

/// Goes on with the bytes of a file.
fn start_file(
    environment: &Arc<Environment>,
    mut admission: Admission,
    bytes: Vec<u8>,
    order: Order,
    wish: Wish,
) {
    let plan = probe(&bytes)
        .and_then(|metadata| Plan::for_set(&metadata, &order.outputs, order.fail_on, &order.limits))
        .and_then(|plan| {
            // Its bytes were counted when the file was read.
            admission.grow(0, plan.working_bytes())?;
            Ok(plan)
        });
    match plan {
        Ok(plan) => start(environment, Begun { admission, plan, order, wish }, Input::Copied(bytes.into())),
        Err(error) => admission.fail(error),
    }
}
