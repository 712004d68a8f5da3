//! Passwords: from JavaScript's arguments to jobs.

use std::sync::Arc;

use napi::bindgen_prelude::{Either, Uint8ArraySlice};
use napi_derive::napi;
use zeroize::Zeroizing;

use super::bridge::{Ask, Bridge};
use super::value::{CheckOutcome, Failure, Value};
use crate::error::{Code, Error, Result};
use crate::password::{
    self, Argon2Algorithm, Argon2Inputs, Limits, LongPassword, Outcome, Param, PasswordJob, PasswordTask,
    Pepper, Policy, Recipe, Secret, Subject,
};
use crate::pool::Cancel;

#[napi(object, object_to_js = false)]
pub struct PolicyArgument {
    pub algorithm: String,
    #[napi(js_name = "memoryKiB")]
    pub memory_kib: u32,
    pub passes: u32,
    pub lanes: u32,
    pub hash_length: u32,
    pub cost: u32,
    pub long_password: String,
}

#[napi(object, object_to_js = false)]
pub struct CostLimitsArgument {
    #[napi(js_name = "memoryKiB")]
    pub memory_kib: u32,
    pub passes: u32,
    pub lanes: u32,
    pub bcrypt_cost: u32,
    pub pbkdf2_iterations: u32,
    #[napi(js_name = "scryptMemoryKiB")]
    pub scrypt_memory_kib: u32,
    pub scrypt_parallelism: u32,
}

/// The keys' bytes come one after the other in an argument of their own.
#[napi(object, object_to_js = false)]
pub struct PepperArgument {
    pub current: String,
    pub ids: Vec<String>,
    pub lengths: Vec<u32>,
}

/// What a stored hash says of itself.
#[napi(object, object_from_js = false)]
pub struct HashFacts {
    pub scheme: String,
    pub params: Vec<ParamFact>,
    pub needs_rehash: bool,
}

#[napi(object, object_from_js = false)]
pub struct ParamFact {
    pub name: String,
    pub value: Either<f64, String>,
}

type Password<'a> = Either<String, Uint8ArraySlice<'a>>;

impl TryFrom<&PolicyArgument> for Policy {
    type Error = Error;

    fn try_from(policy: &PolicyArgument) -> Result<Self> {
        let algorithm = match policy.algorithm.as_str() {
            "argon2id" => Argon2Algorithm::Argon2id,
            "argon2i" => Argon2Algorithm::Argon2i,
            "argon2d" => Argon2Algorithm::Argon2d,
            "bcrypt" => {
                let long_password = match policy.long_password.as_str() {
                    "truncate" => LongPassword::Truncate,
                    _ => LongPassword::Reject,
                };
                return Ok(Policy::Bcrypt { cost: policy.cost, long_password });
            }
            "bcrypt-sha256" => return Ok(Policy::BcryptSha256 { cost: policy.cost }),
            other => {
                return Err(Error::new(Code::InvalidArg, format!("policy.algorithm '{other}' is not known")));
            }
        };
        Ok(Policy::Argon2 {
            algorithm,
            memory_kib: policy.memory_kib,
            passes: policy.passes,
            lanes: policy.lanes,
            hash_length: policy.hash_length,
        })
    }
}

impl From<&CostLimitsArgument> for Limits {
    fn from(limits: &CostLimitsArgument) -> Self {
        Self {
            memory_kib: limits.memory_kib,
            passes: limits.passes,
            lanes: limits.lanes,
            bcrypt_cost: limits.bcrypt_cost,
            pbkdf2_iterations: limits.pbkdf2_iterations,
            scrypt_memory_kib: limits.scrypt_memory_kib,
            scrypt_parallelism: limits.scrypt_parallelism,
        }
    }
}

/// Copies the secret into memory that is wiped. A string's own bytes stay JavaScript's.
fn secret(password: Password<'_>) -> Secret {
    match password {
        Either::A(text) => Secret::from(text.into_bytes()),
        Either::B(bytes) => Secret::from(bytes.to_vec()),
    }
}

