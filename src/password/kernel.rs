//! The computation behind a stored string, whichever it is.

use zeroize::Zeroizing;

use super::arena::Arenas;
use super::policy::Limits;
use super::secret::wipe_stack;
use super::{argon2, bcrypt, pbkdf2, phpass, scrypt, together};
use crate::error::{Code, Error, Result};
use crate::pool::{Cancel, Company};

#[derive(Clone)]
pub(super) enum Kernel {
    Argon2(argon2::Spec),
    Bcrypt(bcrypt::Spec),
    Scrypt(scrypt::Spec),
    Pbkdf2(pbkdf2::Spec),
    Phpass(phpass::Spec),
}

impl Kernel {
    /// Which others it is computed together with, if it is.
    pub(super) fn company(&self) -> Option<Company> {
        match self {
            Kernel::Bcrypt(_) => Some(together::BCRYPT),
            Kernel::Argon2(spec) => together::argon2(&spec.argon2),
            Kernel::Scrypt(_) | Kernel::Pbkdf2(_) | Kernel::Phpass(_) => None,
        }
    }

    pub(super) fn derive(
        &self,
        input: &[u8],
        arenas: &Arenas,
        cancel: &Cancel,
    ) -> Result<Zeroizing<Vec<u8>>> {
        cancel.check()?;
        let tag = self.compute(input, arenas, cancel);
        wipe_stack();
        tag
    }

    /// A call of its own, so that all of its stack lies where [`wipe_stack`] will.
    #[inline(never)]
    fn compute(&self, input: &[u8], arenas: &Arenas, cancel: &Cancel) -> Result<Zeroizing<Vec<u8>>> {
        match self {
            Kernel::Argon2(spec) => argon2::derive(spec, input, arenas, cancel),
            Kernel::Bcrypt(spec) => Ok(Zeroizing::new(bcrypt::derive(spec, input, cancel)?.to_vec())),
            Kernel::Scrypt(spec) => spec.derive(input, cancel),
            Kernel::Pbkdf2(spec) => spec.derive(input, cancel),
            Kernel::Phpass(spec) => spec.derive(input, cancel),
        }
    }

    /// Memory that it takes while it runs, in bytes; 0 where it needs none of note.
    pub(super) fn working_bytes(&self) -> u64 {
        match self {
            Kernel::Argon2(spec) => argon2::working_bytes(&spec.argon2),
            Kernel::Scrypt(spec) => spec.working_bytes(),
            Kernel::Bcrypt(_) | Kernel::Pbkdf2(_) | Kernel::Phpass(_) => 0,
        }
    }

    /// `ERR_COST_LIMIT` for more than the limits allow.
    pub(super) fn check_limits(&self, limits: &Limits) -> Result<()> {
        match self {
            Kernel::Argon2(spec) => {
                let params = spec.argon2.params();
                within("memoryKiB", params.memory_kib().into(), limits.memory_kib)?;
                within("passes", params.passes().into(), limits.passes)?;
                within("lanes", params.lanes().into(), limits.lanes)
            }
            Kernel::Bcrypt(spec) => within("bcryptCost", spec.cost.into(), limits.bcrypt_cost),
            Kernel::Scrypt(spec) => {
                within("scryptMemoryKiB", spec.asks_kib(), limits.scrypt_memory_kib)?;
                within("scryptParallelism", spec.parallelism.into(), limits.scrypt_parallelism)
            }
            Kernel::Pbkdf2(spec) => {
                within("pbkdf2Iterations", spec.all_iterations(), limits.pbkdf2_iterations)
            }
            Kernel::Phpass(spec) => within("pbkdf2Iterations", 1 << spec.cost, limits.pbkdf2_iterations),
        }
    }
}

fn within(limit: &str, asks: u64, allowed: u32) -> Result<()> {
    if asks <= allowed.into() {
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
