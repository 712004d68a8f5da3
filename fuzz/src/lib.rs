//! What the image targets share: options from the input's first bytes, limits on, and a bound on memory.

// The options are those of the crate's own tests, so that what is found here is a case there.
#[path = "../../tests/image/choices.rs"]
mod choices;

use choices::{CHOICES, fail_on, options};
use offloop::image::{Format, Limits, Plan, ResizeOptions, probe, resize_image_set};
use offloop::pool::Cancel;

/// Tried with little memory, so that many are: libFuzzer runs a process a core.
fn limits() -> Limits {
    Limits { input_pixels: 1 << 20, frames: 16, ..Limits::default() }
}

/// An image of `format`, or of any, after the bytes that choose the options. Nothing is asked of the result but that
/// there is one.
pub fn image(data: &[u8], format: Option<Format>) {
    let Some((choices, bytes)) = data.split_first_chunk::<CHOICES>() else { return };
    let Ok(metadata) = probe(bytes) else { return };
    if format.is_some_and(|format| format != metadata.format) {
        return;
    }
    for payload in [&metadata.icc, &metadata.exif, &metadata.xmp].into_iter().flatten() {
        let _ = payload.read(bytes);
    }
    // As asked for, and a smaller one of the same decoding.
    let outputs = [options(choices), ResizeOptions { width: Some(7), ..ResizeOptions::default() }];
    let (fail_on, limits) = (fail_on(choices), limits());
    let Ok(plan) = Plan::for_set(&metadata, &outputs, fail_on, &limits) else { return };
    // A line whose shorter side is asked to be large is an output that no pool of this size would begin.
    if plan.working_bytes() >= 1 << 30 {
        return;
    }
    let _ = resize_image_set(bytes, &outputs, fail_on, &limits, &Cancel::new());
}
