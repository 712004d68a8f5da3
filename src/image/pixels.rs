//! Decoded pixels: eight or sixteen bits a channel, interleaved, rows without gaps.

use std::sync::Arc;

use super::orientation::Orientation;
use crate::error::{Code, Error, Result};
use crate::pool::Cancel;

/// How many pixels go between two looks at the flag, where each of them is little work.
pub(super) const PIXELS_BETWEEN_POLLS: usize = 1 << 18;

/// Which channels a pixel has, in their order in memory, and how many bits each.
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
    /// Cyan, magenta, yellow, black; 255 is all of an ink.
    Cmyk8,
    /// Gray, sixteen bits.
    L16,
    /// Gray, alpha, sixteen bits.
    La16,
    /// Red, green, blue, sixteen bits.
    Rgb16,
    /// Red, green, blue, alpha, sixteen bits.
    Rgba16,
}

impl Layout {
    pub(super) fn new(gray: bool, alpha: bool, wide: bool) -> Self {
        match (gray, alpha, wide) {
            (true, false, false) => Layout::L8,
            (true, true, false) => Layout::La8,
            (false, false, false) => Layout::Rgb8,
            (false, true, false) => Layout::Rgba8,
            (true, false, true) => Layout::L16,
            (true, true, true) => Layout::La16,
            (false, false, true) => Layout::Rgb16,
            (false, true, true) => Layout::Rgba16,
        }
    }

    pub(super) fn channels(self) -> usize {
        match self {
            Layout::L8 | Layout::L16 => 1,
            Layout::La8 | Layout::La16 => 2,
            Layout::Rgb8 | Layout::Rgb16 => 3,
            Layout::Rgba8 | Layout::Rgba16 | Layout::Cmyk8 => 4,
        }
    }

    /// Bytes a channel.
    pub(super) fn sample_bytes(self) -> usize {
        if self.is_wide() { 2 } else { 1 }
    }

    /// Bytes a pixel.
    pub(super) fn pixel_bytes(self) -> usize {
        self.channels() * self.sample_bytes()
    }

    /// Whether a channel has sixteen bits.
    pub(super) fn is_wide(self) -> bool {
        matches!(self, Layout::L16 | Layout::La16 | Layout::Rgb16 | Layout::Rgba16)
    }

    pub(super) fn has_alpha(self) -> bool {
        matches!(self, Layout::La8 | Layout::Rgba8 | Layout::La16 | Layout::Rgba16)
    }

    pub(super) fn is_gray(self) -> bool {
        matches!(self, Layout::L8 | Layout::La8 | Layout::L16 | Layout::La16)
    }

    pub(super) fn is_cmyk(self) -> bool {
        self == Layout::Cmyk8
    }
}

enum Samples {
    Eight(Vec<u8>),
    Sixteen(Vec<u16>),
}

/// An image in memory. Neither side is zero, and the samples are exactly as many as the size says.
pub(super) struct Pixels {
    layout: Layout,
    width: u32,
    height: u32,
    samples: Samples,
}

impl std::fmt::Debug for Pixels {
    /// Without the samples.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Pixels({:?}, {}x{})", self.layout, self.width, self.height)
    }
}

impl Pixels {
    /// A black (and transparent) image.
    pub(super) fn new(layout: Layout, width: u32, height: u32) -> Result<Self> {
        let count = sample_count(layout, width, height)?;
        let samples =
            if layout.is_wide() { Samples::Sixteen(zeroed(count)?) } else { Samples::Eight(zeroed(count)?) };
        Ok(Self { layout, width, height, samples })
    }

    /// An image of samples that there are already.
    pub(super) fn from_vec(layout: Layout, width: u32, height: u32, data: Vec<u8>) -> Result<Self> {
        if !layout.is_wide() && data.len() == sample_count(layout, width, height)? {
            Ok(Self { layout, width, height, samples: Samples::Eight(data) })
        } else {
            Err(Error::internal(format!("{} bytes are no {width}x{height} image of {layout:?}", data.len())))
        }
    }

