//! JPEG (ITU-T T.81): baseline, extended sequential and progressive, eight bits a sample, Huffman coded, at
//! full size or directly at 6, 5, 4, 2 or 1 eighths of it.
//!
//! Sequential files whose scan holds all components are decoded a row of units at a time, down to finished
//! pixels. Others need memory for all samples, progressive ones for all coefficients.

// Code that is compiled a second time for AVX2 must be inlined into the function that says so: what is only
// called from there is compiled without.
#![allow(clippy::inline_always)]

mod bits;
mod color;
#[cfg(target_arch = "x86_64")]
mod cpu;
mod entropy;
mod file;
mod flaw;
mod frame;
mod huffman;
mod idct;
mod memory;
mod progressive;
mod rows;
mod sequential;
mod upsample;
mod zigzag;

use self::entropy::Entropy;
use self::file::File;
use self::flaw::Flaw;
use self::frame::{Frame, Scan};
use self::idct::Side;
use self::progressive::Coefficients;
use self::rows::Painter;
use self::sequential::Sequential;
use super::super::format::Format;
use super::super::metadata::Metadata;
use super::super::options::FailOn;
use super::super::pixels::{Layout, Pixels};
use super::super::probe::corrupt;
use crate::error::{Error, Result};
use crate::pool::Cancel;

/// The size to decode at. The samples of a smaller image come from the lowest frequencies of each block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::image) enum Scale {
    Full,
    ThreeQuarters,
    FiveEighths,
    Half,
    Quarter,
    Eighth,
}

impl Scale {
    /// From the smallest on.
    pub(in crate::image) const ALL: [Self; 6] =
        [Scale::Eighth, Scale::Quarter, Scale::Half, Scale::FiveEighths, Scale::ThreeQuarters, Scale::Full];

    /// Samples a side that a block becomes.
    fn side(self) -> Side {
        match self {
            Scale::Full => Side::Eight,
            Scale::ThreeQuarters => Side::Six,
            Scale::FiveEighths => Side::Five,
            Scale::Half => Side::Four,
            Scale::Quarter => Side::Two,
            Scale::Eighth => Side::One,
        }
    }

    /// A length at this scale, before it is rounded.
    pub(in crate::image) fn factor(self) -> f64 {
        self.side() as u32 as f64 / 8.0
    }

    /// As a fraction.
    pub(in crate::image) fn as_str(self) -> &'static str {
        match self {
            Scale::Full => "1/1",
            Scale::ThreeQuarters => "3/4",
            Scale::FiveEighths => "5/8",
            Scale::Half => "1/2",
            Scale::Quarter => "1/4",
            Scale::Eighth => "1/8",
        }
    }

    /// Whether components with half the samples along both axes can have as many as others, or all that they have.
    pub(in crate::image) fn evens_chroma(self) -> bool {
        self == Scale::Full || self.side().twice().is_some()
    }

    /// A length at this scale.
    pub(in crate::image) fn of(self, length: u32) -> u32 {
        // At most the length.
        (u64::from(length) * self.side() as u64).div_ceil(8) as u32
    }
}

/// What the components of an image are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::image) enum Model {
    Gray,
    /// Luma and two of chroma.
    Ycc,
    Rgb,
    /// Four inks; `inverted`, as Adobe writes them: 255 is no ink.
    Cmyk {
        inverted: bool,
    },
    /// The first three as if they were red, green and blue, in luma and chroma.
    Ycck {
        inverted: bool,
    },
}

/// The samples of a component: `height` rows, of which the first `width` samples count, each `stride` after the
/// one before.
#[derive(Debug)]
pub(in crate::image) struct Plane {
    pub(in crate::image) width: u32,
    pub(in crate::image) height: u32,
    pub(in crate::image) stride: usize,
    pub(in crate::image) data: Vec<u8>,
}

/// An image's components as they are stored, each in its own size, only scaled.
#[derive(Debug)]
pub(in crate::image) struct Planes {
    /// In the model's order.
    #[allow(clippy::struct_field_names, reason = "a plane is what it is called")]
    pub(in crate::image) planes: Vec<Plane>,
    pub(in crate::image) model: Model,
}

/// A block takes at least one bit for its mean and, in a baseline file, one more for the end of the rest.
/// A file with fewer is cut short or lies about its size.
pub(in crate::image) fn check(metadata: &Metadata) -> Result<()> {
    let a_block = if metadata.progressive == Some(true) { 1 } else { 2 };
    if metadata.bytes.saturating_mul(8) < metadata.blocks * a_block {
        let (width, height) = (metadata.width, metadata.height);
        return Err(corrupt(
            Format::Jpeg,
            format_args!("{} bytes cannot hold {width}x{height} pixels", metadata.bytes),
        ));
    }
    Ok(())
}

