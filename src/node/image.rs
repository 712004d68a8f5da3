//! Images: from JavaScript's arguments to jobs.

use std::io::Read;
use std::sync::Arc;

use napi::bindgen_prelude::{Buffer, Either, Uint8Array, Uint8ArraySlice};
use napi_derive::napi;

use super::bridge::{Ask, Bridge, Input, Source};
use super::value::{Failure, ImageFacts, ImageOutcome, Value};
use crate::error::{Code, Error, Result};
use crate::image::{
    Background, ChromaSubsampling, Fit, Format, Kernel, Limits, Metadata, Output, Plan, Position, ResizeJob,
    ResizeOptions, Step as ImageStep, probe,
};
use crate::pool::{Cx, Step, Task};