    /// For tests: a given image of sixteen bits a channel.
    #[cfg(test)]
    pub(super) fn from_words(layout: Layout, width: u32, height: u32, data: Vec<u16>) -> Result<Self> {
        if layout.is_wide() && data.len() == sample_count(layout, width, height)? {
            Ok(Self { layout, width, height, samples: Samples::Sixteen(data) })
        } else {
            Err(Error::internal(format!("{} words are no {width}x{height} image of {layout:?}", data.len())))
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

    pub(super) fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    /// The samples as bytes; sixteen bits in the machine's own order.
    pub(super) fn data(&self) -> &[u8] {
        match &self.samples {
            Samples::Eight(data) => data,
            Samples::Sixteen(data) => bytemuck::cast_slice(data),
        }
    }

    pub(super) fn data_mut(&mut self) -> &mut [u8] {
        match &mut self.samples {
            Samples::Eight(data) => data,
            Samples::Sixteen(data) => bytemuck::cast_slice_mut(data),
        }
    }

    /// The samples of an image of sixteen bits a channel; of another, none.
    pub(super) fn words(&self) -> &[u16] {
        match &self.samples {
            Samples::Eight(_) => &[],
            Samples::Sixteen(data) => data,
        }
    }

    pub(super) fn words_mut(&mut self) -> &mut [u16] {
        match &mut self.samples {
            Samples::Eight(_) => &mut [],
            Samples::Sixteen(data) => data,
        }
    }

    /// Bytes a row.
    pub(super) fn stride(&self) -> usize {
        self.width as usize * self.layout.pixel_bytes()
    }

    /// Bytes held.
    pub(super) fn bytes(&self) -> u64 {
        self.data().len() as u64
    }

    /// The same image, copied.
    pub(super) fn duplicate(&self) -> Result<Self> {
        let mut copy = Self::new(self.layout, self.width, self.height)?;
        copy.data_mut().copy_from_slice(self.data());
        Ok(copy)
    }

    /// The same image in another layout: gray spread over the three colours, alpha opaque where there was
    /// none, eight bits to sixteen by repeating them, sixteen to eight by rounding. Colour is never taken
    /// away, nor alpha, nor ink turned to light: those need to know what lies below, or a profile.
    pub(super) fn convert(self, layout: Layout, cancel: &Cancel) -> Result<Self> {
        if layout == self.layout {
            return Ok(self);
        }
        let loses =
            (layout.is_gray() && !self.layout.is_gray()) || (self.layout.has_alpha() && !layout.has_alpha());
        if loses || layout.is_cmyk() != self.layout.is_cmyk() {
            return Err(Error::internal(format!("{:?} cannot become {layout:?} so", self.layout)));
        }
        let mut target = Self::new(layout, self.width, self.height)?;
        let from = (self.layout.channels(), self.layout.is_gray(), self.layout.has_alpha());
        let to = (layout.channels(), layout.is_gray(), layout.has_alpha());
        match (&self.samples, &mut target.samples) {
            (Samples::Eight(source), Samples::Eight(target)) => {
                spread(source, from, target, to, u8::MAX, |v| v, cancel)?;
            }
            (Samples::Eight(source), Samples::Sixteen(target)) => {
                spread(source, from, target, to, u16::MAX, |v| u16::from(v) * 257, cancel)?;
            }
            (Samples::Sixteen(source), Samples::Sixteen(target)) => {
                spread(source, from, target, to, u16::MAX, |v| v, cancel)?;
            }
            (Samples::Sixteen(source), Samples::Eight(target)) => {
                spread(source, from, target, to, u8::MAX, narrow, cancel)?;
            }
        }
        Ok(target)
    }
}

/// Sixteen bits to eight, to the nearest.
pub(super) fn narrow(value: u16) -> u8 {
    // v / 257, rounded; exact for every 16-bit value.
    ((u32::from(value) * 255 + 32_895) >> 16) as u8
}

/// Channels, whether gray, whether with alpha.
type Shape = (usize, bool, bool);

fn spread<S: Copy, T: Copy>(
    source: &[S],
    from: Shape,
    target: &mut [T],
    to: Shape,
    opaque: T,
    map: impl Fn(S) -> T,
    cancel: &Cancel,
) -> Result<()> {
    let colors = if to.1 { 1 } else { 3 };
    let parts =
        source.chunks(PIXELS_BETWEEN_POLLS * from.0).zip(target.chunks_mut(PIXELS_BETWEEN_POLLS * to.0));
    for (source, target) in parts {
        cancel.check()?;
        for (source, target) in source.chunks_exact(from.0).zip(target.chunks_exact_mut(to.0)) {
            for (channel, target) in target.iter_mut().take(colors).enumerate() {
                *target = map(source[if from.1 { 0 } else { channel }]);
            }
            if to.2 {
                target[to.0 - 1] = if from.2 { map(source[from.0 - 1]) } else { opaque };
            }
        }
    }
    Ok(())
}

/// A whole canvas of an animation, or a still image.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) pixels: Pixels,
    /// How long it is shown, in milliseconds; 0 for a still image.
    pub(super) delay_ms: u32,
}

/// Metadata that goes into an output. Outputs of one input share its bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Embedded {
    pub(super) icc: Option<Arc<[u8]>>,
    /// From its TIFF header on.
    pub(super) exif: Option<Arc<[u8]>>,
    pub(super) xmp: Option<Arc<[u8]>>,
    /// How the pixels are to be turned, where the container says so itself; in other formats the EXIF block does.
    pub(super) orientation: Orientation,
}

