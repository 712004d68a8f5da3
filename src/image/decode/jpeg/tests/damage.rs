//! Files that end early and files that are wrong, by what is asked to fail.

use super::super::*;
use super::writer::{Picture, Random};
use super::{FACTORS, files_of, samples};
use crate::error::Code;
use crate::image::probe;

fn attempt(file: &[u8], fail_on: FailOn) -> Result<Pixels> {
    let metadata = probe(file)?;
    let layout = if metadata.channels == 1 { Layout::L8 } else { Layout::Rgb8 };
    decode(file, &metadata, layout, Scale::Full, fail_on, &Cancel::new())
}

#[test]
fn files_that_end_early_fail_unless_nothing_may_fail() {
    for factors in [FACTORS[0], FACTORS[4]] {
        for (kind, file) in files_of(&Picture::random(70, 70, factors, 6)).iter().enumerate() {
            let metadata = probe(file).unwrap();
            let data = file.windows(2).position(|pair| pair == [0xFF, 0xDA]).unwrap() + 14;
            let whole = attempt(file, FailOn::Error).unwrap();
            // The last byte of the data may be padding alone; the end marker can be done without.
            for length in (data..file.len() - 4).step_by(7) {
                let cut = &file[..length];
                let metadata = Metadata { bytes: length as u64, ..metadata.clone() };
                let attempt =
                    |fail_on| decode(cut, &metadata, whole.layout(), Scale::Full, fail_on, &Cancel::new());
                for fail_on in [FailOn::Error, FailOn::Truncated] {
                    let error = attempt(fail_on).unwrap_err();
                    assert_eq!(error.code(), Code::ImageCorrupt, "{kind}: {length} bytes");
                    assert!(error.message().contains("ends within"), "{}", error.message());
                }
                let pixels = attempt(FailOn::None).unwrap();
                assert_eq!(pixels.size(), whole.size());
            }
        }
    }
}

#[test]
fn what_is_missing_is_gray_and_what_is_there_is_kept() {
    let file = Picture::random(64, 64, FACTORS[0], 3).interleaved();
    let whole = attempt(&file, FailOn::Error).unwrap();
    let data = file.windows(2).position(|pair| pair == [0xFF, 0xDA]).unwrap();
    let half = data + (file.len() - data) / 2;
    let pixels = attempt(&file[..half], FailOn::None).unwrap();
    let lost = pixels.data().chunks(64).zip(whole.data().chunks(64)).position(|(a, b)| a != b).unwrap();
    assert!((8..56).contains(&lost));
    assert!(pixels.data()[64 * 56..].iter().all(|&sample| sample == 128));
}

