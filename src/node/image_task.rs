//! A resize as the pool runs it.

use std::sync::Arc;
use std::time::Instant;

use super::environment::Environment;
use super::image_flight::{Flight, is_common};
use super::image_input::SharedInput;
use super::image_wish::Wish;
use crate::error::Result;
use crate::image::{ResizeJob, Step as ImageStep};
use crate::pool::{Cx, Step, Task};

/// A stage a slice.
pub(super) struct ImageTask {
    flight: Arc<Flight>,
    wish: Wish,
    environment: Arc<Environment>,
    /// Lets go of the input when it has decoded it.
    job: ResizeJob<SharedInput>,
    begun: Option<Instant>,
    /// Whether those who follow have heard.
    landed: bool,
}

impl ImageTask {
    pub(super) fn new(
        flight: Arc<Flight>,
        input: SharedInput,
        wish: Wish,
        environment: &Arc<Environment>,
    ) -> Self {
        let job = ResizeJob::new(input, flight.plan.clone());
        Self { flight, wish, environment: Arc::clone(environment), job, begun: None, landed: false }
    }
}

impl Task for ImageTask {
    fn run(&mut self, cx: &mut Cx<'_>) -> Result<Step> {
        let begun = *self.begun.get_or_insert_with(Instant::now);
        match self.job.step(&*cx) {
            Ok(ImageStep::More) => Ok(Step::More),
            Ok(ImageStep::Done(outputs)) => {
                let outputs = Arc::new(outputs);
                self.landed = true;
                self.flight.land(&self.environment, &Ok(Arc::clone(&outputs)));
                let queued = begun.duration_since(self.wish.asked).as_secs_f64() * 1000.0;
                let value = self.wish.value(outputs, Some(queued));
                let (environment, id) = (Arc::clone(&self.environment), self.wish.id);
                Ok(Step::Done(Box::new(move || environment.settle(id, Ok(value)))))
            }
            Err(error) => {
                if is_common(&error) {
                    self.landed = true;
                    self.flight.land(&self.environment, &Err(error.clone()));
                }
                Err(self.wish.error(error))
            }
        }
    }
}

impl Drop for ImageTask {
    /// Aborted, too late, or gone with a panic.
    fn drop(&mut self) {
        if !self.landed {
            self.flight.hand_over(&self.environment);
        }
    }
}
