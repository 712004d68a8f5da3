//! Password hashing: argon2 and bcrypt.
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
//! Everything runs on the calling thread; nothing here starts one. [`Cancel`] is polled before the work
//! starts, and within bcrypt's; the argon2 kernel in use cannot be stopped midway.

mod arena;
mod argon2;
mod bcrypt;
mod eksblowfish;
mod phc;
mod pi;
mod policy;
mod secret;
mod stored;

pub use arena::{Arenas, Shed};
pub use policy::{Argon2Algorithm, Limits, LongPassword, Policy};
pub use secret::{MAX_PASSWORD_BYTES, Secret};
pub use stored::{MAX_HASH_BYTES, Stored, parse};

use crate::error::{Error, Result};
use crate::pool::Cancel;

/// Length of the salts we draw, for both schemes: RFC 9106 §3.1 recommends 16 bytes, bcrypt's are always 16.
const SALT_BYTES: usize = 16;

/// Hashes `password` into the string to store: a PHC string for argon2 (`$argon2id$v=19$m=…,t=…,p=…$…$…`,
/// the spelling of the reference implementation), `$2b$…` for bcrypt.
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
    let mut random = [0; SALT_BYTES];
    match *policy {
        Policy::Argon2 { .. } => {
            let spec = policy.argon2()?;
            let salt = match salt {
                Some(salt) => argon2::check_salt(salt)?,
                None => draw(&mut random)?,
            };
            cancel.check()?;
            let tag = argon2::derive(spec, password, salt, arenas)?;
            Ok(phc::write(&spec, salt, &tag))
        }
        Policy::Bcrypt { cost, long_password } => {
            policy.validate()?;
            if long_password == LongPassword::Reject {
                bcrypt::check_whole(password)?;
            }
            let salt = match salt {
                Some(salt) => bcrypt::check_salt(salt)?,
                None => *draw(&mut random)?,
            };
            cancel.check()?;
            Ok(bcrypt::write(cost, &salt, &*bcrypt::derive(cost, &salt, password, cancel)?))
        }
    }
}

/// Does the work that hashing `password` by `policy` costs and throws the result away: what a login for a
/// user that does not exist must cost, lest its speed tell.
///
/// Unlike [`hash`] it takes what verifying takes: over-long passwords are cut as bcrypt cuts them.
pub fn waste(policy: &Policy, password: &Secret, arenas: &Arenas, cancel: &Cancel) -> Result<()> {
    let salt = [0; SALT_BYTES];
    password.check_length()?;
    policy.validate()?;
    cancel.check()?;
    match *policy {
        Policy::Argon2 { .. } => {
            std::hint::black_box(&argon2::derive(policy.argon2()?, password, &salt, arenas)?);
        }
        Policy::Bcrypt { cost, .. } => {
            std::hint::black_box(&bcrypt::derive(cost, &salt, password, cancel)?);
        }
    }
    Ok(())
}

fn draw(into: &mut [u8; SALT_BYTES]) -> Result<&[u8; SALT_BYTES]> {
    getrandom::fill(into)
        .map_err(|error| Error::io("reading a salt from", "the system's random source", &error.into()))?;
    Ok(into)
}
