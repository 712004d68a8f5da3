//! A password's job in the pool: verified, hashed, or both, one computation after the other.

use std::sync::Arc;

use zeroize::Zeroizing;

use super::arena::{Arenas, Expected};
use super::kernel::Kernel;
use super::pepper::Pepper;
use super::policy::Policy;
use super::recipe::{Prepared, Recipe};
use super::secret::Secret;
use super::stored::{Input, Stored};
use super::together::{self, Aside, Bench};
use super::width::Width;
use super::{argon2, bcrypt};
use crate::error::{Code, Error, Result};
use crate::pool::{Cancel, Company, Cx, Step, Task};

/// What password jobs share: memory that is kept, and how many bcrypt hashes go side by side.
#[derive(Debug)]
pub struct Workshop {
    /// argon2's memory.
    pub arenas: Arenas,
    /// bcrypt's lanes.
    pub width: Width,
}

/// What a password is verified against.
#[derive(Debug)]
pub enum Subject {
    /// A stored hash, whose costs have been found bearable.
    Stored(Stored),
    /// No such user: the work that the recipe costs, and false.
    Nobody(Recipe),
}

/// What verifying came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Check {
    /// Whether it was the password.
    pub ok: bool,
    /// The stored hash's scheme; `None` for nobody's.
    pub scheme: Option<&'static str>,
    /// Whether it should be hashed anew. Never without `ok`.
    pub needs_rehash: bool,
    /// Why not `ok` (`"no-hash"`, `"mismatch"`), why it should be hashed anew (see [`Stored::stale`]), or
    /// `"password-length"` where that was asked for and the policy cannot take the password whole.
    pub reason: Option<&'static str>,
    /// The new hash, where one was asked for and needed.
    pub new_hash: Option<String>,
}

/// What a job came to.
#[derive(Debug)]
pub enum Outcome {
    /// A string to store.
    Hash(String),
    /// A hash without its string.
    Raw(Zeroizing<Vec<u8>>),
    /// A password's check.
    Check(Check),
}

/// A password and what is to be done with it. See [`PasswordJob::hash`] and its siblings.
pub struct PasswordJob {
    password: Secret,
    pepper: Pepper,
    data: Vec<u8>,
    check: Option<Subject>,
    anew: Option<Anew>,
    /// What the policy says of the stored hash, should the password be right.
    stale: Option<&'static str>,
    checked: Option<Check>,
    under_way: Option<UnderWay>,
    /// A computation that was put aside.
    aside: Option<Aside>,
}

/// What hashing makes.
enum Anew {
    ByRecipe(Recipe),
    /// The computation as it is.
    Exactly(Kernel),
}

/// A computation that has begun.
enum UnderWay {
    Check(Input),
    Waste,
    Anew(Prepared),
    Exactly,
}

/// How a job goes on.
pub(super) enum Next {
    Done(Outcome),
    /// There is another computation.
    More,
}

impl PasswordJob {
    /// Hashes the password.
    pub fn hash(password: Secret, recipe: Recipe, pepper: Pepper) -> Result<Self> {
        recipe.check_password(&password, &pepper)?;
        Self::new(password, pepper, None, Some(Anew::ByRecipe(recipe)))
    }

    /// Verifies the password. With an `anew`, a right one whose hash is `stale` is hashed anew. `data` is what argon2's
    /// associated data should be.
    pub fn check(
        password: Secret,
        subject: Subject,
        anew: Option<Recipe>,
        stale: Option<&'static str>,
        pepper: Pepper,
        data: Vec<u8>,
    ) -> Result<Self> {
        let job = Self::new(password, pepper, Some(subject), anew.map(Anew::ByRecipe))?;
        Ok(Self { data, stale, ..job })
    }

    /// bcrypt as npm's package of that name has it: by a salt's string, whose prefix the hash gets. `None` if it is none.
    pub fn bcrypt_by_salt(password: Secret, salt: &str) -> Option<Result<Self>> {
        let spec = bcrypt::parse_settings(salt)?;
        Some(Self::new(password, Pepper::default(), None, Some(Anew::Exactly(Kernel::Bcrypt(spec)))))
    }

    /// Argon2 with all that RFC 9106 has: its bytes, not a string.
    pub fn argon2_raw(password: Secret, inputs: argon2::Inputs) -> Result<Self> {
        let spec = inputs.spec()?;
        Self::new(password, Pepper::default(), None, Some(Anew::Exactly(Kernel::Argon2(spec))))
    }

    fn new(password: Secret, pepper: Pepper, check: Option<Subject>, anew: Option<Anew>) -> Result<Self> {
        password.check_length()?;
        let data = Vec::new();
        let (stale, checked, under_way, aside) = (None, None, None, None);
        Ok(Self { password, pepper, data, check, anew, stale, checked, under_way, aside })
    }

