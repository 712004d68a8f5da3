//! A stored hash: parsed, judged, verified.

use std::fmt;

use subtle::ConstantTimeEq as _;

use super::arena::Arenas;
use super::policy::Limits;
use super::secret::Secret;
use super::{argon2, bcrypt, phc};
use crate::error::{Code, Error, Result};
use crate::pool::Cancel;

/// The longest string that [`parse`] looks at, in bytes: longer than the longest that it could accept.
pub const MAX_HASH_BYTES: usize = 4096;

/// A stored hash, parsed. It may ask for any cost: see [`Stored::check_limits`].
pub struct Stored(Kind);

enum Kind {
    Argon2(phc::Encoded),
    Bcrypt(bcrypt::Encoded),
}

/// Parses what [`hash`](super::hash) writes, and what other makers of the same two schemes write: argon2
/// strings of versions 0x10 and 0x13 with their parameters in any order; bcrypt's `$2a$`, `$2b$`, `$2y$`.
///
/// Errors: `ERR_HASH_FORMAT` for all else. The message says what is wrong and shows nothing of the string.
///
/// ```
/// use offloop::password::parse;
///
/// assert!(parse("$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$kQGQLZpZJIk").is_ok());
/// assert!(parse("hunter2").is_err());
/// ```
pub fn parse(hash: &str) -> Result<Stored> {
    if hash.len() > MAX_HASH_BYTES {
        let came = hash.len();
        return Err(Error::new(
            Code::HashFormat,
            format!("hash must be at most {MAX_HASH_BYTES} bytes; got {came}"),
        ));
    }
    if hash.starts_with("$argon2") {
        phc::parse(hash).map(|encoded| Stored(Kind::Argon2(encoded)))
    } else if hash.starts_with("$2") {
        bcrypt::parse(hash).map(|encoded| Stored(Kind::Bcrypt(encoded)))
    } else {
        Err(Error::new(
            Code::HashFormat,
            "hash is no password hash that offloop reads: it must begin with $argon2id$, $argon2i$, \
             $argon2d$, $2a$, $2b$ or $2y$",
        ))
    }
}

impl Stored {
    /// `ERR_COST_LIMIT` if verifying would take more than `limits` allow. Allocates nothing.
    pub fn check_limits(&self, limits: &Limits) -> Result<()> {
        match &self.0 {
            Kind::Argon2(encoded) => {
                let params = encoded.argon2.params();
                within("memoryKiB", params.memory_kib(), limits.memory_kib)?;
                within("passes", params.passes(), limits.passes)?;
                within("lanes", params.lanes(), limits.lanes)
            }
            Kind::Bcrypt(encoded) => within("bcryptCost", encoded.cost, limits.bcrypt_cost),
        }
    }

    /// Memory that [`Stored::verify`] takes while it runs, in bytes; 0 for bcrypt, which needs none of note.
    pub fn working_bytes(&self) -> u64 {
        match &self.0 {
            Kind::Argon2(encoded) => argon2::working_bytes(&encoded.argon2),
            Kind::Bcrypt(_) => 0,
        }
    }

    /// Whether this is `password`'s hash. Compares in constant time.
    ///
    /// A bcrypt hash is verified as it was made: of a longer password the first 72 bytes count.
    ///
    /// Errors: `ERR_INVALID_ARG` for a password over [`MAX_PASSWORD_BYTES`](super::MAX_PASSWORD_BYTES);
    /// `ERR_MEMORY_BUDGET` where the system refuses argon2 its memory.
    pub fn verify(&self, password: &Secret, arenas: &Arenas, cancel: &Cancel) -> Result<bool> {
        password.check_length()?;
        cancel.check()?;
        match &self.0 {
            Kind::Argon2(encoded) => {
                let tag = argon2::derive(encoded.argon2, password, &encoded.salt, arenas)?;
                Ok(tag.ct_eq(&encoded.tag).into())
            }
            Kind::Bcrypt(encoded) => {
                let tag = bcrypt::derive(encoded.cost, &encoded.salt, password, cancel)?;
                Ok(tag.ct_eq(&encoded.tag).into())
            }
        }
    }
}

/// Shows the scheme, neither salt nor hash.
impl fmt::Debug for Stored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.0 {
            Kind::Argon2(encoded) => encoded.argon2.algorithm().as_str(),
            Kind::Bcrypt(_) => "bcrypt",
        })
    }
}

fn within(limit: &str, asks: u32, allowed: u32) -> Result<()> {
    if asks <= allowed {
        return Ok(());
    }
    Err(Error::new(
        Code::CostLimit,
        format!(
            "hash asks for more than limits.{limit} allows: {asks}, where {allowed} is the most; if the hash \
             is to be trusted, raise the limit"
        ),
    ))
}
