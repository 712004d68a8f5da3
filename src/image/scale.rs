//! From the decoded image to each output's pixels: what depends on the pixels is found out first (borders,
//! what draws the eye), then the ladder is climbed down.

use std::sync::{Arc, OnceLock};

use super::gauge::Gauge;
use super::geometry::{Geometry, Rect};
use super::job::Hands;
use super::options::Region;
use super::pixels::Pixels;
use super::plan::{Plan, of_output};
use super::raster::{Kept, Planes, Raster};
use super::resize::{self, Levels, Resampler, Scaling};
use super::rungs::{self, Rung};
use super::target::{Shape, Target, within};
use super::{attention, trim};
use crate::error::{Code, Error, Result};
use crate::pool::Cancel;

/// The decoded image.
#[derive(Debug)]
pub(super) struct Base {
    kept: Arc<Kept>,
}

impl Base {
    pub(super) fn new(raster: Raster, gauge: &Gauge) -> Self {
        Self { kept: Arc::new(Kept::new(raster, gauge)) }
    }
}

pub(super) struct Scaler<'a> {
    plan: &'a Plan,
    base: Base,
    converts: bool,
    gauge: &'a Gauge,
}

impl<'a> Scaler<'a> {
    /// `converts`: the pixels' colours are not sRGB.
    pub(super) fn new(plan: &'a Plan, base: Base, converts: bool, gauge: &'a Gauge) -> Self {
        Self { plan, base, converts, gauge }
    }

    /// Finds out what depends on the pixels, and sets the targets' shapes accordingly.
    pub(super) fn resolve(&self, targets: &mut [Target], cancel: &Cancel) -> Result<()> {
        let outputs = targets.len();
        for (index, target) in targets.iter_mut().enumerate() {
            if target.options.trim.is_some() {
                self.trim(target, cancel).map_err(|error| of_output(error, index, outputs))?;
            }
            if target.needs_attention() {
                self.look(target, cancel)?;
            }
        }
        Ok(())
    }

    fn trim(&self, target: &mut Target, cancel: &Cancel) -> Result<()> {
        let Some(wanted) = target.options.trim else { return Ok(()) };
        let image = pixels(&self.base.kept)?;
        let mut region = trim::trim(image, wanted, target.orientation, cancel)?;
        if let Some(inner) = target.options.extract {
            region = within(region, target.orientation, inner)?;
        }
        let formats = (self.plan.metadata.format, target.format);
        target.shape = Shape::new(image.size(), target.orientation, region, &target.options, formats)?;
        let (width, height) = target.shape.canvas;
        // Memory was promised before the shape was known.
        if super::plan::pixels((width, height)) > target.most_pixels {
            return Err(Error::new(
                Code::ImageLimit,
                format!(
                    "trimming leaves a shape whose output would be {width}x{height} pixels, more than {}: twice what the input has, or the output would have if nothing were trimmed; ask for a smaller width or height, or for both",
                    target.most_pixels
                ),
            ));
        }
        Ok(())
    }

    /// Where attention keeps a part of the image.
    fn look(&self, target: &mut Target, cancel: &Cancel) -> Result<()> {
        let image = pixels(&self.base.kept)?;
        let Geometry { scaled, kept, .. } = target.shape.geometry;
        let region = target.shape.region_of(image.size());
        let place = attention::attention(
            image,
            region,
            target.orientation,
            scaled,
            (kept.width, kept.height),
            cancel,
        )?;
        target.shape.geometry.keep_at(place);
        Ok(())
    }

    /// The pixels of each output, in order. Outputs that differ only in their encoding share them.
    pub(super) fn scale(self, targets: &[Target], hands: &impl Hands) -> Result<Vec<Arc<Kept>>> {
        let size = self.base.kept.raster.size();
        let (rungs, rung_of) = rungs::ladder(targets, self.plan.decoding, size, self.converts);
        let ladder = Arc::new(Ladder {
            made: rungs.iter().map(|_| OnceLock::new()).collect(),
            base: self.base.kept,
            gauge: self.gauge.clone(),
            cancel: hands.cancel().clone(),
            rungs,
        });
        let mut left: Vec<usize> = (0..ladder.rungs.len()).collect();
        while !left.is_empty() {
            // What can be made now: those whose source there is.
            let is_ready = |index: &usize| {
                ladder.rungs[*index].from.is_none_or(|from| ladder.made[from].get().is_some())
            };
            let (now, later): (Vec<usize>, Vec<usize>) = left.into_iter().partition(is_ready);
            left = later;
            if now.len() < BANDS {
                ladder.make_in_bands(&now, hands)?;
                continue;
            }
            let shared = Arc::clone(&ladder);
            hands.each(now.len(), move |part| shared.make(now[part]))?;
        }
        rung_of
            .iter()
            .map(|rung| {
                let made = ladder.made.get(*rung).and_then(OnceLock::get).map(Arc::clone);
                made.ok_or_else(|| Error::internal("a rung of the ladder was not made"))
            })
            .collect()
    }
}

