//! Our JPEG encoder (ITU-T T.81): baseline and progressive, Huffman codes made for each image.
//!
//! It works on one row of units after the other: samples, transformed blocks, and what the scans will need
//! of them. Codes can only be made once all symbols are counted; until then a baseline file's scan waits as
//! tokens, and a progressive one's as the coefficients that are not zero.

mod baseline;
mod bits;
mod blocks;
mod coefficients;
mod color;
mod fdct;
mod frame;
mod huffman;
mod markers;
mod progressive;
mod quant;
mod source;
mod tokens;
mod zigzag;

pub(in crate::image) use frame::Subsampling;
pub(in crate::image) use source::PlaneRef;

use self::baseline::Baseline;
use self::blocks::UnitRow;
use self::fdct::Reciprocals;
use self::frame::Frame;
use self::progressive::Progressive;
use self::quant::Steps;
use self::source::{Bands, Source};
use self::zigzag::Block;
use super::super::format::Format;
use super::super::options::{ChromaSubsampling, ResizeOptions};
use super::super::pixels::{Embedded, Layout, Picture, Pixels};
use super::profile;
use crate::error::{Error, Result};
use crate::pool::Cancel;

/// Luma and chroma as a decoder of JPEG or WebP gives them: planes of their own sizes.
pub(in crate::image) struct YccPlanes<'a> {
    pub(in crate::image) width: u32,
    pub(in crate::image) height: u32,
    pub(in crate::image) y: PlaneRef<'a>,
    /// Blue and red difference; `None` for gray.
    pub(in crate::image) chroma: Option<[PlaneRef<'a>; 2]>,
    pub(in crate::image) subsampling: Subsampling,
}

pub(super) fn encode(picture: &Picture, options: &ResizeOptions, cancel: &Cancel) -> Result<Vec<u8>> {
    let pixels = picture.first()?;
    let (width, height) = sides(pixels.width(), pixels.height())?;
    let (source, chroma) = match pixels.layout() {
        Layout::L8 => (Source::Planes(vec![plane(pixels)]), None),
        Layout::Rgb8 => {
            let subsampling = match options.chroma_for(Format::Jpeg) {
                ChromaSubsampling::Quarter => Subsampling::Both,
                ChromaSubsampling::Full => Subsampling::None,
            };
            let (width, height) = (width.into(), height.into());
            (Source::Rgb { data: pixels.data(), width, height, subsampling }, Some(subsampling))
        }
        layout => return Err(Error::internal(format!("JPEG cannot hold {layout:?}"))),
    };
    let frame = Frame::new(width, height, chroma);
    let quality = options.quality_for(Format::Jpeg);
    write(source, &frame, quality, options.progressive, &picture.embedded, cancel)
}

/// Encodes planes as they are: no conversion of colour, no subsampling.
pub(in crate::image) fn encode_planes(
    planes: &YccPlanes<'_>,
    quality: u8,
    progressive: bool,
    embedded: &Embedded,
    cancel: &Cancel,
) -> Result<Vec<u8>> {
    let (width, height) = sides(planes.width, planes.height)?;
    let size = (planes.width, planes.height);
    let chroma = planes.chroma.map(|_| planes.subsampling);
    let chroma_size = planes.subsampling.chroma_size(size);
    let mut all = vec![planes.y];
    all.extend(planes.chroma.into_iter().flatten());
    for (index, plane) in all.iter().enumerate() {
        let expected = if index == 0 { size } else { chroma_size };
        if (plane.width, plane.height) != expected || !plane.is_whole() {
            return Err(Error::internal("a plane's size does not fit the image's"));
        }
    }
    write(Source::Planes(all), &Frame::new(width, height, chroma), quality, progressive, embedded, cancel)
}

/// What encoding a canvas of this size allocates, the output included, at most.
pub(super) fn extra_bytes(options: &ResizeOptions, (width, height): (u32, u32)) -> u64 {
    let padded = u64::from(width.next_multiple_of(16)) * u64::from(height.next_multiple_of(16));
    // Twice the samples a pixel, of which gray has fewer than either.
    let samples = match options.chroma_for(Format::Jpeg) {
        ChromaSubsampling::Quarter => 3,
        ChromaSubsampling::Full => 6,
    };
    // Bytes a sample, the output included. Measured at quality 100 on noise, of any value and of only black
    // and white: 3.1, and 4.6 progressive, whose longest scan waits beside the coefficients.
    let a_sample = if options.progressive { 6 } else { 4 };
    padded * samples / 2 * a_sample + row_bytes(width) + (1 << 20)
}

/// What a row of units takes, as samples and as blocks.
fn row_bytes(width: u32) -> u64 {
    let luma = 16 * u64::from(width.next_multiple_of(16));
    luma * 2 * (1 + size_of::<Block>() as u64 / 64)
}

fn plane(pixels: &Pixels) -> PlaneRef<'_> {
    PlaneRef { data: pixels.data(), width: pixels.width(), height: pixels.height(), stride: pixels.stride() }
}

fn sides(width: u32, height: u32) -> Result<(u16, u16)> {
    match (u16::try_from(width), u16::try_from(height)) {
        (Ok(width @ 1..), Ok(height @ 1..)) => Ok((width, height)),
        _ => Err(Error::internal("a JPEG's sides were not checked")),
    }
}

fn write(
    source: Source<'_>,
    frame: &Frame,
    quality: u8,
    progressive: bool,
    embedded: &Embedded,
    cancel: &Cancel,
) -> Result<Vec<u8>> {
    let steps = [Steps::luma(quality), Steps::chroma(quality)];
    let mut file = Vec::new();
    markers::start(&mut file)?;
    if let Some(exif) = &embedded.exif {
        markers::exif(&mut file, exif)?;
    }
    if let Some(packet) = &embedded.xmp {
        markers::xmp(&mut file, packet)?;
    }
    let layout = if frame.is_gray() { Layout::L8 } else { Layout::Rgb8 };
    if let Some(profile) = profile::fitting(embedded, layout) {
        markers::icc(&mut file, profile)?;
    }
    let tables = if frame.is_gray() { 1 } else { 2 };
    for (index, steps) in (0..).zip(&steps[..tables]) {
        markers::quantisation_table(&mut file, index, steps)?;
    }
    markers::frame(&mut file, frame, progressive)?;
    if progressive {
        let mut scans = Progressive::new(frame);
        each_unit_row(source, frame, &steps, cancel, |row| scans.add(row))?;
        scans.finish(frame, &mut file, cancel)?;
    } else {
        let mut scan = Baseline::new();
        each_unit_row(source, frame, &steps, cancel, |row| scan.add(frame, row))?;
        scan.finish(frame, &mut file, cancel)?;
    }
    markers::end(&mut file)?;
    Ok(file)
}

/// Transforms a source, one row of units after the other.
fn each_unit_row(
    source: Source<'_>,
    frame: &Frame,
    steps: &[Steps; 2],
    cancel: &Cancel,
    mut take: impl FnMut(&UnitRow) -> Result<()>,
) -> Result<()> {
    let reciprocals = [Reciprocals::new(&steps[0]), Reciprocals::new(&steps[1])];
    let mut bands = Bands::new(source, frame)?;
    let mut row = UnitRow::new(frame)?;
    for unit_row in 0..frame.units_high {
        cancel.check()?;
        bands.read(unit_row as usize)?;
        row.transform(frame, unit_row, &bands, &reciprocals);
        take(&row)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
