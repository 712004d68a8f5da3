//! A file as the destination of an export: whole at its path, or not there.
//!
//! The chunks go to a temporary file beside the path, which is synced and renamed over the path at the
//! end. Whatever else happens, it is removed. If asked to, it is read again before it is renamed.

use std::ffi::OsString;
use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::spawn_blocking;

use super::buffers::Chunk;
use super::output::Summary;
use super::read_back::{Check, ReadBack};
use crate::error::{Code, Error, Result};
use crate::pool::Cancel;

/// What the writer of a file is told. The sender bounds how many messages wait.
#[derive(Debug)]
pub enum FileMessage {
    /// The next bytes.
    Chunk {
        /// The bytes. Their memory goes back when they are written.
        bytes: Chunk,
        /// As in [`Output::write`](super::Output::write): the rows of the batch that ends with them.
        rows: Option<u64>,
    },
    /// There are no more: sync and rename. A sender dropped without this means giving up.
    Finish {
        /// To be read again first: how, and what must come out.
        verify: Option<(ReadBack, Summary)>,
    },
}

/// What is read of a file at once, to verify it.
const PIECE: usize = 1 << 20;
/// Creating a temporary file whose name is taken is tried this often.
const ATTEMPTS: u32 = 16;
/// Of the file's own name in that of its temporary file, which must stay within 255 bytes.
const NAME_BYTES: usize = 160;

/// Writes what `messages` brings to `path`, which is replaced when everything is written and synced. A file
/// that is replaced keeps its permissions, a new one has those that the process gives new files; a symbolic link
/// at `path` is replaced, not followed. Tells `written` the rows and bytes of each batch that the system has taken.
///
/// Runs on a Tokio runtime; the blocking calls run on its blocking threads, so one thread is enough for
/// the runtime itself. Dropping the future removes the temporary file too.
///
/// # Errors
/// `Io` with the system's number: a missing folder, no permission, `path` is a folder, a full disk.
/// `Cancelled` or `Deadline` when `cancel` says so, `Cancelled` when the sender went away before
/// [`FileMessage::Finish`]. `CsvValue` when it was to be verified and does not hold what it should.
pub async fn write_file(
    path: PathBuf,
    mut messages: UnboundedReceiver<FileMessage>,
    cancel: Cancel,
    mut written: impl FnMut(u64, u64),
) -> Result<()> {
    cancel.check()?;
    let mut temporary = blocking(move || Temporary::create(path)).await?;
    let mut untold = 0;
    loop {
        let message = messages.recv().await;
        cancel.check()?;
        match message {
            Some(FileMessage::Chunk { bytes, rows }) => {
                untold += bytes.len() as u64;
                if !bytes.is_empty() {
                    temporary = blocking(move || temporary.write(&bytes)).await?;
                }
                if let Some(rows) = rows {
                    written(rows, std::mem::take(&mut untold));
                }
            }
            Some(FileMessage::Finish { verify }) => {
                temporary = blocking(move || temporary.close()).await?;
                if let Some((read_back, summary)) = verify {
                    temporary = verified(temporary, read_back, summary, &cancel).await?;
                }
                return blocking(move || temporary.publish()).await;
            }
            None => return Err(Error::cancelled()),
        }
    }
}

/// The file, once it was read again and holds what it should.
async fn verified(
    mut temporary: Temporary,
    read_back: ReadBack,
    summary: Summary,
    cancel: &Cancel,
) -> Result<Temporary> {
    let begun = cancel.clone();
    let mut reading;
    (temporary, reading) = blocking(move || {
        let reading = Reading::open(&temporary, read_back.begin(begun))?;
        Ok((temporary, reading))
    })
    .await?;
    // A piece at a time: other exports' files have their turn between.
    while !reading.ended {
        cancel.check()?;
        (temporary, reading) = blocking(move || {
            reading.next(&temporary)?;
            Ok((temporary, reading))
        })
        .await?;
    }
    reading.finish(summary)?;
    Ok(temporary)
}

/// A file being read again.
struct Reading {
    file: File,
    piece: Vec<u8>,
    hash: Sha256,
    check: Check,
    ended: bool,
}

impl Reading {
    fn open(temporary: &Temporary, check: Check) -> Result<Self> {
        let file =
            File::open(&temporary.path).map_err(|error| temporary.error("cannot read back", &error))?;
        forget_cached(&file);
        Ok(Self { file, piece: Vec::with_capacity(PIECE), hash: Sha256::new(), check, ended: false })
    }

    fn next(&mut self, temporary: &Temporary) -> Result<()> {
        self.piece.clear();
        (&mut self.file)
            .take(PIECE as u64)
            .read_to_end(&mut self.piece)
            .map_err(|error| temporary.error("cannot read back", &error))?;
        self.ended = self.piece.is_empty();
        self.hash.update(&self.piece);
        self.check.push(&self.piece)
    }

    fn finish(self, summary: Summary) -> Result<()> {
        self.check.finish(summary.rows, summary.columns)?;
        let hash: [u8; 32] = self.hash.finalize().into();
        if summary.sha256.is_some_and(|written| written != hash) {
            return Err(Error::new(
                Code::CsvValue,
                "verify: the file has as many rows and fields as were written, but not the same bytes; \
                 the disk may be failing",
            ));
        }
        Ok(())
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    match spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) if error.is_panic() => Err(Error::internal("writing a file panicked")),
        Err(_) => Err(Error::cancelled()),
    }
}

/// A file beside the one it is to become. Removed when dropped, unless it was published.
#[derive(Debug)]
struct Temporary {
    /// `None` once closed: Windows neither renames nor removes a file that is open.
    file: Option<File>,
    path: PathBuf,
    target: PathBuf,
    published: bool,
}

