//! The one error type, and the one table of codes.
//!
//! Every function of the crate that can fail returns [`Error`]. Its [`Code`] is what JavaScript sees as
//! `error.code`; the message says what was expected and what came.

use std::fmt;

/// What went wrong, as users of the package match on it.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    /// A wrong type, a value out of range, an unknown option.
    InvalidArg,
    /// The lane's queue, or the share of memory that waiting inputs may hold, is full. Retryable.
    QueueFull,
    /// `timeoutMs` passed, the time in the queue included. Retryable.
    Deadline,
    /// The job could never fit the pool's memory budget.
    MemoryBudget,
    /// The pool is draining or has shut down.
    Shutdown,
    /// The job was cancelled. JavaScript sees `signal.reason` instead.
    Cancelled,
    /// A stored string is no password hash that offloop understands.
    HashFormat,
    /// A stored hash asks for more work than the limits allow.
    CostLimit,
    /// A password that bcrypt cannot take whole: over 72 bytes, or holding NUL.
    PasswordLength,
    /// Not an image, or of a format that offloop does not read or write.
    ImageFormat,
    /// An image whose data is damaged or cut short.
    ImageCorrupt,
    /// An image larger than the limits allow.
    ImageLimit,
    /// A column of an export that does not exist or does not fit the row.
    CsvColumn,
    /// A cell's value that cannot be written.
    CsvValue,
    /// The source of an export's rows failed.
    CsvSource,
    /// Reading or writing a file failed.
    Io,
    /// A bug of ours.
    Internal,
}

impl Code {
    /// The `code` property of the JavaScript error.
    pub fn as_str(self) -> &'static str {
        match self {
            Code::InvalidArg => "ERR_INVALID_ARG",
            Code::QueueFull => "ERR_QUEUE_FULL",
            Code::Deadline => "ERR_DEADLINE",
            Code::MemoryBudget => "ERR_MEMORY_BUDGET",
            Code::Shutdown => "ERR_SHUTDOWN",
            Code::Cancelled => "ERR_CANCELLED",
            Code::HashFormat => "ERR_HASH_FORMAT",
            Code::CostLimit => "ERR_COST_LIMIT",
            Code::PasswordLength => "ERR_PASSWORD_LENGTH",
            Code::ImageFormat => "ERR_IMAGE_FORMAT",
            Code::ImageCorrupt => "ERR_IMAGE_CORRUPT",
            Code::ImageLimit => "ERR_IMAGE_LIMIT",
            Code::CsvColumn => "ERR_CSV_COLUMN",
            Code::CsvValue => "ERR_CSV_VALUE",
            Code::CsvSource => "ERR_CSV_SOURCE",
            Code::Io => "ERR_IO",
            Code::Internal => "ERR_INTERNAL",
        }
    }

    /// Whether the same call may succeed later, unchanged.
    pub fn is_retryable(self) -> bool {
        matches!(self, Code::QueueFull | Code::Deadline)
    }
}

/// What an operation of the crate returns when it fails.
#[derive(Clone, Debug)]
pub struct Error(Box<Inner>);

#[derive(Clone, Debug)]
struct Inner {
    code: Code,
    message: String,
    /// The operating system's error number and its text, for `cause` and `cause.code`.
    os: Option<(i32, String)>,
    place: Option<(Option<u64>, u32)>,
}

/// The crate's results.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error with a code and a message that says what was expected and what came.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self(Box::new(Inner { code, message: message.into(), os: None, place: None }))
    }

    /// A failed system call on `path`; keeps the system's error number.
    pub fn io(what: &str, path: &str, error: &std::io::Error) -> Self {
        Self::io_for(what, path, &error.to_string(), error)
    }

    /// The same, in words of our own where the system's say too little.
    pub fn io_for(what: &str, path: &str, reason: &str, error: &std::io::Error) -> Self {
        let os = error.raw_os_error().map(|number| (number, error.to_string()));
        Self(Box::new(Inner { code: Code::Io, message: format!("{what} {path}: {reason}"), os, place: None }))
    }

    /// The same error, of a file that the message names.
    #[must_use]
    pub fn in_file(mut self, path: &str) -> Self {
        self.0.message = format!("{path}: {}", self.0.message);
        self
    }

    /// A cell that cannot be written. `row` is the index of its row in the source; the header row has none.
    pub fn csv_value(row: Option<u64>, column: u32, message: impl Into<String>) -> Self {
        let mut error = Self::new(Code::CsvValue, message);
        error.0.place = Some((row, column));
        error
    }

    /// A bug of ours, with what is known of it.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(Code::Internal, message)
    }

    /// The job was cancelled.
    pub fn cancelled() -> Self {
        Self::new(Code::Cancelled, "the job was cancelled")
    }

    /// The deadline passed.
    pub fn deadline() -> Self {
        Self::new(Code::Deadline, "the job did not finish within timeoutMs, time in the queue included")
    }

    /// The code.
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// The message, without the code.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The row and column of the cell, if it was one: see [`Self::csv_value`].
    pub fn place(&self) -> Option<(Option<u64>, u32)> {
        self.0.place
    }

    /// The operating system's error number and text, if it was one.
    pub fn os(&self) -> Option<(i32, &str)> {
        self.0.os.as_ref().map(|(number, text)| (*number, text.as_str()))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.code.as_str(), self.0.message)
    }
}

impl std::error::Error for Error {}
