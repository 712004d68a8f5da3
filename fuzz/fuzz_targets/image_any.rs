//! Any bytes as an image, with any options.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| offloop_fuzz::image(data, None));
