//! Images from end to end, through the public API, with the `image` crate as the judge.

// clippy.toml lets tests fail loudly; their helpers, which it does not know for tests, may too.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]
#![allow(clippy::trivially_copy_pass_by_ref, reason = "byte string literals are references")]

mod bmp;
mod choices;
mod color;
mod delta_e;
mod gif;
mod hostile;
mod hostile_bombs;
mod hostile_damage;
mod icc;
mod limits;
mod metadata;
mod mutation;
mod output;
mod pngsuite;
mod samples;
mod shape;
mod support;
mod tiff;
