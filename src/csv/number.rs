//! Numbers as `Number.prototype.toString` prints them (ECMA-262, `Number::toString`).

/// Room for any number: the longest are 25 bytes, `-0.0000012345678901234567`.
pub(super) const MAX_NUMBER: usize = 32;
/// From here on not every integer is a double.
const MAX_SAFE: i64 = 1 << 53;
/// At most fifteen significant digits once multiplied by 1000; see [`write_thousandths`].
const MAX_THOUSANDTHS: f64 = 1e12;

/// Writes `value` and returns the length.
#[inline]
#[allow(clippy::float_cmp, reason = "exactly whole is what is asked")]
pub(super) fn write(out: &mut [u8; MAX_NUMBER], value: f64) -> usize {
    let magnitude = value.abs();
    // Signed, because that is one instruction. NaN becomes 0 and differs, infinity saturates.
    let whole = magnitude as i64;
    if whole as f64 == magnitude && whole < MAX_SAFE {
        // Not minus zero.
        let sign = usize::from(value < 0.0);
        out[0] = b'-';
        return write_digits(out, sign, whole as u64);
    }
    write_fraction(out, value)
}

/// Writes a number that is not whole, or not exactly so.
fn write_fraction(out: &mut [u8; MAX_NUMBER], value: f64) -> usize {
    let length = write_thousandths(out, value);
    if length > 0 {
        return length;
    }
    if (MIN_PLAIN..MAX_SAFE as f64).contains(&value.abs()) {
        return copy(out, zmij::Buffer::new().format_finite(value));
    }
    copy(out, ryu_js::Buffer::new().format(value))
}

/// From here to [`MAX_SAFE`] on, whoever prints the shortest digits prints them in the same places: without an
/// exponent. Whole numbers, of which some put `.0` after them, are printed elsewhere.
const MIN_PLAIN: f64 = 1e-5;

/// Two copies of constant size, which may overlap, instead of one of any size.
fn copy(out: &mut [u8; MAX_NUMBER], text: &str) -> usize {
    let text = text.as_bytes();
    let length = text.len().min(MAX_NUMBER);
    if let (Some(first), Some(last)) = (text.first_chunk::<16>(), text.last_chunk::<16>()) {
        out[..16].copy_from_slice(first);
        out[length - 16..length].copy_from_slice(last);
    } else {
        out[..length].copy_from_slice(&text[..length]);
    }
    length
}

/// Prices, rates and the like: numbers of up to three decimals, without the general algorithm. 0 for others.
///
/// If `k / 1000`, correctly rounded, is the number, then the decimal `k / 1000` reads back as it. With at
/// most fifteen significant digits no other such decimal does, so it is also the shortest, which is what
/// JavaScript prints. Zeros at the end go. The smallest, 0.001, is still printed without an exponent.
#[inline]
#[allow(clippy::float_cmp, reason = "the proof above rests on equality")]
fn write_thousandths(out: &mut [u8; MAX_NUMBER], value: f64) -> usize {
    let magnitude = value.abs();
    if magnitude.is_nan() || magnitude >= MAX_THOUSANDTHS {
        return 0;
    }
    let thousandths = (magnitude * 1000.0 + 0.5) as i64;
    if thousandths as f64 / 1000.0 != magnitude {
        return 0;
    }
    let thousandths = thousandths as u64;
    out[0] = b'-';
    let at = write_digits(out, usize::from(value < 0.0), thousandths / 1000);
    let fraction = (thousandths % 1000) as u32;
    let [tens, ones] = pair(fraction % 100);
    out[at..at + 4].copy_from_slice(&[b'.', b'0' + (fraction / 100) as u8, tens, ones]);
    // Without a branch: which digits are zeros is as random as they are.
    let digits = 3 - usize::from(ones == b'0') - usize::from(fraction.is_multiple_of(100));
    at + 1 + digits
}

