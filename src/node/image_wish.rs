//! Who waits for a resize, and what they get.

use std::sync::{Arc, OnceLock, Weak};
use std::time::Instant;

use napi::bindgen_prelude::Buffer;

use super::image_flight::Flight;
use super::image_input::of_file;
use super::image_options::ResizeRequest;
use super::value::{ImageOutcome, ImageTimings, ImagesOutcome, Value};
use crate::error::Error;
use crate::image::Output;

/// Where somebody waits who follows: known once they do.
pub(super) type Place = Arc<OnceLock<Weak<Flight>>>;

/// Who waits for a resize, and for what.
pub(super) struct Wish {
    pub(super) id: u32,
    pub(super) asked: Instant,
    pub(super) place: Place,
    /// Whether each output's timings are wanted.
    timings: Vec<bool>,
    /// The file that the input came from.
    path: Option<String>,
}

impl Wish {
    pub(super) fn new(id: u32, request: &ResizeRequest, path: Option<&String>) -> Self {
        Self {
            id,
            asked: Instant::now(),
            place: Place::default(),
            timings: request.outputs.iter().map(|output| output.timings).collect(),
            path: path.cloned(),
        }
    }

    /// The outputs as they go to JavaScript. `queued_ms`: how long the job waited; `None` for whoever shares
    /// another's.
    pub(super) fn value(&self, outputs: Arc<Vec<Output>>, queued_ms: Option<f64>) -> Value {
        let total_ms = self.asked.elapsed().as_secs_f64() * 1000.0;
        Value::Images(Box::new(Images { outputs, timings: self.timings.clone(), queued_ms, total_ms }))
    }

    /// An error as they hear of it.
    pub(super) fn error(&self, error: Error) -> Error {
        match &self.path {
            Some(path) => of_file(error, path),
            None => error,
        }
    }
}

/// Outputs on their way to JavaScript, perhaps to several who wait for the same.
pub struct Images {
    outputs: Arc<Vec<Output>>,
    timings: Vec<bool>,
    queued_ms: Option<f64>,
    total_ms: f64,
}

impl From<Images> for ImagesOutcome {
    /// On the JavaScript thread. Everybody gets bytes of their own, of which the last one's need no copying: so nothing
    /// is copied for whoever shares with nobody, nor for those who have given up.
    fn from(images: Images) -> Self {
        let Images { outputs, timings: wanted, queued_ms, total_ms } = images;
        let outputs = Arc::try_unwrap(outputs).unwrap_or_else(|shared| shared.as_ref().clone());
        let images = outputs.into_iter().enumerate().map(|(index, output)| {
            let Output { data, format, width, height, frames, delays, timings } = output;
            ImageOutcome {
                data: Buffer::from(data),
                format: format.as_str().to_owned(),
                width,
                height,
                frames,
                delays: (frames > 1).then_some(delays),
                timings: (wanted.get(index) == Some(&true)).then(|| ImageTimings {
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
        Self { images: images.collect() }
    }
}
