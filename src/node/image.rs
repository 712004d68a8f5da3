//! Resizing: from JavaScript's arguments to jobs.

use std::sync::Arc;

use napi::bindgen_prelude::{Either, Uint8Array, Uint8ArraySlice};
use napi_derive::napi;

use super::bridge::{Ask, Bridge};
use super::environment::Environment;
use super::image_flight::{Follower, Order, Patience};
use super::image_input::{Input, SharedInput, read_file};
use super::image_options::{ResizeRequest, fail_on};
use super::image_task::ImageTask;
use super::image_wish::Wish;
use super::value::Failure;
use crate::error::Result;
use crate::image::{Limits, Plan, ResizeOptions, probe};
use crate::pool::{Admission, Lane};

/// Checked options, and what must be the same for two jobs to be one.
fn order(lane: Lane, request: &ResizeRequest) -> Result<Order> {
    Ok(Order {
        lane,
        outputs: request.outputs.iter().map(ResizeOptions::try_from).collect::<Result<_>>()?,
        limits: request.limits.into(),
        fail_on: fail_on(&request.fail_on)?,
    })
}

#[napi]
impl Bridge {
    #[napi]
    pub fn resize_image(
        &self,
        id: u32,
        lane: u32,
        timeout_ms: f64,
        source: Either<String, Uint8ArraySlice<'_>>,
        request: ResizeRequest,
    ) -> Option<Failure> {
        let ask = Ask::new(id, lane, timeout_ms);
        let path = if let Either::A(path) = &source { Some(path) } else { None };
        let wish = Wish::new(id, &request, path);
        let outcome = order(ask.lane, &request).and_then(|order| match source {
            Either::A(path) => self.resize_file(&ask, path, order, wish),
            Either::B(bytes) => match self.begin(&ask, &bytes, order, wish)? {
                Some(begun) => {
                    let copy = self.environment.process.pool.slabs().copy(&bytes);
                    self.start(begun, Input::Copied(copy));
                    Ok(())
                }
                None => Ok(()),
            },
        });
        outcome.err().map(|error| Failure::from(&error))
    }

    /// Admits a resize of bytes that JavaScript is about to transfer to us; `start_resize` follows at once, with
    /// the same bytes. In two steps, so that nothing is taken from the caller for a job that is refused.
    #[napi]
    pub fn admit_resize(
        &self,
        id: u32,
        lane: u32,
        timeout_ms: f64,
        bytes: Uint8ArraySlice<'_>,
        request: ResizeRequest,
    ) -> Option<Failure> {
        let ask = Ask::new(id, lane, timeout_ms);
        let wish = Wish::new(id, &request, None);
        match order(ask.lane, &request).and_then(|order| self.begin(&ask, &bytes, order, wish)) {
            Ok(begun) => {
                if let Some(begun) = begun {
                    self.admitted.borrow_mut().insert(id, begun);
                }
                None
            }
            Err(error) => Some(Failure::from(&error)),
        }
    }

    /// `owned`: the memory is ours alone; otherwise it could not be detached and is copied.
    #[napi]
    pub fn start_resize(&self, id: u32, bytes: Uint8Array, owned: bool) {
        // None for one that shares another's result.
        let Some(begun) = self.admitted.borrow_mut().remove(&id) else { return };
        let input = if owned {
            Input::Transferred(bytes, self.environment.lend())
        } else {
            Input::Copied(self.environment.process.pool.slabs().copy(&bytes))
        };
        self.start(begun, input);
    }
}

/// A resize that was let in, before its input is ours.
pub(super) struct Begun {
    admission: Admission,
    plan: Plan,
    order: Order,
    wish: Wish,
}

