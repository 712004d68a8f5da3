//! Numbers with a set count of decimals, as `Number.prototype.toFixed` prints them.

use super::number::{self, MAX_NUMBER};

/// Room for any double with a hundred decimals: a sign, 21 digits, a point.
pub(super) const MAX_FIXED: usize = 128;
/// Powers of ten that are doubles, as many as the quick way takes.
const POWERS: [f64; 16] =
    [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];
/// Below it a double has halves.
const MAX_HALVES: f64 = 4_503_599_627_370_496.0;

/// Writes `value` with `decimals`, at most 100, and returns the length.
pub(super) fn write(out: &mut [u8; MAX_FIXED], value: f64, decimals: usize) -> usize {
    if let Some(length) = write_quickly(out, value, decimals) {
        return length;
    }
    let text = if value.abs() < 1e21 {
        write_slowly(value, decimals)
    } else {
        // From 1e21 on, and for NaN, as without decimals.
        ryu_js::Buffer::new().format(value).as_bytes().to_vec()
    };
    let length = text.len().min(MAX_FIXED);
    out[..length].copy_from_slice(&text[..length]);
    length
}

/// The standard library rounds what a double is exactly, but halves to the even digit, where JavaScript rounds them
/// up. (`ryu_js::Buffer::format_to_fixed` is wrong about numbers below 1e-90 or so.)
///
/// A double is an odd number times a power of two; divided by 2^n, it has n decimals, of which the last is a 5. So
/// there is a half at stake exactly where it has one decimal more than it is to have.
fn write_slowly(value: f64, decimals: usize) -> Vec<u8> {
    let magnitude = value.abs();
    let bits = magnitude.to_bits();
    let (exponent, significand) =
        ((bits >> 52) as i32, bits & ((1 << 52) - 1) | u64::from(bits >> 52 > 0) << 52);
    let places = 1075 - exponent.max(1) - significand.trailing_zeros() as i32;
    let sign = if value < 0.0 { "-" } else { "" };
    if places == decimals as i32 + 1 {
        let exact = format!("{sign}{magnitude:.0$}", decimals + 1).into_bytes();
        round_text(&exact, decimals).unwrap_or(exact)
    } else {
        format!("{sign}{magnitude:.decimals$}").into_bytes()
    }
}

/// Rounds in doubles, exactly.
///
/// The product of the value and the power of ten is a double plus an error, which a fused multiplication tells. As
/// the double is below 2^52, a half is a multiple of its precision and the error less than that: only where the
/// double is at the half exactly does the error decide. Halves go up, away from zero.
#[allow(clippy::float_cmp, reason = "exactly half is what is asked")]
fn write_quickly(out: &mut [u8; MAX_FIXED], value: f64, decimals: usize) -> Option<usize> {
    let power = *POWERS.get(decimals)?;
    let magnitude = value.abs();
    let product = magnitude * power;
    if product.is_nan() || product >= MAX_HALVES {
        return None;
    }
    let mut whole = product as u64;
    let rest = product - whole as f64;
    if rest > 0.5 || rest == 0.5 && magnitude.mul_add(power, -product) >= 0.0 {
        whole += 1;
    }
    let divisor = power as u64;
    let start = usize::from(value < 0.0);
    out[0] = b'-';
    let mut at = start + number::write_unsigned(piece(out, start)?, whole / divisor);
    if decimals > 0 {
        // A one before the decimals keeps their zeros; the point takes its place.
        let end = at + number::write_unsigned(piece(out, at)?, divisor + whole % divisor);
        out[at] = b'.';
        at = end;
    }
    Some(at)
}

fn piece(out: &mut [u8; MAX_FIXED], at: usize) -> Option<&mut [u8; MAX_NUMBER]> {
    out.get_mut(at..)?.first_chunk_mut()
}

/// Rounds a decimal text, `-?digits[.digits]`, to `decimals`, halves away from zero; `None` if it is no such text.
pub(super) fn round_text(text: &[u8], decimals: usize) -> Option<Vec<u8>> {
    let (sign, unsigned) = match text {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, text),
    };
    let point = unsigned.iter().position(|&byte| byte == b'.');
    let (whole, fraction) = match point {
        Some(at) => (&unsigned[..at], &unsigned[at + 1..]),
        None => (unsigned, &[][..]),
    };
    let all_digits = |text: &[u8]| !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    if !all_digits(whole) || point.is_some() && !all_digits(fraction) {
        return None;
    }
    // Room for a sign and a carry.
    let mut out = Vec::with_capacity(whole.len() + decimals + 3);
    if sign {
        out.push(b'-');
    }
    let start = out.len();
    out.extend_from_slice(whole);
    if decimals > 0 {
        out.push(b'.');
        out.extend_from_slice(&fraction[..decimals.min(fraction.len())]);
        out.resize(start + whole.len() + 1 + decimals, b'0');
    }
    if fraction.get(decimals).is_some_and(|&digit| digit >= b'5') && carry(&mut out[start..]) {
        out.insert(start, b'1');
    }
    Some(out)
}

