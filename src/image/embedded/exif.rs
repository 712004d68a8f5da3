//! The orientation in an EXIF block (TIFF 6.0, section 2; EXIF 2.32, section 4.6.4), set in place.

use super::super::probe::ifd::Directory;

const ORIENTATION: u16 = 0x0112;

/// The block, from its TIFF header on; where `upright`, its first directory says so if it says anything.
/// The second directory is that of the thumbnail, which nobody turned. `None` for a damaged block.
pub(super) fn kept(mut tiff: Vec<u8>, upright: bool) -> Option<Vec<u8>> {
    // EXIF has no 64-bit form.
    let directory = Directory::first(&tiff).filter(|found| found.is_whole() && !found.is_big())?;
    if upright {
        // After the tag, whatever type it was of: a SHORT, one of them, which is 1, and what is left of four
        // bytes.
        let field: [u8; 10] = if directory.is_little_endian() {
            [3, 0, 1, 0, 0, 0, 1, 0, 0, 0]
        } else {
            [0, 3, 0, 0, 0, 1, 0, 1, 0, 0]
        };
        let places: Vec<usize> = directory.places(ORIENTATION).collect();
        for at in places {
            tiff.get_mut(at + 2..at + 12)?.copy_from_slice(&field);
        }
    }
    Some(tiff)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LITTLE: &[u8] =
        b"II*\0\x08\0\0\0\x02\0\x0F\x01\x02\0\x02\0\0\0O\0\0\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
    const BIG: &[u8] = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x08\0\0\0\0\0\0";

    #[test]
    fn only_the_orientation_changes_in_both_byte_orders() {
        for (block, at) in [(LITTLE, 30), (BIG, 19)] {
            let mut expected = block.to_vec();
            expected[at] = 1;
            assert_eq!(kept(block.to_vec(), true), Some(expected));
            assert_eq!(kept(block.to_vec(), false).as_deref(), Some(block));
        }
    }

    #[test]
    fn an_orientation_of_another_type_is_written_as_the_standard_has_it() {
        let long = b"II*\0\x08\0\0\0\x01\0\x12\x01\x04\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
        let short = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x01\0\0\0\0\0\0\0";
        assert_eq!(kept(long.to_vec(), true).as_deref(), Some(&short[..]));
    }

    #[test]
    fn the_thumbnail_keeps_its_orientation() {
        let mut block = b"II*\0\x08\0\0\0\0\0\x0E\0\0\0".to_vec();
        block.extend_from_slice(b"\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0");
        assert_eq!(kept(block.clone(), true), Some(block));
    }

    #[test]
    fn damaged_blocks_are_left_out() {
        for length in 0..LITTLE.len() - 4 {
            assert_eq!(kept(LITTLE[..length].to_vec(), true), None, "{length} bytes");
        }
        for start in [&b"II*\0\xFF\xFF\xFF\xFF"[..], b"MM*\0\0\0\0\x08\0\0", b"Exif\0\0II*\0"] {
            assert_eq!(kept(start.to_vec(), true), None);
        }
    }

    proptest::proptest! {
        #[test]
        fn nothing_is_resized(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200), little: bool) {
            let mut tiff = if little { b"II*\0".to_vec() } else { b"MM\0*".to_vec() };
            tiff.extend(bytes);
            if let Some(kept) = kept(tiff.clone(), true) {
                assert_eq!(kept.len(), tiff.len());
            }
        }
    }
}