/// What decoding allocates at most: beside the pixels, or with the planes.
pub(in crate::image) fn extra_bytes(metadata: &Metadata, scale: Scale, planar: bool) -> u64 {
    let channels = u64::from(metadata.channels);
    // Sides are padded to whole units of up to 4×4 blocks.
    let (blocks_x, blocks_y) = (u64::from(metadata.width) / 8 + 4, u64::from(metadata.height) / 8 + 4);
    let blocks = metadata.blocks + channels * (3 * (blocks_x + blocks_y) + 16);
    let coefficients = if metadata.progressive == Some(true) { blocks * 128 } else { 0 };
    let samples = if planar {
        let side = scale.side() as u64;
        // Components with fewer samples may be scaled down less: each has at most as many as the largest.
        channels * blocks_x * blocks_y * side * side
    } else if metadata.progressive == Some(true) || !metadata.whole_coefficients {
        // A row of units: up to 32 rows of samples and one that is kept; chroma may be scaled down less.
        channels * blocks_x * 8 * 33
    } else {
        blocks * 64
    };
    // Lines, codes and their tables.
    coefficients + samples + channels * blocks_x * 8 * 4 + (128 << 10)
}

/// Decodes an image to pixels: gray, colour, or inks.
pub(in crate::image) fn decode(
    bytes: &[u8],
    metadata: &Metadata,
    layout: Layout,
    scale: Scale,
    fail_on: FailOn,
    cancel: &Cancel,
) -> Result<Pixels> {
    let (file, frame, scan) = File::open(bytes, metadata, fail_on, cancel)?;
    paint(file, frame, scan, layout, scale)
}

/// Decodes an image at its full size whose components are known to be these, as many as it has, whatever its
/// segments say.
pub(in crate::image) fn decode_as(
    model: Model,
    bytes: &[u8],
    metadata: &Metadata,
    layout: Layout,
    fail_on: FailOn,
    cancel: &Cancel,
) -> Result<Pixels> {
    let (file, mut frame, scan) = File::open(bytes, metadata, fail_on, cancel)?;
    frame.model = model;
    paint(file, frame, scan, layout, Scale::Full)
}

fn paint(mut file: File<'_>, mut frame: Frame, scan: Scan, layout: Layout, scale: Scale) -> Result<Pixels> {
    let (bytes, fail_on, cancel) = (file.bytes, file.fail_on, file.cancel);
    let fits = match layout {
        Layout::L8 | Layout::Rgb8 => true,
        Layout::Cmyk8 => matches!(frame.model, Model::Cmyk { .. } | Model::Ycck { .. }),
        _ => false,
    };
    if !fits {
        return Err(Error::internal(format!("a JPEG of {:?} cannot become {layout:?}", frame.model)));
    }
    frame.settle_sides(scale, false);
    if frame.progressive {
        let coefficients = coefficients(&mut file, &mut frame, scan)?;
        let mut painter = Painter::by_units(&frame, scale, layout)?;
        for unit in 0..frame.units_y as usize {
            cancel.check()?;
            let parts = frame.components.iter().zip(&coefficients).zip(painter.targets());
            for ((component, coefficients), target) in parts.filter(|(_, target)| !target.is_empty()) {
                transform(component, coefficients, unit, target);
            }
            painter.paint_unit(unit);
        }
        return Ok(painter.finish());
    }
    if scan.parts.len() < frame.components.len() {
        let planes = samples(&mut file, &mut frame, scan)?;
        let mut painter = Painter::of_planes(&frame, scale, layout, planes)?;
        let (_, height) = frame.size(scale);
        for until in (0..height as usize).step_by(8) {
            cancel.check()?;
            painter.paint(until);
        }
        return Ok(painter.finish());
    }
    let tables = sequential_tables(&file, &mut frame, &scan).map_err(unread)?;
    let entropy = Entropy::new(bytes, file.data(), file.interval, fail_on);
    let wanted = |component| rows::is_wanted(frame.model, layout, component);
    let mut painter = Painter::by_units(&frame, scale, layout)?;
    let mut scan = Sequential::new(entropy, &frame, &scan, &tables, wanted)?;
    for unit in 0..frame.units_y as usize {
        cancel.check()?;
        scan.row(&mut painter.targets())?;
        painter.paint_unit(unit);
    }
    scan.finish()?;
    Ok(painter.finish())
}