#[test]
fn damage_is_never_more_than_an_error() {
    let mut random = Random(12);
    for factors in [FACTORS[0], FACTORS[4], FACTORS[14]] {
        for interval in [0, 2] {
            let mut picture = Picture::random(50, 40, factors, 6);
            picture.interval = interval;
            for file in files_of(&picture) {
                for _ in 0..120 {
                    let mut damaged = file.clone();
                    for _ in 0..=random.below(3) {
                        let at = random.below(file.len() as u64 - 2) as usize + 2;
                        damaged[at] ^= 1 << random.below(8);
                    }
                    let Ok(metadata) = probe(&damaged) else { continue };
                    if metadata.undecodable.is_some() || metadata.width > 500 || metadata.height > 500 {
                        continue;
                    }
                    for fail_on in [FailOn::Error, FailOn::Truncated, FailOn::None] {
                        for result in [
                            attempt(&damaged, fail_on).map(|_| ()),
                            planes(&damaged, &metadata, Scale::Quarter, false, fail_on, &Cancel::new())
                                .map(|_| ()),
                        ] {
                            if let Err(error) = result {
                                assert_eq!(error.code(), Code::ImageCorrupt, "{}", error.message());
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A gray picture of 16×2 blocks with a restart every four, and where its intervals' data begins.
fn with_restarts() -> (Vec<u8>, Vec<usize>) {
    let mut picture = Picture::random(128, 16, FACTORS[0], 21);
    picture.interval = 4;
    let file = picture.interleaved();
    let scan = file.windows(2).position(|pair| pair == [0xFF, 0xDA]).unwrap();
    let restarts = (scan..file.len() - 1)
        .filter(|&at| file[at] == 0xFF && (0xD0..=0xD7).contains(&file[at + 1]))
        .map(|at| at + 2);
    let starts = [scan + 10].into_iter().chain(restarts).collect();
    (file, starts)
}

/// Which intervals of four blocks differ.
fn differing(a: &Pixels, b: &Pixels) -> Vec<usize> {
    let interval = |pixels: &Pixels, index: usize| -> Vec<u8> {
        let (x, y) = (index % 4 * 32, index / 4 * 8);
        (y..y + 8).flat_map(|y| pixels.data()[y * 128 + x..][..32].to_vec()).collect()
    };
    (0..8).filter(|&index| interval(a, index) != interval(b, index)).collect()
}

#[test]
fn damage_ends_at_the_next_restart() {
    let (file, starts) = with_restarts();
    let whole = attempt(&file, FailOn::Error).unwrap();
    assert_eq!(starts.len(), 8);
    for broken in 0..8 {
        let mut damaged = file.clone();
        // Codes that no table has.
        damaged[starts[broken]..starts[broken] + 4].copy_from_slice(&[0xFE, 0xFE, 0xFE, 0xFE]);
        assert_eq!(attempt(&damaged, FailOn::Error).unwrap_err().code(), Code::ImageCorrupt);
        for fail_on in [FailOn::Truncated, FailOn::None] {
            let pixels = attempt(&damaged, fail_on).unwrap();
            assert_eq!(differing(&pixels, &whole), [broken]);
        }
    }
}

#[test]
fn lost_intervals_are_noticed_by_their_numbers() {
    let (file, starts) = with_restarts();
    let whole = attempt(&file, FailOn::Error).unwrap();
    // Without intervals 2 and 3 and the markers before them.
    let shorter = [&file[..starts[2] - 2], &file[starts[4] - 2..]].concat();
    assert!(attempt(&shorter, FailOn::Error).is_err());
    assert_eq!(differing(&attempt(&shorter, FailOn::Truncated).unwrap(), &whole), [2, 3]);
    // Interval 2 twice.
    let longer = [&file[..starts[3] - 2], &file[starts[2] - 2..]].concat();
    assert!(attempt(&longer, FailOn::Error).is_err());
    let differing = differing(&attempt(&longer, FailOn::Truncated).unwrap(), &whole);
    assert!(differing.len() <= 1, "{differing:?}");
}

#[test]
fn stray_bytes_before_a_marker_are_tolerated_wherever_they_lie() {
    let (file, starts) = with_restarts();
    let whole = attempt(&file, FailOn::Error).unwrap();
    // Before the markers, which have a byte of fill, and the one at the end, which has none.
    let ends = starts[1..].iter().map(|start| start - 3).chain([file.len() - 2]);
    for end in ends {
        let with = |strays: &[u8]| [&file[..end], strays, &file[end..]].concat();
        for strays in [&[0x55][..], &[0x55, 0xAA], &[0; 20], &[0x55, 0, 0, 0, 0, 0, 0, 0, 0, 0xAA]] {
            let pixels = attempt(&with(strays), FailOn::Error).unwrap();
            assert!(differing(&pixels, &whole).is_empty(), "at {end}: {strays:?}");
        }
        for strays in [&[0x55, 0x55, 0x55][..], &[0x55; 30]] {
            assert!(attempt(&with(strays), FailOn::Error).is_err(), "at {end}: {strays:?}");
            let pixels = attempt(&with(strays), FailOn::Truncated).unwrap();
            assert!(differing(&pixels, &whole).is_empty(), "no interval is lost by them");
        }
    }
}

#[test]
fn tables_that_are_missing_are_an_unreadable_header() {
    let file = Picture::random(20, 20, FACTORS[4], 3).interleaved();
    for marker in [0xDB, 0xC4] {
        let at = file.windows(2).position(|pair| pair == [0xFF, marker]).unwrap();
        let length = usize::from(u16::from_be_bytes([file[at + 2], file[at + 3]]));
        let without = [&file[..at], &file[at + 2 + length..]].concat();
        for fail_on in [FailOn::Error, FailOn::Truncated, FailOn::None] {
            assert_eq!(attempt(&without, fail_on).unwrap_err().code(), Code::ImageCorrupt);
        }
    }
}

#[test]
fn a_missing_component_is_gray() {
    let picture = Picture::random(40, 40, FACTORS[4], 3);
    let file = picture.sequential(&[&[0], &[1]]);
    assert!(attempt(&file, FailOn::Error).is_err());
    let metadata = probe(&file).unwrap();
    for scale in Scale::ALL {
        let found = planes(&file, &metadata, scale, false, FailOn::Truncated, &Cancel::new()).unwrap();
        assert!(samples(&found.planes[2]).iter().all(|&sample| sample == 128));
        assert!(samples(&found.planes[1]).iter().any(|&sample| sample != 128));
    }
}
