//! Images: from JavaScript's arguments to jobs.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use napi::bindgen_prelude::{Buffer, Either, Uint8Array, Uint8ArraySlice};
use napi_derive::napi;

use super::bridge::{Ask, Bridge};
use super::environment::{Environment, Loan};
use super::value::{Failure, ImageFacts, ImageOutcome, Value};
use crate::error::{Code, Error, Result};
use crate::image::{
    Background, ChromaSubsampling, Fit, Format, Kernel, Limits, Metadata, Plan, Position, ResizeJob,
    ResizeOptions, Step as ImageStep, probe,
};
use crate::pool::{Admission, Cx, Slab, Step, Task};

#[napi(object, object_to_js = false)]
pub struct ColorArgument {
    pub r: u8,
    pub g: u8,
    pub b: u8,
    pub alpha: u8,
}

#[napi(object, object_to_js = false)]
#[derive(Clone, Copy)]
pub struct ImageLimitsArgument {
    pub input_bytes: f64,
    pub input_pixels: f64,
    pub frames: u32,
}

/// Checked and complete; 0 and '' stand for what follows from the image.
#[napi(object, object_to_js = false)]
#[allow(clippy::struct_excessive_bools, reason = "they are the switches that JavaScript has")]
pub struct ResizeArgument {
    pub width: u32,
    pub height: u32,
    pub fit: String,
    pub position: String,
    pub focal_x: f64,
    pub focal_y: f64,
    pub kernel: String,
    pub without_enlargement: bool,
    pub background: ColorArgument,
    pub auto_orient: bool,
    pub format: String,
    pub quality: u8,
    pub lossless: bool,
    pub effort: u8,
    pub progressive: bool,
    pub chroma_subsampling: String,
    pub compression_level: u8,
    pub limits: ImageLimitsArgument,
}

impl From<ImageLimitsArgument> for Limits {
    fn from(limits: ImageLimitsArgument) -> Self {
        Limits {
            input_bytes: limits.input_bytes as u64,
            input_pixels: limits.input_pixels as u64,
            frames: limits.frames,
            ..Limits::default()
        }
    }
}

fn unknown(option: &str, value: &str) -> Error {
    Error::new(Code::InvalidArg, format!("options.{option} '{value}' is not known"))
}

impl TryFrom<&ResizeArgument> for ResizeOptions {
    type Error = Error;

    fn try_from(options: &ResizeArgument) -> Result<Self> {
        Ok(ResizeOptions {
            width: (options.width > 0).then_some(options.width),
            height: (options.height > 0).then_some(options.height),
            fit: match options.fit.as_str() {
                "cover" => Fit::Cover,
                "contain" => Fit::Contain,
                "fill" => Fit::Fill,
                "inside" => Fit::Inside,
                "outside" => Fit::Outside,
                other => return Err(unknown("fit", other)),
            },
            position: match options.position.as_str() {
                "center" => Position::Center,
                "top" => Position::Top,
                "top-right" => Position::TopRight,
                "right" => Position::Right,
                "bottom-right" => Position::BottomRight,
                "bottom" => Position::Bottom,
                "bottom-left" => Position::BottomLeft,
                "left" => Position::Left,
                "top-left" => Position::TopLeft,
                "focal" => Position::Focal { x: options.focal_x, y: options.focal_y },
                other => return Err(unknown("position", other)),
            },
            kernel: match options.kernel.as_str() {
                "nearest" => Kernel::Nearest,
                "bilinear" => Kernel::Bilinear,
                "catmull-rom" => Kernel::CatmullRom,
                "mitchell" => Kernel::Mitchell,
                "lanczos3" => Kernel::Lanczos3,
                other => return Err(unknown("kernel", other)),
            },
            without_enlargement: options.without_enlargement,
            background: Background {
                r: options.background.r,
                g: options.background.g,
                b: options.background.b,
                alpha: options.background.alpha,
            },
            auto_orient: options.auto_orient,
            format: match options.format.as_str() {
                "" => None,
                "jpeg" => Some(Format::Jpeg),
                "png" => Some(Format::Png),
                "webp" => Some(Format::WebP),
                other => return Err(unknown("format", other)),
            },
            quality: Some(options.quality),
            lossless: options.lossless,
            effort: Some(options.effort),
            progressive: options.progressive,
            chroma_subsampling: match options.chroma_subsampling.as_str() {
                "4:2:0" => Some(ChromaSubsampling::Quarter),
                "4:4:4" => Some(ChromaSubsampling::Full),
                other => return Err(unknown("chromaSubsampling", other)),
            },
            compression_level: options.compression_level,
            ..Default::default()
        })
    }
}

