//! The locks, atomics and channel the scheduler is made of: the standard library's, or, under the feature
//! `model`, shuttle's, which explores how threads may interleave.

#[cfg(not(feature = "model"))]
pub(crate) use std::sync::{
    Mutex, MutexGuard,
    atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
};

#[cfg(feature = "model")]
pub(crate) use shuttle::sync::{
    Mutex, MutexGuard,
    atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
};

/// Locks, also when a panic has poisoned the lock: everything behind our locks is valid between any two
/// statements, and a scheduler that stops because a job panicked would be the worse failure.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Many threads put in without ever waiting; one at a time takes out.
///
/// The standard channel's send is lock-free, which is why the event loop may use it: it never waits for a
/// low-priority worker that was preempted in the middle.
#[cfg(not(feature = "model"))]
pub(crate) struct Inbox<T> {
    sender: std::sync::mpsc::Sender<T>,
}

/// The end that takes out.
#[cfg(not(feature = "model"))]
pub(crate) struct Outlet<T>(std::sync::mpsc::Receiver<T>);

#[cfg(not(feature = "model"))]
impl<T> Inbox<T> {
    pub(crate) fn new() -> (Self, Outlet<T>) {
        let (sender, receiver) = std::sync::mpsc::channel();
        (Self { sender }, Outlet(receiver))
    }

    /// Gives the value back when nobody will ever take it out.
    pub(crate) fn put(&self, value: T) -> Result<(), T> {
        self.sender.send(value).map_err(|error| error.0)
    }
}

#[cfg(not(feature = "model"))]
impl<T> Outlet<T> {
    pub(crate) fn take(&mut self) -> Option<T> {
        self.0.try_recv().ok()
    }
}

#[cfg(feature = "model")]
type Shared<T> = std::sync::Arc<Mutex<std::collections::VecDeque<T>>>;

/// The same for the model checker, which has no channel that several threads may share.
#[cfg(feature = "model")]
pub(crate) struct Inbox<T>(Shared<T>);

/// The end that takes out.
#[cfg(feature = "model")]
pub(crate) struct Outlet<T>(Shared<T>);

#[cfg(feature = "model")]
impl<T> Inbox<T> {
    pub(crate) fn new() -> (Self, Outlet<T>) {
        let shared = Shared::default();
        (Self(std::sync::Arc::clone(&shared)), Outlet(shared))
    }

    #[allow(clippy::unnecessary_wraps, reason = "the signature of the real one")]
    pub(crate) fn put(&self, value: T) -> Result<(), T> {
        lock(&self.0).push_back(value);
        Ok(())
    }
}

#[cfg(feature = "model")]
impl<T> Outlet<T> {
    pub(crate) fn take(&mut self) -> Option<T> {
        lock(&self.0).pop_front()
    }
}
