//! Password hashing: argon2 and bcrypt, and what else stores passwords.
//!
//! ```
//! use offloop::password::{self, Arenas, Limits, Policy, Secret};
//! use offloop::pool::Cancel;
//!
//! let arenas = Arenas::new(2);
//! let cancel = Cancel::new();
//! let password = Secret::from(b"correct horse".to_vec());
//! // Far too cheap for real use: an example should not take long.
//! let policy = Policy::Bcrypt { cost: 4, long_password: password::LongPassword::Reject };
//!
//! let stored = password::hash(&password, &policy, None, &arenas, &cancel)?;
//! assert!(stored.starts_with("$2b$04$"));
//!
//! let stored = password::parse(&stored)?;
//! stored.check_limits(&Limits::default())?;
//! assert!(stored.verify(&password, &arenas, &cancel)?);
//! assert!(!stored.verify(&Secret::from(b"battery staple".to_vec()), &arenas, &cancel)?);
//! # Ok::<(), offloop::Error>(())
//! ```
//!
//! These run on the calling thread. [`PasswordTask`] is what the pool runs: there, several bcrypt or
//! argon2 hashes are computed side by side on a thread. [`Cancel`] is polled before the work starts, and every few
//! milliseconds within it.

mod arena;
mod argon2;
mod bcrypt;
#[cfg(target_arch = "x86_64")]
mod blamka;
mod eksblowfish;
mod fields;
mod fill;
mod itoa64;
mod job;
mod judge;
mod kernel;
mod pbkdf2;
mod pepper;
mod phc;
mod phpass;
mod pi;
mod policy;
mod prehash;
mod recipe;
mod scrypt;
mod secret;
mod stored;
mod together;
#[cfg(target_arch = "x86_64")]
mod walk;
mod width;

pub use arena::{Arenas, Shed};
pub use argon2::Inputs as Argon2Inputs;
pub use fill::MAX_ARGON2_TOGETHER;
pub use job::{Check, Outcome, PasswordJob, PasswordTask, Subject, Tell, Workshop};
pub use judge::Param;
pub use pepper::{MAX_KEY_ID_BYTES, Pepper};
pub use policy::{Argon2Algorithm, Limits, LongPassword, Policy};
pub use recipe::Recipe;
pub use secret::{MAX_PASSWORD_BYTES, Secret};
pub use stored::{MAX_HASH_BYTES, Stored, parse};
pub use width::{MAX_BCRYPT_LANES, Width};

use crate::error::Result;
use crate::pool::Cancel;

/// Length of the salts we draw, for both schemes: RFC 9106 §3.1 recommends 16 bytes, bcrypt's are always 16.
const SALT_BYTES: usize = 16;

/// Hashes `password` into the string to store: a PHC string for argon2 (`$argon2id$v=19$m=…,t=…,p=…$…$…`,
/// the spelling of the reference implementation), `$2b$…` for bcrypt, `$bcrypt-sha256$…` for bcrypt-sha256.
///
/// Without a `salt`, 16 bytes come from the operating system. With one (for test vectors and migrations
/// only) it must be 8 to 1024 bytes for argon2 and exactly 16 for bcrypt.
///
/// Errors: `ERR_INVALID_ARG` for a policy out of range, a salt of a wrong length or a password over
/// [`MAX_PASSWORD_BYTES`]; `ERR_PASSWORD_LENGTH` for a password that bcrypt cannot take whole;
/// `ERR_MEMORY_BUDGET` where the system refuses argon2 its memory; `ERR_IO` where it has no random bytes.
pub fn hash(
    password: &Secret,
    policy: &Policy,
    salt: Option<&[u8]>,
    arenas: &Arenas,
    cancel: &Cancel,
) -> Result<String> {
    password.check_length()?;
    let recipe = Recipe::new(*policy, salt, &[])?;
    recipe.check_password(password, &Pepper::default())?;
    cancel.check()?;
    let prepared = recipe.prepare(password, &Pepper::default())?;
    prepared.write(&prepared.kernel.derive(&prepared.input, arenas, cancel)?)
}

/// Does the work that hashing `password` by `policy` costs and throws the result away: what a login for a
/// user that does not exist must cost, lest its speed tell.
///
/// Unlike [`hash`] it takes what verifying takes: over-long passwords are cut as bcrypt cuts them.
pub fn waste(policy: &Policy, password: &Secret, arenas: &Arenas, cancel: &Cancel) -> Result<()> {
    password.check_length()?;
    let prepared = Recipe::new(*policy, None, &[])?.prepare_waste(password, &Pepper::default())?;
    std::hint::black_box(&*prepared.kernel.derive(&prepared.input, arenas, cancel)?);
    Ok(())
}
