//! How the bytes look: what separates fields, what ends a line, what starts the output.

use crate::error::{Code, Error, Result};

/// What ends every line, the last one included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LineEnding {
    /// `\r\n`, as RFC 4180 §2.1 has it.
    #[default]
    CrLf,
    /// `\n`.
    Lf,
}

impl LineEnding {
    /// Its bytes.
    pub fn as_bytes(self) -> &'static [u8] {
        match self {
            LineEnding::CrLf => b"\r\n",
            LineEnding::Lf => b"\n",
        }
    }
}

/// The dialect of one export. The default is RFC 4180: commas, `\r\n`, no byte order mark.
///
/// ```
/// use offloop::csv::{Dialect, LineEnding};
///
/// let dialect = Dialect::new(';', LineEnding::Lf, true)?;
/// assert_eq!(dialect.delimiter(), ';');
/// assert!(Dialect::new('"', LineEnding::Lf, true).is_err());
/// # Ok::<(), offloop::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dialect {
    delimiter: char,
    line_ending: LineEnding,
    bom: bool,
}

impl Dialect {
    /// A dialect whose fields any reader can tell apart.
    ///
    /// # Errors
    /// `InvalidArg` for a delimiter that means something else already: the quote, CR or LF.
    pub fn new(delimiter: char, line_ending: LineEnding, bom: bool) -> Result<Self> {
        if matches!(delimiter, '"' | '\r' | '\n') {
            return Err(Error::new(
                Code::InvalidArg,
                format!(
                    "delimiter must be a character other than the quote, CR and LF; got {:?}",
                    delimiter.to_string()
                ),
            ));
        }
        Ok(Self { delimiter, line_ending, bom })
    }

    /// What stands between two fields.
    pub fn delimiter(&self) -> char {
        self.delimiter
    }

    /// What ends a line.
    pub fn line_ending(&self) -> LineEnding {
        self.line_ending
    }

    /// Whether the output starts with a UTF-8 byte order mark. An output without a single row stays empty.
    pub fn bom(&self) -> bool {
        self.bom
    }
}

impl Default for Dialect {
    fn default() -> Self {
        Self { delimiter: ',', line_ending: LineEnding::CrLf, bom: false }
    }
}
