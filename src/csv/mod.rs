//! CSV: batches of packed columns in, the bytes of a style out, in order.
//!
//! JavaScript packs a few thousand rows at a time into flat columns; workers [`format`](fn@format) those batches in
//! parallel; an [`Assembly`] puts the results back in order and hands them to an [`Output`], of which
//! [`mod@file`] is one.
//!
//! ```
//! use offloop::csv::{Batch, Column, Style, Tag, Tags, Text, format};
//!
//! // Two rows of one column: "a,b" and "c".
//! let names = Column {
//!     tags: Tags::Uniform(Tag::String),
//!     words: Vec::new(),
//!     lengths: vec![3, 1],
//!     text: Text::Latin1(b"a,bc".to_vec()),
//! };
//! let batch = Batch { first_row: Some(0), rows: 2, columns: vec![names] };
//! let mut out = Vec::new();
//! format(&batch, &Style::default(), &mut out)?;
//! assert_eq!(out, b"\"a,b\"\r\nc\r\n");
//! # Ok::<(), offloop::Error>(())
//! ```

mod assembly;
mod batch;
mod buffers;
mod cell_format;
mod cells;
mod collected;
mod compression;
mod date;
mod deflate;
mod encoding;
pub mod file;
mod fixed;
mod format;
mod formula;
mod gzip;
mod number;
mod order;
mod output;
mod pattern;
mod quote;
mod read_back;
mod sheet;
mod style;
#[cfg(test)]
mod tests;
mod text;
mod unpack;
mod zone;
mod zstandard;

pub use assembly::{Assembly, Draft, Treatment};
pub use batch::{Batch, Column, Tag, Tags, Text};
pub use buffers::{Buffers, Chunk};
pub use cell_format::{BytesText, DateOptions, FormatOptions};
pub use collected::Collected;
pub use compression::Compression;
pub use encoding::Encoding;
pub use format::format;
pub use order::{AtOnce, Helpers, Part};
pub use output::{Output, Summary};
pub use read_back::{Check, ReadBack};
pub use style::{Formulas, LineEnding, Quoting, Style, StyleOptions};
