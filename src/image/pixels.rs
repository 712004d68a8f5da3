//! Decoded pixels: eight bits a channel, interleaved, rows without gaps.

use crate::error::{Code, Error, Result};

/// Which channels a pixel has, in their order in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// Gray.
    L8,
    /// Gray, alpha.
    La8,
    /// Red, green, blue.
    Rgb8,
    /// Red, green, blue, alpha.
    Rgba8,
}

impl Layout {
    pub(super) fn channels(self) -> usize {
        match self {
            Layout::L8 => 1,
            Layout::La8 => 2,
            Layout::Rgb8 => 3,
            Layout::Rgba8 => 4,
        }
    }

    pub(super) fn has_alpha(self) -> bool {
        matches!(self, Layout::La8 | Layout::Rgba8)
    }

    pub(super) fn is_gray(self) -> bool {
        matches!(self, Layout::L8 | Layout::La8)
    }

    pub(super) fn new(gray: bool, alpha: bool) -> Self {
        match (gray, alpha) {
            (true, false) => Layout::L8,
            (true, true) => Layout::La8,
            (false, false) => Layout::Rgb8,
            (false, true) => Layout::Rgba8,
        }
    }
}

/// An image in memory. Neither side is zero, and the data is exactly as long as the size says.
pub(super) struct Pixels {
    layout: Layout,
    width: u32,
    height: u32,
    data: Vec<u8>,
}

impl std::fmt::Debug for Pixels {
    /// Without the bytes.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Pixels({:?}, {}x{})", self.layout, self.width, self.height)
    }
}

impl Pixels {
    /// A black (and transparent) image.
    pub(super) fn new(layout: Layout, width: u32, height: u32) -> Result<Self> {
        let data = zeroed(byte_length(layout, width, height)?)?;
        Ok(Self { layout, width, height, data })
    }

    /// For tests: a given image.
    #[cfg(test)]
    pub(super) fn from_vec(layout: Layout, width: u32, height: u32, data: Vec<u8>) -> Result<Self> {
        if data.len() == byte_length(layout, width, height)? {
            Ok(Self { layout, width, height, data })
        } else {
            Err(Error::internal(format!("{} bytes are no {width}x{height} image of {layout:?}", data.len())))
        }
    }

    pub(super) fn layout(&self) -> Layout {
        self.layout
    }

    pub(super) fn width(&self) -> u32 {
        self.width
    }

    pub(super) fn height(&self) -> u32 {
        self.height
    }

    pub(super) fn data(&self) -> &[u8] {
        &self.data
    }

    pub(super) fn data_mut(&mut self) -> &mut [u8] {
        &mut self.data
    }

    /// Bytes a row.
    pub(super) fn stride(&self) -> usize {
        self.width as usize * self.layout.channels()
    }

    /// The same image in a layout with more channels, gray spread over the three colours, alpha opaque.
    pub(super) fn widen(self, layout: Layout) -> Result<Self> {
        if layout == self.layout {
            return Ok(self);
        }
        let mut wide = Self::new(layout, self.width, self.height)?;
        let (from, to) = (self.layout.channels(), layout.channels());
        let (gray, alpha) = (self.layout.is_gray(), self.layout.has_alpha());
        for (source, target) in self.data.chunks_exact(from).zip(wide.data.chunks_exact_mut(to)) {
            let colour = if gray { [source[0]; 3] } else { [source[0], source[1], source[2]] };
            let opacity = if alpha { source[from - 1] } else { 255 };
            match layout {
                Layout::L8 => target[0] = colour[0],
                Layout::La8 => target.copy_from_slice(&[colour[0], opacity]),
                Layout::Rgb8 => target.copy_from_slice(&colour),
                Layout::Rgba8 => target.copy_from_slice(&[colour[0], colour[1], colour[2], opacity]),
            }
        }
        Ok(wide)
    }
}

fn byte_length(layout: Layout, width: u32, height: u32) -> Result<usize> {
    if width == 0 || height == 0 {
        return Err(Error::internal(format!("an image of {width}x{height} pixels has no pixels")));
    }
    (width as usize)
        .checked_mul(height as usize)
        .and_then(|pixels| pixels.checked_mul(layout.channels()))
        .ok_or_else(|| out_of_memory(u64::MAX))
}

/// Zeroed memory, or an error where the allocator has none: decoded images are large enough that
/// aborting the process, as `vec!` would, is not the right answer.
fn zeroed(length: usize) -> Result<Vec<u8>> {
    const LARGE: usize = 1 << 20;
    if length >= LARGE {
        // Reserving touches no page. `vec!` then takes memory that the system has zeroed already, which
        // filling the reserved memory would throw away.
        let mut trial = Vec::<u8>::new();
        trial.try_reserve_exact(length).map_err(|_| out_of_memory(length as u64))?;
    }
    Ok(vec![0; length])
}

pub(super) fn out_of_memory(bytes: u64) -> Error {
    Error::new(
        Code::MemoryBudget,
        format!(
            "the system has no {bytes} bytes for the image's pixels; lower limits.inputPixels or give the process more memory"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widening_spreads_gray_and_keeps_alpha() {
        let gray = Pixels::from_vec(Layout::La8, 1, 2, vec![10, 20, 30, 40]).unwrap();
        assert_eq!(gray.widen(Layout::Rgba8).unwrap().data(), [10, 10, 10, 20, 30, 30, 30, 40]);
        let rgb = Pixels::from_vec(Layout::Rgb8, 1, 1, vec![1, 2, 3]).unwrap();
        assert_eq!(rgb.widen(Layout::Rgba8).unwrap().data(), [1, 2, 3, 255]);
    }

    #[test]
    fn impossible_sizes_are_errors() {
        assert_eq!(Pixels::new(Layout::Rgba8, 0, 1).unwrap_err().code(), Code::Internal);
        assert_eq!(Pixels::new(Layout::Rgba8, u32::MAX, u32::MAX).unwrap_err().code(), Code::MemoryBudget);
        assert!(Pixels::from_vec(Layout::L8, 2, 2, vec![0; 3]).is_err());
    }
}