/// What an encoder is given: one frame, or several of the same size and layout.
#[derive(Debug)]
pub(super) struct Picture {
    pub(super) frames: Vec<Frame>,
    /// How often an animation is played; 0 is for ever.
    pub(super) plays: u32,
    pub(super) embedded: Embedded,
}

impl Picture {
    /// A still image without metadata.
    pub(super) fn still(pixels: Pixels) -> Self {
        Self { frames: vec![Frame { pixels, delay_ms: 0 }], plays: 0, embedded: Embedded::default() }
    }

    /// The first frame.
    pub(super) fn first(&self) -> Result<&Pixels> {
        self.frames
            .first()
            .map(|frame| &frame.pixels)
            .ok_or_else(|| Error::internal("a picture without frames"))
    }
}

impl AsRef<[u8]> for Pixels {
    fn as_ref(&self) -> &[u8] {
        self.data()
    }
}

fn sample_count(layout: Layout, width: u32, height: u32) -> Result<usize> {
    if width == 0 || height == 0 {
        return Err(Error::internal(format!("an image of {width}x{height} pixels has no pixels")));
    }
    (width as usize)
        .checked_mul(height as usize)
        .and_then(|pixels| pixels.checked_mul(layout.channels()))
        .filter(|samples| samples.checked_mul(layout.sample_bytes()).is_some())
        .ok_or_else(|| out_of_memory(u64::MAX))
}

/// Zeroed memory, or an error where the allocator has none: decoded images are large enough that
/// aborting the process, as `vec!` would, is not the right answer.
pub(super) fn zeroed<T: bytemuck::Zeroable + Copy>(length: usize) -> Result<Vec<T>> {
    const LARGE: usize = 1 << 20;
    if length >= LARGE {
        // Reserving touches no page. The allocation then takes memory that the system has zeroed already,
        // which filling the reserved memory would throw away.
        let mut trial = Vec::<T>::new();
        trial.try_reserve_exact(length).map_err(|_| out_of_memory((length * size_of::<T>()) as u64))?;
    }
    Ok(bytemuck::zeroed_vec(length))
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
    fn converting_spreads_gray_and_keeps_alpha() {
        let gray = Pixels::from_vec(Layout::La8, 1, 2, vec![10, 20, 30, 40]).unwrap();
        assert_eq!(
            gray.convert(Layout::Rgba8, &Cancel::new()).unwrap().data(),
            [10, 10, 10, 20, 30, 30, 30, 40]
        );
        let rgb = Pixels::from_vec(Layout::Rgb8, 1, 1, vec![1, 2, 3]).unwrap();
        assert_eq!(rgb.convert(Layout::Rgba8, &Cancel::new()).unwrap().data(), [1, 2, 3, 255]);
    }

    #[test]
    fn depth_is_changed_to_the_nearest() {
        let all: Vec<u8> = (0..=255).collect();
        let eight = Pixels::from_vec(Layout::L8, 256, 1, all.clone()).unwrap();
        let sixteen = eight.convert(Layout::L16, &Cancel::new()).unwrap();
        assert_eq!(sixteen.words()[..3], [0, 257, 514]);
        assert_eq!(sixteen.convert(Layout::L8, &Cancel::new()).unwrap().data(), all);
        for value in 0..=u16::MAX {
            let nearest = (f64::from(value) / 257.0).round() as u8;
            assert_eq!(narrow(value), nearest, "{value}");
        }
        let wide = Pixels::from_words(Layout::La16, 1, 1, vec![0x1234, 0xFFFF]).unwrap();
        assert_eq!(
            wide.convert(Layout::Rgba16, &Cancel::new()).unwrap().words(),
            [0x1234, 0x1234, 0x1234, 0xFFFF]
        );
    }

    #[test]
    fn what_would_lose_something_is_an_error() {
        for (from, to) in
            [(Layout::Rgb8, Layout::L8), (Layout::Rgba8, Layout::Rgb8), (Layout::Cmyk8, Layout::Rgb8)]
        {
            assert!(
                Pixels::new(from, 1, 1).unwrap().convert(to, &Cancel::new()).is_err(),
                "{from:?} to {to:?}"
            );
        }
    }

    #[test]
    fn impossible_sizes_are_errors() {
        assert_eq!(Pixels::new(Layout::Rgba8, 0, 1).unwrap_err().code(), Code::Internal);
        assert_eq!(Pixels::new(Layout::Rgba16, u32::MAX, u32::MAX).unwrap_err().code(), Code::MemoryBudget);
        assert!(Pixels::from_vec(Layout::L8, 2, 2, vec![0; 3]).is_err());
    }
}
