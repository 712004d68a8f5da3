//! Argon2 (RFC 9106) over an arena of [`Arenas`].

use std::ops::RangeInclusive;

use argon2_rust::{Argon2, Version};
use zeroize::Zeroizing;

use super::arena::Arenas;
use super::fill::{self, Fill};
use super::policy::Policy;
use crate::error::{Code, Error, Result};
use crate::pool::Cancel;

/// Size of argon2's blocks (RFC 9106 §3.2).
pub(super) const BLOCK_BYTES: u64 = 1024;

/// Lengths of associated data in bytes; RFC 9106 has up to 2³²−1.
pub(super) const MAX_DATA_BYTES: usize = 1024;

/// Lengths of hashes ("tags") in bytes: RFC 9106 has 4 to 2³²−1.
pub(super) const HASH_LENGTHS: RangeInclusive<usize> = 4..=1024;

/// Lengths of salts in bytes: the reference implementation has 8 to 2³²−1.
pub(super) const SALT_LENGTHS: RangeInclusive<usize> = 8..=1024;

/// What a hash is computed by, the password aside.
#[derive(Clone)]
pub(super) struct Spec {
    pub(super) argon2: Argon2,
    pub(super) salt: Vec<u8>,
    /// RFC 9106's secret value K. (Our peppers are another thing.)
    pub(super) secret: Zeroizing<Vec<u8>>,
    /// RFC 9106's associated data X.
    pub(super) data: Vec<u8>,
}

impl Spec {
    pub(super) fn new(argon2: Argon2, salt: Vec<u8>) -> Self {
        Self { argon2, salt, secret: Zeroizing::default(), data: Vec::new() }
    }
}

/// All that goes into an argon2 hash beside the password (RFC 9106 §3.1).
#[derive(Debug)]
pub struct Inputs {
    /// The variant, memory, passes, lanes and the hash's length.
    pub policy: Policy,
    /// 16 or 19.
    pub version: u32,
    /// The salt, 8 to 1024 bytes.
    pub salt: Vec<u8>,
    /// The secret value K.
    pub secret: Zeroizing<Vec<u8>>,
    /// The associated data X, at most 1024 bytes.
    pub data: Vec<u8>,
}

impl Inputs {
    /// `ERR_INVALID_ARG` for anything out of range.
    pub(super) fn spec(self) -> Result<Spec> {
        let Self { policy, version, salt, secret, data } = self;
        let argon2 = policy.argon2()?;
        check_salt(&salt)?;
        let invalid = |why| Err(Error::new(Code::InvalidArg, why));
        if secret.len() > MAX_DATA_BYTES || data.len() > MAX_DATA_BYTES {
            return invalid("secret and associatedData must be at most 1024 bytes each");
        }
        let version = match version {
            0x10 => Version::V0x10,
            0x13 => Version::V0x13,
            _ => return invalid("version must be 16 or 19"),
        };
        Ok(Spec { argon2: Argon2::new(argon2.algorithm(), version, *argon2.params()), salt, secret, data })
    }
}

/// Exactly the arena's size: memory rounded down to whole slices of whole lanes (RFC 9106 §3.2).
pub(super) fn working_bytes(argon2: &Argon2) -> u64 {
    u64::from(argon2.params().memory_blocks()) * BLOCK_BYTES
}

pub(super) fn check_salt(salt: &[u8]) -> Result<&[u8]> {
    if SALT_LENGTHS.contains(&salt.len()) {
        return Ok(salt);
    }
    let (min, max) = (SALT_LENGTHS.start(), SALT_LENGTHS.end());
    Err(Error::new(
        Code::InvalidArg,
        format!("salt must be {min} to {max} bytes for argon2; got {}", salt.len()),
    ))
}

/// The hash proper. The caller has checked every length and cost. Looks at `cancel` after every [`fill::turn`].
pub(super) fn derive(
    spec: &Spec,
    password: &[u8],
    arenas: &Arenas,
    cancel: &Cancel,
) -> Result<Zeroizing<Vec<u8>>> {
    let mut fill = Fill::begin(spec, password, arenas)?;
    while !fill.is_done() {
        fill::turn(std::slice::from_mut(&mut fill))?;
        cancel.check()?;
    }
    fill.finish()
}

#[cfg(test)]
mod tests {
    use argon2_rust::params::Memory;
    use argon2_rust::{Algorithm, Params, Version};

    use super::*;

    /// RFC 9106 §5.1 to §5.3, through the same lease that [`derive`] uses: secret and associated data
    /// included, each algorithm in the arena that the one before it left.
    #[test]
    fn rfc_9106_vectors_in_one_reused_arena() {
        let vectors = [
            (Algorithm::Argon2d, "512b391b6f1162975371d30919734294f868e3be3984f3c1a13a4db9fabe4acb"),
            (Algorithm::Argon2i, "c814d9d1dc7f37aa13f0d77f2494bda1c8de6b016dd388d29952a4c4672b6ce8"),
            (Algorithm::Argon2id, "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659"),
        ];
        let params = Params::builder().memory(Memory::kib(32)).passes(3).lanes(4).threads(1).build().unwrap();
        let arenas = Arenas::new(1);
        for (algorithm, expected) in vectors {
            let spec = Spec {
                argon2: Argon2::new(algorithm, Version::V0x13, params),
                salt: vec![2; 16],
                secret: Zeroizing::new(vec![3; 8]),
                data: vec![4; 12],
            };
            let tag = derive(&spec, &[1; 32], &arenas, &Cancel::new()).unwrap();
            let hex = tag.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
            assert_eq!(hex, expected, "{algorithm:?}");
            assert_eq!(arenas.idle_bytes(), 32 * 1024);
        }
    }

    #[test]
    fn stops_between_two_slices() {
        // Minutes, if it were computed.
        let params = Params::builder().memory(Memory::kib(8192)).passes(100_000).threads(1).build().unwrap();
        let spec = Spec::new(Argon2::new(Algorithm::Argon2id, Version::V0x13, params), vec![0; 16]);
        let (arenas, cancel) = (Arenas::new(1), Cancel::new());
        let error = std::thread::scope(|scope| {
            scope.spawn(|| {
                std::thread::sleep(std::time::Duration::from_millis(50));
                cancel.cancel();
            });
            derive(&spec, b"password", &arenas, &cancel).unwrap_err()
        });
        assert_eq!(error.code(), Code::Cancelled);
        assert_eq!(arenas.idle_bytes(), 8192 * 1024, "its memory came back");
    }

    #[test]
    fn memory_that_the_system_refuses_is_an_error_and_leaves_nothing_lent() {
        // 4 TiB, only mapped, not touched. A system that overcommits without limit would promise even that,
        // and then has nothing to refuse.
        let params = Params::builder().memory(Memory::kib(u64::from(u32::MAX))).build().unwrap();
        let spec = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        if spec.hasher().reserve().is_ok() {
            return;
        }
        let arenas = Arenas::new(1);
        let error = derive(&Spec::new(spec, vec![0; 16]), &[], &arenas, &Cancel::new()).unwrap_err();
        assert_eq!(error.code(), Code::MemoryBudget);
        assert_eq!(arenas.idle_bytes(), 0);
    }
}
