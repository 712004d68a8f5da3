//! The object that lib/native.js holds: one an environment.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use napi::Env;
use napi::bindgen_prelude::Function;
use napi_derive::napi;

use super::csv::Export;
use super::csv_batch::Spare;
use super::environment::Environment;
use super::image::Begun;
use super::image_wish::Place;
use super::value::{Failure, Settlement, Value};
use crate::csv::Style;
use crate::error::Error;
use crate::pool::{Admission, Handle, Lane, Spec, Task};

/// See the module's documentation. Used on its environment's thread only.
#[napi]
pub struct Bridge {
    pub(super) environment: Arc<Environment>,
    /// Jobs that may be cancelled, by the id that JavaScript gave them.
    pub(super) handles: RefCell<HashMap<u32, Handle>>,
    pub(super) exports: RefCell<HashMap<u32, Export>>,
    /// For small exports, which are formatted here: memory, and their styles.
    pub(super) spare: Spare,
    pub(super) styles: RefCell<HashMap<u32, Style>>,
    /// Resizes whose bytes are about to be transferred.
    pub(super) admitted: RefCell<HashMap<u32, Begun>>,
    /// Where resizes wait that may share another's result.
    pub(super) places: RefCell<HashMap<u32, Place>>,
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

    pub(super) fn spec(&self, input: u64, working: u64) -> Spec {
        Spec { lane: self.lane, timeout: self.timeout, input, working }
    }
}

#[napi]
impl Bridge {
    /// `settle` is called with an array of what jobs have come to.
    #[napi(constructor)]
    pub fn new(env: Env, settle: Function<'_, Vec<Settlement>, ()>) -> napi::Result<Self> {
        Ok(Self {
            environment: Environment::open(&env, &settle)?,
            handles: RefCell::default(),
            exports: RefCell::default(),
            spare: Spare::default(),
            styles: RefCell::default(),
            admitted: RefCell::default(),
            places: RefCell::default(),
        })
    }

    /// While true, the process does not exit by itself.
    #[napi]
    pub fn hold(&self, env: Env, hold: bool) {
        self.environment.hold(&env, hold);
    }

    /// The job's promise has been settled, by us, by an abort, or because it was refused: forget it, and stop it if it
    /// runs.
    #[napi]
    pub fn release(&self, id: u32) {
        if let Some(handle) = self.handles.borrow_mut().remove(&id) {
            handle.cancel();
        }
        drop(self.exports.borrow_mut().remove(&id));
        drop(self.admitted.borrow_mut().remove(&id));
        let place = self.places.borrow_mut().remove(&id);
        if let Some(flight) = place.and_then(|place| place.get()?.upgrade()) {
            flight.leave(id);
        }
    }

    /// The environment is going: its jobs stop, and the last environment's threads end. Waits for them, but not
    /// for long.
    #[napi]
    pub fn close(&self) {
        self.exports.borrow_mut().clear();
        self.handles.borrow_mut().clear();
        self.admitted.borrow_mut().clear();
        self.places.borrow_mut().clear();
        self.environment.close();
    }

    /// Takes no more jobs; settles `id` when those that are here have ended.
    #[napi]
    pub fn drain(&self, id: u32) {
        let environment = Arc::clone(&self.environment);
        self.environment.tenant.drain(move || environment.settle(id, Ok(Value::Nothing)));
    }
}

impl Bridge {
    /// Lets a job in that is settled under the id.
    pub(super) fn admit(&self, id: u32, spec: &Spec) -> Result<Admission, Error> {
        let rejected = Arc::clone(&self.environment);
        let environment = &self.environment;
        let pool = &environment.process.pool;
        let admission =
            pool.admit(&environment.tenant, spec, move |error| rejected.settle(id, Err(error)))?;
        self.handles.borrow_mut().insert(id, pool.handle(&admission));
        Ok(admission)
    }

    /// Submits a job whose result is settled under the id. `None` when it was admitted.
    pub(super) fn submit(&self, id: u32, spec: &Spec, task: impl Task + 'static) -> Option<Failure> {
        match self.admit(id, spec) {
            Ok(admission) => {
                self.environment.process.pool.enqueue(admission, Box::new(task));
                None
            }
            Err(error) => Some(Failure::from(&error)),
        }
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        self.environment.close();
    }
}
