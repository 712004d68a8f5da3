//! From the file's colours to the pixels'.
//!
//! Luma and chroma are those of JFIF 1.02 (ITU-R BT.601 over the full range), rounded as libjpeg rounds them:
//! each colour is the luma plus a rounded offset. The offsets are computed in 16 bits: the upper half of
//! twice the chroma times the constant's fraction, halved with rounding, is exact.

// Colours are known by their letters.
#![allow(clippy::many_single_char_names)]

use super::Model;
use crate::image::pixels::Layout;

/// A constant's fraction in 16 bits; it must be below 1/2.
const fn fraction(value: f64) -> i16 {
    (value * 65536.0 + if value < 0.0 { -0.5 } else { 0.5 }) as i16
}

/// 1.402 = 1 + 0.402.
const RED: i16 = fraction(0.402);
/// 1.772 = 2 - 0.228.
const BLUE: i16 = fraction(-0.228);
const GREEN_FROM_BLUE: i32 = -22_554;
const GREEN_FROM_RED: i32 = -46_802;

/// Offsets that the chroma gives red, green and blue.
#[inline(always)]
fn offsets(cb: u8, cr: u8) -> [i16; 3] {
    let (cb, cr) = (i16::from(cb) - 128, i16::from(cr) - 128);
    let times = |chroma: i16, fraction: i16| {
        let upper = ((i32::from(chroma * 2) * i32::from(fraction)) >> 16) as i16;
        (upper + 1) >> 1
    };
    // As the constant for red is over 1/2, all of it is subtracted and the rest added again.
    let green = (i32::from(cb) * GREEN_FROM_BLUE + i32::from(cr) * (GREEN_FROM_RED + 65_536) + 32_768) >> 16;
    [cr + times(cr, RED), green as i16 - cr, cb + cb + times(cb, BLUE)]
}

#[inline(always)]
fn clamp(value: i16) -> u8 {
    value.clamp(0, 255) as u8
}

#[inline(always)]
fn rgb(y: u8, cb: u8, cr: u8) -> [u8; 3] {
    offsets(cb, cr).map(|offset| clamp(i16::from(y) + offset))
}

/// Pixels that are converted together.
const GROUP: usize = 32;

/// Converts a row. Of each component there is a sample a pixel.
#[inline(always)]
pub(super) fn convert(model: Model, samples: [&[u8]; 4], layout: Layout, out: &mut [u8]) {
    let [a, b, c, d] = samples;
    match (model, layout) {
        (Model::Gray | Model::Ycc, Layout::L8) => out.copy_from_slice(&a[..out.len()]),
        (Model::Gray, _) => {
            for (out, &gray) in out.as_chunks_mut::<3>().0.iter_mut().zip(a) {
                *out = [gray; 3];
            }
        }
        (Model::Ycc, _) => ycc(a, b, c, out),
        (Model::Rgb, Layout::L8) => {
            for (((out, &r), &g), &b) in out.iter_mut().zip(a).zip(b).zip(c) {
                *out = luma([r, g, b]);
            }
        }
        (Model::Rgb, _) => {
            for (((out, &r), &g), &b) in out.as_chunks_mut::<3>().0.iter_mut().zip(a).zip(b).zip(c) {
                *out = [r, g, b];
            }
        }
        (Model::Cmyk { inverted } | Model::Ycck { inverted }, _) => {
            let converted = matches!(model, Model::Ycck { .. });
            let pixels = a.iter().zip(b).zip(c).zip(d);
            let inks = pixels.map(|(((&a, &b), &c), &k)| {
                // YCCK stands for RGB beside black: the inks' complements. Adobe's files hold complements.
                let [r, g, b] = if converted { rgb(a, b, c) } else { [a, b, c] };
                let inks = if converted { [255 - r, 255 - g, 255 - b, k] } else { [r, g, b, k] };
                if inverted { inks.map(|ink| 255 - ink) } else { inks }
            });
            match layout {
                Layout::Cmyk8 => {
                    for (out, inks) in out.as_chunks_mut::<4>().0.iter_mut().zip(inks) {
                        *out = inks;
                    }
                }
                Layout::L8 => {
                    for (out, inks) in out.iter_mut().zip(inks) {
                        *out = luma(without_profile(inks));
                    }
                }
                _ => {
                    for (out, inks) in out.as_chunks_mut::<3>().0.iter_mut().zip(inks) {
                        *out = without_profile(inks);
                    }
                }
            }
        }
    }
}

/// What inks leave of white, each of them ideal.
#[inline(always)]
fn without_profile([c, m, y, k]: [u8; 4]) -> [u8; 3] {
    [c, m, y].map(|ink| {
        let product = u32::from(255 - ink) * u32::from(255 - k) + 128;
        ((product + (product >> 8)) >> 8) as u8
    })
}

/// The luma of JFIF.
#[inline(always)]
fn luma([r, g, b]: [u8; 3]) -> u8 {
    ((u32::from(r) * 19_595 + u32::from(g) * 38_470 + u32::from(b) * 7_471 + 32_768) >> 16) as u8
}

#[inline(always)]
fn ycc(y: &[u8], cb: &[u8], cr: &[u8], out: &mut [u8]) {
    let pixels = out.len() / 3;
    let (y, cb, cr) = (&y[..pixels], &cb[..pixels], &cr[..pixels]);
    let groups =
        y.as_chunks::<GROUP>().0.iter().zip(cb.as_chunks::<GROUP>().0).zip(cr.as_chunks::<GROUP>().0);
    let (whole, rest) = out.split_at_mut(pixels / GROUP * GROUP * 3);
    for (((y, cb), cr), out) in groups.zip(whole.as_chunks_mut::<{ GROUP * 3 }>().0) {
        let (mut r, mut g, mut b) = ([0; GROUP], [0; GROUP], [0; GROUP]);
        for i in 0..GROUP {
            [r[i], g[i], b[i]] = rgb(y[i], cb[i], cr[i]);
        }
        for (i, out) in out.as_chunks_mut::<3>().0.iter_mut().enumerate() {
            *out = [r[i], g[i], b[i]];
        }
    }
    let from = pixels / GROUP * GROUP;
    for (i, out) in rest.as_chunks_mut::<3>().0.iter_mut().enumerate() {
        *out = rgb(y[from + i], cb[from + i], cr[from + i]);
    }
}
