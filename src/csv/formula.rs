//! Strings that a spreadsheet would take for formulas.
//!
//! OWASP, "CSV Injection": a cell that begins with one of a few characters is computed, not shown. NULs before it
//! are dropped by some readers, and Excel reads full-width signs like the plain ones.

/// Whether a string begins as a formula does and is not a plain number.
#[inline]
pub(super) fn is_formula(text: &[u8]) -> bool {
    // Most strings are settled by their first byte.
    match text.first() {
        Some(0 | b'\t' | b'\n' | b'\r' | b'+' | b'-' | b'=' | b'@' | 0xef) => is_formula_behind_nuls(text),
        _ => false,
    }
}

fn is_formula_behind_nuls(text: &[u8]) -> bool {
    let nuls = text.iter().take_while(|&&byte| byte == 0).count();
    match text[nuls..] {
        // The latter are ＋ － ＝ ＠: U+FF0B, U+FF0D, U+FF1D, U+FF20.
        [b'\t' | b'\n' | b'\r' | b'=' | b'@', ..] | [0xef, 0xbc, 0x8b | 0x8d | 0x9d | 0xa0, ..] => true,
        [b'+' | b'-', ..] => !is_number(text),
        _ => false,
    }
}

/// Whether the whole is `[+-]? digits [(.|,) digits]? [(e|E) [+-]? digits]?`.
fn is_number(text: &[u8]) -> bool {
    let (_, text) = sign(text);
    let Some(text) = digits(text) else { return false };
    let text = match text {
        [b'.' | b',', rest @ ..] => match digits(rest) {
            Some(rest) => rest,
            None => return false,
        },
        _ => text,
    };
    match text {
        [b'e' | b'E', rest @ ..] => digits(sign(rest).1) == Some(&[]),
        rest => rest.is_empty(),
    }
}

fn sign(text: &[u8]) -> (bool, &[u8]) {
    match text {
        [b'+' | b'-', rest @ ..] => (true, rest),
        _ => (false, text),
    }
}

/// What follows the digits, of which there must be one.
fn digits(text: &[u8]) -> Option<&[u8]> {
    let length = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    (length > 0).then(|| &text[length..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas() {
        for text in [
            "=1+1",
            "=",
            "+",
            "-",
            "@SUM(A1)",
            "+1+1",
            "-1+1",
            "-2+3+cmd|' /C calc'!A0",
            "\t=1",
            "\tx",
            "\r",
            "\nx",
            "\0=1",
            "\0\0\0=1",
            "\0-5",
            "\0\t",
            "＝1",
            "＋1",
            "－1",
            "＠x",
            "\0＝1",
            "=\n1",
            "=HYPERLINK(1)\ny",
            "+-1",
            "--1",
            "-.5",
            "-5.",
            "-1e",
            "-1e+",
            "-1.5.2",
            "-1 ",
            "-1\n",
            "-1,000,000",
            "+49 170 123",
            "-Infinity",
            "-0x10",
            "-１",
        ] {
            assert!(is_formula(text.as_bytes()), "{text:?}");
        }
    }

    #[test]
    fn no_formulas() {
        for text in [
            "",
            "a",
            "1",
            "1=1",
            "a=1",
            " =1",
            "'=1",
            "\"=1",
            "-1",
            "+1",
            "-1.5",
            "-1,5",
            "-1e5",
            "-1E+5",
            "+1.25e-10",
            "+4917012345",
            "-007",
            "\0",
            "\0a",
            "\u{fb01}",
            "ｱ",
            "！",
            "．",
            "\u{feff}=1",
            "é",
            "１",
        ] {
            assert!(!is_formula(text.as_bytes()), "{text:?}");
        }
    }
}
