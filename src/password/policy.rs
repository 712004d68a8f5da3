//! What a new hash costs, and what a stored one may.

use std::ops::RangeInclusive;

use argon2_rust::params::{Memory, TagLen};
use argon2_rust::{Argon2, Params, Version};

use super::argon2::{self, HASH_LENGTHS};
use crate::error::{Code, Error, Result};

/// How new passwords are hashed.
///
/// The default is argon2id as OWASP's Password Storage Cheat Sheet asks for: 19,456 KiB (19 MiB), 2 passes,
/// 1 lane, and 32 bytes of hash.
///
/// ```
/// use offloop::password::Policy;
///
/// let policy = Policy::default();
/// assert!(policy.validate().is_ok());
/// assert_eq!(policy.working_bytes(), 19_456 * 1024);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// Argon2, RFC 9106.
    Argon2 {
        /// The variant.
        algorithm: Argon2Algorithm,
        /// Memory in KiB: at least 8 a lane, at most 4,194,304 (4 GiB).
        memory_kib: u32,
        /// Passes over the memory, 1 to 65,535.
        passes: u32,
        /// Lanes, 1 to 255. They run one after another on the calling thread; they are part of the hash.
        lanes: u32,
        /// Length of the hash in bytes, 4 to 1024; below 16 is for test vectors only.
        hash_length: u32,
    },
    /// bcrypt, written as `$2b$`.
    Bcrypt {
        /// Base-2 logarithm of the rounds, 4 to 31. Each step doubles the time; 12 takes about 0.2 s.
        cost: u32,
        /// What happens to passwords that bcrypt cannot take whole.
        long_password: LongPassword,
    },
    /// bcrypt of HMAC-SHA-256 of the password, as passlib's `bcrypt_sha256` has it in its version 2: all of a long
    /// password counts. Written as `$bcrypt-sha256$v=2,t=2b,r=…$`.
    BcryptSha256 {
        /// Base-2 logarithm of the rounds, 4 to 31.
        cost: u32,
    },
}

/// The three variants of argon2. Where nothing speaks for another, [`Argon2Algorithm::Argon2id`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Argon2Algorithm {
    /// First half-pass independent of the password, then dependent: what RFC 9106 recommends.
    Argon2id,
    /// Memory access independent of the password.
    Argon2i,
    /// Memory access dependent on the password: open to side channels.
    Argon2d,
}

/// What hashing does with a password of more than 72 bytes, or holding NUL, under bcrypt.
///
/// bcrypt reads 72 bytes. It ends the password with a NUL and repeats it, so `a` and `a\0a` are the same to
/// it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LongPassword {
    /// Refuse it with `ERR_PASSWORD_LENGTH`.
    Reject,
    /// Take the first 72 bytes, NULs included. So do the bcrypt packages of npm; implementations in C
    /// (`crypt(3)`, PHP) stop at the first NUL instead and cannot verify such a hash.
    Truncate,
}

/// The most that a stored hash may ask for, so that a string from elsewhere cannot take the machine's
/// memory or minutes of its time.
///
/// The default: for argon2 2 GiB (so that RFC 9106's first recommended option passes), 16 passes and 64 lanes; bcrypt
/// cost 16 (about 4 s); 5,000,000 iterations of PBKDF2 (about 1 s); for scrypt 256 MiB (twice what OWASP asks for) and
/// 16 computations, of 1 GiB together (about 2 s).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// argon2's memory in KiB.
    pub memory_kib: u32,
    /// argon2's passes.
    pub passes: u32,
    /// argon2's lanes.
    pub lanes: u32,
    /// bcrypt's cost.
    pub bcrypt_cost: u32,
    /// PBKDF2's iterations, counted for each digest that a long hash is put together from; and phpass's.
    pub pbkdf2_iterations: u32,
    /// scrypt's memory in KiB: its table of 128·r·N bytes, or sixteen times its blocks of 128·r·p bytes where they are
    /// more. Where its p tables come to more than 1 GiB together, all of them.
    pub scrypt_memory_kib: u32,
    /// scrypt's p: how many such tables are computed, one after the other.
    pub scrypt_parallelism: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory_kib: 2 << 20,
            passes: 16,
            lanes: 64,
            bcrypt_cost: 16,
            pbkdf2_iterations: 5_000_000,
            scrypt_memory_kib: 256 << 10,
            scrypt_parallelism: 16,
        }
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self::Argon2 {
            algorithm: Argon2Algorithm::Argon2id,
            memory_kib: 19_456,
            passes: 2,
            lanes: 1,
            hash_length: 32,
        }
    }
}

