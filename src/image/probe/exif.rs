//! The one EXIF field that resizing needs. EXIF is a TIFF (TIFF 6.0, section 2): a byte order mark, the
//! offset of the first directory, and directories of 12-byte entries.

use super::super::orientation::Orientation;
use super::{u16_be, u16_le, u32_be, u32_le};

const ORIENTATION: u16 = 0x0112;
const SHORT: u16 = 3;

/// The orientation in an EXIF block that begins at its TIFF header; upright when it says none, or is
/// damaged: broken EXIF is common, and no reason to refuse a picture.
pub(super) fn orientation(tiff: &[u8]) -> Orientation {
    find(tiff).unwrap_or_default()
}

fn find(tiff: &[u8]) -> Option<Orientation> {
    let little = match tiff.get(..4)? {
        b"II*\0" => true,
        b"MM\0*" => false,
        _ => return None,
    };
    let u16_at = |at| if little { u16_le(tiff, at) } else { u16_be(tiff, at) };
    let directory = if little { u32_le(tiff, 4)? } else { u32_be(tiff, 4)? } as usize;
    let entries = u16_at(directory)?;
    (0..usize::from(entries))
        .map(|index| directory.saturating_add(2 + index * 12))
        .map_while(|entry| Some((entry, u16_at(entry)?)))
        .find(|(_, tag)| *tag == ORIENTATION)
        .filter(|(entry, _)| u16_at(entry + 2) == Some(SHORT))
        .and_then(|(entry, _)| Orientation::from_exif(u16_at(entry + 8)?))
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