/// An input's bytes, ours to read on any thread.
enum Input {
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

/// A resize, a stage a slice.
struct ImageTask {
    id: u32,
    environment: Arc<Environment>,
    job: ResizeJob<Input>,
}

impl Task for ImageTask {
    fn run(&mut self, cx: &mut Cx<'_>) -> Result<Step> {
        Ok(match self.job.step(cx.cancel())? {
            ImageStep::More => Step::More,
            ImageStep::Done(output) => {
                let outcome = ImageOutcome {
                    data: Buffer::from(output.data),
                    format: output.format.as_str().to_owned(),
                    width: output.width,
                    height: output.height,
                    frames: output.frames,
                };
                Bridge::done(&self.environment, self.id, Value::Image(outcome))
            }
        })
    }
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
        options: ResizeArgument,
    ) -> Option<Failure> {
        let ask = Ask::new(id, lane, timeout_ms);
        let limits = Limits::from(options.limits);
        let outcome = ResizeOptions::try_from(&options).and_then(|options| match source {
            Either::A(path) => self.resize_file(&ask, path, options, limits),
            Either::B(bytes) => {
                let (admission, plan) = self.plan(&ask, &bytes, &options, &limits)?;
                let copy = self.environment.process.pool.slabs().copy(&bytes);
                self.start(id, admission, plan, Input::Copied(copy));
                Ok(())
            }
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
        options: ResizeArgument,
    ) -> Option<Failure> {
        let limits = Limits::from(options.limits);
        let outcome = ResizeOptions::try_from(&options)
            .and_then(|options| self.plan(&Ask::new(id, lane, timeout_ms), &bytes, &options, &limits));
        match outcome {
            Ok(admitted) => {
                self.admitted.borrow_mut().insert(id, admitted);
                None
            }
            Err(error) => Some(Failure::from(&error)),
        }
    }

    /// `owned`: the memory is ours alone; otherwise it could not be detached and is copied.
    #[napi]
    pub fn start_resize(&self, id: u32, bytes: Uint8Array, owned: bool) {
        let Some((admission, plan)) = self.admitted.borrow_mut().remove(&id) else { return };
        let input = if owned {
            Input::Transferred(bytes, self.environment.lend())
        } else {
            Input::Copied(self.environment.process.pool.slabs().copy(&bytes))
        };
        self.start(id, admission, plan, input);
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

impl Bridge {
    /// Reads the header in place, and lets the job in.
    fn plan(
        &self,
        ask: &Ask,
        bytes: &[u8],
        options: &ResizeOptions,
        limits: &Limits,
    ) -> Result<(Admission, Plan)> {
        limits.check_bytes(bytes.len() as u64)?;
        let plan = Plan::new(&probe(bytes)?, options, limits)?;
        let spec = ask.spec(bytes.len() as u64, plan.working_bytes());
        Ok((self.admit(ask.id, &spec)?, plan))
    }

    fn start(&self, id: u32, admission: Admission, plan: Plan, input: Input) {
        let task =
            ImageTask { id, environment: Arc::clone(&self.environment), job: ResizeJob::new(input, plan) };
        self.environment.process.pool.enqueue(admission, Box::new(task));
    }

    fn resize_file(&self, ask: &Ask, path: String, options: ResizeOptions, limits: Limits) -> Result<()> {
        let id = ask.id;
        let environment = Arc::clone(&self.environment);
        self.with_file(ask, path, limits, move |bytes, mut admission| {
            let plan = probe(&bytes).and_then(|metadata| Plan::new(&metadata, &options, &limits));
            let grown = plan.and_then(|plan| {
                admission.grow(bytes.len() as u64, plan.working_bytes())?;
                Ok(plan)
            });
            match grown {
                Ok(plan) => {
                    let job = ResizeJob::new(Input::Copied(bytes.into()), plan);
                    let task = ImageTask { id, environment: Arc::clone(&environment), job };
                    environment.process.pool.enqueue(admission, Box::new(task));
                }
                Err(error) => admission.fail(error),
            }
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