impl Bridge {
    /// Lets the job in: behind an identical one that is under way (then that was all), or, the header read
    /// in place, as one of its own.
    fn begin(&self, ask: &Ask, bytes: &[u8], order: Order, wish: Wish) -> Result<Option<Begun>> {
        order.limits.check_bytes(bytes.len() as u64)?;
        if let Some(flight) = self.environment.flights.find(&order, bytes, Patience::None) {
            let admission = self.admit(ask.id, &ask.spec(0, 0))?;
            self.places.borrow_mut().insert(ask.id, Arc::clone(&wish.place));
            match flight.join(Follower { admission, wish }, Patience::None) {
                Ok(_) => return Ok(None),
                // It has landed this moment.
                Err(late) => {
                    let Follower { mut admission, wish } = *late;
                    let plan = flight.plan.clone();
                    admission.grow(bytes.len() as u64, plan.working_bytes())?;
                    return Ok(Some(Begun { admission, plan, order, wish }));
                }
            }
        }
        let plan = Plan::for_set(&probe(bytes)?, &order.outputs, order.fail_on, &order.limits)?;
        let spec = ask.spec(bytes.len() as u64, plan.working_bytes());
        Ok(Some(Begun { admission: self.admit(ask.id, &spec)?, plan, order, wish }))
    }

    fn start(&self, begun: Begun, input: Input) {
        start(&self.environment, begun, input, Patience::None);
    }

    fn resize_file(&self, ask: &Ask, path: String, order: Order, wish: Wish) -> Result<()> {
        let environment = Arc::clone(&self.environment);
        let (id, place) = (ask.id, Arc::clone(&wish.place));
        self.with_file(ask, path, order.limits, move |bytes, admission| {
            let mut follower = Follower { admission, wish };
            if let Some(flight) = environment.flights.find(&order, &bytes, Patience::Some) {
                follower = match flight.join(follower, Patience::Some) {
                    Ok(share) => {
                        drop(bytes);
                        drop(share);
                        return;
                    }
                    Err(late) => *late,
                };
            }
            let Follower { admission, wish } = follower;
            start_file(&environment, admission, bytes, order, wish);
        })?;
        self.places.borrow_mut().insert(id, place);
        Ok(())
    }

    /// Admits a job, reads its file on the I/O thread, and goes on with the bytes there.
    pub(super) fn with_file(
        &self,
        ask: &Ask,
        path: String,
        limits: Limits,
        then: impl FnOnce(Vec<u8>, Admission) + Send + 'static,
    ) -> Result<()> {
        let mut admission = self.admit(ask.id, &ask.spec(0, 0))?;
        self.environment.process.pool.on_io(Box::pin(async move {
            let read = tokio::task::spawn_blocking(move || {
                let wanted = admission.cancel_flag().check();
                match wanted.and_then(|()| read_file(&path, &limits, &mut admission)) {
                    Ok(bytes) => then(bytes, admission),
                    Err(error) => admission.fail(error),
                }
            });
            // If it panicked, its admission was dropped, and has said so.
            drop(read.await);
        }))
    }
}

fn start(environment: &Arc<Environment>, begun: Begun, input: Input, patience: Patience) {
    let Begun { mut admission, plan, order, mut wish } = begun;
    let input = SharedInput::new(input, admission.part_with_input());
    let (flight, alike) = environment.flights.take_off(order, plan, &input, patience);
    // Files that are read at the same time come here at the same time.
    if let Some(alike) =
        alike.filter(|alike| patience == Patience::Some && alike.is_of(input.as_ref(), patience))
    {
        match alike.join(Follower { admission, wish }, patience) {
            Ok(_) => return,
            Err(late) => Follower { admission, wish } = *late,
        }
    }
    let task = ImageTask::new(flight, input, wish, environment);
    environment.process.pool.enqueue(admission, Box::new(task));
}

/// Goes on with the bytes of a file.
fn start_file(
    environment: &Arc<Environment>,
    mut admission: Admission,
    bytes: Vec<u8>,
    order: Order,
    wish: Wish,
) {
    let plan = probe(&bytes)
        .and_then(|metadata| Plan::for_set(&metadata, &order.outputs, order.fail_on, &order.limits))
        .and_then(|plan| {
            // Its bytes were counted when the file was read.
            admission.grow(0, plan.working_bytes())?;
            Ok(plan)
        });
    match plan {
        Ok(plan) => {
            let begun = Begun { admission, plan, order, wish };
            start(environment, begun, Input::Copied(bytes.into()), Patience::Some);
        }
        Err(error) => admission.fail(wish.error(error)),
    }
}