fn pepper(ring: Option<PepperArgument>, keys: Option<&[u8]>) -> Result<Pepper> {
    let Some(PepperArgument { current, ids, lengths }) = ring else { return Ok(Pepper::default()) };
    let mut rest = keys.unwrap_or_default();
    let mut owned = Vec::with_capacity(ids.len());
    for (id, length) in ids.into_iter().zip(lengths) {
        let (key, later) = rest.split_at_checked(length as usize).ok_or_else(|| {
            Error::new(Code::InvalidArg, "pepper: its keys are shorter than they should be")
        })?;
        owned.push((id, Secret::from(key.to_vec())));
        rest = later;
    }
    Pepper::new(current, owned)
}

fn bytes(bytes: Option<&Uint8ArraySlice<'_>>) -> Vec<u8> {
    bytes.map(|bytes| bytes.to_vec()).unwrap_or_default()
}

/// What verifying is asked for.
struct Request<'a> {
    hash: Option<&'a str>,
    policy: Policy,
    limits: Limits,
    data: Vec<u8>,
    pepper: Pepper,
    rehash: bool,
}

impl Request<'_> {
    fn job(self, password: Secret) -> Result<PasswordJob> {
        let Self { hash, policy, limits, data, pepper, rehash } = self;
        // Associated data is argon2's; what else verifies a stored hash of another scheme would have none.
        let recipe = || {
            let data: &[u8] = if matches!(policy, Policy::Argon2 { .. }) { &data } else { &[] };
            Recipe::new(policy, None, data)
        };
        let (subject, stale) = match hash {
            None => (Subject::Nobody(recipe()?), None),
            Some(hash) => {
                let stored = password::parse(hash)?;
                stored.check_limits(&limits)?;
                let stale = stored.stale(&policy, pepper.current());
                (Subject::Stored(stored), stale)
            }
        };
        let anew = if rehash && stale.is_some() { Some(recipe()?) } else { None };
        PasswordJob::check(password, subject, anew, stale, pepper, data)
    }
}

#[napi]
impl Bridge {
    #[napi]
    #[allow(clippy::too_many_arguments, reason = "a flat call is the cheapest across N-API")]
    pub fn hash_password(
        &self,
        id: u32,
        lane: u32,
        timeout_ms: f64,
        password: Password<'_>,
        policy: PolicyArgument,
        salt: Option<Uint8ArraySlice<'_>>,
        data: Option<Uint8ArraySlice<'_>>,
        ring: Option<PepperArgument>,
        keys: Option<Uint8ArraySlice<'_>>,
    ) -> Option<Failure> {
        let password = secret(password);
        let job = || {
            let pepper = pepper(ring, keys.as_deref())?;
            let recipe = Recipe::new(Policy::try_from(&policy)?, salt.as_deref(), &bytes(data.as_ref()))?;
            PasswordJob::hash(password, recipe, pepper)
        };
        self.start_password(id, lane, timeout_ms, job())
    }

    /// `wanted`: 0 is whether it was the password, 1 all that the check found, 2 and a new hash where one is needed.
    #[napi]
    #[allow(clippy::too_many_arguments, reason = "a flat call is the cheapest across N-API")]
    pub fn check_password(
        &self,
        id: u32,
        lane: u32,
        timeout_ms: f64,
        wanted: u32,
        password: Password<'_>,
        hash: Option<String>,
        policy: PolicyArgument,
        limits: CostLimitsArgument,
        data: Option<Uint8ArraySlice<'_>>,
        ring: Option<PepperArgument>,
        keys: Option<Uint8ArraySlice<'_>>,
    ) -> Option<Failure> {
        let password = secret(password);
        let job = || {
            Request {
                hash: hash.as_deref(),
                policy: Policy::try_from(&policy)?,
                limits: Limits::from(&limits),
                data: bytes(data.as_ref()),
                pepper: pepper(ring, keys.as_deref())?,
                rehash: wanted == 2,
            }
            .job(password)
        };
        self.start_check(id, lane, timeout_ms, wanted == 0, job())
    }

