//! The fields of EXIF that resizing needs. EXIF is a TIFF whose first directory describes the picture.

use super::super::orientation::Orientation;
use super::ifd::Directory;

const ORIENTATION: u16 = 0x0112;

/// The orientation in an EXIF block that begins at its TIFF header; upright when it says none, or is
/// damaged: broken EXIF is common, and no reason to refuse a picture.
pub(super) fn orientation(tiff: &[u8]) -> Orientation {
    Directory::first(tiff)
        .and_then(|directory| directory.value(ORIENTATION))
        .and_then(|value| Orientation::from_exif(u16::try_from(value).ok()?))
        .unwrap_or_default()
}

/// Dots an inch, where an EXIF block says so.
pub(super) fn density(tiff: &[u8]) -> Option<f64> {
    Directory::first(tiff)?.density()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_byte_orders() {
        let little = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
        let big = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x08\0\0\0\0\0\0";
        assert_eq!(orientation(little).value(), 6);
        assert_eq!(orientation(big).value(), 8);
    }

    #[test]
    fn density_by_unit() {
        for (unit, expected) in [(1, None), (2, Some(300.0)), (3, Some(762.0))] {
            let mut tiff = b"II*\0\x08\0\0\0\x02\0\x1A\x01\x05\0\x01\0\0\0\x26\0\0\0".to_vec();
            tiff.extend([0x28, 1, 3, 0, 1, 0, 0, 0, unit, 0, 0, 0, 0, 0, 0, 0]);
            tiff.extend([600_u32.to_le_bytes(), 2_u32.to_le_bytes()].concat());
            assert_eq!(density(&tiff), expected, "unit {unit}");
        }
    }

    #[test]
    fn damaged_blocks_are_upright() {
        let whole = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
        for length in 0..19 {
            assert_eq!(orientation(&whole[..length]), Orientation::UPRIGHT, "{length} bytes");
        }
        let mut elsewhere = *whole;
        elsewhere[4..8].fill(0xFF);
        assert_eq!(orientation(&elsewhere), Orientation::UPRIGHT);
        let mut nonsense = *whole;
        nonsense[18] = 77;
        assert_eq!(orientation(&nonsense), Orientation::UPRIGHT);
    }

    proptest::proptest! {
        #[test]
        fn never_panics(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            let mut tiff = b"II*\0".to_vec();
            tiff.extend(bytes);
            orientation(&tiff);
        }
    }
}
