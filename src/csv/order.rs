//! What is finished in any order, back in order.
//!
//! No worker waits for another: whoever delivers an item leaves it here, and whoever finds that the next one is there
//! takes it out, hands it to the stage outside the lock, and goes on while the next is there too.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::error::{Error, Result};

/// Work that any worker may do, once. An error ends the export.
pub type Part = Box<dyn FnOnce() -> Result<()> + Send>;

/// Who does it. To be called from anywhere; must not wait for the part to be done.
pub trait Helpers: Send + Sync {
    /// Has the part done soon. When the export has ended it may be dropped.
    fn help(&self, part: Part);
}

/// What items come to. Called by one thread at a time, in order; `finish` or `fail` is the last call, but for `fail`
/// after a `finish` that failed.
pub(super) trait Stage: Send {
    type Item: Send;
    /// Takes the next. An error comes back through [`Self::fail`].
    fn take(&mut self, item: Self::Item) -> Result<()>;
    /// That was all.
    fn finish(&mut self) -> Result<()>;
    /// Nothing more will come.
    fn fail(&mut self, error: Error);
    /// Whether taking one item is work enough for a slice of its own.
    fn is_slow(&self) -> bool {
        false
    }
}

impl<T: Send> Stage for Box<dyn Stage<Item = T>> {
    type Item = T;

    fn take(&mut self, item: T) -> Result<()> {
        (**self).take(item)
    }

    fn finish(&mut self) -> Result<()> {
        (**self).finish()
    }

    fn fail(&mut self, error: Error) {
        (**self).fail(error);
    }

    fn is_slow(&self) -> bool {
        (**self).is_slow()
    }
}

/// Puts items in order for a stage.
pub(super) struct Order<S: Stage> {
    state: Mutex<State<S>>,
    helpers: Arc<dyn Helpers>,
}

struct State<S: Stage> {
    /// The item to hand over next.
    next: u64,
    /// Those that came before their turn. The sender bounds how many there are.
    ready: BTreeMap<u64, S::Item>,
    total: Option<u64>,
    error: Option<Error>,
    /// `finish` or `fail` was called or is about to be.
    ended: bool,
    /// Taken out by the one who hands over.
    stage: Option<S>,
}

/// What there is to do.
enum Work<T> {
    Take(T),
    Finish,
    Fail(Error),
}

impl<S: Stage + 'static> Order<S> {
    pub(super) fn new(stage: S, helpers: Arc<dyn Helpers>) -> Arc<Self> {
        let begun = State {
            next: 0,
            ready: BTreeMap::new(),
            total: None,
            error: None,
            ended: false,
            stage: Some(stage),
        };
        Arc::new(Self { state: Mutex::new(begun), helpers })
    }

    /// Delivers item number `seq`, counted from 0, and hands over what is next in order unless another thread is
    /// doing so. After a failure, the item is dropped.
    ///
    /// # Errors
    /// `Internal`, which also fails the export, for an item delivered twice or one past the last.
    pub(super) fn complete(self: &Arc<Self>, seq: u64, item: S::Item) -> Result<()> {
        let mut state = self.lock();
        if state.error.is_some() {
            return Ok(());
        }
        let beyond = state.total.is_some_and(|total| seq >= total);
        if beyond || seq < state.next || state.ready.contains_key(&seq) {
            drop(state);
            let error = Error::internal(format!("part {seq} of an export came twice or past the end"));
            self.fail(error.clone());
            return Err(error);
        }
        state.ready.insert(seq, item);
        drop(state);
        self.advance();
        Ok(())
    }

    /// No more items than these. Once the last is handed over, the stage is told, here or by whoever does that.
    pub(super) fn finish(self: &Arc<Self>, total: u64) {
        let mut state = self.lock();
        let last = state.ready.last_key_value().map_or(state.next, |(&seq, _)| seq + 1);
        if total < last || state.total.is_some_and(|before| before != total) {
            drop(state);
            self.fail(Error::internal(format!("an export of {total} parts has {last}")));
            return;
        }
        state.total = Some(total);
        drop(state);
        self.advance();
    }

    /// Ends the export with an error, of which the stage hears once, unless it has ended.
    pub(super) fn fail(self: &Arc<Self>, error: Error) {
        let mut state = self.lock();
        if state.ended || state.error.is_some() {
            return;
        }
        state.error = Some(error);
        let dropped = std::mem::take(&mut state.ready);
        drop(state);
        drop(dropped); // megabytes to free: not under the lock
        self.advance();
    }

    fn advance(self: &Arc<Self>) {
        loop {
            // In a block of its own: the lock must be free again before the stage does anything.
            let (work, stage) = {
                let mut state = self.lock();
                let Some(work) = state.work() else { return };
                (work, state.stage.take())
            };
            // Back on the way out, a panic of the stage's included: the next failure then reaches it.
            let mut turn = Turn { order: self, stage };
            let Some(stage) = turn.stage.as_mut() else { return };
            match work {
                Work::Take(item) => {
                    if let Err(error) = stage.take(item) {
                        drop(turn);
                        self.fail(error);
                        // Another thread may have failed the export meanwhile and found the stage away: then nobody
                        // but this one is left to tell it.
                        continue;
                    }
                    if stage.is_slow() {
                        drop(turn);
                        return self.go_on_later();
                    }
                }
                Work::Finish => {
                    if let Err(error) = stage.finish() {
                        stage.fail(error);
                    }
                    return;
                }
                Work::Fail(error) => return stage.fail(error),
            }
        }
    }

    /// Gives others a turn on this worker before the next item.
    fn go_on_later(self: &Arc<Self>) {
        if !self.lock().has_work() {
            return;
        }
        let order = Arc::clone(self);
        self.helpers.help(Box::new(move || {
            order.advance();
            Ok(())
        }));
    }

    fn lock(&self) -> MutexGuard<'_, State<S>> {
        // Nothing that can panic runs under the lock, so a poisoned state is still a whole one.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: Stage> State<S> {
    fn has_work(&self) -> bool {
        self.stage.is_some()
            && !self.ended
            && (self.error.is_some() || self.ready.contains_key(&self.next) || self.total == Some(self.next))
    }

    /// What there is to do, if nobody is at it.
    fn work(&mut self) -> Option<Work<S::Item>> {
        if !self.has_work() {
            return None;
        }
        if let Some(error) = &self.error {
            self.ended = true;
            return Some(Work::Fail(error.clone()));
        }
        if let Some(item) = self.ready.remove(&self.next) {
            self.next += 1;
            return Some(Work::Take(item));
        }
        self.ended = true;
        Some(Work::Finish)
    }
}

struct Turn<'a, S: Stage + 'static> {
    order: &'a Arc<Order<S>>,
    stage: Option<S>,
}

impl<S: Stage> Drop for Turn<'_, S> {
    fn drop(&mut self) {
        self.order.lock().stage = self.stage.take();
    }
}

/// Helpers that do a part at once, where they are asked: for tests, and for exports that need none.
#[derive(Clone, Copy, Debug, Default)]
pub struct AtOnce;

impl Helpers for AtOnce {
    fn help(&self, part: Part) {
        // Whoever made the part has told the export why it failed.
        let _ = part();
    }
}
