//! Colour profiles made for tests (ICC.1:2022, ISO 15076-1): the tags that convert colours, and no others.

/// A tone curve.
#[derive(Clone, Copy)]
pub(crate) enum Curve {
    /// `curv` with one number, in 256ths.
    Gamma(f64),
    /// `curv` with this many points of sRGB's curve.
    Table(u16),
    /// `para`, of the function type that has that many parameters: 1, 3, 4, 5 or 7.
    Parameters(&'static [f64]),
}

/// sRGB's curve, IEC 61966-2-1, as the third type of `para`.
pub(crate) const SRGB_CURVE: Curve =
    Curve::Parameters(&[2.4, 1.0 / 1.055, 0.055 / 1.055, 1.0 / 12.92, 0.040_45]);

/// Red, green and blue under D50, each as XYZ.
pub(crate) type Colorants = [[f64; 3]; 3];

pub(crate) const SRGB: Colorants =
    [[0.436_07, 0.222_49, 0.013_92], [0.385_15, 0.716_87, 0.097_08], [0.143_07, 0.060_61, 0.714_10]];
pub(crate) const DISPLAY_P3: Colorants =
    [[0.515_12, 0.241_20, -0.001_05], [0.291_98, 0.692_25, 0.041_89], [0.157_10, 0.066_57, 0.784_07]];
pub(crate) const ADOBE_RGB: Colorants =
    [[0.609_74, 0.311_11, 0.019_47], [0.205_28, 0.625_67, 0.060_87], [0.149_19, 0.063_22, 0.744_57]];
pub(crate) const PROPHOTO: Colorants =
    [[0.797_67, 0.288_04, 0.0], [0.135_19, 0.711_88, 0.0], [0.031_34, 0.000_09, 0.824_91]];

/// A profile of three colorants and their curves.
pub(crate) fn matrix(version: u8, colorants: &Colorants, curves: [Curve; 3]) -> Vec<u8> {
    let mut tags = Vec::new();
    for ((xyz_name, curve_name), (colorant, curve)) in
        [(b"rXYZ", b"rTRC"), (b"gXYZ", b"gTRC"), (b"bXYZ", b"bTRC")].iter().zip(colorants.iter().zip(curves))
    {
        tags.push((**xyz_name, xyz(*colorant)));
        tags.push((**curve_name, curve_tag(curve)));
    }
    profile(version, *b"mntr", *b"RGB ", *b"XYZ ", &tags)
}

/// A profile of one curve.
pub(crate) fn gray(version: u8, curve: Curve) -> Vec<u8> {
    profile(version, *b"mntr", *b"GRAY", *b"XYZ ", &[(*b"kTRC", curve_tag(curve))])
}

/// How a table of colours is stored.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Table {
    /// `mft1`, eight bits.
    Lut8,
    /// `mft2`, sixteen bits in the older encoding of Lab.
    Lut16,
    /// `mAB `, with so many bytes a sample.
    LutAToB(u8),
}

/// A press: four inks to Lab through a table of `side` points each way, with the dot gain in the curves
/// before the table.
pub(crate) fn press(version: u8, table: Table, side: u8) -> Vec<u8> {
    let colors = grid::<4>(side).map(|[c, m, y, k]| lab_of(neugebauer([c, m, y, k])));
    let tag = table_tag(table, 4, side, &colors.collect::<Vec<_>>(), DOT_GAIN);
    profile(version, *b"prtr", *b"CMYK", *b"Lab ", &[(*b"A2B0", tag)])
}

/// A screen described by a table from its signals to Lab. Its light is that of `colorants` to the power
/// that leaves the table smooth: the curves before the table do not make it linear.
pub(crate) fn screen(version: u8, table: Table, side: u8, colorants: &Colorants) -> Vec<u8> {
    let colors = grid::<3>(side).map(|signal| {
        let light = signal.map(|value| value.powf(2.4 * SCREEN));
        lab_of([0, 1, 2].map(|axis| (0..3).map(|color| light[color] * colorants[color][axis]).sum()))
    });
    let tag = table_tag(table, 3, side, &colors.collect::<Vec<_>>(), 1.0 / SCREEN);
    profile(version, *b"mntr", *b"RGB ", *b"Lab ", &[(*b"A2B0", tag)])
}

const DOT_GAIN: f64 = 0.8;
const SCREEN: f64 = 1.1;

