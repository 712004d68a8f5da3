//! Data that is cut, changed, or lies.

use super::writer::{Choice, assemble, frame};
use super::*;
use crate::error::Code;

const CHOICE: Choice = Choice {
    size: (40, 70),
    partitions: 0,
    segments: true,
    filter: (false, 40, 2),
    deltas: true,
    skips: true,
    updates: 0,
    quantizer: 10,
};

fn decoded(data: &[u8], size: (u32, u32)) -> Result<Decoded> {
    decode(data, size, &Cancel::new())
}

fn planes(frame: &Frame) -> [&[u8]; 3] {
    [frame.luma.data(), frame.chroma[0].data(), frame.chroma[1].data()]
}

/// Rows that a picture has in common with another, in colour.
fn common_rows(one: &Frame, other: &Frame) -> usize {
    let rgb = |frame: &Frame| frame.to_rgb(None, &Cancel::new()).unwrap();
    let (one, other) = (rgb(one), rgb(other));
    let rows = one.data().chunks(one.stride()).zip(other.data().chunks(other.stride()));
    rows.take_while(|(one, other)| one == other).count()
}

#[test]
fn of_cut_data_the_rows_before_the_cut_are_kept() {
    for effort in [0, 4] {
        let size = (37, 61);
        let file = encoded(&texture(size.0, size.1), 60, effort);
        let data = chunk(&file);
        let whole = decoded(data, size).unwrap();
        assert_eq!((whole.flaw, whole.rows), (None, size.1));
        let mut before = 0;
        for length in 0..data.len() {
            let found = decoded(&data[..length], size);
            if length < 10 {
                assert_eq!(found.unwrap_err().code(), Code::ImageCorrupt);
                continue;
            }
            let found = found.unwrap();
            // What closes the last partition need not be there.
            if length + 3 < data.len() {
                assert_eq!(found.flaw, Some(Flaw::Truncation), "{length} of {}", data.len());
            }
            let rows = found.rows as usize;
            assert!(rows >= before && common_rows(&found.frame, &whole.frame) >= rows, "{length}");
            before = rows;
        }
        assert!(before >= 56, "{before} rows of all but the last byte");
    }
}

#[test]
fn partitions_that_end_early_are_damage_and_the_last_one_a_cut() {
    let mut chance = Chance(7);
    for partitions in 0..4 {
        let choice = Choice { partitions, skips: false, ..CHOICE };
        let data = frame(&choice, &mut chance);
        let whole = decoded(&data, choice.size).unwrap();
        assert_eq!(whole.flaw, None);
        let count = 1 << partitions;
        let first_length = (u32::from_le_bytes([data[0], data[1], data[2], 0]) >> 5) as usize;
        let first = &data[10..10 + first_length];
        let (lengths, mut rest) = data[10 + first_length..].split_at(3 * (count - 1));
        let mut parts: Vec<Vec<u8>> = Vec::new();
        for length in lengths.as_chunks::<3>().0 {
            let length = u32::from_le_bytes([length[0], length[1], length[2], 0]);
            parts.push(rest.split_off(..length as usize).unwrap().to_vec());
        }
        parts.push(rest.to_vec());
        for emptied in 0..count.min(5) {
            let mut parts = parts.clone();
            parts[emptied].truncate(1);
            let found = decoded(&assemble(choice.size, first, &parts), choice.size).unwrap();
            let expected = if emptied + 1 == count { Flaw::Truncation } else { Flaw::Damage };
            assert_eq!(found.flaw, Some(expected));
            assert_eq!(found.rows as usize, (emptied * 16).saturating_sub(8));
            assert!(common_rows(&found.frame, &whole.frame) >= found.rows as usize);
            // Nothing at all, and a length of more than there is.
            parts[emptied].clear();
            assert!(decoded(&assemble(choice.size, first, &parts), choice.size).unwrap().flaw.is_some());
            if count > 1 {
                let mut lie = data.clone();
                lie[10 + first_length + 2] = 0xFF;
                let found = decoded(&lie, choice.size).unwrap();
                assert_eq!((found.flaw, found.frame.size()), (Some(Flaw::Truncation), choice.size));
            }
        }
        let header = first_length - (15 * 100 + 100);
        // A first partition that ends before the last macroblock's header.
        let short = decoded(&assemble(choice.size, &first[..header + 10], &parts), choice.size).unwrap();
        assert_eq!((short.flaw, short.frame.size()), (Some(Flaw::Damage), choice.size));
    }
}

