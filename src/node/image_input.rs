//! An image's bytes on their way to whoever reads them: out of JavaScript's memory, or a file.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use napi::bindgen_prelude::Uint8Array;

use super::environment::Loan;
use crate::error::{Code, Error, Result};
use crate::image::Limits;
use crate::pool::{Admission, InputShare, Slab};

/// An input's bytes, ours to read on any thread.
pub(super) enum Input {
    Copied(Slab),
    /// JavaScript gave the memory away: nobody else can reach it. Fields drop in order: the loan ends last.
    Transferred(Uint8Array, #[allow(dead_code, reason = "its end is what counts")] Loan),
}

impl AsRef<[u8]> for Input {
    fn as_ref(&self) -> &[u8] {
        match self {
            Input::Copied(bytes) => bytes,
            Input::Transferred(bytes, _) => bytes,
        }
    }
}

/// An input that one job reads, another may have to read after it, and others are compared with. It counts once,
/// until the last of them lets go of it.
#[derive(Clone)]
pub(super) struct SharedInput(Arc<Counted>);

/// Fields drop in order: the bytes go before they cease to count.
struct Counted(Input, #[allow(dead_code, reason = "its end is what counts")] InputShare);

impl SharedInput {
    pub(super) fn new(input: Input, share: InputShare) -> Self {
        Self(Arc::new(Counted(input, share)))
    }
}

impl AsRef<[u8]> for SharedInput {
    fn as_ref(&self) -> &[u8] {
        self.0.0.as_ref()
    }
}

/// An error about what a file holds, with the file's name.
pub(super) fn of_file(error: Error, path: &str) -> Error {
    match error.code() {
        Code::ImageFormat | Code::ImageCorrupt | Code::ImageLimit => error.in_file(path),
        // What is about the call, the pool, or names the file itself.
        _ => error,
    }
}

/// Reads an image file whole, once its size is known to be allowed. Blocks: for the I/O thread.
pub(super) fn read_file(path: &str, limits: &Limits, admission: &mut Admission) -> Result<Vec<u8>> {
    let failed = |error: &std::io::Error| Error::io("cannot read", path, error);
    // Before it is opened: opening a pipe would wait for its writer.
    let facts = std::fs::metadata(Path::new(path)).map_err(|error| failed(&error))?;
    if !facts.is_file() {
        return Err(not_a_file(path, facts.is_dir()));
    }
    limits.check_bytes(facts.len()).map_err(|error| of_file(error, path))?;
    admission.grow(facts.len(), 0)?;
    let mut bytes = Vec::with_capacity(facts.len() as usize);
    // What is added to the file meanwhile is not read.
    File::open(path)
        .and_then(|file| file.take(facts.len()).read_to_end(&mut bytes))
        .map_err(|error| failed(&error))?;
    Ok(bytes)
}

/// What reading comes to for a folder, and for what is neither file nor folder.
fn not_a_file(path: &str, is_dir: bool) -> Error {
    #[cfg(unix)]
    let error = std::io::Error::from_raw_os_error(if is_dir { libc::EISDIR } else { libc::EINVAL });
    #[cfg(not(unix))]
    let error = std::io::Error::from(if is_dir {
        std::io::ErrorKind::IsADirectory
    } else {
        std::io::ErrorKind::InvalidInput
    });
    if is_dir {
        return Error::io("cannot read", path, &error);
    }
    // The system's words for it would be of an invalid argument.
    Error::io_for("cannot read", path, "it is not a regular file", &error)
}
