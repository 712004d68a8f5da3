use super::*;

#[test]
fn endless_chunks_are_given_up() {
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\x0DIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0\0\0\0\0".to_vec();
    png.extend(b"\0\0\0\0teSt\0\0\0\0".repeat(MAX_CHUNKS + 1));
    assert_eq!(probe(&png).unwrap_err().code(), Code::ImageCorrupt);

    let mut jpeg = b"\xFF\xD8\xFF\xE0\0\x02".to_vec();
    jpeg.extend(b"\xFF\xE0\0\x02".repeat(MAX_CHUNKS + 1));
    assert_eq!(probe(&jpeg).unwrap_err().code(), Code::ImageCorrupt);

    let mut webp = b"RIFF\0\0\0\0WEBPVP8X\x0A\0\0\0\0\0\0\0\0\0\0\0\0\0".to_vec();
    webp.extend(b"teSt\0\0\0\0".repeat(MAX_CHUNKS + 1));
    let size = (webp.len() - 8) as u32;
    webp[4..8].copy_from_slice(&size.to_le_bytes());
    assert_eq!(probe(&webp).unwrap_err().code(), Code::ImageCorrupt);
}

proptest::proptest! {
    #[test]
    fn anything_after_a_signature_is_survived(kind in 0_usize..3, bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..400)) {
        let start: &[u8] = [&b"\xFF\xD8\xFF"[..], b"\x89PNG\r\n\x1a\n\0\0\0\x0DIHDR", b"RIFF\x40\0\0\0WEBPVP8X"][kind];
        let file = [start, &bytes].concat();
        if let Err(error) = probe(&file) {
            assert!(matches!(error.code(), Code::ImageCorrupt | Code::ImageFormat));
        }
    }
}
