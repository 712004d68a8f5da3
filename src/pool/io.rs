//! The one thread that waits for files: a tokio runtime. It computes nothing.
//!
//! tokio does file system calls on blocking threads of its own, a few at most, so a slow disk holds up
//! neither a worker nor libuv's threads.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

use tokio::sync::oneshot;

use super::priority;
use super::scheduler::panicked;
use super::threads::Threads;
use crate::error::{Error, Result};

/// Something to be done on the I/O thread.
pub type Errand = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Calls to the file system at once.
const MOST_BLOCKING: usize = 4;

/// Starts with its first errand.
#[derive(Default)]
pub(crate) struct Io {
    running: Mutex<Option<Running>>,
}

struct Running {
    handle: tokio::runtime::Handle,
    /// Dropped to end the thread.
    _stop: oneshot::Sender<()>,
}

impl Io {
    /// Runs an errand, starting the thread if need be.
    pub(crate) fn spawn(&self, errand: Errand, threads: &Arc<Threads>) -> Result<()> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if running.is_none() {
            *running = Some(Running::start(threads)?);
        }
        if let Some(running) = &*running {
            running.handle.spawn(errand);
        }
        Ok(())
    }

    /// Ends the thread; errands under way are dropped at their next wait.
    pub(crate) fn stop(&self) {
        drop(self.running.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}

/// The work's outcome, or the error that its panic comes to. An errand that ended by a panic would leave others
/// waiting for what it was to say.
pub async fn caught<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    let mut work = pin!(work);
    poll_fn(|cx| {
        catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(cx)))
            .unwrap_or_else(|panic| Poll::Ready(Err(panicked(&*panic))))
    })
    .await
}

impl Running {
    fn start(threads: &Arc<Threads>) -> Result<Self> {
        let failed =
            |error: std::io::Error| Error::internal(format!("the I/O thread could not be started: {error}"));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .max_blocking_threads(MOST_BLOCKING)
            .thread_keep_alive(Duration::from_secs(2))
            .thread_name("offloop-file")
            .on_thread_start(|| {
                priority::lower(5);
            })
            .enable_time()
            .build()
            .map_err(failed)?;
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel::<()>();
        let alive = threads.enter();
        std::thread::Builder::new()
            .name("offloop-io".into())
            .spawn(move || {
                // Ends when the sender is dropped.
                let _ = runtime.block_on(stopped);
                runtime.shutdown_timeout(Duration::from_secs(1));
                drop(alive);
            })
            .map_err(failed)?;
        Ok(Self { handle, _stop: stop })
    }
}
