//! CSV: batches of packed columns in, RFC 4180 bytes out, in order.
//!
//! JavaScript packs a few thousand rows at a time into flat columns; workers [`format`](fn@format) those batches in
//! parallel; an [`Assembly`] puts the results back in order and hands them to an [`Output`], of which
//! [`mod@file`] is one.
//!
//! ```
//! use offloop::csv::{Batch, Column, Dialect, Tag, Tags, Text, format};
//!
//! // Two rows of one column: "a,b" and "c".
//! let names = Column {
//!     tags: Tags::Uniform(Tag::String),
//!     numbers: Vec::new(),
//!     lengths: vec![3, 1],
//!     text: Text::Latin1(b"a,bc".to_vec()),
//! };
//! let batch = Batch { rows: 2, columns: vec![names] };
//! let mut out = Vec::new();
//! format(&batch, &Dialect::default(), &mut out)?;
//! assert_eq!(out, b"\"a,b\"\r\nc\r\n");
//! # Ok::<(), offloop::Error>(())
//! ```

mod assembly;
mod batch;
mod cells;
mod date;
mod dialect;
pub mod file;
mod format;
mod number;
mod quote;
#[cfg(test)]
mod tests;

pub use assembly::{Assembly, Output, Summary};
pub use batch::{Batch, Column, Tag, Tags, Text};
pub use dialect::{Dialect, LineEnding};
pub use format::format;