/// All points of a grid of `side` values from 0 to 1 each way, the last axis changing fastest.
fn grid<const N: usize>(side: u8) -> impl Iterator<Item = [f64; N]> {
    let side = usize::from(side);
    (0..side.pow(N as u32)).map(move |index| {
        let mut rest = index;
        let mut point = [0.0; N];
        for axis in point.iter_mut().rev() {
            *axis = (rest % side) as f64 / (side - 1) as f64;
            rest /= side;
        }
        point
    })
}

/// XYZ under D50 of printed dots: the sixteen overprints, each with its share of the paper (Demichel 1924;
/// Neugebauer 1937), and the paper's spreading of light (Yule and Nielsen 1951, n = 2).
fn neugebauer(ink: [f64; 4]) -> [f64; 3] {
    /// Paper and the overprints of the first three inks, cyan counting 1, magenta 2, yellow 4: about what
    /// an offset press prints.
    const OVERPRINTS: [[f64; 3]; 8] = [
        [100.0, 0.0, 0.0],
        [56.0, -36.0, -48.0],
        [49.0, 74.0, -2.0],
        [25.0, 21.0, -46.0],
        [91.0, -5.0, 94.0],
        [51.0, -66.0, 27.0],
        [48.0, 68.0, 50.0],
        [24.0, 1.0, 1.0],
    ];
    /// What black lets through of what lies under it.
    const BLACK: f64 = 0.025;
    let mut sum = [0.0; 3];
    for overprint in 0..16 {
        let share: f64 = ink
            .iter()
            .enumerate()
            .map(|(bit, share)| if overprint >> bit & 1 == 1 { *share } else { 1.0 - share })
            .product();
        let light = if overprint >= 8 { BLACK } else { 1.0 };
        for (sum, value) in sum.iter_mut().zip(xyz_of(OVERPRINTS[overprint % 8])) {
            *sum += share * (value * light).sqrt();
        }
    }
    sum.map(|value| value * value)
}

/// D50, section 7.2.16.
const WHITE: [f64; 3] = [0.9642, 1.0, 0.8249];

