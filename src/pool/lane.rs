//! The two lanes, and what a job is of.

/// Which of the two queues a job waits in, and at which thread priority it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lane {
    /// Somebody is waiting for the answer: logins.
    Interactive,
    /// Long work that may give way: exports, images.
    Bulk,
}

impl Lane {
    /// Both, the one that goes first first.
    pub const ALL: [Lane; 2] = [Lane::Interactive, Lane::Bulk];

    /// The name in options and statistics.
    pub fn as_str(self) -> &'static str {
        match self {
            Lane::Interactive => "interactive",
            Lane::Bulk => "bulk",
        }
    }
}

/// One of something for each lane.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PerLane<T> {
    /// The interactive lane's.
    pub interactive: T,
    /// The bulk lane's.
    pub bulk: T,
}

impl<T> PerLane<T> {
    /// Makes each lane's.
    pub fn new(mut make: impl FnMut(Lane) -> T) -> Self {
        Self { interactive: make(Lane::Interactive), bulk: make(Lane::Bulk) }
    }
}

impl<T> std::ops::Index<Lane> for PerLane<T> {
    type Output = T;

    fn index(&self, lane: Lane) -> &T {
        match lane {
            Lane::Interactive => &self.interactive,
            Lane::Bulk => &self.bulk,
        }
    }
}

impl<T> std::ops::IndexMut<Lane> for PerLane<T> {
    fn index_mut(&mut self, lane: Lane) -> &mut T {
        match lane {
            Lane::Interactive => &mut self.interactive,
            Lane::Bulk => &mut self.bulk,
        }
    }
}

/// What a job is of. Jobs of one kind may be worked on together (see [`super::Task::together`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Kind(pub &'static str);
