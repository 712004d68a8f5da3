//! Image resizing: probe, plan, decode, resize, orient, colour, encode.
//!
//! ```no_run
//! use offloop::image::{Limits, Plan, ResizeJob, ResizeOptions, Step, probe};
//! use offloop::pool::Cancel;
//!
//! let bytes = std::fs::read("photo.jpg").expect("a photo");
//! let metadata = probe(&bytes)?;
//! let options = ResizeOptions { width: Some(320), ..Default::default() };
//! let plan = Plan::new(&metadata, &options, &Limits::default())?;
//! println!("{:?}, at most {} bytes of memory", plan.output_size(), plan.working_bytes());
//! let mut job = ResizeJob::new(bytes, plan);
//! let outputs = loop {
//!     if let Step::Done(outputs) = job.step(&Cancel::new())? {
//!         break outputs;
//!     }
//! };
//! # let _ = outputs;
//! # Ok::<(), offloop::Error>(())
//! ```
//!
//! Decoders are Rust, because what they read is hostile; libwebp, in C, only ever sees our pixels.
//!
//! | what | where |
//! |---|---|
//! | what a file is, without decoding it; what is refused | `probe`, `format`, `metadata`, `limits` |
//! | sizes, places, memory: all that follows from header and options | `plan`, `target`, `geometry`, `orientation` |
//! | the stages, one after the other | `job`: `decode`, `scale` (over `rungs`, `trim`, `attention`, `resize`), `finish` (over `color`, `compose`, `encode`) |
//! | what goes from stage to stage | `raster`: `pixels`, or planes of luma and chroma |
//!
//! A JPEG whose outputs are JPEG or lossy WebP, without padding, linear light, trimming, regions or a profile
//! to convert from, goes its way in planes: no upsampling, no conversion of colour, half the samples.
//!
//! Metadata is stripped unless it is asked for, and then pixels are in sRGB. Sixteen bits a channel stay so
//! where the output has them: PNG; AVIF has ten.

mod attention;
mod color;
mod compose;
mod decode;
mod embedded;
mod encode;
mod finish;
mod format;
mod gauge;
mod geometry;
mod job;
mod limits;
mod linear;
mod metadata;
mod options;
mod orientation;
mod pixels;
mod plan;
mod probe;
mod raster;
mod resize;
mod rungs;
mod scale;
mod target;
mod timings;
mod trim;
mod zigzag;

pub use format::Format;
pub use job::{Hands, Output, ResizeJob, Step, resize_image, resize_image_set};
pub use limits::Limits;
pub use metadata::{ColorModel, MAX_SCANS, Metadata, Payload};
pub use options::{
    Background, ChromaSubsampling, FailOn, Fit, Keep, Kernel, PngFilter, Position, Region, ResizeOptions,
    Rotation, Sides, Trim,
};
pub use orientation::Orientation;
pub use plan::{MAX_OUTPUT_PIXELS, MAX_OUTPUTS, Plan};
pub use probe::probe;
pub use timings::Timings;
