//! Inks that no profile describes.

/// Cyan, magenta, yellow, black to red, green, blue, as browsers have it: each ink takes away its light,
/// black takes away all. 255 is all of an ink.
pub(super) fn to_light(ink: &[u8], light: &mut [u8]) {
    let (ink, _) = ink.as_chunks::<4>();
    let (light, _) = light.as_chunks_mut::<3>();
    for ([c, m, y, k], light) in ink.iter().zip(light) {
        *light = [c, m, y].map(|ink| product(255 - ink, 255 - k));
    }
}

/// Of two fractions of 255, to the nearest.
fn product(a: u8, b: u8) -> u8 {
    // v / 255, rounded; exact for every product of two bytes.
    let v = u32::from(a) * u32::from(b) + 128;
    ((v + (v >> 8)) >> 8) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inks_take_away_their_light() {
        let ink = [0, 0, 0, 0, 255, 0, 0, 0, 0, 255, 255, 0, 0, 0, 0, 255, 0, 128, 255, 51];
        let mut light = [9; 15];
        to_light(&ink, &mut light);
        // (255 - 128) * (255 - 51) / 255 = 101.6
        assert_eq!(light, [255, 255, 255, 0, 255, 255, 255, 0, 0, 0, 0, 0, 204, 102, 0]);
    }

    #[test]
    fn products_are_rounded_to_the_nearest() {
        for a in 0..=255_u8 {
            for b in 0..=255_u8 {
                let exact = (f64::from(a) * f64::from(b) / 255.0).round() as u8;
                assert_eq!(product(a, b), exact, "{a} * {b}");
            }
        }
    }
}
