//! The last part of an output's way: its pixels are turned as they are shown, their colours become sRGB,
//! they are laid on the canvas and encoded.

use std::sync::Arc;
use std::time::Instant;

use super::color::ToSrgb;
use super::compose::{self, Composition};
use super::encode;
use super::gauge::{Gauge, Held};
use super::job::{Hands, Output};
use super::metadata::Metadata;
use super::pixels::{Embedded, Frame, Picture, Pixels};
use super::raster::{Kept, Planes, Raster};
use super::target::Target;
use super::timings::{Timings, milliseconds};
use crate::error::{Error, Result};
use crate::pool::Cancel;

/// What the outputs of a job are finished with.
#[derive(Debug)]
pub(super) struct Finisher {
    pub(super) targets: Vec<Target>,
    /// `None`: the colours are sRGB already.
    pub(super) to_srgb: Option<Arc<ToSrgb>>,
    /// The metadata that each output keeps.
    pub(super) embedded: Vec<Embedded>,
}

/// An output before it is encoded.
#[derive(Debug)]
pub(super) enum Prepared {
    /// Scaled, as stored.
    Raster(Arc<Kept>),
    /// An animation, or its first frame: ready to be encoded.
    Picture { picture: Picture, held: Vec<Held>, color_ms: f64 },
}

impl Prepared {
    /// An animation of which no frame is there yet.
    pub(super) fn picture(metadata: &Metadata) -> Self {
        let picture =
            Picture { frames: Vec::new(), plays: metadata.plays.unwrap_or(0), embedded: Embedded::default() };
        Self::Picture { picture, held: Vec::new(), color_ms: 0.0 }
    }
}

impl Finisher {
    /// Whether the colours are not sRGB.
    pub(super) fn converts(&self) -> bool {
        self.to_srgb.is_some()
    }

    /// What finishing costs, roughly: pixels.
    pub(super) fn cost(&self, index: usize, prepared: &Prepared) -> u64 {
        let frames = match prepared {
            Prepared::Raster(_) => 1,
            Prepared::Picture { picture, .. } => picture.frames.len() as u64,
        };
        super::plan::pixels(self.targets[index].shape.canvas) * frames
    }

    /// Adds a frame to an animation.
    pub(super) fn add_frame(
        &self,
        prepared: &mut Prepared,
        index: usize,
        scaled: Arc<Kept>,
        delay_ms: u32,
        gauge: &Gauge,
        cancel: &Cancel,
    ) -> Result<()> {
        if let Prepared::Picture { picture, held, color_ms } = prepared {
            let begun = Instant::now();
            let pixels = self.compose(index, scaled, gauge, cancel)?;
            held.push(gauge.hold(pixels.bytes()));
            picture.frames.push(Frame { pixels, delay_ms });
            *color_ms += milliseconds(begun);
        }
        Ok(())
    }

    pub(super) fn finish(
        &self,
        index: usize,
        mut prepared: Prepared,
        timings: &Timings,
        gauge: &Gauge,
        hands: &impl Hands,
    ) -> Result<(Output, Held)> {
        let cancel = hands.cancel();
        let target = &self.targets[index];
        let mut timings = timings.clone();
        let mut begun = Instant::now();
        if let Prepared::Picture { picture, .. } = &mut prepared {
            encode::settle_delays(&mut picture.frames, target.format);
        }
        let delays: Vec<u32> = match &prepared {
            Prepared::Picture { picture, .. } if picture.frames.len() > 1 => {
                picture.frames.iter().map(|frame| frame.delay_ms).collect()
            }
            _ => Vec::new(),
        };
        let frames = delays.len().max(1) as u32;
        let bound =
            encode::extra_bytes(target.format, &target.options, target.shape.canvas, target.encoded, frames);
        let embedded = self.embedded[index].clone();
        let encoding;
        let mut data = match prepared {
            Prepared::Raster(kept)
                if matches!(kept.raster, Raster::Planes(_)) && target.takes_planes(self.converts()) =>
            {
                let (Raster::Planes(planes), held) = own(kept, gauge)? else {
                    return Err(Error::internal("planes that became pixels"));
                };
                let planes = turn(planes, target, cancel)?;
                timings.color_ms = milliseconds(begun);
                begun = Instant::now();
                encoding = gauge.hold(bound);
                let data = encode::encode_planes(&planes, target.format, &target.options, &embedded, cancel)?;
                drop(held);
                data
            }
            Prepared::Raster(kept) => {
                let pixels = self.compose(index, kept, gauge, cancel)?;
                timings.color_ms = milliseconds(begun);
                begun = Instant::now();
                encoding = gauge.hold(bound + pixels.bytes());
                let picture = Picture { embedded, ..Picture::still(pixels) };
                encode::encode(picture, target.format, &target.options, hands)?
            }
            Prepared::Picture { picture, held, color_ms } => {
                timings.color_ms = color_ms;
                encoding = gauge.hold(bound);
                let data =
                    encode::encode(Picture { embedded, ..picture }, target.format, &target.options, hands)?;
                drop(held);
                data
            }
        };
        // It has grown by doubling, and whoever takes it may keep it for long.
        data.shrink_to_fit();
        // Until all outputs are made, this one waits.
        let held = gauge.hold(data.len() as u64);
        drop(encoding);
        timings.encode_ms = milliseconds(begun);
        timings.peak_bytes = gauge.peak();
        let (width, height) = target.shape.canvas;
        Ok((Output { data, format: target.format, width, height, frames, delays, timings }, held))
    }

    /// Turned, in sRGB, on its canvas, in the layout that is encoded.
    fn compose(&self, index: usize, scaled: Arc<Kept>, gauge: &Gauge, cancel: &Cancel) -> Result<Pixels> {
        let target = &self.targets[index];
        let (raster, held) = own(scaled, gauge)?;
        let pixels = match raster {
            Raster::Pixels(pixels) => pixels,
            Raster::Planes(planes) => planes.to_rgb(cancel)?,
        };
        let mut shown = target.orientation.apply(pixels, cancel)?;
        if let Some(to_srgb) = self.to_srgb.as_ref().filter(|_| !target.keeps_profile) {
            shown = to_srgb.apply(shown, cancel)?;
        }
        let composition = Composition {
            canvas: target.shape.canvas,
            offset: target.shape.offset(),
            background: target.options.background,
            padded: target.padded(shown.layout()),
            encoded: target.encoded,
        };
        let composed = compose::compose(shown, &composition, cancel);
        drop(held);
        composed
    }
}

/// The raster itself where nobody else needs it, or a copy; and its memory, counted.
fn own(kept: Arc<Kept>, gauge: &Gauge) -> Result<(Raster, Held)> {
    match Arc::try_unwrap(kept) {
        Ok(kept) => Ok((kept.raster, kept.held)),
        Err(shared) => Ok((shared.raster.duplicate()?, gauge.hold(shared.raster.bytes()))),
    }
}

fn turn(planes: Planes, target: &Target, cancel: &Cancel) -> Result<Planes> {
    let Planes { luma, chroma: [blue, red] } = planes;
    let orientation = target.orientation;
    Ok(Planes {
        luma: orientation.apply(luma, cancel)?,
        chroma: [orientation.apply(blue, cancel)?, orientation.apply(red, cancel)?],
    })
}
