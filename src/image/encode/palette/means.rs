//! Means of clusters, and clusters of what is nearest to each mean, by turns (S. P. Lloyd, "Least squares
//! quantization in PCM", IEEE Trans. Information Theory 28(2), 1982): each turn leaves less squared error. Means go
//! beyond where they should, since the next turn would mostly take them further that way (D. Lee, S. Baek and
//! K. Sung, "Modified k-means algorithm for vector quantizer design", IEEE Signal Processing Letters 4(1), 1997).

use std::ops::Range;

use super::histogram::Point;
use super::reserved;
use crate::error::Result;
use crate::pool::Cancel;

/// So many times so many means, at most, as each turn takes longer the more there are.
const TURNS_OF_MEANS: usize = 1024;

/// Another turn is taken if the one before has made the squared error smaller by more than this part of it.
const WORTHWHILE: f64 = 0.006;

/// How far a mean goes, of 1 to where it should.
const STRIDE: f32 = 1.7;

/// So many points go between two looks at the flag.
const POINTS_BETWEEN_POLLS: usize = 1 << 12;

/// The means of the clusters, at most 256, once they are settled; fewer, if some lose all their points.
pub(super) fn settle(points: &[Point], clusters: &[Range<usize>], cancel: &Cancel) -> Result<Vec<[f32; 4]>> {
    let mut nearest: Vec<u8> = reserved(points.len())?;
    nearest.resize(points.len(), 0);
    for (index, cluster) in (0..=u8::MAX).zip(clusters) {
        nearest[cluster.clone()].fill(index);
    }
    let mut means = Means::new(clusters.len());
    means.update(points, &mut nearest, 1.0);
    let mut error = f64::INFINITY;
    for _ in 0..(TURNS_OF_MEANS / clusters.len().max(1)).clamp(4, 8) {
        let mut found = 0.0;
        let parts = points.chunks(POINTS_BETWEEN_POLLS).zip(nearest.chunks_mut(POINTS_BETWEEN_POLLS));
        for (points, nearest) in parts {
            cancel.check()?;
            for (point, nearest) in points.iter().zip(nearest) {
                let distance;
                (*nearest, distance) = means.nearest(point.color, *nearest);
                found += f64::from(distance * point.weight);
            }
        }
        means.update(points, &mut nearest, STRIDE);
        if found >= error * (1.0 - WORTHWHILE) {
            break;
        }
        error = found;
    }
    means.update(points, &mut nearest, 1.0);
    // One that has lost all its points may be anywhere.
    let mut used = [false; 256];
    for &index in &nearest {
        used[usize::from(index)] = true;
    }
    Ok(means.sorted.iter().zip(used).filter(|(_, used)| *used).map(|(mean, _)| mean.color).collect())
}

/// By the sum of their channels. Two colours are no nearer than half the difference of their sums, so that only
/// those around a point's own sum need a look.
struct Means {
    sorted: Vec<Mean>,
}

#[derive(Clone, Copy, Default)]
struct Mean {
    color: [f32; 4],
    sum: f32,
}

impl Means {
    fn new(count: usize) -> Self {
        Self { sorted: vec![Mean::default(); count] }
    }

    /// Brings them to those of the points that have their index, or beyond, and gives points their new index. One
    /// that has no points stays what it is.
    fn update(&mut self, points: &[Point], nearest: &mut [u8], stride: f32) {
        let mut totals = vec![[0.0_f64; 5]; self.sorted.len()];
        for (point, &index) in points.iter().zip(&*nearest) {
            let total = &mut totals[usize::from(index)];
            let weight = f64::from(point.weight);
            for (total, value) in total.iter_mut().zip(point.color) {
                *total += f64::from(value) * weight;
            }
            total[4] += weight;
        }
        let mut order: Vec<(Mean, usize)> = self.sorted.iter().copied().zip(0..).collect();
        for ((mean, _), total) in order.iter_mut().zip(&totals) {
            if total[4] > 0.0 {
                for (value, total_of_channel) in mean.color.iter_mut().zip(total) {
                    *value += stride * ((total_of_channel / total[4]) as f32 - *value);
                }
                mean.sum = mean.color.iter().sum();
            }
        }
        order.sort_by(|(one, _), (other, _)| one.sum.total_cmp(&other.sum));
        let mut places = [0; 256];
        for (place, (mean, old)) in (0..=u8::MAX).zip(&order) {
            self.sorted[usize::from(place)] = *mean;
            places[*old] = place;
        }
        for index in nearest {
            *index = places[usize::from(*index)];
        }
    }

    /// The index of the nearest one, and its distance squared, from one that is thought to be near.
    fn nearest(&self, color: [f32; 4], guess: u8) -> (u8, f32) {
        let sum: f32 = color.iter().sum();
        let start = usize::from(guess);
        let mut best = (guess, distance(self.sorted[start].color, color));
        for (index, mean) in self.sorted.iter().enumerate().skip(start + 1) {
            let apart = mean.sum - sum;
            if apart > 0.0 && apart * apart >= best.1 * 4.0 {
                break;
            }
            let distance = distance(mean.color, color);
            if distance < best.1 {
                best = (index as u8, distance);
            }
        }
        for (index, mean) in self.sorted[..start].iter().enumerate().rev() {
            let apart = sum - mean.sum;
            if apart > 0.0 && apart * apart >= best.1 * 4.0 {
                break;
            }
            let distance = distance(mean.color, color);
            if distance < best.1 {
                best = (index as u8, distance);
            }
        }
        best
    }
}

fn distance(one: [f32; 4], other: [f32; 4]) -> f32 {
    one.iter().zip(other).map(|(one, other)| (one - other).powi(2)).sum()
}
