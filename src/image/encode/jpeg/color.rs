//! From RGB to luma and chroma: ITU-R BT.601 in its full range, as JFIF 1.02 has it, in fixed point of 16
//! bits, rounded to nearest.

#![expect(clippy::inline_always, reason = "what is called must be compiled for its caller's registers")]

/// Where the chroma of a row goes that is not subsampled.
pub(super) enum Columns<'a> {
    /// Luma only.
    None,
    /// Blue and red difference.
    All(&'a mut [u8], &'a mut [u8]),
}

/// Converts a row.
pub(super) fn convert(rgb: &[u8], luma: &mut [u8], chroma: Columns<'_>) {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has AVX2, which is all that the function asks for.
        return unsafe { convert_avx2(rgb, luma, chroma) };
    }
    convert_anywhere(rgb, luma, chroma);
}

/// Converts the chroma of two rows that are one above the other, of two columns each to one.
pub(super) fn average(rows: [&[u8]; 2], blue: &mut [u8], red: &mut [u8]) {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has AVX2, which is all that the function asks for.
        return unsafe { average_avx2(rows, blue, red) };
    }
    average_anywhere(rows, blue, red);
}

/// The same code, for the compiler to spread over wider registers.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn convert_avx2(rgb: &[u8], luma: &mut [u8], chroma: Columns<'_>) {
    convert_anywhere(rgb, luma, chroma);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn average_avx2(rows: [&[u8]; 2], blue: &mut [u8], red: &mut [u8]) {
    average_anywhere(rows, blue, red);
}

#[inline(always)]
fn convert_anywhere(rgb: &[u8], luma: &mut [u8], chroma: Columns<'_>) {
    for (luma, pixel) in luma.iter_mut().zip(rgb.chunks_exact(3)) {
        *luma = y(pixel[0], pixel[1], pixel[2]);
    }
    if let Columns::All(blue, red) = chroma {
        for ((blue, red), pixel) in blue.iter_mut().zip(red).zip(rgb.chunks_exact(3)) {
            let (r, g, b) = (i32::from(pixel[0]), i32::from(pixel[1]), i32::from(pixel[2]));
            *blue = cb::<0>(r, g, b);
            *red = cr::<0>(r, g, b);
        }
    }
}

#[inline(always)]
fn average_anywhere([upper, lower]: [&[u8]; 2], blue: &mut [u8], red: &mut [u8]) {
    let upper_pairs = upper.chunks_exact(6);
    let lower_pairs = lower.chunks_exact(6);
    let (last_above, last_below) = (upper_pairs.remainder(), lower_pairs.remainder());
    let pairs = upper_pairs.zip(lower_pairs);
    let count = pairs.len();
    for ((blue, red), (upper, lower)) in blue.iter_mut().zip(red.iter_mut()).zip(pairs) {
        let r = sum(upper[0], upper[3], lower[0], lower[3]);
        let g = sum(upper[1], upper[4], lower[1], lower[4]);
        let b = sum(upper[2], upper[5], lower[2], lower[5]);
        *blue = cb::<2>(r, g, b);
        *red = cr::<2>(r, g, b);
    }
    // A last column alone counts twice.
    if let (&[ra, ga, ba], &[rb, gb, bb]) = (last_above, last_below) {
        let [r, g, b] = [(ra, rb), (ga, gb), (ba, bb)].map(|(a, b)| i32::from(a) + i32::from(b));
        blue[count] = cb::<1>(r, g, b);
        red[count] = cr::<1>(r, g, b);
    }
}

#[inline(always)]
fn sum(a: u8, b: u8, c: u8, d: u8) -> i32 {
    i32::from(u16::from(a) + u16::from(b) + u16::from(c) + u16::from(d))
}

// The factors are written so that each fits 16 bits with its sign: processors multiply such numbers twice
// as fast.

/// 0.299, 0.587 and 0.114.
#[inline(always)]
fn y(r: u8, g: u8, b: u8) -> u8 {
    let (r, g, b) = (i32::from(r), i32::from(g), i32::from(b));
    ((19_595 * r + 2 * (19_235 * g) + 7_471 * b + (1 << 15)) >> 16) as u8
}