fn pixels(kept: &Kept) -> Result<&Pixels> {
    match &kept.raster {
        Raster::Pixels(pixels) => Ok(pixels),
        Raster::Planes(_) => Err(Error::internal("planes where pixels were planned")),
    }
}

struct Ladder {
    rungs: Vec<Rung>,
    made: Vec<OnceLock<Arc<Kept>>>,
    base: Arc<Kept>,
    gauge: Gauge,
    cancel: Cancel,
}

/// Into how many bands a scaling is divided, so that idle threads may take some, where fewer images than that are
/// made at once.
pub(super) const BANDS: usize = 4;

/// A plane's scaling, or that of pixels whose channels lie together.
struct Plane {
    rung: usize,
    /// Of luma, blue and red.
    number: usize,
    resampler: Arc<Resampler>,
}

impl Plane {
    fn of<'a>(&self, raster: &'a Raster) -> Result<&'a Pixels> {
        match (raster, self.number) {
            (Raster::Pixels(pixels) | Raster::Planes(Planes { luma: pixels, .. }), 0) => Ok(pixels),
            (Raster::Planes(planes), number @ 1..=2) => Ok(&planes.chroma[number - 1]),
            _ => Err(Error::internal("a plane that there is not")),
        }
    }
}

/// Rows of a plane.
struct Band {
    plane: usize,
    first: u32,
    rows: u32,
}

impl Ladder {
    fn source(&self, rung: &Rung) -> Result<(&Arc<Kept>, Scaling)> {
        if let Some(from) = rung.from {
            let made = self.made.get(from).and_then(OnceLock::get);
            let made = made.ok_or_else(|| Error::internal("a rung before the one that it is made from"))?;
            return Ok((made, rung.scaling_from(&self.rungs[from])));
        }
        Ok((&self.base, rung.scaling))
    }

    fn keep(&self, index: usize, raster: Raster) {
        // Each rung is made once.
        let _ = self.made[index].set(Arc::new(Kept::new(raster, &self.gauge)));
    }

    fn make(&self, index: usize) -> Result<()> {
        let planes = self.planes(index)?;
        let mut made = Vec::with_capacity(planes.len());
        for plane in &planes {
            made.push(self.rows(plane, 0, plane.resampler.target().1)?);
        }
        self.keep(index, raster(made)?);
        Ok(())
    }

    /// For those that few others can be made beside.
    fn make_in_bands(self: &Arc<Self>, now: &[usize], hands: &impl Hands) -> Result<()> {
        let mut planes = Vec::new();
        for &rung in now {
            planes.extend(self.planes(rung)?);
        }
        let mut bands = Vec::new();
        for (index, plane) in planes.iter().enumerate() {
            // Chroma is mostly less than luma.
            let parts = plane.resampler.parts(if plane.number == 0 { BANDS } else { BANDS / 2 });
            bands.extend(parts.into_iter().map(|(first, rows)| Band { plane: index, first, rows }));
        }
        // The bands, before they are one image.
        let stacking = self.gauge.hold(now.iter().map(|&rung| self.rungs[rung].bytes()).sum());
        let (planes, bands, shared) = (Arc::new(planes), Arc::new(bands), Arc::clone(self));
        let (all, each) = (Arc::clone(&planes), Arc::clone(&bands));
        let made = hands.each(bands.len(), move |part| {
            let Band { plane, first, rows } = each[part];
            shared.rows(&all[plane], first, rows)
        })?;
        let mut made = bands.iter().zip(made).peekable();
        let mut stacked = Vec::new();
        for (index, plane) in planes.iter().enumerate() {
            let parts = std::iter::from_fn(|| made.next_if(|(band, _)| band.plane == index));
            stacked.push(resize::stack(parts.map(|(_, rows)| rows).collect(), hands.cancel())?);
            if planes.get(index + 1).is_none_or(|next| next.rung != plane.rung) {
                self.keep(plane.rung, raster(std::mem::take(&mut stacked))?);
            }
        }
        drop(stacking);
        Ok(())
    }

