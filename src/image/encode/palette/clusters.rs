//! Colours divided into clusters: again and again the one whose division, at the best value of the best channel, takes
//! away most of the squared error (X. Wu, "Efficient statistical computations for optimal color quantization",
//! Graphics Gems II, 1991). What it takes away from the other channels is left out: measured with it, smooth
//! gradients, of which it cuts triangles, get a twentieth more error.

use std::ops::Range;

use super::histogram::Point;
use crate::error::Result;
use crate::pool::Cancel;

/// A cluster's points, and where it would be divided, if that helps at all.
struct Cluster {
    points: Range<usize>,
    cut: Option<Cut>,
}

#[derive(Clone, Copy)]
struct Cut {
    channel: usize,
    /// The least value of what comes after it.
    at: u8,
    /// The squared error that it takes away from the channel.
    gain: f64,
}

/// Sorts points into at most so many clusters, of which it gives the ranges.
pub(super) fn divide(points: &mut [Point], most: usize, cancel: &Cancel) -> Result<Vec<Range<usize>>> {
    let mut bins = vec![Moments::default(); 4 * 256];
    let mut measured = |points: &[Point], range: Range<usize>| {
        let cut = best_cut(&points[range.clone()], &mut bins);
        Cluster { points: range, cut }
    };
    let mut clusters = vec![measured(points, 0..points.len())];
    while clusters.len() < most {
        // There are few enough points for one division to take a millisecond or so.
        cancel.check()?;
        let gain = |cluster: &Cluster| cluster.cut.map_or(0.0, |cut| cut.gain);
        let worst = (0..clusters.len()).max_by(|&a, &b| gain(&clusters[a]).total_cmp(&gain(&clusters[b])));
        let Some((worst, cut)) = worst.and_then(|worst| Some((worst, clusters[worst].cut?))) else { break };
        let Range { start, end } = clusters[worst].points.clone();
        let middle = start + partition(&mut points[start..end], cut);
        clusters[worst] = measured(points, start..middle);
        clusters.push(measured(points, middle..end));
    }
    Ok(clusters.into_iter().map(|cluster| cluster.points).collect())
}

/// Brings those before the cut to the front, and says how many they are.
fn partition(points: &mut [Point], cut: Cut) -> usize {
    let mut before = 0;
    for at in 0..points.len() {
        if (points[at].color[cut.channel] as u8) < cut.at {
            points.swap(before, at);
            before += 1;
        }
    }
    before
}

/// `bins` are four times 256, empty before and after.
fn best_cut(points: &[Point], bins: &mut [Moments]) -> Option<Cut> {
    let mut all = [Moments::default(); 4];
    let (mut least, mut most) = ([u8::MAX; 4], [0; 4]);
    for point in points {
        let weight = f64::from(point.weight);
        for (channel, value) in point.color.iter().enumerate() {
            let moments = Moments { weight, sum: f64::from(*value) * weight };
            let value = *value as u8;
            least[channel] = least[channel].min(value);
            most[channel] = most[channel].max(value);
            all[channel].add(&moments);
            bins[channel * 256 + usize::from(value)].add(&moments);
        }
    }
    let mut best: Option<Cut> = None;
    for channel in 0..4 {
        let mut before = Moments::default();
        for value in least[channel]..=most[channel] {
            let gain = before.gain(&all[channel]);
            if gain > best.map_or(0.0, |cut| cut.gain) {
                best = Some(Cut { channel, at: value, gain });
            }
            before.add(&std::mem::take(&mut bins[channel * 256 + usize::from(value)]));
        }
    }
    best
}

/// Of a channel: the weight of points, and the weighted sum of their values.
#[derive(Clone, Copy, Default)]
struct Moments {
    weight: f64,
    sum: f64,
}

impl Moments {
    #[inline]
    fn add(&mut self, other: &Self) {
        self.weight += other.weight;
        self.sum += other.sum;
    }

    /// What the squared error of all is more than that of these and of the rest, each with a mean of its own: the
    /// distance between the two means squared, times both weights, by the whole one.
    fn gain(&self, all: &Self) -> f64 {
        let rest = all.weight - self.weight;
        if self.weight <= 0.0 || rest <= 0.0 {
            return 0.0;
        }
        let apart = self.sum / self.weight - (all.sum - self.sum) / rest;
        apart * apart * self.weight * rest / all.weight
    }
}