    /// The most memory that any of its computations takes, in bytes.
    pub fn working_bytes(&self) -> u64 {
        let check = match &self.check {
            Some(Subject::Stored(stored)) => stored.working_bytes(),
            Some(Subject::Nobody(recipe)) => recipe.policy().working_bytes(),
            None => 0,
        };
        let anew = match &self.anew {
            Some(Anew::ByRecipe(recipe)) => recipe.policy().working_bytes(),
            Some(Anew::Exactly(kernel)) => kernel.working_bytes(),
            None => 0,
        };
        check.max(anew)
    }

    /// Whether its first computation is argon2's.
    fn needs_arena(&self) -> bool {
        match (&self.check, &self.anew) {
            (Some(Subject::Stored(stored)), _) => matches!(stored.kernel, Kernel::Argon2(_)),
            (Some(Subject::Nobody(recipe)), _) | (None, Some(Anew::ByRecipe(recipe))) => {
                matches!(recipe.policy(), Policy::Argon2 { .. })
            }
            (None, Some(Anew::Exactly(kernel))) => matches!(kernel, Kernel::Argon2(_)),
            (None, None) => false,
        }
    }

    /// Bytes that it holds while it waits.
    pub fn input_bytes(&self) -> u64 {
        self.password.as_bytes().len() as u64
    }

    /// Does everything on this thread.
    pub fn run(&mut self, arenas: &Arenas, cancel: &Cancel) -> Result<Outcome> {
        loop {
            if let Next::Done(outcome) = self.run_next(arenas, cancel).or_else(|error| self.despite(error))? {
                return Ok(outcome);
            }
        }
    }

    fn run_next(&mut self, arenas: &Arenas, cancel: &Cancel) -> Result<Next> {
        let (kernel, input) = self.prepare()?;
        let tag = kernel.derive(&input, arenas, cancel)?;
        self.advance(tag)
    }

    /// Which others the next computation is done together with, if it is.
    fn company(&self) -> Option<Company> {
        match (&self.check, &self.anew) {
            (Some(Subject::Stored(stored)), _) if self.checked.is_none() => stored.kernel.company(),
            (Some(Subject::Nobody(recipe)), _) if self.checked.is_none() => {
                together::by_policy(recipe.policy())
            }
            (_, Some(Anew::ByRecipe(recipe))) => together::by_policy(recipe.policy()),
            (_, Some(Anew::Exactly(kernel))) => kernel.company(),
            (_, None) => None,
        }
    }

    /// The next computation and what it is of.
    fn prepare(&mut self) -> Result<(Kernel, Zeroizing<Vec<u8>>)> {
        let (kernel, input, under_way) = match (&self.check, &self.anew) {
            (Some(Subject::Stored(stored)), _) if self.checked.is_none() => {
                let (kernel, input) = stored.prepare(&self.password, &self.pepper, &self.data)?;
                (kernel, input.bytes.clone(), UnderWay::Check(input))
            }
            (Some(Subject::Nobody(recipe)), _) if self.checked.is_none() => {
                let prepared = recipe.prepare_waste(&self.password, &self.pepper)?;
                (prepared.kernel, prepared.input, UnderWay::Waste)
            }
            (_, Some(Anew::ByRecipe(recipe))) => {
                let prepared = recipe.prepare(&self.password, &self.pepper)?;
                (prepared.kernel.clone(), prepared.input.clone(), UnderWay::Anew(prepared))
            }
            (_, Some(Anew::Exactly(kernel))) => {
                (kernel.clone(), Zeroizing::new(self.password.as_bytes().to_vec()), UnderWay::Exactly)
            }
            (_, None) => return Err(Error::internal("a password's job went on after its end")),
        };
        self.under_way = Some(under_way);
        Ok((kernel, input))
    }

    /// Begins the next computation beside others, or goes on with it. The caller wipes the stack.
    pub(super) fn start(&mut self, bench: &mut impl Bench, arenas: &Arenas) -> Result<()> {
        if let Some(aside) = self.aside.take() {
            return bench.resume(aside);
        }
        let (kernel, input) = self.prepare()?;
        bench.begin(&kernel, &input, arenas)
    }

    /// Keeps a computation until it goes on.
    pub(super) fn put_aside(&mut self, aside: Aside) {
        self.aside = Some(aside);
    }

