//! How an export is compressed.

use crate::error::{Code, Error, Result};

use super::{gzip, zstandard};

/// What is done to the bytes before they are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compression {
    /// Nothing.
    #[default]
    None,
    /// gzip, in one member.
    Gzip(u32),
    /// zstd, in one frame.
    Zstd(i32),
}

impl Compression {
    /// As JavaScript says it: `none`, `gzip` or `zstd`, with a level that means what it means in zlib and zstd.
    ///
    /// ```
    /// use offloop::csv::Compression;
    ///
    /// assert_eq!(Compression::new("gzip", Some(9))?, Compression::Gzip(9));
    /// assert!(Compression::new("gzip", Some(10)).is_err());
    /// # Ok::<(), offloop::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidArg` for other names and levels.
    pub fn new(kind: &str, level: Option<u32>) -> Result<Self> {
        match (kind, level) {
            ("none", _) => Ok(Self::None),
            ("gzip", level) if level.is_none_or(|level| level <= 9) => Ok(Self::Gzip(level.unwrap_or(6))),
            ("zstd", level) if level.is_none_or(|level| (1..=22).contains(&level)) => {
                Ok(Self::Zstd(level.map_or(3, |level| level as i32)))
            }
            ("gzip", Some(level)) => Err(wrong(&format!("a gzip level is 0 to 9; got {level}"))),
            ("zstd", Some(level)) => Err(wrong(&format!("a zstd level is 1 to 22; got {level}"))),
            (other, _) => Err(wrong(&format!("compress must be 'gzip' or 'zstd'; got {other:?}"))),
        }
    }

    /// Memory that compressing takes, beyond the batches, on so many threads: for the pool's budget.
    pub fn working_bytes(self, threads: usize) -> u64 {
        match self {
            Self::None => 0,
            Self::Gzip(_) => gzip::WORKING_BYTES * threads as u64,
            Self::Zstd(level) => zstandard::working_bytes(level),
        }
    }
}

fn wrong(message: &str) -> Error {
    Error::new(Code::InvalidArg, message)
}