/// −0.168736, −0.331264 and 0.5, of sums of 2^SHIFT pixels.
#[inline(always)]
fn cb<const SHIFT: u32>(r: i32, g: i32, b: i32) -> u8 {
    ((-11_059 * r - 21_709 * g + (b << 15) + middle::<SHIFT>()) >> (16 + SHIFT)) as u8
}

/// 0.5, −0.418688 and −0.081312.
#[inline(always)]
fn cr<const SHIFT: u32>(r: i32, g: i32, b: i32) -> u8 {
    ((-27_439 * g - 5_329 * b + (r << 15) + middle::<SHIFT>()) >> (16 + SHIFT)) as u8
}

/// 128, and just less than a half, so that the largest value does not round to 256.
const fn middle<const SHIFT: u32>() -> i32 {
    (128 << (16 + SHIFT)) + (1 << (15 + SHIFT)) - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    /// JFIF's equations.
    fn exact([r, g, b]: [f64; 3]) -> [f64; 3] {
        [
            0.299 * r + 0.587 * g + 0.114 * b,
            -0.168_735_9 * r - 0.331_264_1 * g + 0.5 * b + 128.0,
            0.5 * r - 0.418_687_6 * g - 0.081_312_4 * b + 128.0,
        ]
    }

    #[test]
    fn every_colour_is_the_nearest() {
        let row: Vec<u8> = (0..=255)
            .step_by(5)
            .flat_map(|r| (0..=255).step_by(5).flat_map(move |g| [r, g, 255 - r / 2]))
            .collect();
        let count = row.len() / 3;
        let (mut luma, mut blue, mut red) = (vec![0; count], vec![0; count], vec![0; count]);
        convert(&row, &mut luma, Columns::All(&mut blue, &mut red));
        for (index, pixel) in row.chunks_exact(3).enumerate() {
            let exact = exact([pixel[0], pixel[1], pixel[2]].map(f64::from));
            for (found, exact) in [luma[index], blue[index], red[index]].into_iter().zip(exact) {
                assert!(
                    (f64::from(found) - exact.min(255.0)).abs() <= 0.51,
                    "{pixel:?}: {found} for {exact}"
                );
            }
        }
    }

    #[test]
    fn averages_are_those_of_the_pixels() {
        for width in 1..40_usize {
            let rows = [7, 11]
                .map(|factor| (0..width * 3).map(|at| (at * factor * 13 % 256) as u8).collect::<Vec<_>>());
            let half = width.div_ceil(2);
            let (mut blue, mut red) = (vec![0; half], vec![0; half]);
            average([&rows[0], &rows[1]], &mut blue, &mut red);
            for column in 0..half {
                let mean = [0, 1, 2].map(|channel| {
                    let sum: u32 = [2 * column, (2 * column + 1).min(width - 1)]
                        .into_iter()
                        .flat_map(|x| rows.iter().map(move |row| u32::from(row[x * 3 + channel])))
                        .sum();
                    f64::from(sum) / 4.0
                });
                let [_, exact_blue, exact_red] = exact(mean);
                assert!((f64::from(blue[column]) - exact_blue.min(255.0)).abs() <= 0.51);
                assert!((f64::from(red[column]) - exact_red.min(255.0)).abs() <= 0.51);
            }
        }
    }

    #[test]
    fn wide_registers_change_nothing() {
        let row: Vec<u8> = (0..3 * 131).map(|at| (at * 89 % 256) as u8).collect();
        let below: Vec<u8> = row.iter().rev().copied().collect();
        let (mut luma, mut blue, mut red) = (vec![0; 131], vec![0; 131], vec![0; 131]);
        let (mut other_luma, mut other_blue, mut other_red) = (luma.clone(), blue.clone(), red.clone());
        convert(&row, &mut luma, Columns::All(&mut blue, &mut red));
        convert_anywhere(&row, &mut other_luma, Columns::All(&mut other_blue, &mut other_red));
        assert_eq!((&luma, &blue, &red), (&other_luma, &other_blue, &other_red));
        average([&row, &below], &mut blue, &mut red);
        average_anywhere([&row, &below], &mut other_blue, &mut other_red);
        assert_eq!((&blue, &red), (&other_blue, &other_red));
    }
}
