//! The locks, atomics and inbox the scheduler is made of: the standard library's, or, under the feature
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

/// Where submitting threads leave what the scheduler reads under its lock.
#[cfg(not(feature = "model"))]
pub(crate) use super::stack::Stack as Inbox;

/// The same for the model checker, made of what it can see.
#[cfg(feature = "model")]
pub(crate) struct Inbox<T>(Mutex<Vec<T>>);

#[cfg(feature = "model")]
impl<T> Default for Inbox<T> {
    fn default() -> Self {
        Self(Mutex::new(Vec::new()))
    }
}

#[cfg(feature = "model")]
impl<T> Inbox<T> {
    pub(crate) fn put(&self, value: T) {
        lock(&self.0).push(value);
    }

    pub(crate) fn take_all(&self) -> Vec<T> {
        std::mem::take(&mut *lock(&self.0))
    }
}
