//! Images from end to end, through the public API, with the `image` crate as the judge.

mod hostile;
mod metadata;
mod output;
mod shape;
mod support;