/// The permissions of the file that is to be replaced; `None` if there is none yet. What is no file is refused,
/// before any row is written: renaming would fail (a folder) or, worse, replace a device or a pipe.
fn replaced(target: &Path) -> Result<Option<Permissions>> {
    match std::fs::metadata(target) {
        Ok(facts) if facts.is_file() => Ok(Some(facts.permissions())),
        Ok(facts) if facts.is_dir() => Err(Error::io("cannot write", &show(target), &is_a_directory())),
        Ok(_) => Err(Error::io(
            "cannot replace a device, pipe or socket by a file (use exportCsvStream for those):",
            &show(target),
            &not_a_file(),
        )),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::io("cannot write", &show(target), &error)),
    }
}

impl Temporary {
    /// A file that is replaced keeps who may read it. (Windows: the folder's access rights apply.)
    fn keep_permissions(&self, replaced: Option<Permissions>) -> Result<()> {
        #[cfg(unix)]
        if let (Some(permissions), Some(file)) = (replaced, &self.file) {
            file.set_permissions(permissions)
                .map_err(|error| Error::io("cannot set the permissions of", &show(&self.path), &error))?;
        }
        #[cfg(not(unix))]
        drop(replaced);
        Ok(())
    }

    fn create(target: PathBuf) -> Result<Self> {
        let Some(name) = target.file_name() else {
            return Err(Error::io("cannot write", &show(&target), &is_a_directory()));
        };
        let replaced = replaced(&target)?;
        let name = shorten(&name.to_string_lossy()).to_owned();
        let mut attempts = 0;
        loop {
            let random = getrandom::u64()
                .map_err(|error| Error::internal(format!("the system has no random numbers: {error}")))?;
            let path = target.with_file_name(OsString::from(format!(".{name}.{random:016x}.tmp")));
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(file) => {
                    let temporary = Self { file: Some(file), path, target, published: false };
                    temporary.keep_permissions(replaced)?;
                    return Ok(temporary);
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && attempts < ATTEMPTS => {
                    attempts += 1;
                }
                Err(error) => {
                    return Err(Error::io("cannot create a temporary file beside", &show(&target), &error));
                }
            }
        }
    }

    fn write(mut self, bytes: &[u8]) -> Result<Self> {
        match self.open().and_then(|file| file.write_all(bytes)) {
            Ok(()) => Ok(self),
            Err(error) => Err(self.error("cannot write", &error)),
        }
    }

    /// Everything is on the disk, as far as the system knows.
    fn close(mut self) -> Result<Self> {
        if let Err(error) = self.open().and_then(|file| file.sync_all()) {
            return Err(self.error("cannot sync", &error));
        }
        self.file = None;
        Ok(self)
    }

    fn publish(mut self) -> Result<()> {
        if let Err(error) = std::fs::rename(&self.path, &self.target) {
            return Err(self.error("cannot replace", &error));
        }
        self.published = true;
        sync_folder(&self.target);
        Ok(())
    }

    fn open(&mut self) -> io::Result<&mut File> {
        self.file.as_mut().ok_or_else(|| io::Error::from(io::ErrorKind::NotConnected))
    }

    fn error(&self, what: &str, error: &io::Error) -> Error {
        Error::io(what, &show(&self.target), error)
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        self.file = None;
        if !self.published {
            // Nobody is left to hear that this failed.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// Makes the rename last through a power failure. The file is in place and whole by now, and some file
/// systems cannot do this, so that it fails is no failure of the export.
#[cfg(unix)]
fn sync_folder(target: &Path) {
    let folder = match target.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
}

#[cfg(not(unix))]
fn sync_folder(_target: &Path) {}

/// What is read comes from the disk, not from the memory that it was written from. (Elsewhere than on Linux, and where
/// the file system keeps everything in memory, it may come from there.)
#[cfg(any(target_os = "linux", target_os = "android"))]
fn forget_cached(file: &File) {
    use std::os::fd::AsRawFd as _;
    // SAFETY: a descriptor that is open; the call touches no memory of ours. It is advice, and may fail.
    let _ = unsafe { libc::posix_fadvise(file.as_raw_fd(), 0, 0, libc::POSIX_FADV_DONTNEED) };
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn forget_cached(_file: &File) {}

fn shorten(name: &str) -> &str {
    let mut end = name.len().min(NAME_BYTES);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    &name[..end]
}

fn show(path: &Path) -> String {
    path.display().to_string()
}

#[cfg(unix)]
fn is_a_directory() -> io::Error {
    io::Error::from_raw_os_error(libc::EISDIR)
}

#[cfg(unix)]
fn not_a_file() -> io::Error {
    io::Error::from_raw_os_error(libc::EINVAL)
}

#[cfg(not(unix))]
fn not_a_file() -> io::Error {
    io::Error::from(io::ErrorKind::InvalidInput)
}

#[cfg(not(unix))]
fn is_a_directory() -> io::Error {
    io::Error::from(io::ErrorKind::IsADirectory)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_are_cut_between_characters() {
        assert_eq!(shorten("short.csv"), "short.csv");
        let long = "é".repeat(200);
        assert_eq!(shorten(&format!("x{long}")).len(), NAME_BYTES - 1);
    }

    #[test]
    fn a_dropped_temporary_is_removed() {
        let folder = std::env::temp_dir();
        let target = folder.join(format!("offloop-dropped-{}.csv", std::process::id()));
        let temporary = Temporary::create(target.clone()).unwrap().write(b"half").unwrap();
        let path = temporary.path.clone();
        assert_eq!(std::fs::read(&path).unwrap(), b"half");
        drop(temporary);
        assert!(!path.exists() && !target.exists());
    }
}
