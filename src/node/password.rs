//! Passwords: from JavaScript's arguments to jobs.

use std::sync::Arc;

use napi::bindgen_prelude::{Either, Uint8ArraySlice};
use napi_derive::napi;

use super::bridge::{Ask, Bridge};
use super::value::{Failure, Value};
use crate::error::{Code, Error, Result};
use crate::password::{self, Argon2Algorithm, Limits, LongPassword, Policy, Secret, Stored};
use crate::pool::Cx;

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
}

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

/// Copies the secret into memory that is wiped. A string's own bytes stay JavaScript's.
fn secret(password: Either<String, Uint8ArraySlice<'_>>) -> Secret {
    match password {
        Either::A(text) => Secret::from(text.into_bytes()),
        Either::B(bytes) => Secret::from(bytes.to_vec()),
    }
}

/// What verifying will do.
enum Check {
    Stored(Stored),
    /// No such user: the policy's work, and false.
    Nobody(Policy),
}

fn check(hash: Option<&str>, policy: &PolicyArgument, limits: &CostLimitsArgument) -> Result<Check> {
    let Some(hash) = hash else {
        let policy = Policy::try_from(policy)?;
        policy.validate()?;
        return Ok(Check::Nobody(policy));
    };
    let stored = password::parse(hash)?;
    stored.check_limits(&Limits {
        memory_kib: limits.memory_kib,
        passes: limits.passes,
        lanes: limits.lanes,
        bcrypt_cost: limits.bcrypt_cost,
    })?;
    Ok(Check::Stored(stored))
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
        password: Either<String, Uint8ArraySlice<'_>>,
        policy: PolicyArgument,
        salt: Option<Uint8ArraySlice<'_>>,
    ) -> Option<Failure> {
        let password = secret(password);
        let policy = match Policy::try_from(&policy).and_then(|policy| policy.validate().map(|()| policy)) {
            Ok(policy) => policy,
            Err(error) => return Some(Failure::from(&error)),
        };
        let salt = salt.map(|salt| salt.to_vec());
        let spec =
            Ask::new(id, lane, timeout_ms).spec(password.as_bytes().len() as u64, policy.working_bytes());
        let environment = Arc::clone(&self.environment);
        self.submit(id, &spec, move |cx: &mut Cx<'_>| {
            let arenas = &environment.process.arenas;
            let hash = password::hash(&password, &policy, salt.as_deref(), arenas, cx.cancel())?;
            Ok(Bridge::done(&environment, id, Value::Text(hash)))
        })
    }

    #[napi]
    #[allow(clippy::too_many_arguments, reason = "a flat call is the cheapest across N-API")]
    pub fn verify_password(
        &self,
        id: u32,
        lane: u32,
        timeout_ms: f64,
        password: Either<String, Uint8ArraySlice<'_>>,
        hash: Option<String>,
        policy: PolicyArgument,
        limits: CostLimitsArgument,
    ) -> Option<Failure> {
        let password = secret(password);
        let check = match check(hash.as_deref(), &policy, &limits) {
            Ok(check) => check,
            Err(error) => return Some(Failure::from(&error)),
        };
        let (kind, working) = match &check {
            Check::Stored(stored) => (stored_kind(stored), stored.working_bytes()),
            Check::Nobody(policy) => (kind(policy), policy.working_bytes()),
        };
        let spec = Ask::new(id, lane, timeout_ms).spec(password.as_bytes().len() as u64, working);
        let environment = Arc::clone(&self.environment);
        self.submit(id, &spec, move |cx: &mut Cx<'_>| {
            let arenas = &environment.process.arenas;
            let ok = match &check {
                Check::Stored(stored) => stored.verify(&password, arenas, cx.cancel())?,
                Check::Nobody(policy) => {
                    password::waste(policy, &password, arenas, cx.cancel())?;
                    false
                }
            };
            Ok(Bridge::done(&environment, id, Value::Bool(ok)))
        })
    }
}

fn kind(policy: &Policy) -> &'static str {
    match policy {
        Policy::Argon2 { .. } => "argon2",
        Policy::Bcrypt { .. } => "bcrypt",
    }
}

fn stored_kind(stored: &Stored) -> &'static str {
    if stored.working_bytes() > 0 { "argon2" } else { "bcrypt" }
}
