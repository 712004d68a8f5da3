//! sRGB's transfer curve (IEC 61966-2-1): between stored values and light.

use std::sync::OnceLock;

/// The light, 0 to 1, of a stored value of 0 to 1.
fn decode(value: f64) -> f64 {
    if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
}

/// The stored value of a light of 0 to 1.
fn encode(light: f32) -> f32 {
    if light <= 0.003_130_8 { light * 12.92 } else { 1.055 * light.powf(1.0 / 2.4) - 0.055 }
}

/// The light of every value of eight bits.
pub(super) fn light8() -> &'static [f32; 256] {
    static LIGHT: OnceLock<[f32; 256]> = OnceLock::new();
    LIGHT.get_or_init(|| std::array::from_fn(|value| decode(value as f64 / 255.0) as f32))
}

/// The light of every value of sixteen bits.
pub(super) fn light16() -> &'static [f32] {
    static LIGHT: OnceLock<Vec<f32>> = OnceLock::new();
    LIGHT.get_or_init(|| (0..=u16::MAX).map(|value| decode(f64::from(value) / 65_535.0) as f32).collect())
}

/// The eight-bit value nearest to a light; lights outside 0 to 1 are those.
pub(super) fn value8(light: f32) -> f32 {
    // Neighbouring values are 20 steps of this table apart where they are closest, in the dark.
    static VALUES: OnceLock<Vec<u8>> = OnceLock::new();
    let values = VALUES.get_or_init(|| {
        (0..=u16::MAX).map(|step| (encode(f32::from(step) / 65_535.0) * 255.0).round() as u8).collect()
    });
    f32::from(values[usize::from((light * 65_535.0 + 0.5) as u16)])
}

/// The sixteen-bit value of a light, not yet rounded; lights outside 0 to 1 are those.
pub(super) fn value16(light: f32) -> f32 {
    encode(light.clamp(0.0, 1.0)) * 65_535.0
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "whole numbers, which floats hold exactly")]
mod tests {
    use super::*;

    #[test]
    fn every_value_comes_back() {
        for value in 0..=u8::MAX {
            assert_eq!(value8(light8()[usize::from(value)]), f32::from(value));
        }
        for value in 0..=u16::MAX {
            assert_eq!(value16(light16()[usize::from(value)]).round(), f32::from(value));
        }
    }

    /// Of IEC 61966-2-1: half the light is 188 of 255, not 128; the curve's two pieces meet.
    #[test]
    fn known_values() {
        assert_eq!(value8(0.5), 188.0);
        assert_eq!(value8(0.215_861), 128.0);
        assert!((decode(0.040_45) - 0.003_130_8).abs() < 2e-7);
        assert_eq!((value8(-1.0), value8(2.0)), (0.0, 255.0));
        assert_eq!((value16(-1.0), value16(2.0).round()), (0.0, 65_535.0));
    }
}