    /// What a stored hash says of itself; nothing if it is none.
    #[napi]
    #[allow(clippy::unused_self, reason = "one object holds all calls")]
    pub fn inspect_hash(
        &self,
        hash: String,
        policy: PolicyArgument,
        key_id: Option<String>,
    ) -> Option<HashFacts> {
        let stored = password::parse(&hash).ok()?;
        let policy = Policy::try_from(&policy).ok()?;
        let params = stored.params().into_iter().map(|(name, value)| ParamFact {
            name: name.into(),
            value: match value {
                Param::Number(number) => Either::A(number as f64),
                Param::Text(text) => Either::B(text),
            },
        });
        Some(HashFacts {
            scheme: stored.scheme().into(),
            params: params.collect(),
            needs_rehash: stored.stale(&policy, key_id.as_deref()).is_some(),
        })
    }

    /// bcrypt by a salt's string, as npm's `bcrypt` has it.
    #[napi]
    pub fn bcrypt_by_salt(
        &self,
        id: u32,
        lane: u32,
        timeout_ms: f64,
        password: Password<'_>,
        salt: String,
    ) -> Option<Failure> {
        self.start_password(id, lane, timeout_ms, bcrypt_by_salt(password, &salt))
    }

    /// The same on the calling thread. Nothing if the salt is none.
    #[napi]
    pub fn bcrypt_by_salt_sync(&self, password: Password<'_>, salt: String) -> Option<String> {
        let arenas = &self.environment.process.workshop.arenas;
        let outcome = bcrypt_by_salt(password, &salt).and_then(|mut job| job.run(arenas, &Cancel::new()));
        match outcome {
            Ok(Outcome::Hash(hash)) => Some(hash),
            _ => None,
        }
    }

    /// Argon2's bytes.
    #[napi]
    #[allow(clippy::too_many_arguments, reason = "a flat call is the cheapest across N-API")]
    pub fn argon2_raw(
        &self,
        id: u32,
        lane: u32,
        timeout_ms: f64,
        password: Password<'_>,
        policy: PolicyArgument,
        version: u32,
        salt: Uint8ArraySlice<'_>,
        secret_value: Uint8ArraySlice<'_>,
        data: Uint8ArraySlice<'_>,
    ) -> Option<Failure> {
        let password = secret(password);
        let job = || {
            let inputs = Argon2Inputs {
                policy: Policy::try_from(&policy)?,
                version,
                salt: salt.to_vec(),
                secret: Zeroizing::new(secret_value.to_vec()),
                data: data.to_vec(),
            };
            PasswordJob::argon2_raw(password, inputs)
        };
        self.start_password(id, lane, timeout_ms, job())
    }
}

fn bcrypt_by_salt(password: Password<'_>, salt: &str) -> Result<PasswordJob> {
    PasswordJob::bcrypt_by_salt(secret(password), salt).unwrap_or_else(|| {
        Err(Error::new(
            Code::HashFormat,
            "Invalid salt. Salt must be in the form of: $Vers$log2(NumRounds)$saltvalue",
        ))
    })
}

impl Bridge {
    fn start_password(
        &self,
        id: u32,
        lane: u32,
        timeout_ms: f64,
        job: Result<PasswordJob>,
    ) -> Option<Failure> {
        self.start_check(id, lane, timeout_ms, false, job)
    }

    fn start_check(
        &self,
        id: u32,
        lane: u32,
        timeout_ms: f64,
        only_whether: bool,
        job: Result<PasswordJob>,
    ) -> Option<Failure> {
        let job = match job {
            Ok(job) => job,
            Err(error) => return Some(Failure::from(&error)),
        };
        let spec = Ask::new(id, lane, timeout_ms).spec(job.input_bytes(), job.working_bytes());
        let workshop = Arc::clone(&self.environment.process.workshop);
        let environment = Arc::clone(&self.environment);
        let tell = move |outcome| {
            let value = match outcome {
                Outcome::Hash(hash) => Value::Text(hash),
                Outcome::Raw(bytes) => Value::Bytes(bytes.to_vec().into()),
                Outcome::Check(check) if only_whether => Value::Bool(check.ok),
                Outcome::Check(check) => Value::Check(Box::new(CheckOutcome::from(check))),
            };
            environment.settle(id, Ok(value));
        };
        self.submit(id, &spec, PasswordTask::new(job, workshop, tell))
    }
}
