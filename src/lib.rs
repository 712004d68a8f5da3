//! offloop: password hashing, bulk CSV export and image resizing for Node.js, off the event loop.
//!
//! The map, nothing else. `node` leans on the three capabilities, they lean on the pool, all lean on
//! `error`; the capabilities do not know each other, and only `node` names napi. CSV and images share `deflate`.

pub mod csv;
mod deflate;
pub mod error;
pub mod image;
#[cfg(feature = "node")]
mod node;

pub mod password;
pub mod pool;

pub use error::{Code, Error, Result};
