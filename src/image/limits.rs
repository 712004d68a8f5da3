//! How large an input may be, checked on its header before anything is allocated for it.

use super::metadata::Metadata;
use crate::error::{Code, Error, Result};

/// Limits on an input image.
///
/// ```
/// let limits = offloop::image::Limits { input_pixels: 50_000_000, ..Default::default() };
/// assert_eq!(limits.input_bytes, 64 * 1024 * 1024);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The file's size in bytes. Default: 64 MiB.
    pub input_bytes: u64,
    /// Width × height × frames. Default: 268,402,689 (0x3FFF²), as sharp's.
    pub input_pixels: u64,
    /// Frames of an animation. Default: 256.
    pub frames: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { input_bytes: 64 << 20, input_pixels: 268_402_689, frames: 256 }
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

    /// Whether an image with this header may be decoded.
    pub fn check(&self, metadata: &Metadata) -> Result<()> {
        self.check_bytes(metadata.bytes)?;
        if metadata.frames > self.frames {
            return Err(exceeded(&format!(
                "the input has {} frames, and limits.frames allows {}",
                metadata.frames, self.frames
            )));
        }
        let (width, height, frames) = (metadata.width, metadata.height, metadata.frames);
        let pixels = u128::from(width) * u128::from(height) * u128::from(frames);
        if pixels > u128::from(self.input_pixels) {
            let over = if frames > 1 { format!(" in {frames} frames") } else { String::new() };
            return Err(exceeded(&format!(
                "the input is {width}x{height}{over}, {pixels} pixels, and limits.inputPixels allows {}",
                self.input_pixels
            )));
        }
        Ok(())
    }
}

fn exceeded(what: &str) -> Error {
    Error::new(Code::ImageLimit, format!("{what}; raise the limit if such images are expected"))
}