#[test]
fn whatever_bit_is_flipped_there_is_a_frame_or_an_error() {
    let size = (37, 30);
    let file = encoded(&texture(size.0, size.1), 40, 4);
    let data = chunk(&file);
    let mut errors = 0;
    for bit in 0..data.len() * 8 {
        let mut flipped = data.to_vec();
        flipped[bit / 8] ^= 1 << (bit % 8);
        match decoded(&flipped, size) {
            Ok(found) => {
                assert_eq!(found.frame.size(), size);
                assert_eq!(planes(&found.frame).map(<[u8]>::len), [37 * 30, 19 * 15, 19 * 15]);
                assert!(found.rows == size.1 || found.flaw.is_some());
            }
            Err(error) => {
                assert_eq!(error.code(), Code::ImageCorrupt);
                errors += 1;
            }
        }
    }
    // Of a frame that is none, the start code, the size and the versions that there are not.
    assert!((3 * 8 + 28 + 1..=3 * 8 + 28 + 4).contains(&errors), "{errors}");
}

#[test]
fn the_worst_coefficients_overflow_nothing() {
    let mut chance = Chance(3);
    for (round, byte) in [0x00, 0xFF, 0x55, 0xAA].into_iter().cycle().take(16).enumerate() {
        let choice = Choice { quantizer: 127, updates: 16 * round as u8, ..CHOICE };
        let mut data = frame(&choice, &mut chance);
        let end = data.len();
        data[end - 15 * 1500..].fill(byte);
        assert_eq!(decoded(&data, choice.size).unwrap().frame.size(), choice.size);
        let noise = frame(&choice, &mut chance);
        assert_eq!(decoded(&noise, choice.size).unwrap().flaw, None);
    }
}

#[test]
fn other_sizes_than_the_expected_are_errors() {
    let file = encoded(&texture(20, 10), 40, 0);
    for size in [(10, 20), (20, 11), (0, 0), (16_383, 16_383)] {
        assert_eq!(decoded(chunk(&file), size).unwrap_err().code(), Code::ImageCorrupt);
    }
    let mut none = chunk(&file).to_vec();
    none[6..10].fill(0);
    assert_eq!(decoded(&none, (0, 0)).unwrap_err().code(), Code::ImageCorrupt);
}

#[test]
fn a_decoder_stops_before_the_next_row_of_macroblocks() {
    let size = (20, 100);
    let file = encoded(&texture(size.0, size.1), 40, 0);
    for stop in 0..=7 {
        let mut looks = 0;
        let found = decode_while(chunk(&file), size, || {
            looks += 1;
            if looks > stop { Err(Error::cancelled()) } else { Ok(()) }
        });
        // Seven rows of macroblocks: eight looks are too many.
        assert_eq!(found.is_ok(), stop == 7);
        assert_eq!(looks, 7.min(stop + 1));
    }
    let cancel = Cancel::new();
    let frame = decode(chunk(&file), size, &cancel).unwrap().frame;
    cancel.cancel();
    assert_eq!(decode(chunk(&file), size, &cancel).unwrap_err().code(), Code::Cancelled);
    assert_eq!(frame.to_rgb(None, &cancel).unwrap_err().code(), Code::Cancelled);
}

#[test]
fn flaws_are_as_fatal_as_was_asked_for() {
    let fatal = |flaw: Flaw| {
        [FailOn::None, FailOn::Truncated, FailOn::Error].map(|fail_on| flaw.judge(fail_on).is_err())
    };
    assert_eq!(fatal(Flaw::Truncation), [false, true, true]);
    assert_eq!(fatal(Flaw::Damage), [false, false, true]);
}
