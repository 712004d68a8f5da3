//! A file appears whole at its path, or not at all.

#![allow(clippy::unwrap_used, reason = "a test's helpers may fail loudly")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use offloop::csv::file::{FileMessage, write_file};
use offloop::csv::{Compression, ReadBack, Summary};
use offloop::pool::Cancel;
use offloop::{Code, Result};
use sha2::{Digest as _, Sha256};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

/// An empty folder of the test's own, removed at its end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name =
            format!("offloop-csv-file-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn entries(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(&self.0)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn write(
    path: &Path,
    cancel: &Cancel,
    send: impl FnOnce(UnboundedSender<FileMessage>),
) -> (Result<()>, Vec<(u64, u64)>) {
    let (sender, receiver) = unbounded_channel();
    send(sender);
    let mut written = Vec::new();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let result = runtime.block_on(write_file(path.to_owned(), receiver, cancel.clone(), |rows, bytes| {
        written.push((rows, bytes));
    }));
    (result, written)
}

fn chunk(text: &str) -> FileMessage {
    FileMessage::Chunk { bytes: text.as_bytes().to_vec().into(), rows: Some(1) }
}

#[allow(clippy::needless_pass_by_value, reason = "dropping the sender is part of the story")]
fn two_and_finish(sender: UnboundedSender<FileMessage>) {
    sender.send(chunk("a\n")).unwrap();
    sender.send(chunk("bc\n")).unwrap();
    sender.send(FileMessage::Finish { verify: None }).unwrap();
}

#[test]
fn writes_a_new_file_and_nothing_beside_it() {
    let folder = Folder::new();
    let path = folder.0.join("out.csv");
    let (result, written) = write(&path, &Cancel::new(), two_and_finish);
    result.unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"a\nbc\n");
    assert_eq!(written, [(1, 2), (1, 3)]);
    assert_eq!(folder.entries(), ["out.csv"]);
}

#[test]
fn replaces_a_file_only_at_the_end() {
    let folder = Folder::new();
    let path = folder.0.join("out.csv");
    fs::write(&path, b"old").unwrap();
    let (sender, receiver) = unbounded_channel();
    let mut seen = Vec::new();
    two_and_finish(sender);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let watched = path.clone();
    runtime
        .block_on(write_file(path.clone(), receiver, Cancel::new(), |_, _| {
            seen.push(fs::read(&watched).unwrap());
        }))
        .unwrap();
    assert_eq!(seen, [b"old", b"old"]);
    assert_eq!(fs::read(&path).unwrap(), b"a\nbc\n");
}

#[test]
fn gives_up_when_the_sender_goes_away() {
    let folder = Folder::new();
    let path = folder.0.join("out.csv");
    fs::write(&path, b"old").unwrap();
    let (result, _) = write(&path, &Cancel::new(), |sender| sender.send(chunk("half")).unwrap());
    assert_eq!(result.unwrap_err().code(), Code::Cancelled);
    assert_eq!(fs::read(&path).unwrap(), b"old");
    assert_eq!(folder.entries(), ["out.csv"]);
}

#[test]
fn gives_up_when_told_to() {
    let folder = Folder::new();
    let path = folder.0.join("out.csv");
    let cancel = Cancel::new();
    let (sender, receiver) = unbounded_channel();
    two_and_finish(sender);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let raised = cancel.clone();
    let result = runtime.block_on(write_file(path, receiver, cancel, |_, _| {
        raised.expire();
    }));
    assert_eq!(result.unwrap_err().code(), Code::Deadline);
    assert!(folder.entries().is_empty());
}

#[test]
fn a_dropped_future_leaves_nothing() {
    let folder = Folder::new();
    let path = folder.0.join("out.csv");
    let (sender, receiver) = unbounded_channel();
    sender.send(chunk("half")).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let (started, wait) = tokio::sync::oneshot::channel();
        let mut started = Some(started);
        let writing = tokio::spawn(async move {
            write_file(path, receiver, Cancel::new(), |_, _| {
                let _ = started.take().map(|started| started.send(()));
            })
            .await
        });
        wait.await.unwrap();
        writing.abort();
        assert!(writing.await.unwrap_err().is_cancelled());
    });
    drop(runtime); // waits for the blocking calls
    assert!(folder.entries().is_empty());
    drop(sender);
}

#[test]
fn a_folder_at_the_path_is_refused_before_anything_is_written() {
    let folder = Folder::new();
    let path = folder.0.join("inside");
    fs::create_dir(&path).unwrap();
    let (result, written) = write(&path, &Cancel::new(), two_and_finish);
    let error = result.unwrap_err();
    assert_eq!(error.code(), Code::Io);
    assert!(error.message().contains("inside"), "{error}");
    #[cfg(unix)]
    assert_eq!(error.os().map(|(number, _)| number), Some(libc::EISDIR));
    assert!(written.is_empty());
    assert_eq!(folder.entries(), ["inside"]);
}