    /// A computation has come to its end: what it means, and what is next.
    pub(super) fn advance(&mut self, tag: Zeroizing<Vec<u8>>) -> Result<Next> {
        let outcome = match (self.under_way.take(), &self.check, &self.anew) {
            (Some(UnderWay::Anew(prepared)), ..) => self.hashed(prepared.write(&tag)?),
            (Some(UnderWay::Exactly), _, Some(Anew::Exactly(Kernel::Bcrypt(spec)))) => {
                Outcome::Hash(bcrypt::write(spec, &tag))
            }
            (Some(UnderWay::Exactly), ..) => Outcome::Raw(tag),
            (Some(UnderWay::Waste), ..) => {
                std::hint::black_box(&tag);
                Outcome::Check(Check { reason: Some("no-hash"), ..Check::default() })
            }
            (Some(UnderWay::Check(input)), Some(Subject::Stored(stored)), anew) => {
                let ok = stored.is(&input, &tag);
                let reason = if ok { self.stale } else { Some("mismatch") };
                let needs_rehash = ok && self.stale.is_some();
                let mut check =
                    Check { ok, scheme: Some(stored.scheme()), needs_rehash, reason, new_hash: None };
                match anew {
                    Some(Anew::ByRecipe(recipe)) if needs_rehash => {
                        if recipe.check_password(&self.password, &self.pepper).is_ok() {
                            self.checked = Some(check);
                            return Ok(Next::More);
                        }
                        // No reason to turn away somebody whose password was right.
                        check.reason = Some("password-length");
                    }
                    _ => {}
                }
                Outcome::Check(check)
            }
            _ => return Err(Error::internal("a password's computation ended that had not begun")),
        };
        Ok(Next::Done(outcome))
    }

    /// What comes of an error: no reason to turn away somebody whose password was right, if it is only that there is no
    /// memory, or no salt, to hash it anew.
    pub(super) fn despite(&mut self, error: Error) -> Result<Next> {
        match (self.checked.take(), error.code()) {
            (Some(check), Code::MemoryBudget | Code::Io) => Ok(Next::Done(Outcome::Check(check))),
            _ => Err(error),
        }
    }

    fn hashed(&mut self, hash: String) -> Outcome {
        match self.checked.take() {
            Some(check) => Outcome::Check(Check { new_hash: Some(hash), ..check }),
            None => Outcome::Hash(hash),
        }
    }
}

/// Is told what a job came to. Runs on a thread of the pool, after the job has given back all it held.
pub type Tell = Box<dyn FnOnce(Outcome) + Send>;

/// A password's job as the pool runs it: alone, or its bcrypt side by side with others'.
pub struct PasswordTask {
    pub(super) job: PasswordJob,
    pub(super) workshop: Arc<Workshop>,
    tell: Option<Tell>,
    /// Until it ends: others' arenas need no wipe that this one will overwrite.
    _expected: Option<Expected>,
}

impl PasswordTask {
    /// `tell` is called unless the job fails or is given up.
    pub fn new(
        job: PasswordJob,
        workshop: Arc<Workshop>,
        tell: impl FnOnce(Outcome) + Send + 'static,
    ) -> Self {
        let needs_arena = job.needs_arena();
        let arenas = workshop.arenas.clone();
        Self { job, workshop, tell: Some(Box::new(tell)), _expected: needs_arena.then(|| arenas.expect()) }
    }

    /// The pool's word for what comes next.
    pub(super) fn step(&mut self, next: Next) -> Result<Step> {
        match (next, self.tell.take()) {
            (Next::Done(outcome), Some(tell)) => Ok(Step::Done(Box::new(move || tell(outcome)))),
            (Next::Done(_), None) => Err(Error::new(Code::Internal, "a password's job ended twice")),
            (Next::More, tell) => {
                self.tell = tell;
                Ok(Step::More)
            }
        }
    }
}

impl Task for PasswordTask {
    fn run(&mut self, cx: &mut Cx<'_>) -> Result<Step> {
        let next = self.job.run_next(&self.workshop.arenas, cx.cancel());
        let next = next.or_else(|error| self.job.despite(error))?;
        self.step(next)
    }

    fn together(&self) -> Option<Company> {
        self.job.company()
    }

    fn as_any(&mut self) -> Option<&mut dyn std::any::Any> {
        Some(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_was_right_is_let_in_though_there_is_no_memory_to_hash_anew() {
        let checked = || {
            let recipe = Recipe::new(Policy::default(), None, &[]).unwrap();
            let mut job = PasswordJob::hash(Secret::from(vec![1]), recipe, Pepper::default()).unwrap();
            job.checked = Some(Check { ok: true, needs_rehash: true, ..Check::default() });
            job
        };
        let next = checked().despite(Error::new(Code::MemoryBudget, "none left")).unwrap();
        let Next::Done(Outcome::Check(check)) = next else { panic!("no check") };
        assert!(check.ok && check.needs_rehash && check.new_hash.is_none());
        // Nobody wants the answer, or it is a bug: neither is an answer.
        for code in [Code::Cancelled, Code::Internal] {
            assert!(checked().despite(Error::new(code, "")).is_err());
        }
        let mut unchecked = PasswordJob { checked: None, ..checked() };
        assert!(unchecked.despite(Error::new(Code::MemoryBudget, "none left")).is_err());
    }
}