/// Writes a signed integer and returns the length.
#[inline]
pub(super) fn write_signed(out: &mut [u8; MAX_NUMBER], value: i64) -> usize {
    out[0] = b'-';
    write_digits(out, usize::from(value < 0), value.unsigned_abs())
}

/// Writes an unsigned integer and returns the length.
#[inline]
pub(super) fn write_unsigned(out: &mut [u8; MAX_NUMBER], value: u64) -> usize {
    write_digits(out, 0, value)
}

const E8: u64 = 100_000_000;

/// Writes a whole number from `at`, 0 or 1, on and returns where it ends.
#[inline]
fn write_digits(out: &mut [u8; MAX_NUMBER], at: usize, value: u64) -> usize {
    let at = at & 1;
    if value < E8 {
        return write_leading(out, at, value as u32);
    }
    write_long(out, at, value)
}

fn write_long(out: &mut [u8; MAX_NUMBER], at: usize, value: u64) -> usize {
    let (high, low) = (value / E8, (value % E8) as u32);
    let at = if high < E8 {
        write_leading(out, at, high as u32)
    } else {
        let at = write_leading(out, at, (high / E8) as u32);
        write_eight(out, at, (high % E8) as u32)
    };
    write_eight(out, at, low)
}

/// Writes up to eight digits, without zeros before them.
#[inline]
fn write_leading(out: &mut [u8; MAX_NUMBER], at: usize, value: u32) -> usize {
    let digits = eight_digits(value);
    // The last digit stays, even if it is zero.
    let zeros = ((digits | 1 << 56).trailing_zeros() / 8) as usize;
    let text = (digits | ZEROS) >> (8 * zeros);
    put(out, at, text);
    at + 8 - zeros
}

#[inline]
fn write_eight(out: &mut [u8; MAX_NUMBER], at: usize, value: u32) -> usize {
    put(out, at, eight_digits(value) | ZEROS);
    at + 8
}

#[inline]
fn put(out: &mut [u8; MAX_NUMBER], at: usize, text: u64) {
    out[at..at + 8].copy_from_slice(&text.to_le_bytes());
}

const ZEROS: u64 = u64::from_le_bytes([b'0'; 8]);

/// The eight digits of a number below 10^8, a byte each, the first the lowest: halves of four digits, of these
/// halves of two, of these the digits, all halves of a kind in one multiplication.
#[inline]
fn eight_digits(value: u32) -> u64 {
    let value = u64::from(value);
    let fours = (value / 10_000) | ((value % 10_000) << 32);
    // Below 10,000: n / 100 is n * 5243 >> 19.
    let hundreds = ((fours * 5243) >> 19) & 0x0000_007f_0000_007f;
    let twos = hundreds | ((fours - hundreds * 100) << 16);
    // Below 100: n / 10 is n * 103 >> 10.
    let tens = ((twos * 103) >> 10) & 0x000f_000f_000f_000f;
    tens | ((twos - tens * 10) << 8)
}

/// Two digits of a number below 100.
#[inline]
pub(super) fn pair(value: u32) -> [u8; 2] {
    PAIRS[(value % 100) as usize]
}

