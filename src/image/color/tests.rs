#[path = "../../../tests/image/delta_e.rs"]
mod delta_e;
#[path = "../../../tests/image/icc.rs"]
mod icc;

use std::sync::LazyLock;

use super::*;

fn convert(layout: Layout, data: &[u8], profile: &ColorProfile) -> Vec<u8> {
    convert_with(layout, data, &profile.encode().unwrap())
}

fn convert_with(layout: Layout, data: &[u8], profile: &[u8]) -> Vec<u8> {
    let width = (data.len() / layout.channels()) as u32;
    let pixels = Pixels::from_vec(layout, width, 1, data.to_vec()).unwrap();
    match ToSrgb::new(layout, Some(profile)) {
        Some(color) => color.apply(pixels, &Cancel::new()).unwrap().data().to_vec(),
        None => data.to_vec(),
    }
}

/// sRGB of Display P3 colours, by the matrices and curve of CSS Color 4 (sections 10.2 and 17).
#[test]
fn display_p3_becomes_srgb() {
    let p3 = ColorProfile::new_display_p3();
    for (input, expected) in [
        ([128, 128, 128], [128, 128, 128]),
        ([200, 100, 50], [215, 93, 31]),
        ([100, 150, 120], [83, 152, 118]),
        ([255, 0, 0], [255, 0, 0]),
    ] {
        let output = convert(Layout::Rgb8, &input, &p3);
        for (found, expected) in output.iter().zip(expected) {
            assert!(
                found.abs_diff(expected) <= 3,
                "{input:?} became {output:?}, expected about {expected:?}"
            );
        }
    }
}

#[test]
fn alpha_is_kept() {
    let output = convert(Layout::Rgba8, &[200, 100, 50, 77], &ColorProfile::new_display_p3());
    assert_eq!(output[3], 77);
    assert!(output[0] > 205);
}

#[test]
fn gray_with_another_gamma_becomes_srgb_gray() {
    // 0.5^1.0 linear is 188 in sRGB.
    let linear = ColorProfile::new_gray_with_gamma(1.0);
    let output = convert(Layout::L8, &[0, 128, 255], &linear);
    assert_eq!((output[0], output[2]), (0, 255));
    assert!(output[1].abs_diff(188) <= 2, "{output:?}");
    let output = convert(Layout::La8, &[128, 9], &linear);
    assert!(output[0].abs_diff(188) <= 2 && output[1] == 9, "{output:?}");
}

#[test]
fn srgb_itself_changes_nothing_to_the_bit() {
    let data: Vec<u8> = (0..=254).collect();
    assert_eq!(convert(Layout::Rgb8, &data, &ColorProfile::new_srgb()), data);
}

#[test]
fn profiles_that_do_not_fit_change_nothing() {
    let data = [200, 100, 50];
    assert_eq!(convert(Layout::L8, &data, &ColorProfile::new_display_p3()), data);
    assert_eq!(convert(Layout::Rgb8, &data, &ColorProfile::new_gray_with_gamma(1.0)), data);
    assert_eq!(convert_with(Layout::Rgb8, &data, b"no profile"), data);
    let whole = ColorProfile::new_display_p3().encode().unwrap();
    for length in (0..whole.len()).step_by(7) {
        convert_with(Layout::Rgb8, &data, &whole[..length]);
    }
}

/// A colour, and what Little CMS makes of it, 0 to 1.
struct Known {
    profile: &'static str,
    input: Vec<u8>,
    output: [f64; 3],
}

fn known() -> Vec<Known> {
    let lines =
        include_str!("../../../tests/vectors/colors.txt").lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let fields: Vec<&str> = line.split('\t').collect();
            let output: Vec<f64> = fields[2].split(' ').map(|value| value.parse().unwrap()).collect();
            Known {
                profile: fields[0],
                input: fields[1].split(' ').map(|value| value.parse().unwrap()).collect(),
                output: [output[0] / 255.0, output[1] / 255.0, output[2] / 255.0],
            }
        })
        .collect()
}

/// The largest CIEDE2000 of a profile's known colours, through pixels of `layout`.
fn farthest(colors: &[&Known], profile: &[u8], layout: Layout) -> f64 {
    let mut pixels = Pixels::new(layout, colors.len() as u32, 1).unwrap();
    let channels = layout.channels();
    for (at, color) in colors.iter().enumerate() {
        for channel in 0..channels {
            // Alpha is anything, and must come out as it was.
            let value = color.input.get(channel).copied().unwrap_or(at as u8);
            if layout.is_wide() {
                pixels.words_mut()[at * channels + channel] = u16::from(value) * 257;
            } else {
                pixels.data_mut()[at * channels + channel] = value;
            }
        }
    }
    if let Some(color) = ToSrgb::new(layout, Some(profile)) {
        pixels = color.apply(pixels, &Cancel::new()).unwrap();
        assert_eq!(pixels.layout().channels(), if layout.is_cmyk() { 3 } else { channels });
    }
    let channels = pixels.layout().channels();
    let sample = |at: usize| {
        if layout.is_wide() {
            f64::from(pixels.words()[at]) / 65_535.0
        } else {
            f64::from(pixels.data()[at]) / 255.0
        }
    };
    let mut farthest = 0.0_f64;
    for (at, color) in colors.iter().enumerate() {
        let found =
            [0, 1, 2].map(|channel| sample(at * channels + if layout.is_gray() { 0 } else { channel }));
        if layout.has_alpha() {
            assert!((sample(at * channels + channels - 1) - f64::from(at as u8) / 255.0).abs() < 1e-9);
        }
        let difference = delta_e::between(found, color.output);
        farthest = farthest.max(difference);
    }
    farthest
}

