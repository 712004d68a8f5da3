//! Who runs what, when.

mod cancel;

pub use cancel::Cancel;