    fn rows(&self, plane: &Plane, first: u32, rows: u32) -> Result<Pixels> {
        let (source, _) = self.source(&self.rungs[plane.rung])?;
        let source = plane.of(&source.raster)?;
        let working = self.gauge.hold(plane.resampler.extra_bytes());
        let mut made = Pixels::new(source.layout(), plane.resampler.target().0, rows)?;
        plane.resampler.rows(source, first, &mut made, &self.cancel)?;
        drop(working);
        Ok(made)
    }

    /// How a rung's planes are made.
    fn planes(&self, index: usize) -> Result<Vec<Plane>> {
        let rung = &self.rungs[index];
        let (source, scaling) = self.source(rung)?;
        let resampler =
            |pixels: &Pixels, scaling| Resampler::new(pixels.layout(), pixels.size(), scaling).map(Arc::new);
        let resamplers = match &source.raster {
            Raster::Pixels(pixels) => vec![resampler(pixels, &scaling)?],
            Raster::Planes(planes) => {
                let (luma, chroma) = self.plane_scalings(planes, &scaling, rung);
                let [blue, red] = &planes.chroma;
                let shared = resampler(blue, &chroma)?;
                let other =
                    if red.size() == blue.size() { Arc::clone(&shared) } else { resampler(red, &chroma)? };
                vec![resampler(&planes.luma, &luma)?, shared, other]
            }
        };
        let numbered = resamplers.into_iter().enumerate();
        Ok(numbered.map(|(number, resampler)| Plane { rung: index, number, resampler }).collect())
    }

    /// Luma's, and that of chroma, which has a size of its own. `scaling` is that of the whole image.
    fn plane_scalings(&self, source: &Planes, scaling: &Scaling, rung: &Rung) -> (Scaling, Scaling) {
        let enters_studio = rung.studio && !rung.from.is_some_and(|from| self.rungs[from].studio);
        let (luma_levels, levels) = if enters_studio {
            (Levels::STUDIO_LUMA, Levels::STUDIO_CHROMA)
        } else {
            (Levels::KEPT, Levels::KEPT)
        };
        let luma = Scaling { levels: luma_levels, ..*scaling };
        // Samples of luma for one of chroma: 1, 2 or 4. Its last sample may cover less than that.
        let every = |luma: u32, chroma: u32| {
            let fits = |every: &u32| luma.div_ceil(*every) == chroma;
            f64::from([1, 2, 4].into_iter().find(fits).unwrap_or_else(|| (luma / chroma.max(1)).max(1)))
        };
        let (width, height) = source.luma.size();
        let (chroma_width, chroma_height) = source.chroma[0].size();
        let (across, down) = (every(width, chroma_width), every(height, chroma_height));
        let Rect { mut left, mut top, width: mut wide, height: mut high } = scaling.area;
        let mut target = scaling.target;
        if rung.half_chroma {
            // An odd number of pixels has a last sample of chroma that covers one pixel beyond; last as it
            // is shown.
            target = (target.0.div_ceil(2), target.1.div_ceil(2));
            // Added, not multiplied: where a pixel is a sample, it stays exactly one.
            let beyond = |pixels: u32, samples: u32, length: f64| {
                f64::from(samples * 2 - pixels) * (length / f64::from(pixels))
            };
            wide += beyond(scaling.target.0, target.0, wide);
            high += beyond(scaling.target.1, target.1, high);
            if rung.mirrored.0 {
                left -= wide - scaling.area.width;
            }
            if rung.mirrored.1 {
                top -= high - scaling.area.height;
            }
        }
        // Of a source that was made so, chroma begins before luma.
        let (mirrored_across, mirrored_down) =
            rung.from.map_or((false, false), |from| self.rungs[from].mirrored);
        let before = |mirrored: bool, luma: u32, chroma: u32, every: f64| {
            if mirrored { f64::from(chroma) * every - f64::from(luma) } else { 0.0 }
        };
        left += before(mirrored_across, width, chroma_width, across);
        top += before(mirrored_down, height, chroma_height, down);
        let area = Rect { left: left / across, top: top / down, width: wide / across, height: high / down };
        let region = Region { left: 0, top: 0, width: chroma_width, height: chroma_height };
        (luma, Scaling { region, area, target, levels, ..*scaling })
    }
}

/// What planes are together: pixels alone, or luma, blue and red.
fn raster(planes: Vec<Pixels>) -> Result<Raster> {
    match <[Pixels; 3]>::try_from(planes) {
        Ok([luma, blue, red]) => Ok(Raster::Planes(Planes { luma, chroma: [blue, red] })),
        Err(mut planes) => match (planes.pop(), planes.is_empty()) {
            (Some(pixels), true) => Ok(Raster::Pixels(pixels)),
            _ => Err(Error::internal("planes that are no image")),
        },
    }
}