#[test]
fn a_path_without_a_name_is_refused() {
    let (result, _) = write(Path::new("/"), &Cancel::new(), two_and_finish);
    assert_eq!(result.unwrap_err().code(), Code::Io);
}

#[cfg(unix)]
#[test]
fn errors_carry_the_systems_number() {
    use std::os::unix::fs::PermissionsExt;

    let folder = Folder::new();
    let (result, _) = write(&folder.0.join("missing/out.csv"), &Cancel::new(), two_and_finish);
    assert_eq!(result.unwrap_err().os().map(|(number, _)| number), Some(libc::ENOENT));

    fs::write(folder.0.join("file"), b"").unwrap();
    let (result, _) = write(&folder.0.join("file/out.csv"), &Cancel::new(), two_and_finish);
    assert_eq!(result.unwrap_err().os().map(|(number, _)| number), Some(libc::ENOTDIR));

    // Root may write anywhere, so for root there is no such error to test.
    let closed = folder.0.join("closed");
    fs::create_dir(&closed).unwrap();
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o555)).unwrap();
    if fs::write(closed.join("probe"), b"").is_err() {
        let (result, _) = write(&closed.join("out.csv"), &Cancel::new(), two_and_finish);
        assert_eq!(result.unwrap_err().os().map(|(number, _)| number), Some(libc::EACCES));
    }
}

#[cfg(unix)]
#[test]
fn a_file_has_the_permissions_of_any_new_file() {
    use std::os::unix::fs::PermissionsExt;

    let folder = Folder::new();
    fs::write(folder.0.join("plain"), b"").unwrap();
    let (result, _) = write(&folder.0.join("out.csv"), &Cancel::new(), two_and_finish);
    result.unwrap();
    let mode = |name: &str| fs::metadata(folder.0.join(name)).unwrap().permissions().mode();
    assert_eq!(mode("out.csv"), mode("plain"));
}

#[test]
fn a_name_as_long_as_names_can_be() {
    let folder = Folder::new();
    let name = format!("{}.csv", "n".repeat(251));
    let (result, _) = write(&folder.0.join(&name), &Cancel::new(), two_and_finish);
    result.unwrap();
    assert_eq!(folder.entries(), [name]);
}

const AS_WRITTEN: ReadBack = ReadBack {
    delimiter: b',',
    quote: b'"',
    escape: None,
    wide: false,
    blank: false,
    compression: Compression::None,
};

fn summary(rows: u64, columns: usize, sha256: Option<[u8; 32]>) -> Summary {
    Summary { rows, columns, sha256, ..Summary::default() }
}

/// Writes two rows, lets somebody else at the temporary file, and has it verified.
fn verify(folder: &Folder, expected: Summary, meddle: impl FnOnce(&Path)) -> Result<()> {
    let (sender, receiver) = unbounded_channel();
    sender.send(chunk("a,\"b,c\"\n")).unwrap();
    sender.send(chunk("1,2\n")).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let (mut meddle, mut sender) = (Some(meddle), Some(sender));
    let mut written = 0;
    runtime.block_on(write_file(folder.0.join("out.csv"), receiver, Cancel::new(), |_, _| {
        written += 1;
        if written == 2 {
            let temporary = folder.0.join(&folder.entries()[0]);
            meddle.take().unwrap()(&temporary);
            let verify = Some((AS_WRITTEN, expected));
            sender.take().unwrap().send(FileMessage::Finish { verify }).unwrap();
        }
    }))
}

#[test]
fn a_file_that_was_read_back_is_published() {
    let folder = Folder::new();
    let sha256 = Sha256::digest(b"a,\"b,c\"\n1,2\n").into();
    verify(&folder, summary(2, 2, Some(sha256)), |_| {}).unwrap();
    assert_eq!(folder.entries(), ["out.csv"]);
}

#[test]
fn a_file_that_changed_on_the_disk_is_not() {
    let folder = Folder::new();
    let sha256 = Sha256::digest(b"a,\"b,c\"\n1,2\n").into();
    let wrong: [(&str, &[u8]); 4] = [
        ("row 1", b"a,,b,c\"\n1,2\n"),
        ("missing", b"a,\"b,c\"\n"),
        ("too many", b"a,\"b,c\"\n1,2\n3,4\n"),
        ("same bytes", b"a,\"b,c\"\n1,3\n"),
    ];
    for (reason, bytes) in wrong {
        let outcome = verify(&folder, summary(2, 2, Some(sha256)), |path| fs::write(path, bytes).unwrap());
        let error = outcome.unwrap_err();
        assert_eq!(error.code(), Code::CsvValue);
        assert!(error.message().contains(reason), "{error}");
        assert!(folder.entries().is_empty());
    }
    let outcome = verify(&folder, summary(2, 2, None), |path| fs::remove_file(path).unwrap());
    assert_eq!(outcome.unwrap_err().code(), Code::Io);
}