#[test]
fn colours_are_those_of_littlecms() {
    let known = known();
    for (name, profile) in icc::named() {
        let colors: Vec<&Known> = known.iter().filter(|color| color.profile == name).collect();
        let layouts: &[Layout] = match colors[0].input.len() {
            1 => &[Layout::L8, Layout::La8, Layout::L16, Layout::La16],
            3 => &[Layout::Rgb8, Layout::Rgba8, Layout::Rgb16, Layout::Rgba16],
            _ => &[Layout::Cmyk8],
        };
        for layout in layouts {
            let farthest = farthest(&colors, &profile, *layout);
            assert!(farthest <= 2.0, "{name} as {layout:?}: CIEDE2000 of {farthest}");
            // Sixteen bits are more than eight that were spread.
            assert!(farthest <= 1.0 || !layout.is_wide(), "{name} as {layout:?}: CIEDE2000 of {farthest}");
        }
    }
}

#[test]
fn profiles_of_srgb_change_nothing() {
    for (name, profile) in icc::named() {
        let same = name.starts_with("srgb") || name == "gray-table";
        let layout = match &profile[16..20] {
            b"GRAY" => Layout::L16,
            b"RGB " => Layout::Rgb16,
            _ => Layout::Cmyk8,
        };
        assert_eq!(ToSrgb::new(layout, Some(&profile)).is_none(), same, "{name}");
    }
}

#[test]
fn inks_without_a_sound_profile_become_light_all_the_same() {
    for profile in [None, Some(&b"no profile"[..]), Some(&icc::named()[0].1[..])] {
        let color = ToSrgb::new(Layout::Cmyk8, profile).unwrap();
        let pixels = Pixels::from_vec(Layout::Cmyk8, 1, 2, vec![255, 0, 0, 0, 0, 0, 0, 51]).unwrap();
        let light = color.apply(pixels, &Cancel::new()).unwrap();
        assert_eq!(light.layout(), Layout::Rgb8);
        assert_eq!((light.layout(), light.data()), (Layout::Rgb8, &[0, 255, 255, 204, 204, 204][..]));
    }
}

#[test]
fn every_band_is_converted_and_cancelling_stops() {
    let profile = icc::matrix(4, &icc::DISPLAY_P3, [icc::SRGB_CURVE; 3]);
    let color = ToSrgb::new(Layout::Rgb8, Some(&profile)).unwrap();
    let (width, height) = (BAND as u32 + 7, 3);
    let data: Vec<u8> = [200, 100, 50].repeat((width * height) as usize);
    let image = || Pixels::from_vec(Layout::Rgb8, width, height, data.clone()).unwrap();
    let converted = color.apply(image(), &Cancel::new()).unwrap();
    assert!(converted.data().chunks(3).all(|pixel| pixel == &converted.data()[..3]));
    assert_ne!(converted.data()[..3], data[..3]);
    let cancel = Cancel::new();
    cancel.cancel();
    assert!(color.apply(image(), &cancel).is_err());
    let other = Pixels::new(Layout::Rgba8, 1, 1).unwrap();
    assert!(color.apply(other, &Cancel::new()).is_err());
}

/// Whatever a profile holds, colours come out, or none are converted.
fn try_all_layouts(profile: &[u8]) {
    for layout in
        [Layout::L8, Layout::La8, Layout::Rgb8, Layout::Rgba8, Layout::Cmyk8, Layout::L16, Layout::Rgba16]
    {
        if let Some(color) = ToSrgb::new(layout, Some(profile)) {
            let mut pixels = Pixels::new(layout, 16, 1).unwrap();
            for (at, byte) in pixels.data_mut().iter_mut().enumerate() {
                *byte = (at * 37) as u8;
            }
            color.apply(pixels, &Cancel::new()).unwrap();
        }
    }
}

static PROFILES: LazyLock<Vec<(&str, Vec<u8>)>> = LazyLock::new(icc::named);

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(
        // Tables take their time; thousands by hand, with PROPTEST_CASES.
        std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(64)
    ))]

    #[test]
    fn damaged_profiles_never_panic(
        which in 0_usize..18,
        damage in proptest::collection::vec((0.0_f64..1.0, proptest::num::u8::ANY, 0_u8..4), 1..8),
        length in 0.5_f64..1.5,
    ) {
        let mut profile = PROFILES[which].1.clone();
        let tags = 128 + 4 + 12 * usize::from(profile[131]);
        for (place, value, kind) in damage {
            // Most of a profile is a table, which hurts no one: aim at its head too, and at those of tags.
            let reach = match kind {
                0 => profile.len(),
                1 => tags,
                _ => profile.len().min(tags + 200),
            };
            let at = (place * reach as f64) as usize;
            profile[at] = if kind == 3 { [0, 1, 2, 127, 128, 254, 255, 4][usize::from(value) % 8] } else { value };
        }
        profile.truncate((length * profile.len() as f64) as usize);
        try_all_layouts(&profile);
    }
}