/// CIE 15:2004, section 8.2.1.
fn lab_of(xyz: [f64; 3]) -> [f64; 3] {
    let f = |value: f64| {
        if value > 216.0 / 24389.0 { value.cbrt() } else { (24389.0 / 27.0 * value + 16.0) / 116.0 }
    };
    let [x, y, z] = [0, 1, 2].map(|axis| f(xyz[axis] / WHITE[axis]));
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

#[allow(clippy::many_single_char_names, reason = "the names of the field")]
fn xyz_of([l, a, b]: [f64; 3]) -> [f64; 3] {
    let y = (l + 16.0) / 116.0;
    let inverse = |f: f64| {
        if f > 6.0 / 29.0 { f.powi(3) } else { (116.0 * f - 16.0) * 27.0 / 24389.0 }
    };
    let f = [y + a / 500.0, y, y - b / 200.0];
    [0, 1, 2].map(|axis| inverse(f[axis]) * WHITE[axis])
}

fn table_tag(table: Table, channels: u8, side: u8, colors: &[[f64; 3]], before: f64) -> Vec<u8> {
    match table {
        Table::Lut8 | Table::Lut16 => lut(table, channels, side, colors, before),
        Table::LutAToB(bytes) => lut_a_to_b(channels, side, colors, before, bytes),
    }
}

/// Sections 10.10 and 10.11.
fn lut(table: Table, channels: u8, side: u8, colors: &[[f64; 3]], before: f64) -> Vec<u8> {
    let wide = table == Table::Lut16;
    let mut tag = if wide { b"mft2\0\0\0\0".to_vec() } else { b"mft1\0\0\0\0".to_vec() };
    tag.extend([channels, 3, side, 0]);
    for entry in 0..9 {
        fixed(&mut tag, if entry % 4 == 0 { 1.0 } else { 0.0 });
    }
    if wide {
        tag.extend(256_u16.to_be_bytes());
        tag.extend(2_u16.to_be_bytes());
    }
    let mut put = |value: f64, full: f64| {
        if wide {
            tag.extend(((value * full).round().clamp(0.0, 65_535.0) as u16).to_be_bytes());
        } else {
            tag.push((value * 255.0).round().clamp(0.0, 255.0) as u8);
        }
    };
    for _ in 0..channels {
        for entry in 0..256 {
            put((f64::from(entry) / 255.0).powf(before), 65_535.0);
        }
    }
    for [l, a, b] in colors {
        // Section 6.3.4.2: 100 is FF00 in the older encoding, and FF in eight bits.
        put(l / 100.0, 65_280.0);
        put((a + 128.0) / 255.0, 65_280.0);
        put((b + 128.0) / 255.0, 65_280.0);
    }
    let last = if wide { 2 } else { 256 };
    for _ in 0..3 {
        for entry in 0..last {
            put(f64::from(entry) / f64::from(last - 1), 65_535.0);
        }
    }
    tag
}

/// Section 10.12, with all five stages.
fn lut_a_to_b(channels: u8, side: u8, colors: &[[f64; 3]], before: f64, bytes: u8) -> Vec<u8> {
    const MATRIX: f64 = 1.2;
    const LIGHTNESS: f64 = 1.25;
    let one = curve_tag(Curve::Parameters(&[1.0]));
    let m_curve = curve_tag(Curve::Parameters(&[1.0 / LIGHTNESS]));
    let b_curve = curve_tag(Curve::Gamma(1.0));
    let mut tag = b"mAB \0\0\0\0".to_vec();
    tag.extend([channels, 3, 0, 0]);
    let b_at = 32;
    let matrix_at = b_at + 3 * b_curve.len();
    let m_at = matrix_at + 48;
    let m_length = m_curve.len() + 2 * one.len();
    let clut_at = m_at + m_length;
    let clut_length = (20 + colors.len() * 3 * usize::from(bytes)).next_multiple_of(4);
    for offset in [b_at, matrix_at, m_at, clut_at, clut_at + clut_length] {
        tag.extend((offset as u32).to_be_bytes());
    }
    for _ in 0..3 {
        tag.extend(&b_curve);
    }
    // The table holds a and b drawn in towards their middle, and the matrix spreads them again.
    for entry in [1.0, 0.0, 0.0, 0.0, MATRIX, 0.0, 0.0, 0.0, MATRIX, 0.0] {
        fixed(&mut tag, entry);
    }
    let middle = 128.0 / 255.0;
    fixed(&mut tag, middle * (1.0 - MATRIX));
    fixed(&mut tag, middle * (1.0 - MATRIX));
    // Lightness is stored to a power and comes back through its curve.
    tag.extend(&m_curve);
    tag.extend(&one);
    tag.extend(&one);
    for axis in 0..16 {
        tag.push(if axis < channels { side } else { 0 });
    }
    tag.extend([bytes, 0, 0, 0]);
    for [l, a, b] in colors {
        let drawn_in = |value: f64| ((value + 128.0) / 255.0 - middle) / MATRIX + middle;
        for value in [(l / 100.0).powf(LIGHTNESS), drawn_in(*a), drawn_in(*b)] {
            if bytes == 2 {
                tag.extend(((value * 65_535.0).round().clamp(0.0, 65_535.0) as u16).to_be_bytes());
            } else {
                tag.push((value * 255.0).round().clamp(0.0, 255.0) as u8);
            }
        }
    }
    tag.resize(tag.len().next_multiple_of(4), 0);
    for channel in 0..channels {
        // A parametric curve, and one of points.
        let curve = if channel % 2 == 0 {
            let mut curve = b"para\0\0\0\0\0\0\0\0".to_vec();
            fixed(&mut curve, before);
            curve
        } else {
            let mut curve = b"curv\0\0\0\0".to_vec();
            curve.extend(256_u32.to_be_bytes());
            for entry in 0..256 {
                let value = (f64::from(entry) / 255.0).powf(before);
                curve.extend(((value * 65_535.0).round() as u16).to_be_bytes());
            }
            curve
        };
        tag.extend(curve);
    }
    tag
}

fn xyz(value: [f64; 3]) -> Vec<u8> {
    let mut tag = b"XYZ \0\0\0\0".to_vec();
    for value in value {
        fixed(&mut tag, value);
    }
    tag
}

/// Sections 10.6 and 10.18.
fn curve_tag(curve: Curve) -> Vec<u8> {
    match curve {
        Curve::Gamma(gamma) => {
            let mut tag = b"curv\0\0\0\0\0\0\0\x01".to_vec();
            tag.extend(((gamma * 256.0).round() as u16).to_be_bytes());
            tag.extend([0, 0]);
            tag
        }
        Curve::Table(points) => {
            let mut tag = b"curv\0\0\0\0".to_vec();
            tag.extend(u32::from(points).to_be_bytes());
            for point in 0..points {
                let signal = f64::from(point) / f64::from(points - 1);
                let light =
                    if signal <= 0.040_45 { signal / 12.92 } else { ((signal + 0.055) / 1.055).powf(2.4) };
                tag.extend(((light * 65_535.0).round() as u16).to_be_bytes());
            }
            tag.resize(tag.len().next_multiple_of(4), 0);
            tag
        }
        Curve::Parameters(parameters) => {
            let function: u16 = match parameters.len() {
                1 => 0,
                3 => 1,
                4 => 2,
                5 => 3,
                _ => 4,
            };
            let mut tag = b"para\0\0\0\0".to_vec();
            tag.extend(function.to_be_bytes());
            tag.extend([0, 0]);
            for parameter in parameters {
                fixed(&mut tag, *parameter);
            }
            tag
        }
    }
}

/// `s15Fixed16Number`, section 4.6.
fn fixed(tag: &mut Vec<u8>, value: f64) {
    tag.extend(((value * 65_536.0).round() as i32).to_be_bytes());
}

/// Sections 7.2 and 7.3.
fn profile(
    version: u8,
    class: [u8; 4],
    space: [u8; 4],
    pcs: [u8; 4],
    tags: &[([u8; 4], Vec<u8>)],
) -> Vec<u8> {
    let mut all = tags.to_vec();
    all.push((*b"wtpt", xyz(WHITE)));
    let directory = 132 + all.len() * 12;
    let size = directory + all.iter().map(|(_, tag)| tag.len().next_multiple_of(4)).sum::<usize>();
    let mut data = (size as u32).to_be_bytes().to_vec();
    data.extend([0, 0, 0, 0, version, if version == 4 { 0x40 } else { 0x10 }, 0, 0]);
    data.extend(class);
    data.extend(space);
    data.extend(pcs);
    for number in [2026_u16, 1, 1, 0, 0, 0] {
        data.extend(number.to_be_bytes());
    }
    data.extend(b"acsp");
    data.resize(68, 0);
    for value in WHITE {
        fixed(&mut data, value);
    }
    data.resize(128, 0);
    data.extend((all.len() as u32).to_be_bytes());
    let mut offset = directory;
    for (name, tag) in &all {
        data.extend(name);
        data.extend((offset as u32).to_be_bytes());
        data.extend((tag.len() as u32).to_be_bytes());
        offset += tag.len().next_multiple_of(4);
    }
    for (_, tag) in &all {
        data.extend(tag);
        data.resize(data.len().next_multiple_of(4), 0);
    }
    data
}

/// Every profile that the vectors in tests/vectors/colors.txt name.
pub(crate) fn named() -> Vec<(&'static str, Vec<u8>)> {
    const GAMMA_22: Curve = Curve::Gamma(563.0 / 256.0);
    vec![
        ("srgb", matrix(2, &SRGB, [SRGB_CURVE; 3])),
        ("srgb-v4", matrix(4, &SRGB, [SRGB_CURVE; 3])),
        ("srgb-table", matrix(2, &SRGB, [Curve::Table(1024); 3])),
        ("display-p3", matrix(4, &DISPLAY_P3, [SRGB_CURVE; 3])),
        ("adobe-rgb", matrix(2, &ADOBE_RGB, [GAMMA_22; 3])),
        ("prophoto", matrix(2, &PROPHOTO, [Curve::Gamma(1.8); 3])),
        (
            "three-curves",
            matrix(
                4,
                &ADOBE_RGB,
                [
                    Curve::Parameters(&[2.0, 0.9, 0.1]),
                    Curve::Table(37),
                    Curve::Parameters(&[2.2, 0.94, 0.05, 0.12, 0.06, 0.01, 0.002]),
                ],
            ),
        ),
        ("screen-lut16", screen(2, Table::Lut16, 17, &DISPLAY_P3)),
        ("screen-lut8", screen(2, Table::Lut8, 17, &ADOBE_RGB)),
        ("screen-atob", screen(4, Table::LutAToB(2), 17, &DISPLAY_P3)),
        ("gray-22", gray(2, Curve::Gamma(2.2))),
        ("gray-linear", gray(4, Curve::Parameters(&[1.0]))),
        ("gray-table", gray(2, Curve::Table(256))),
        ("press-lut8", press(2, Table::Lut8, 9)),
        ("press-lut16", press(2, Table::Lut16, 9)),
        ("press-lut16-v4", press(4, Table::Lut16, 9)),
        ("press-atob", press(4, Table::LutAToB(2), 9)),
        ("press-atob-8", press(4, Table::LutAToB(1), 9)),
    ]
}