/// Blocks a lane must have: four slices of two (RFC 9106 §3.1).
const MIN_MEMORY_KIB_PER_LANE: u32 = 8;
const MAX_MEMORY_KIB: u32 = 4 << 20;
const PASSES: RangeInclusive<u32> = 1..=65_535;
const LANES: RangeInclusive<u32> = 1..=255;
const COSTS: RangeInclusive<u32> = 4..=31;

impl Policy {
    /// `ERR_INVALID_ARG`, naming the option as JavaScript calls it, unless every value is in its range.
    pub fn validate(&self) -> Result<()> {
        match *self {
            Self::Argon2 { memory_kib, passes, lanes, hash_length, .. } => {
                within("lanes", lanes, &LANES)?;
                within("memoryKiB", memory_kib, &(MIN_MEMORY_KIB_PER_LANE * lanes..=MAX_MEMORY_KIB))?;
                within("passes", passes, &PASSES)?;
                let lengths = *HASH_LENGTHS.start() as u32..=*HASH_LENGTHS.end() as u32;
                within("hashLength", hash_length, &lengths)
            }
            Self::Bcrypt { cost, .. } | Self::BcryptSha256 { cost } => within("cost", cost, &COSTS),
        }
    }

    /// Memory that a job by this policy takes while it runs, in bytes: argon2's blocks. bcrypt's 4 KiB are
    /// on the stack and count as 0, as does a policy that [`Policy::validate`] refuses.
    pub fn working_bytes(&self) -> u64 {
        match self {
            Self::Argon2 { .. } => self.argon2().map_or(0, |spec| argon2::working_bytes(&spec)),
            Self::Bcrypt { .. } | Self::BcryptSha256 { .. } => 0,
        }
    }

    /// The validated parameters in the kernel's terms.
    pub(super) fn argon2(&self) -> Result<Argon2> {
        self.validate()?;
        let Self::Argon2 { algorithm, memory_kib, passes, lanes, hash_length } = *self else {
            return Err(Error::internal("a bcrypt policy has no argon2 parameters"));
        };
        let params = Params::builder()
            .memory(Memory::kib(u64::from(memory_kib)))
            .passes(passes)
            .lanes(lanes)
            .threads(1)
            .tag_len(TagLen::bytes(u64::from(hash_length)))
            .build()
            .map_err(|error| Error::new(Code::InvalidArg, format!("policy: {}", error.message())))?;
        Ok(Argon2::new(algorithm.into(), Version::V0x13, params))
    }
}

impl From<Argon2Algorithm> for argon2_rust::Algorithm {
    fn from(algorithm: Argon2Algorithm) -> Self {
        match algorithm {
            Argon2Algorithm::Argon2id => Self::Argon2id,
            Argon2Algorithm::Argon2i => Self::Argon2i,
            Argon2Algorithm::Argon2d => Self::Argon2d,
        }
    }
}

fn within(option: &str, value: u32, range: &RangeInclusive<u32>) -> Result<()> {
    if range.contains(&value) {
        return Ok(());
    }
    let (min, max) = (range.start(), range.end());
    Err(Error::new(
        Code::InvalidArg,
        format!("policy.{option} must be an integer from {min} to {max}; got {value}"),
    ))
}