/// Adds one to the last digit; whether it carries beyond the first.
fn carry(digits: &mut [u8]) -> bool {
    for digit in digits.iter_mut().rev() {
        match digit {
            b'.' => {}
            b'9' => *digit = b'0',
            _ => {
                *digit += 1;
                return false;
            }
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn print(value: f64, decimals: usize) -> String {
        let mut out = [0; MAX_FIXED];
        let length = write(&mut out, value, decimals);
        String::from_utf8(out[..length].to_vec()).unwrap()
    }

    fn round(text: &str, decimals: usize) -> Option<String> {
        round_text(text.as_bytes(), decimals).map(|text| String::from_utf8(text).unwrap())
    }

    /// What a double is exactly: every one is a decimal of at most 1,074 places.
    fn exact(value: f64) -> String {
        format!("{value:.1100}")
    }

    #[test]
    fn known_answers_of_to_fixed() {
        // Printed by Node 20.
        for (value, decimals, expected) in [
            (0.0, 0, "0"),
            (0.0, 2, "0.00"),
            (-0.0, 2, "0.00"),
            (-0.001, 2, "-0.00"),
            (1.005, 2, "1.00"),
            (1.045, 2, "1.04"),
            (8.345, 2, "8.35"),
            (2.5, 0, "3"),
            (-2.5, 0, "-3"),
            (0.5, 0, "1"),
            (1.5, 0, "2"),
            (1.45, 1, "1.4"),
            (10.235, 2, "10.23"),
            (123.456, 2, "123.46"),
            (999.999, 2, "1000.00"),
            (0.000_001, 7, "0.0000010"),
            (1e-10, 2, "0.00"),
            (5e-324, 3, "0.000"),
            (1e20, 2, "100000000000000000000.00"),
            (1.23e20, 2, "123000000000000000000.00"),
            (1e21, 2, "1e+21"),
            (-1.5e300, 2, "-1.5e+300"),
            (f64::NAN, 2, "NaN"),
            (-f64::INFINITY, 2, "-Infinity"),
            (4_503_599_627_370_495.5, 0, "4503599627370496"),
            (0.1, 20, "0.10000000000000000555"),
        ] {
            assert_eq!(print(value, decimals), expected, "{value} with {decimals}");
        }
        assert_eq!(print(0.1, 100).len(), 102);
        assert_eq!(print(-0.0, 100).len(), 102);
        assert_eq!(print(2e-100, 90), format!("0.{}", "0".repeat(90)));
        assert_eq!(print(1e20 + 0.5, 20).len(), 42);
    }

    #[test]
    fn decimals_as_text() {
        for (text, decimals, expected) in [
            ("0", 0, "0"),
            ("0", 2, "0.00"),
            ("12", 1, "12.0"),
            ("1.005", 2, "1.01"),
            ("-1.005", 2, "-1.01"),
            ("-1.0049999999999999999999", 2, "-1.00"),
            ("0.5", 0, "1"),
            ("-0.5", 0, "-1"),
            ("-0.4", 0, "-0"),
            ("9.995", 2, "10.00"),
            ("99999999999999999999999.5", 0, "100000000000000000000000"),
            ("1.2", 5, "1.20000"),
            ("123456789012345678901234567890.125", 2, "123456789012345678901234567890.13"),
        ] {
            assert_eq!(round(text, decimals).as_deref(), Some(expected), "{text} with {decimals}");
        }
        for text in ["", "-", ".5", "5.", "1e5", "NaN", "Infinity", "--1", "1.2.3", "+1", " 1"] {
            assert_eq!(round(text, 2), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn rounds_what_the_double_is_exactly(bits: u64, decimals in 0_usize..=100) {
            let value = f64::from_bits(bits);
            if value.abs() < 1e21 {
                prop_assert_eq!(print(value, decimals), round(&exact(value), decimals).unwrap());
            }
        }

        #[test]
        fn rounds_halves_exactly(odd in 0_u64..1 << 52, places in 1_i32..60, decimals in 0_usize..=60) {
            let value = (odd * 2 + 1) as f64 * 2_f64.powi(-places);
            if value < 1e21 {
                for decimals in [decimals, places as usize, places as usize - 1] {
                    prop_assert_eq!(print(-value, decimals), round(&exact(-value), decimals).unwrap());
                }
            }
        }

        #[test]
        fn rounds_near_halves_exactly(digits in 0_i64..1 << 52, scale in 0_i32..18, step in -2_i64..3, decimals in 0_usize..16) {
            let near = (digits * 10 + 5) as f64 / 10_f64.powi(scale);
            let value = f64::from_bits(near.to_bits().wrapping_add_signed(step));
            prop_assert_eq!(print(value, decimals), round(&exact(value), decimals).unwrap());
            prop_assert_eq!(print(-value, decimals), round(&exact(-value), decimals).unwrap());
        }
    }
}
