//! Whether a stored hash is what the policy would make today, and what it says of itself.

use argon2_rust::Version;

use super::SALT_BYTES;
use super::bcrypt::Dialect;
use super::kernel::Kernel;
use super::policy::{Argon2Algorithm, Policy};
use super::prehash::Prehash;
use super::stored::Stored;

/// A parameter's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Param {
    /// A number.
    Number(u64),
    /// A name.
    Text(String),
}

impl Stored {
    /// Why the password should be hashed anew when it is next at hand; `None` if the policy would make the same today.
    ///
    /// `"algorithm"`: the policy has another. `"version"`: a form of the algorithm with known flaws. `"cost"`: other
    /// costs, higher or lower, or another length. `"salt"`: a salt of less than 16 bytes. `"pepper"`: another key than
    /// `key_id`, or one where there should be none.
    pub fn stale(&self, policy: &Policy, key_id: Option<&str>) -> Option<&'static str> {
        let differs = match (&self.kernel, policy) {
            (Kernel::Argon2(spec), &Policy::Argon2 { algorithm, memory_kib, passes, lanes, hash_length }) => {
                let params = spec.argon2.params();
                if spec.argon2.algorithm() != algorithm.into() {
                    Some("algorithm")
                } else if spec.argon2.version() == Version::V0x10 {
                    Some("version")
                } else if (params.memory_kib(), params.passes(), params.lanes())
                    != (memory_kib, passes, lanes)
                    || self.tag_length() != hash_length as usize
                {
                    Some("cost")
                } else {
                    (spec.salt.len() < SALT_BYTES).then_some("salt")
                }
            }
            (Kernel::Bcrypt(spec), &Policy::Bcrypt { cost, .. }) if self.prehash == Prehash::None => {
                if matches!(spec.dialect, Dialect::X | Dialect::Original) {
                    Some("version")
                } else {
                    (spec.cost != cost).then_some("cost")
                }
            }
            (Kernel::Bcrypt(spec), &Policy::BcryptSha256 { cost }) => match &self.prehash {
                Prehash::HmacSha256Base64(_) => (spec.cost != cost).then_some("cost"),
                Prehash::Sha256Base64 => Some("version"),
                _ => Some("algorithm"),
            },
            _ => Some("algorithm"),
        };
        differs.or_else(|| (self.key_id() != key_id).then_some("pepper"))
    }

    /// What the string says: costs and lengths by the names that policies and limits have, never salt or hash.
    pub fn params(&self) -> Vec<(&'static str, Param)> {
        use Param::{Number, Text};
        let mut params = match &self.kernel {
            Kernel::Argon2(spec) => {
                let costs = spec.argon2.params();
                vec![
                    ("version", Number(spec.argon2.version().as_u32().into())),
                    ("memoryKiB", Number(costs.memory_kib().into())),
                    ("passes", Number(costs.passes().into())),
                    ("lanes", Number(costs.lanes().into())),
                    ("saltLength", Number(spec.salt.len() as u64)),
                    ("hashLength", Number(self.tag_length() as u64)),
                ]
            }
            Kernel::Bcrypt(spec) => {
                vec![("version", Text(spec.dialect.as_str().into())), ("cost", Number(spec.cost.into()))]
            }
            Kernel::Scrypt(spec) => vec![
                ("cost", Number(spec.cost.into())),
                ("blockSize", Number(spec.block_size.into())),
                ("parallelism", Number(spec.parallelism.into())),
                ("saltLength", Number(spec.salt.len() as u64)),
                ("hashLength", Number(self.tag_length() as u64)),
            ],
            Kernel::Pbkdf2(spec) => vec![
                ("iterations", Number(spec.iterations.into())),
                ("saltLength", Number(spec.salt.len() as u64)),
                ("hashLength", Number(self.tag_length() as u64)),
            ],
            Kernel::Phpass(spec) => vec![("iterations", Number(1 << spec.cost))],
        };
        if let Some(id) = self.key_id() {
            params.push(("keyId", Text(id.into())));
        }
        params
    }
}

impl Policy {
    /// The scheme's name, as [`Stored::scheme`] has it.
    pub fn scheme(&self) -> &'static str {
        match self {
            Policy::Argon2 { algorithm: Argon2Algorithm::Argon2id, .. } => "argon2id",
            Policy::Argon2 { algorithm: Argon2Algorithm::Argon2i, .. } => "argon2i",
            Policy::Argon2 { algorithm: Argon2Algorithm::Argon2d, .. } => "argon2d",
            Policy::Bcrypt { .. } => "bcrypt",
            Policy::BcryptSha256 { .. } => "bcrypt-sha256",
        }
    }
}
