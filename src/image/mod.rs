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
//! let output = loop {
//!     if let Step::Done(output) = job.step(&Cancel::new())? {
//!         break output;
//!     }
//! };
//! # let _ = output.data;
//! # Ok::<(), offloop::Error>(())
//! ```
//!
//! Decoders are Rust, because what they read is hostile; libwebp, in C, only ever sees our pixels.
//! Metadata is stripped, so pixels are converted to sRGB where a profile says that they are not; the
//! profiles of CMYK images are not applied. Sixteen bits a channel become eight.

mod color;
mod compose;
mod decode;
mod encode;
mod format;
mod geometry;
mod job;
mod limits;
mod metadata;
mod options;
mod orientation;
mod pixels;
mod plan;
mod probe;
mod resize;

pub use format::Format;
pub use job::{Output, ResizeJob, Step, resize_image};
pub use limits::Limits;
pub use metadata::{ColorModel, MAX_SCANS, Metadata, Payload};
pub use options::{
    Background, ChromaSubsampling, FailOn, Fit, Keep, Kernel, PngFilter, Position, Region, ResizeOptions,
    Rotation, Sides, Trim,
};
pub use orientation::Orientation;
pub use plan::{MAX_OUTPUT_PIXELS, Plan};
pub use probe::probe;
