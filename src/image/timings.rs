//! What a job's stages took.

use std::time::Instant;

/// What the stages of a job took, for whoever asks. Decoding and scaling are those of all the outputs of a
/// set; the rest is each output's own.
#[derive(Clone, Debug, Default)]
pub struct Timings {
    /// Reading the pixels.
    pub decode_ms: f64,
    /// Scaling them.
    pub resize_ms: f64,
    /// Turning, converting colours, padding.
    pub color_ms: f64,
    /// Writing the file.
    pub encode_ms: f64,
    /// How the pixels went through: `planar` (luma and chroma apart), or their layout.
    pub path: &'static str,
    /// The scale that a JPEG was decoded at, as `1/2`; `1/1` elsewhere.
    pub scale: &'static str,
    /// The most memory that pixels, codecs (by their bounds) and outputs held at a time, in bytes.
    pub peak_bytes: u64,
}

pub(super) fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1000.0
}
