//! Numbers as `Number.prototype.toString` prints them (ECMA-262, `Number::toString`).

/// From here on not every integer is a double.
const MAX_SAFE: u64 = 1 << 53;
/// At most fifteen significant digits once multiplied by 1000; see [`write_thousandths`].
const MAX_THOUSANDTHS: f64 = 1e12;

/// Appends `value`.
#[allow(clippy::float_cmp, reason = "exactly whole is what is asked")]
pub(super) fn write(out: &mut Vec<u8>, value: f64) {
    let magnitude = value.abs();
    let whole = magnitude as u64; // NaN becomes 0 and differs, infinity saturates
    if whole as f64 == magnitude && whole < MAX_SAFE {
        if value < 0.0 {
            out.push(b'-');
        }
        write_integer(out, whole);
    } else if !write_thousandths(out, value) {
        out.extend_from_slice(ryu_js::Buffer::new().format(value).as_bytes());
    }
}

/// Prices, rates and the like: numbers of up to three decimals, without the general algorithm.
///
/// If `k / 1000`, correctly rounded, is the number, then the decimal `k / 1000` reads back as it. With at
/// most fifteen significant digits no other such decimal does, so it is also the shortest, which is what
/// JavaScript prints. Zeros at the end go. The smallest, 0.001, is still printed without an exponent.
#[allow(clippy::float_cmp, reason = "the proof above rests on equality")]
fn write_thousandths(out: &mut Vec<u8>, value: f64) -> bool {
    let magnitude = value.abs();
    if magnitude.is_nan() || magnitude >= MAX_THOUSANDTHS {
        return false;
    }
    let thousandths = (magnitude * 1000.0 + 0.5) as u64;
    if thousandths as f64 / 1000.0 != magnitude {
        return false;
    }
    if value < 0.0 {
        out.push(b'-');
    }
    write_integer(out, thousandths / 1000);
    let fraction = (thousandths % 1000) as u32;
    let decimals = [
        b'.',
        b'0' + (fraction / 100) as u8,
        b'0' + (fraction / 10 % 10) as u8,
        b'0' + (fraction % 10) as u8,
    ];
    let length = match (fraction % 10, fraction % 100) {
        (_, 0) => 2,
        (0, _) => 3,
        _ => 4,
    };
    out.extend_from_slice(&decimals[..length]);
    true
}

/// Appends a whole number, two digits a step.
fn write_integer(out: &mut Vec<u8>, mut value: u64) {
    let mut buffer = [0_u8; 20];
    let mut at = buffer.len();
    while value >= 100 {
        at -= 2;
        let pair = PAIRS[(value % 100) as usize];
        buffer[at] = pair[0];
        buffer[at + 1] = pair[1];
        value /= 100;
    }
    let pair = PAIRS[value as usize];
    at -= 1;
    buffer[at] = pair[1];
    if value >= 10 {
        at -= 1;
        buffer[at] = pair[0];
    }
    out.extend_from_slice(&buffer[at..]);
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
        let mut out = Vec::new();
        write(&mut out, value);
        String::from_utf8(out).unwrap()
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

    proptest! {
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