/// Decodes an image's components without putting them together. With `full_chroma`, a scaled image's chroma
/// that has fewer samples than luma is scaled down less, as far as that goes.
pub(in crate::image) fn planes(
    bytes: &[u8],
    metadata: &Metadata,
    scale: Scale,
    full_chroma: bool,
    fail_on: FailOn,
    cancel: &Cancel,
) -> Result<Planes> {
    let (mut file, mut frame, scan) = File::open(bytes, metadata, fail_on, cancel)?;
    frame.settle_sides(scale, !full_chroma);
    let data = if frame.progressive {
        let coefficients = coefficients(&mut file, &mut frame, scan)?;
        let mut planes = Vec::with_capacity(frame.components.len());
        for (component, coefficients) in frame.components.iter().zip(coefficients) {
            let rows = component.unit_rows * component.stride;
            let mut plane = memory::filled(rows * frame.units_y as usize, 0)?;
            for (unit, target) in plane.chunks_exact_mut(rows).enumerate() {
                cancel.check()?;
                transform(component, &coefficients, unit, target);
            }
            planes.push(plane);
        }
        planes
    } else {
        samples(&mut file, &mut frame, scan)?
    };
    let planes = frame.components.iter().zip(data).map(|(component, data)| Plane {
        width: component.width,
        height: component.height,
        stride: component.stride,
        data,
    });
    Ok(Planes { planes: planes.collect(), model: frame.model })
}

fn unread(flaw: Flaw) -> Error {
    match flaw {
        Flaw::Truncation => corrupt(Format::Jpeg, "it ends within its header"),
        Flaw::Damage(what) => corrupt(Format::Jpeg, what),
    }
}

/// A row of a progressive image's units; gray if the component never came.
fn transform(component: &frame::Component, coefficients: &Coefficients, unit: usize, target: &mut [u8]) {
    match &component.steps {
        Some(steps) => coefficients.transform(component, unit, steps, target),
        None => target.fill(128),
    }
}

/// All coefficients of a progressive image.
fn coefficients(file: &mut File<'_>, frame: &mut Frame, first: Scan) -> Result<Vec<Coefficients>> {
    let mut coefficients = frame
        .components
        .iter()
        .map(|component| Coefficients::new(frame, component))
        .collect::<Result<Vec<_>>>()?;
    let mut next = Some(first);
    while let Some(scan) = next {
        match file.prepare(frame, &scan) {
            Ok(tables) => {
                let entropy = Entropy::new(file.bytes, file.data(), file.interval, file.fail_on);
                let end = progressive::scan(entropy, frame, &scan, &tables, &mut coefficients, file.cancel)?;
                file.go_to(end);
            }
            Err(flaw) => flaw.judge(file.fail_on)?,
        }
        next = file.next_scan(frame)?;
    }
    Ok(coefficients)
}

fn sequential_tables(
    file: &File<'_>,
    frame: &mut Frame,
    scan: &Scan,
) -> std::result::Result<Vec<(huffman::Table, huffman::Table)>, Flaw> {
    let tables = file.prepare(frame, scan)?;
    Ok(tables.into_iter().filter_map(|(dc, ac)| dc.zip(ac)).collect())
}

/// All samples of a sequential image.
fn samples(file: &mut File<'_>, frame: &mut Frame, first: Scan) -> Result<Vec<Vec<u8>>> {
    let mut planes = frame
        .components
        .iter()
        // Gray, where a scan is missing or lost. If one scan holds all, each of its rows is filled.
        .map(|component| {
            let gray = if first.parts.len() < frame.components.len() { 128 } else { 0 };
            memory::filled(component.stride * component.unit_rows * frame.units_y as usize, gray)
        })
        .collect::<Result<Vec<_>>>()?;
    let mut missing: Vec<usize> = (0..planes.len()).collect();
    let mut next = Some(first);
    while let Some(scan) = next {
        let present = missing.len();
        missing.retain(|&component| scan.parts.iter().all(|part| part.component != component));
        let prepared = if present - missing.len() == scan.parts.len() {
            sequential_tables(file, frame, &scan)
        } else {
            Err(Flaw::Damage("a component comes in two scans"))
        };
        match prepared {
            Ok(tables) => {
                let entropy = Entropy::new(file.bytes, file.data(), file.interval, file.fail_on);
                let mut scan = Sequential::new(entropy, frame, &scan, &tables, |_| true)?;
                scan.fill(&mut planes, file.cancel)?;
                file.go_to(scan.finish()?);
            }
            Err(flaw) => flaw.judge(file.fail_on)?,
        }
        if missing.is_empty() {
            return Ok(planes);
        }
        next = file.next_scan(frame)?;
    }
    Flaw::Damage("a component has no scan").judge(file.fail_on)?;
    Ok(planes)
}

#[cfg(test)]
mod tests;