/// "00" to "99".
const PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[0; 2]; 100];
    let mut index = 0;
    while index < 100 {
        pairs[index] = [b'0' + (index / 10) as u8, b'0' + (index % 10) as u8];
        index += 1;
    }
    pairs
};

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn print(value: f64) -> String {
        let mut out = [0; MAX_NUMBER];
        let length = write(&mut out, value);
        String::from_utf8(out[..length].to_vec()).unwrap()
    }

    fn reference(value: f64) -> String {
        ryu_js::Buffer::new().format(value).to_owned()
    }

    #[test]
    fn known_answers_of_ecmascript() {
        // Printed by Node 20.
        for (value, expected) in [
            (0.0, "0"),
            (-0.0, "0"),
            (1.0, "1"),
            (-1.0, "-1"),
            (10.0, "10"),
            (99.0, "99"),
            (100.0, "100"),
            (-1234.0, "-1234"),
            (0.1, "0.1"),
            (-0.25, "-0.25"),
            (1.005, "1.005"),
            (19.99, "19.99"),
            (0.001, "0.001"),
            (0.0001, "0.0001"),
            (0.000_001, "0.000001"),
            (0.000_000_1, "1e-7"),
            (0.1 + 0.2, "0.30000000000000004"),
            (999_999_999_999.999, "999999999999.999"),
            (2_251_799_813_685_248.5, "2251799813685248.5"),
            (9_007_199_254_740_991.0, "9007199254740991"),
            (9_007_199_254_740_992.0, "9007199254740992"),
            (1e20, "100000000000000000000"),
            (123_456_789_012_345_680_000.0, "123456789012345680000"),
            (1e21, "1e+21"),
            (1.5e300, "1.5e+300"),
            (5e-324, "5e-324"),
            (f64::MAX, "1.7976931348623157e+308"),
            (f64::NAN, "NaN"),
            (f64::INFINITY, "Infinity"),
            (-f64::INFINITY, "-Infinity"),
        ] {
            assert_eq!(print(value), expected);
        }
    }

    fn signed(value: i64) -> String {
        let mut out = [0; MAX_NUMBER];
        let length = write_signed(&mut out, value);
        String::from_utf8(out[..length].to_vec()).unwrap()
    }

    fn unsigned(value: u64) -> String {
        let mut out = [0; MAX_NUMBER];
        let length = write_unsigned(&mut out, value);
        String::from_utf8(out[..length].to_vec()).unwrap()
    }

    #[test]
    fn integers_about_powers_of_ten_and_two() {
        let tens = (0..20).map(|power| 10_u64.pow(power));
        let twos = (0..64).map(|power| 1_u64 << power);
        for value in tens.chain(twos).flat_map(|value| [value - 1, value, value + 1]).chain([u64::MAX]) {
            assert_eq!(unsigned(value), value.to_string());
            assert_eq!(signed(value as i64), (value as i64).to_string());
        }
    }

    #[test]
    fn four_digits_all() {
        for value in 0..10_000 {
            assert_eq!(unsigned(value), value.to_string());
            assert_eq!(unsigned(value * 10_000 + 9_999), (value * 10_000 + 9_999).to_string());
        }
    }

    proptest! {
        #[test]
        fn any_integer(value: u64, shift in 0_u32..64) {
            prop_assert_eq!(unsigned(value >> shift), (value >> shift).to_string());
            prop_assert_eq!(signed(value as i64 >> shift), (value as i64 >> shift).to_string());
        }

        #[test]
        fn ratios_as_ryu_js_prints_them(numerator in 0_u64..1 << 53, scale in -30_i32..20, negative: bool) {
            let value = numerator as f64 / (1_u64 << 53) as f64 * 10_f64.powi(scale);
            let value = if negative { -value } else { value };
            prop_assert_eq!(print(value), reference(value));
        }

        #[test]
        fn any_bits_as_ryu_js_prints_them(bits: u64) {
            let value = f64::from_bits(bits);
            prop_assert_eq!(print(value), reference(value));
        }

        #[test]
        fn any_integer_as_ryu_js_prints_it(value: i64, shift in 0_u32..64) {
            let value = (value >> shift) as f64;
            prop_assert_eq!(print(value), reference(value));
        }

        #[test]
        fn few_decimals_and_their_neighbours_as_ryu_js_prints_them(digits in -1_100_000_000_000_000_i64..1_100_000_000_000_000,
                                                                   shift in 0_u32..50, scale in 0_i32..6, step in -2_i64..3) {
            let near = (digits >> shift) as f64 / 10_f64.powi(scale);
            let value = f64::from_bits(near.to_bits().wrapping_add_signed(step));
            prop_assert_eq!(print(value), reference(value));
        }
    }
}
