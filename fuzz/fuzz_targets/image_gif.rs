//! Any bytes that begin as a GIF, with any options.
#![no_main]

use libfuzzer_sys::fuzz_target;
use offloop::image::Format;

fuzz_target!(|data: &[u8]| offloop_fuzz::image(data, Some(Format::Gif)));
