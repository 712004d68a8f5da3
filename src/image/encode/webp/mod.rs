//! WebP (RFC 9649): bitstreams by libwebp, the file around them by us.
//!
//! Of an animation's frame only the rectangle that has changed is stored, and replaces what was there. Laying
//! it over that, with holes where nothing changed, would be smaller, but readers round what they lay over
//! (image-webp even under opaque pixels), and lossless frames would not be.

mod container;
mod native;

use std::borrow::Cow;

use super::super::options::ResizeOptions;
use super::super::pixels::{Embedded, Layout, Picture, Pixels};
use super::super::raster::Planes;
use super::changes::{self, Area};
use super::{flat, profile};
use crate::error::{Error, Result};
use crate::pool::Cancel;
use container::{Frame, Header};
use native::{Encoder, Samples, StudioPlanes};

pub(super) fn encode(picture: &Picture, options: &ResizeOptions, cancel: &Cancel) -> Result<Vec<u8>> {
    let first = picture.first()?;
    let encoder = Encoder::new(options)?;
    let file = if picture.frames.len() > 1 {
        animation(picture, &encoder, cancel)?
    } else {
        encoder.encode(&samples(first, cancel)?.view(first), cancel)?
    };
    let embedded = &picture.embedded;
    let header = Header {
        width: first.width(),
        height: first.height(),
        alpha: first.layout().has_alpha(),
        icc: profile::fitting(embedded, Layout::Rgb8),
        exif: embedded.exif.as_deref(),
        xmp: embedded.xmp.as_deref(),
        plays: (picture.frames.len() > 1).then_some(picture.plays),
    };
    header.wrap(file)
}

/// Encodes luma, and chroma of a quarter as many samples, both in studio range, to a lossy WebP.
pub(super) fn encode_planes(
    planes: &Planes,
    options: &ResizeOptions,
    embedded: &Embedded,
    cancel: &Cancel,
) -> Result<Vec<u8>> {
    let lossy = ResizeOptions { lossless: false, near_lossless: false, ..options.clone() };
    let Planes { luma, chroma: [blue, red] } = planes;
    let (width, height) = luma.size();
    let planes = StudioPlanes { width, height, luma: luma.data(), blue: blue.data(), red: red.data() };
    let file = Encoder::new(&lossy)?.encode_planes(&planes, cancel)?;
    let header = Header {
        width,
        height,
        alpha: false,
        icc: profile::fitting(embedded, Layout::Rgb8),
        exif: embedded.exif.as_deref(),
        xmp: embedded.xmp.as_deref(),
        plays: None,
    };
    header.wrap(file)
}

/// An image as libwebp takes it.
enum Flat<'a> {
    Rgb(&'a [u8]),
    Rgba(Cow<'a, [u8]>),
}

impl Flat<'_> {
    fn view(&self, pixels: &Pixels) -> Samples<'_> {
        let (data, alpha) = match self {
            Flat::Rgb(data) => (*data, false),
            Flat::Rgba(data) => (&data[..], true),
        };
        Samples { data, alpha, width: pixels.width(), height: pixels.height() }
    }
}

fn samples<'a>(pixels: &'a Pixels, cancel: &Cancel) -> Result<Flat<'a>> {
    match pixels.layout() {
        Layout::Rgb8 => Ok(Flat::Rgb(pixels.data())),
        // Gray and sixteen bits are spread; libwebp finds out that opaque pixels need no alpha.
        _ => Ok(Flat::Rgba(flat::rgba(pixels, cancel)?)),
    }
}

/// The `ANMF` chunks of all frames.
fn animation(picture: &Picture, encoder: &Encoder, cancel: &Cancel) -> Result<Vec<u8>> {
    let mut chunks = Vec::new();
    let mut before: Option<&Pixels> = None;
    for frame in &picture.frames {
        cancel.check()?;
        let (pixels, width) = (&frame.pixels, frame.pixels.width() as usize);
        if before.is_some_and(|before| before.layout() != pixels.layout() || before.size() != pixels.size()) {
            return Err(Error::internal("an animation's frames are of one size and layout"));
        }
        let size = pixels.layout().pixel_bytes();
        let area = match before {
            None => Area { left: 0, top: 0, width, height: pixels.height() as usize },
            Some(before) => changed(before, pixels, size, cancel)?,
        };
        let mut part = Pixels::new(pixels.layout(), area.width as u32, area.height as u32)?;
        let stride = part.stride();
        for (y, out) in part.data_mut().chunks_exact_mut(stride).enumerate() {
            let start = ((area.top + y) * width + area.left) * size;
            out.copy_from_slice(&pixels.data()[start..start + stride]);
        }
        let bitstream = encoder.encode(&samples(&part, cancel)?.view(&part), cancel)?;
        Frame { area, delay_ms: frame.delay_ms, bitstream: &bitstream }.append(&mut chunks)?;
        before = Some(pixels);
    }
    Ok(chunks)
}

/// Where a frame differs from the one before, beginning at even places as the format has it.
fn changed(before: &Pixels, pixels: &Pixels, size: usize, cancel: &Cancel) -> Result<Area> {
    let (old, new) = (before.data(), pixels.data());
    let mut area = changes::area(pixels.width() as usize, pixels.height() as usize, cancel, |at| {
        let bytes = at * size..(at + 1) * size;
        old[bytes.clone()] != new[bytes]
    })?;
    (area.width, area.height) = (area.width + area.left % 2, area.height + area.top % 2);
    (area.left, area.top) = (area.left & !1, area.top & !1);
    Ok(area)
}

#[cfg(test)]
mod tests;
