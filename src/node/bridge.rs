//! The object that lib/native.js holds: one an environment.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use napi::bindgen_prelude::{Either, Function, Uint8Array, Uint8ArraySlice};
use napi::{Env, Result};
use napi_derive::napi;

use super::csv::Export;
use super::environment::Environment;
use super::value::{Failure, Settlement, Value};
use crate::error::Error;
use crate::pool::{Handle, Kind, Lane, Slab, Spec, Step, Task};

/// See the module's documentation. Used on its environment's thread only.
#[napi]
pub struct Bridge {
    pub(super) environment: Arc<Environment>,
    /// Jobs that may be cancelled, by the id that JavaScript gave them.
    pub(super) handles: RefCell<HashMap<u32, Handle>>,
    pub(super) exports: RefCell<HashMap<u32, Export>>,
}

/// What every job call begins with.
pub(super) struct Ask {
    pub(super) id: u32,
    pub(super) lane: Lane,
    pub(super) timeout: Option<Duration>,
}

impl Ask {
    /// `lane`: 0 is interactive. `timeout_ms`: below 0 is none.
    pub(super) fn new(id: u32, lane: u32, timeout_ms: f64) -> Self {
        Self {
            id,
            lane: if lane == 0 { Lane::Interactive } else { Lane::Bulk },
            timeout: (timeout_ms >= 0.0)
                .then(|| Duration::try_from_secs_f64(timeout_ms / 1000.0).unwrap_or(Duration::MAX)),
        }
    }

    pub(super) fn spec(&self, kind: &'static str, input: u64, working: u64) -> Spec {
        Spec { lane: self.lane, kind: Kind(kind), timeout: self.timeout, input, working }
    }
}

#[napi]
impl Bridge {
    /// `settle` is called with an array of what jobs have come to.
    #[napi(constructor)]
    pub fn new(env: Env, settle: Function<'_, Vec<Settlement>, ()>) -> Result<Self> {
        Ok(Self {
            environment: Environment::open(&env, &settle)?,
            handles: RefCell::default(),
            exports: RefCell::default(),
        })
    }

    /// While true, the process does not exit by itself.
    #[napi]
    pub fn hold(&self, env: Env, hold: bool) {
        self.environment.hold(&env, hold);
    }

    /// The job's promise has been settled, by us or by an abort: forget it, and stop it if it runs.
    #[napi]
    pub fn release(&self, id: u32) {
        if let Some(handle) = self.handles.borrow_mut().remove(&id) {
            handle.cancel();
        }
        drop(self.exports.borrow_mut().remove(&id));
    }

    /// Takes no more jobs; settles `id` when those that are here have ended.
    #[napi]
    pub fn drain(&self, id: u32) {
        let environment = Arc::clone(&self.environment);
        self.environment.tenant.drain(move || environment.settle(id, Ok(Value::Nothing)));
    }
}

impl Bridge {
    /// Submits a job whose result is settled under the ask's id. `None` when it was admitted.
    pub(super) fn submit(&self, id: u32, spec: &Spec, task: impl Task + 'static) -> Option<Failure> {
        let environment = Arc::clone(&self.environment);
        let reject = move |error: Error| environment.settle(id, Err(error));
        let environment = &self.environment;
        match environment.process.pool.submit(&environment.tenant, spec, Box::new(task), reject) {
            Ok(handle) => {
                self.handles.borrow_mut().insert(id, handle);
                None
            }
            Err(error) => Some(Failure::from(&error)),
        }
    }

    /// A step that settles `id` with a value.
    pub(super) fn done(environment: &Arc<Environment>, id: u32, value: Value) -> Step {
        let environment = Arc::clone(environment);
        Step::Done(Box::new(move || environment.settle(id, Ok(value))))
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        self.environment.close();
    }
}

/// An input's bytes, ours to read on any thread.
pub(super) enum Input {
    Copied(Slab),
    /// JavaScript gave the memory away: nobody else can reach it.
    Transferred(Uint8Array),
}

impl AsRef<[u8]> for Input {
    fn as_ref(&self) -> &[u8] {
        match self {
            Input::Copied(bytes) => bytes,
            Input::Transferred(bytes) => bytes,
        }
    }
}

/// A path, or bytes to be copied within the call.
pub(super) type Source<'a> = Either<String, Uint8ArraySlice<'a>>;
