//! A file appears whole at its path, or not at all.

#![allow(clippy::unwrap_used, reason = "a test's helpers may fail loudly")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use offloop::csv::file::{FileMessage, write_file};
use offloop::pool::Cancel;
use offloop::{Code, Result};
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
