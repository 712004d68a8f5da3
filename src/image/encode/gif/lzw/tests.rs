use proptest::prelude::*;
use weezl::BitOrder;

use super::*;
use crate::error::Code;

fn encoded(indices: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    Encoder::new().unwrap().encode(indices, &Cancel::new(), &mut out).unwrap();
    out
}

/// The codes, without the pieces' lengths, all of which must be full but for the last.
fn codes(data: &[u8]) -> Vec<u8> {
    let mut found = Vec::new();
    let mut rest = &data[1..];
    loop {
        let (&length, behind) = rest.split_first().unwrap();
        let (piece, behind) = behind.split_at(usize::from(length));
        found.extend_from_slice(piece);
        rest = behind;
        if length < 255 {
            assert!(rest == [0] || (length == 0 && rest.is_empty()));
            return found;
        }
    }
}

fn by_weezl(indices: &[u8], size: u8) -> Vec<u8> {
    weezl::encode::Encoder::new(BitOrder::Lsb, size).encode(indices).unwrap()
}

#[track_caller]
fn comes_back(indices: &[u8]) {
    let data = encoded(indices);
    let mut decoder = weezl::decode::Decoder::new(BitOrder::Lsb, data[0]);
    assert!(decoder.decode(&codes(&data)).unwrap() == indices);
}

fn noise(length: usize, colors: u32) -> Vec<u8> {
    let mut state = 1_u32;
    let next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        ((state >> 8) % colors) as u8
    };
    std::iter::repeat_with(next).take(length).collect()
}

#[test]
fn codes_worked_by_hand() {
    // 4 clears and 5 ends. 1, then 6 (11), 7 (111), 1: the last but one makes codes longer.
    // Three bits each: 4, 1, 6; 7 is written with three still, as 8 is added only then; then four: 1, 5.
    assert_eq!(encoded(&[1; 7]), [2, 3, 0b1000_1100, 0b0001_1111, 0b0101, 0]);
    assert_eq!(encoded(&[1]), [2, 2, 0b0100_1100, 0b0001, 0]);
    assert_eq!(encoded(&[]), [2, 1, 0b10_1100, 0]);
}

#[test]
fn the_first_codes_are_as_long_as_the_highest_index_asks_for() {
    for (highest, size) in [(0, 2), (3, 2), (4, 3), (15, 4), (16, 5), (127, 7), (128, 8), (255, 8)] {
        assert_eq!(encoded(&[0, highest])[0], size);
        comes_back(&[0, highest, 0, highest]);
    }
}

#[test]
fn until_the_table_is_full_it_is_what_weezl_makes() {
    for (length, colors, size) in [(3000, 256, 8), (3000, 200, 8), (5000, 16, 4), (4000, 2, 2), (200, 3, 2)] {
        let indices = noise(length, colors);
        let data = encoded(&indices);
        assert!(codes(&data) == by_weezl(&indices, size), "{length} of {colors}");
    }
}

#[test]
fn full_tables_go_on_or_start_anew() {
    let runs = |length: usize| -> Vec<u8> { (0..length).map(|at| (at / 700) as u8).collect() };
    comes_back(&noise(200_000, 256));
    comes_back(&noise(200_000, 2));
    comes_back(&[noise(50_000, 256), runs(300_000), noise(50_000, 7)].concat());
    comes_back(&vec![0; 10_000_000]);
    // What stays as it is need not start anew. What changes its nature does: kept, this table would make it eight
    // times as long.
    let steady: Vec<u8> = noise(20, 256).into_iter().cycle().take(1_000_000).collect();
    assert!(encoded(&steady).len() <= by_weezl(&steady, 8).len());
    let changing = [noise(20_000, 256), runs(300_000)].concat();
    assert!(encoded(&changing).len() * 10 < by_weezl(&changing, 8).len() * 11);
}

#[test]
fn every_length_around_a_full_table_ends_as_it_should() {
    // Of 256 colours with no string twice, the table is full after 3,838 codes; and codes grow at 254, 766, 1,790.
    let indices: Vec<u8> =
        (0..255_u8).flat_map(|a| (a + 1..=255).flat_map(move |b| [255 - a, 255 - b])).collect();
    for length in [254, 766, 1790, 3838].into_iter().flat_map(|length| length - 3..length + 4) {
        comes_back(&indices[..length]);
        // From there on, how long a table is kept is each encoder's choice.
        if length <= 3838 {
            assert!(codes(&encoded(&indices[..length])) == by_weezl(&indices[..length], 8), "{length}");
        }
    }
    for length in 0..300 {
        comes_back(&noise(length, 4));
    }
}

#[test]
fn an_encoder_forgets_the_frame_before() {
    let mut encoder = Encoder::new().unwrap();
    for indices in [noise(10_000, 256), noise(10_000, 5), noise(10_000, 256)] {
        let mut out = Vec::new();
        encoder.encode(&indices, &Cancel::new(), &mut out).unwrap();
        assert!(out == encoded(&indices));
    }
}

#[test]
fn cancelled_in_the_midst_of_a_frame_it_stops_there() {
    let indices = noise(1 << 20, 256);
    let whole = encoded(&indices).len();
    // Once for the highest index and once for the codes, every 16 Ki pixels.
    let all = Cancel::after(1000);
    Encoder::new().unwrap().encode(&indices, &all, &mut Vec::new()).unwrap();
    assert_eq!(1000 - all.polls_left(), 2 * (1 << 20 >> 14));
    for polls in [0, 10, 64, 96, 127] {
        let mut out = Vec::new();
        let error = Encoder::new().unwrap().encode(&indices, &Cancel::after(polls), &mut out).unwrap_err();
        assert_eq!(error.code(), Code::Cancelled);
        assert!(out.len() <= whole * (polls.saturating_sub(64) as usize + 1) / 64, "{polls}: {}", out.len());
    }
}

proptest! {
    #[test]
    fn anything_comes_back(
        runs in prop::collection::vec((any::<u8>(), 1_usize..40), 0..2000),
        colors in 1_u16..=256,
    ) {
        let indices: Vec<u8> = runs
            .iter()
            .flat_map(|&(index, count)| std::iter::repeat_n((u16::from(index) % colors) as u8, count))
            .collect();
        comes_back(&indices);
    }

    #[test]
    fn noise_comes_back(indices in prop::collection::vec(any::<u8>(), 0..20_000), mask in any::<u8>()) {
        comes_back(&indices.iter().map(|index| index & mask).collect::<Vec<_>>());
    }
}
