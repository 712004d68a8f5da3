//! How large an input may be, checked on its header before anything is allocated for it.

use super::metadata::{Metadata, Payload};
use crate::error::{Code, Error, Result};

/// Limits on an input image.
///
/// ```
/// let limits = offloop::image::Limits { input_pixels: 50_000_000, ..Default::default() };
/// assert_eq!(limits.input_bytes, 64 * 1024 * 1024);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// The file's size in bytes. Default: 64 MiB.
    pub input_bytes: u64,
    /// Width × height, times the frames where all of them are decoded. Default: 268,402,689 (0x3FFF²), as
    /// sharp's.
    pub input_pixels: u64,
    /// Frames of an animation that stays one. Default: 256.
    pub frames: u32,
    /// The longer side in pixels. Default: 65,535.
    pub input_side: u32,
    /// The longer side divided by the shorter. Default: 1,000.
    pub aspect_ratio: f64,
    /// Bytes of each of ICC profile, EXIF and XMP, as stored. Default: 4 MiB.
    pub metadata_bytes: u64,
    /// Scans of a progressive JPEG, each of which may visit every pixel. Default: 100.
    pub scans: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            input_bytes: 64 << 20,
            input_pixels: 268_402_689,
            frames: 256,
            input_side: 65_535,
            aspect_ratio: 1000.0,
            metadata_bytes: 4 << 20,
            scans: 100,
        }
    }
}

impl Limits {
    /// Whether a file of so many bytes may be read at all; for files, before they are.
    pub fn check_bytes(&self, bytes: u64) -> Result<()> {
        if bytes > self.input_bytes {
            return Err(exceeded(&format!(
                "the input has {bytes} bytes, and limits.inputBytes allows {}",
                self.input_bytes
            )));
        }
        Ok(())
    }

    /// Whether an image with this header may be decoded: of an animation, its first frame.
    ///
    /// # Errors
    ///
    /// `ERR_IMAGE_LIMIT`, with the limit's name.
    pub fn check(&self, metadata: &Metadata) -> Result<()> {
        self.check_bytes(metadata.bytes)?;
        let (width, height) = (metadata.width, metadata.height);
        let pixels = u64::from(width) * u64::from(height);
        if pixels > self.input_pixels {
            return Err(exceeded(&format!(
                "the input is {width}x{height}, {pixels} pixels, and limits.inputPixels allows {}",
                self.input_pixels
            )));
        }
        let (longer, shorter) = (width.max(height), width.min(height));
        if longer > self.input_side {
            return Err(exceeded(&format!(
                "the input is {width}x{height} pixels, and limits.inputSide allows {} a side",
                self.input_side
            )));
        }
        if f64::from(longer) > self.aspect_ratio * f64::from(shorter) {
            return Err(exceeded(&format!(
                "the input is {width}x{height} pixels, and limits.aspectRatio allows a side to be {} times the other",
                self.aspect_ratio
            )));
        }
        for (name, payload) in
            [("ICC profile", &metadata.icc), ("EXIF", &metadata.exif), ("XMP", &metadata.xmp)]
        {
            let stored = payload.as_ref().map_or(0, Payload::stored_bytes);
            if stored > self.metadata_bytes {
                return Err(exceeded(&format!(
                    "the input's {name} has {stored} bytes, and limits.metadataBytes allows {}",
                    self.metadata_bytes
                )));
            }
        }
        if metadata.scans > self.scans {
            return Err(exceeded(&format!(
                "the input is a progressive JPEG of {} scans, and limits.scans allows {}",
                metadata.scans, self.scans
            )));
        }
        Ok(())
    }

    /// Whether all frames of an animation that [`check`](Self::check) lets pass may be decoded.
    ///
    /// # Errors
    ///
    /// `ERR_IMAGE_LIMIT`, with the limit's name.
    pub fn check_frames(&self, metadata: &Metadata) -> Result<()> {
        let (width, height, frames) = (metadata.width, metadata.height, metadata.frames);
        if frames > self.frames {
            return Err(exceeded(&format!(
                "the input has {frames} frames, and limits.frames allows {}",
                self.frames
            )));
        }
        // What lies off the canvas is unpacked too.
        let canvas = u64::from(width) * u64::from(height);
        let pixels = u128::from(canvas.max(metadata.piece_pixels)) * u128::from(frames);
        if pixels > u128::from(self.input_pixels) {
            let beyond = if metadata.piece_pixels > canvas { ", of which some are larger" } else { "" };
            return Err(exceeded(&format!(
                "the input is {width}x{height} in {frames} frames{beyond}, {pixels} pixels, and limits.inputPixels allows {}",
                self.input_pixels
            )));
        }
        Ok(())
    }
}

fn exceeded(what: &str) -> Error {
    Error::new(Code::ImageLimit, format!("{what}; raise the limit if such images are expected"))
}
