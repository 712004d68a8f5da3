//! Hashing by a policy: from the password to the string to store.

use zeroize::Zeroizing;

use super::argon2;
use super::bcrypt::{self, Dialect};
use super::kernel::Kernel;
use super::pepper::{self, Pepper};
use super::policy::{LongPassword, Policy};
use super::prehash::hmac_sha256_base64;
use super::secret::Secret;
use super::{SALT_BYTES, phc};
use crate::error::{Code, Error, Result};

/// How a new hash is made. Checked when it is made.
#[derive(Debug)]
pub struct Recipe {
    policy: Policy,
    salt: Option<Vec<u8>>,
    data: Vec<u8>,
}

impl Recipe {
    /// Without a `salt`, 16 bytes come from the operating system. With one (for test vectors and migrations
    /// only) it must be 8 to 1024 bytes for argon2 and exactly 16 for bcrypt. `data` is argon2's associated data, at most
    /// 1024 bytes, which is not recorded in the string.
    ///
    /// Errors: `ERR_INVALID_ARG`.
    pub fn new(policy: Policy, salt: Option<&[u8]>, data: &[u8]) -> Result<Self> {
        policy.validate()?;
        let is_argon2 = matches!(policy, Policy::Argon2 { .. });
        match salt {
            Some(salt) if is_argon2 => drop(argon2::check_salt(salt)?),
            Some(salt) => drop(bcrypt::check_salt(salt)?),
            None => {}
        }
        if !data.is_empty() && !is_argon2 {
            return Err(invalid("associatedData is argon2's: bcrypt has no place for it"));
        }
        if data.len() > argon2::MAX_DATA_BYTES {
            let (most, came) = (argon2::MAX_DATA_BYTES, data.len());
            return Err(invalid(&format!("associatedData must be at most {most} bytes; got {came}")));
        }
        Ok(Self { policy, salt: salt.map(<[u8]>::to_vec), data: data.to_vec() })
    }

    /// The policy.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Refuses a password that the policy cannot take whole.
    pub(super) fn check_password(&self, password: &Secret, pepper: &Pepper) -> Result<()> {
        match self.policy {
            Policy::Bcrypt { long_password: LongPassword::Reject, .. } if pepper.current().is_none() => {
                bcrypt::check_whole(password)
            }
            _ => Ok(()),
        }
    }

    /// The computation, and what it is of.
    pub(super) fn prepare(&self, password: &Secret, pepper: &Pepper) -> Result<Prepared> {
        let mut salt = [0; SALT_BYTES];
        let salt: &[u8] = if let Some(salt) = &self.salt {
            salt
        } else {
            getrandom::fill(&mut salt).map_err(|error| {
                Error::io("reading a salt from", "the system's random source", &error.into())
            })?;
            &salt
        };
        self.prepare_with(salt, password, pepper)
    }

    /// The same with zeros for a salt: for work that is thrown away.
    pub(super) fn prepare_waste(&self, password: &Secret, pepper: &Pepper) -> Result<Prepared> {
        self.prepare_with(&[0; SALT_BYTES], password, pepper)
    }

    fn prepare_with(&self, salt: &[u8], password: &Secret, pepper: &Pepper) -> Result<Prepared> {
        let key_id = pepper.current().map(str::to_owned);
        let mut input = match &key_id {
            Some(id) => pepper.apply(id, password.as_bytes())?,
            None => Zeroizing::new(password.as_bytes().to_vec()),
        };
        let bcrypt = |cost| {
            let salt = bcrypt::check_salt(salt)?;
            Ok(bcrypt::Spec { dialect: Dialect::B, cost, salt, wraps: false })
        };
        let (kernel, form) = match self.policy {
            Policy::Argon2 { .. } => {
                let mut spec = argon2::Spec::new(self.policy.argon2()?, salt.to_vec());
                spec.data.clone_from(&self.data);
                (Kernel::Argon2(spec), Form::Plain)
            }
            Policy::Bcrypt { cost, .. } => (Kernel::Bcrypt(bcrypt(cost)?), Form::Plain),
            Policy::BcryptSha256 { cost } => {
                let spec = bcrypt(cost)?;
                input = hmac_sha256_base64(bcrypt::write_salt(&spec.salt).as_bytes(), &input)?;
                (Kernel::Bcrypt(spec), Form::BcryptSha256)
            }
        };
        Ok(Prepared { kernel, input, form, key_id })
    }
}

enum Form {
    Plain,
    BcryptSha256,
}

/// A computation whose result will be stored.
pub(super) struct Prepared {
    pub(super) kernel: Kernel,
    pub(super) input: Zeroizing<Vec<u8>>,
    form: Form,
    key_id: Option<String>,
}

impl Prepared {
    /// The string to store.
    pub(super) fn write(&self, tag: &[u8]) -> Result<String> {
        let text = match (&self.kernel, &self.form) {
            (Kernel::Argon2(spec), _) => return Ok(phc::write(spec, self.key_id.as_deref(), tag)),
            (Kernel::Bcrypt(spec), Form::Plain) => bcrypt::write(spec, tag),
            (Kernel::Bcrypt(spec), Form::BcryptSha256) => bcrypt::write_sha256(spec, tag),
            _ => return Err(Error::internal("new hashes are argon2's or bcrypt's")),
        };
        Ok(match &self.key_id {
            Some(id) => format!("{}{}{text}", pepper::PREFIX, pepper::write_id(id)),
            None => text,
        })
    }
}

fn invalid(why: &str) -> Error {
    Error::new(Code::InvalidArg, why)
}
