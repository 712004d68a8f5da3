//! The orientation in an EXIF block (TIFF 6.0, section 2; EXIF 2.32, section 4.6.4), set in place.

const ORIENTATION: u16 = 0x0112;
const SHORT: u16 = 3;
const UPRIGHT: u16 = 1;
const ENTRY: usize = 12;

/// The block, from its TIFF header on; where `upright`, its first directory says so if it says anything.
/// The second directory is that of the thumbnail, which nobody turned. `None` for a damaged block.
pub(super) fn kept(mut tiff: Vec<u8>, upright: bool) -> Option<Vec<u8>> {
    let order = match tiff.get(..4)? {
        b"II*\0" => Order { little: true },
        b"MM\0*" => Order { little: false },
        _ => return None,
    };
    let directory = order.u32(&tiff, 4)? as usize;
    let count = usize::from(order.u16(&tiff, directory)?);
    let begin = directory.checked_add(2)?;
    let entries = tiff.get_mut(begin..begin.checked_add(count * ENTRY)?)?;
    for entry in entries.chunks_exact_mut(ENTRY).filter(|_| upright) {
        if order.u16(entry, 0) == Some(ORIENTATION) {
            // Written anew: in whatever type it was, an entry has room for one SHORT.
            entry[2..4].copy_from_slice(&order.of_u16(SHORT));
            entry[4..8].copy_from_slice(&order.of_u32(1));
            entry[8..10].copy_from_slice(&order.of_u16(UPRIGHT));
            entry[10..].fill(0);
        }
    }
    Some(tiff)
}

#[derive(Clone, Copy)]
struct Order {
    little: bool,
}

impl Order {
    fn u16(self, data: &[u8], at: usize) -> Option<u16> {
        let bytes = data.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if self.little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) })
    }

    fn u32(self, data: &[u8], at: usize) -> Option<u32> {
        let bytes = data.get(at..at.checked_add(4)?)?.try_into().ok()?;
        Some(if self.little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
    }

    fn of_u16(self, value: u16) -> [u8; 2] {
        if self.little { value.to_le_bytes() } else { value.to_be_bytes() }
    }

    fn of_u32(self, value: u32) -> [u8; 4] {
        if self.little { value.to_le_bytes() } else { value.to_be_bytes() }
    }
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
