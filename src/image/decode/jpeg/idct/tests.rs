use std::f64::consts::PI;

use proptest::prelude::*;

use super::*;

/// The transform to so many samples a side by its definition (ITU-T T.81, A.3.3, with their number for 8, and no
/// frequencies beyond), not rounded.
pub(in super::super) fn reference(block: &Block, steps: &Steps, side: usize) -> Vec<f64> {
    let cosine = |frequency: usize, place: usize| {
        let scale = if frequency == 0 { 0.5_f64.sqrt() } else { 1.0 };
        scale * ((2 * place + 1) as f64 * frequency as f64 * PI / (2 * side) as f64).cos() / 2.0
    };
    let sample = |at: usize| {
        let mut sum = 128.0;
        for (index, (&value, &step)) in block.iter().zip(steps).enumerate() {
            let (down, across) = (index / 8, index % 8);
            if value != 0 && down < side && across < side {
                let value = f64::from(value) * f64::from(step);
                sum += value * cosine(down, at / side) * cosine(across, at % side);
            }
        }
        sum
    };
    (0..side * side).map(sample).collect()
}

const SIDES: [Side; 6] = [Side::One, Side::Two, Side::Four, Side::Five, Side::Six, Side::Eight];

fn transformed(side: Side, block: &Block, last: usize, steps: &Steps) -> Vec<u8> {
    let side_length = side as usize;
    let stride = side_length + 3;
    let mut out = vec![0; stride * side_length];
    put(side, block, last, steps, &mut out, stride);
    out.chunks(stride).flat_map(|row| row[..side_length].to_vec()).collect()
}

/// A block whose coefficients are those of a plausible image: below the range of samples, in sum.
fn block() -> impl Strategy<Value = (Block, usize)> {
    (0_usize..64).prop_flat_map(|last| {
        let most = 1000 / (last as i16 + 1).min(20);
        proptest::collection::vec(-most..=most, last + 1).prop_map(move |values| {
            let mut block = [0; 64];
            for (value, &at) in values.iter().zip(&super::super::zigzag::ZIGZAG) {
                block[usize::from(at)] = *value;
            }
            (block, last)
        })
    })
}

proptest! {
    #[test]
    fn every_size_is_that_of_the_definition((block, last) in block(), step in 1_i16..4) {
        let steps = [step; 64];
        for side in SIDES {
            let exact = reference(&block, &steps, side as usize);
            for (found, exact) in transformed(side, &block, last, &steps).iter().zip(exact) {
                let error = (f64::from(*found) - exact.clamp(0.0, 255.0)).abs();
                prop_assert!(error <= 1.02, "{found} instead of {exact} with {side:?}");
            }
        }
    }

    #[test]
    fn implementations_agree_on_anything(values in proptest::array::uniform32(any::<[i16; 2]>()), steps in proptest::array::uniform32(any::<[i16; 2]>()), small in any::<bool>()) {
        let mut block: Block = std::array::from_fn(|index| values[index / 2][index % 2]);
        if small {
            block = block.map(|value| value >> 7);
        }
        let steps: Steps = std::array::from_fn(|index| if small { 1 } else { steps[index / 2][index % 2] });
        for (side, best, plain) in [
            (8, eight::<false> as fn(&Block, &Steps, &mut [u8], usize), portable::eight::<false> as fn(&Block, &Steps, &mut [u8], usize)),
            (8, eight::<true>, portable::eight::<true>),
            (6, lowest::<6>, portable::lowest::<6>),
            (5, lowest::<5>, portable::lowest::<5>),
            (4, lowest::<4>, portable::lowest::<4>),
        ] {
            let (mut found, mut expected) = ([0; 64], [0; 64]);
            best(&block, &steps, &mut found, side);
            plain(&block, &steps, &mut expected, side);
            prop_assert_eq!(found, expected);
        }
    }
}

/// On blocks of noise, where IEEE 1180-1990 looks for errors that add up.
#[test]
fn errors_are_small_rare_and_without_bias() {
    const BLOCKS: usize = 200;
    let bases: Vec<Vec<f64>> = (0..64)
        .map(|index| {
            let mut unit = [0; 64];
            unit[index] = 1;
            reference(&unit, &[1; 64], 8).into_iter().map(|sample| sample - 128.0).collect()
        })
        .collect();
    let mut state = 1_u64;
    let mut random = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f64 / f64::from(1 << 24)
    };
    let (mut sum, mut squares) = (0.0, 0.0);
    for _ in 0..BLOCKS {
        let samples: [f64; 64] = std::array::from_fn(|_| random() * 200.0 - 100.0);
        let block: Block = std::array::from_fn(|index| {
            bases[index].iter().zip(samples).map(|(basis, sample)| basis * sample).sum::<f64>().round() as i16
        });
        let exact = reference(&block, &[1; 64], 8);
        for (found, exact) in transformed(Side::Eight, &block, 63, &[1; 64]).iter().zip(exact) {
            let error = f64::from(*found) - exact.clamp(0.0, 255.0).round();
            assert!(error.abs() <= 1.0);
            sum += error;
            squares += error * error;
        }
    }
    let count = (BLOCKS * 64) as f64;
    assert!(squares / count <= 0.03, "{}", squares / count);
    assert!((sum / count).abs() <= 0.005, "{}", sum / count);
}

#[test]
fn means_alone_fill_the_block() {
    for (value, expected) in [(0, 128), (8, 129), (-1024, 0), (1016, 255), (i16::MAX, 255), (i16::MIN, 0)] {
        let mut block = [0; 64];
        block[0] = value;
        for side in SIDES {
            assert!(transformed(side, &block, 0, &[1; 64]).iter().all(|&sample| sample == expected));
            assert!(transformed(side, &block, 63, &[1; 64]).iter().all(|&sample| sample == expected));
        }
    }
}
