//! JPEG: processes, samplings, models, restarts, segments.

use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

use super::{Sample, texture};
use crate::support::{exif, jpeg_with, noise};

const WIDTH: u16 = 50;
const HEIGHT: u16 = 38;

pub(super) fn samples() -> Vec<Sample> {
    let mut list = Vec::new();
    for (name, factor) in [
        ("4:4:4", SamplingFactor::R_4_4_4),
        ("4:2:2", SamplingFactor::R_4_2_2),
        ("4:2:0", SamplingFactor::R_4_2_0),
        ("4:4:0", SamplingFactor::R_4_4_0),
        ("4:1:1", SamplingFactor::R_4_1_1),
    ] {
        for progressive in [false, true] {
            let kind = if progressive { "progressive" } else { "baseline" };
            let data = encoded(ColorType::Rgb, |encoder| {
                encoder.set_sampling_factor(factor);
                encoder.set_progressive(progressive);
            });
            list.push(Sample::new("jpeg", format!("{kind} {name}"), data));
        }
    }
    for progressive in [false, true] {
        let kind = if progressive { "progressive" } else { "baseline" };
        for (name, color) in
            [("gray", ColorType::Luma), ("CMYK", ColorType::Cmyk), ("YCCK", ColorType::CmykAsYcck)]
        {
            let data = encoded(color, |encoder| encoder.set_progressive(progressive));
            list.push(Sample::new("jpeg", format!("{kind} {name}"), data));
        }
        let data = encoded(ColorType::Rgb, |encoder| {
            encoder.set_progressive(progressive);
            encoder.set_restart_interval(2);
        });
        list.push(Sample::new("jpeg", format!("{kind} with restarts"), data));
    }
    let plain = encoded(ColorType::Rgb, |_| {});
    list.push(Sample::new("jpeg", "with EXIF, ICC and XMP", with_metadata(&plain)));
    list
}

fn encoded(color: ColorType, set: impl FnOnce(&mut Encoder<&mut Vec<u8>>)) -> Vec<u8> {
    let channels = match color {
        ColorType::Luma => 1,
        ColorType::Rgb => 3,
        _ => 4,
    };
    let mut data = Vec::new();
    let mut encoder = Encoder::new(&mut data, 80);
    set(&mut encoder);
    encoder.encode(&texture(WIDTH.into(), HEIGHT.into(), channels), WIDTH, HEIGHT, color).unwrap();
    data
}

fn with_metadata(jpeg: &[u8]) -> Vec<u8> {
    let profile = moxcms::ColorProfile::new_display_p3().encode().unwrap();
    let part = |number: u8, part: &[u8]| (0xE2, [b"ICC_PROFILE\0", &[number, 2][..], part].concat());
    let (first, second) = profile.split_at(profile.len() / 2);
    jpeg_with(
        jpeg,
        &[
            (0xE1, [b"Exif\0\0", &exif(6)[..]].concat()),
            part(1, first),
            part(2, second),
            (0xE1, b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta xmlns:x='adobe:ns:meta/'/>".to_vec()),
            (0xFE, noise(40, 3)),
        ],
    )
}
