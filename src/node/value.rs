//! What goes back to JavaScript.

use napi::bindgen_prelude::{Buffer, Null, ToNapiValue};
use napi::{Result, sys};
use napi_derive::napi;

use super::image_wish::Images;
use crate::error::Error;
use crate::password::Check;

/// An error on its way to JavaScript, where lib/native.js makes an `OffloopError` of it.
#[napi(object, object_from_js = false)]
pub struct Failure {
    pub code: String,
    pub message: String,
    /// The system's error number, for `cause`.
    pub errno: Option<i32>,
    /// The cell that could not be written: the index of its row in the source, which the header has not, and of its
    /// column.
    pub row: Option<f64>,
    pub column: Option<u32>,
}

impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        let place = error.place();
        Self {
            code: error.code().as_str().to_owned(),
            message: error.message().to_owned(),
            errno: error.os().map(|(number, _)| number),
            row: place.and_then(|(row, _)| row).map(|row| row as f64),
            column: place.map(|(_, column)| column),
        }
    }
}

/// A password's check. What is absent is left out.
#[napi(object, object_from_js = false)]
pub struct CheckOutcome {
    pub ok: bool,
    pub scheme: Option<String>,
    pub needs_rehash: bool,
    pub reason: Option<String>,
    pub new_hash: Option<String>,
}

impl From<Check> for CheckOutcome {
    fn from(check: Check) -> Self {
        let Check { ok, scheme, needs_rehash, reason, new_hash } = check;
        Self {
            ok,
            scheme: scheme.map(str::to_owned),
            needs_rehash,
            reason: reason.map(str::to_owned),
            new_hash,
        }
    }
}

#[napi(object, object_from_js = false)]
pub struct ImageOutcome {
    pub data: Buffer,
    pub format: String,
    pub width: u32,
    pub height: u32,
    pub frames: u32,
    pub delays: Option<Vec<u32>>,
    pub timings: Option<ImageTimings>,
}

#[napi(object, object_from_js = false)]
pub struct ImageTimings {
    pub queue_ms: f64,
    pub decode_ms: f64,
    pub resize_ms: f64,
    pub color_ms: f64,
    pub encode_ms: f64,
    pub total_ms: f64,
    pub path: String,
    pub decode_scale: String,
    pub peak_bytes: f64,
    pub shared: bool,
}

/// What a job made of one input.
#[napi(object, object_from_js = false)]
pub struct ImagesOutcome {
    pub images: Vec<ImageOutcome>,
}

#[napi(object, object_from_js = false)]
pub struct ImageFacts {
    pub format: String,
    pub width: u32,
    pub height: u32,
    pub orientation: u32,
    pub frames: u32,
    pub channels: u32,
    pub bit_depth: u32,
    pub has_alpha: bool,
    pub color_space: String,
    pub icc: Option<Buffer>,
    pub exif: Option<Buffer>,
    pub xmp: Option<Buffer>,
    pub progressive: Option<bool>,
    pub chroma_subsampling: Option<String>,
    pub density: Option<f64>,
    #[napi(js_name = "loop")]
    pub plays: Option<u32>,
    pub delays: Option<Vec<u32>>,
}

/// A batch whose bytes have reached the export's destination.
#[napi(object, object_from_js = false)]
pub struct BatchOutcome {
    pub rows: f64,
    pub bytes: f64,
    /// The bytes themselves, where the destination is a stream.
    pub chunk: Option<Buffer>,
}

#[napi(object, object_from_js = false)]
pub struct ExportOutcome {
    pub rows: f64,
    pub bytes: f64,
    /// Of what did not go to a Buffer.
    pub sha256: Option<String>,
    pub data: Option<Buffer>,
}

/// A job's result, or a word of an export that goes on.
pub enum Value {
    Nothing,
    Bool(bool),
    Text(String),
    Bytes(Buffer),
    Check(Box<CheckOutcome>),
    /// Become an [`ImagesOutcome`] when they get there.
    Images(Box<Images>),
    Facts(Box<ImageFacts>),
    Batch(BatchOutcome),
    Export(ExportOutcome),
    Failure(Failure),
}

impl ToNapiValue for Value {
    unsafe fn to_napi_value(env: sys::napi_env, value: Self) -> Result<sys::napi_value> {
        // SAFETY: each is napi's own conversion, under the same condition as this one: `env` is valid and
        // this is its thread.
        unsafe {
            match value {
                Value::Nothing => Null::to_napi_value(env, Null),
                Value::Bool(value) => bool::to_napi_value(env, value),
                Value::Text(value) => String::to_napi_value(env, value),
                Value::Bytes(value) => Buffer::to_napi_value(env, value),
                Value::Check(value) => CheckOutcome::to_napi_value(env, *value),
                Value::Images(value) => ImagesOutcome::to_napi_value(env, (*value).into()),
                Value::Facts(value) => ImageFacts::to_napi_value(env, *value),
                Value::Batch(value) => BatchOutcome::to_napi_value(env, value),
                Value::Export(value) => ExportOutcome::to_napi_value(env, value),
                Value::Failure(value) => Failure::to_napi_value(env, value),
            }
        }
    }
}

/// One job's news.
#[napi(object, object_from_js = false)]
pub struct Settlement {
    pub id: u32,
    /// 0: resolve with `value`. 1: reject with it, a `Failure`. 2: the job goes on.
    pub kind: u32,
    #[napi(ts_type = "unknown")]
    pub value: Value,
}
