//! Peppers: keys that are kept apart from the stored hashes.
//!
//! A peppered password is replaced by HMAC-SHA-256 of it in base64 before the scheme sees it; so all schemes can have
//! one, and bcrypt then takes passwords of any length. Which key it was is recorded: in argon2's strings as their
//! `keyid`, in front of all others as `$hmac-sha256$keyid=<id>`. Ids are written in base64, as the PHC format asks.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use zeroize::Zeroizing;

use super::prehash::hmac_sha256_base64;
use super::secret::Secret;
use crate::error::{Code, Error, Result};

/// The longest key id, in bytes.
pub const MAX_KEY_ID_BYTES: usize = 64;

/// What stands before a hash that has no field for a key's id.
pub(super) const PREFIX: &str = "$hmac-sha256$keyid=";

/// A ring of pepper keys by their ids, one of which new hashes get.
///
/// ```
/// use offloop::password::{Pepper, Secret};
///
/// let keys = vec![("2025".into(), Secret::from(vec![1; 32])), ("2026".into(), Secret::from(vec![2; 32]))];
/// let pepper = Pepper::new("2026".into(), keys)?;
/// assert_eq!(pepper.current(), Some("2026"));
/// # Ok::<(), offloop::Error>(())
/// ```
#[derive(Default)]
pub struct Pepper {
    current: Option<String>,
    keys: Vec<(String, Secret)>,
}

impl Pepper {
    /// `ERR_INVALID_ARG` for an id that is empty or longer than [`MAX_KEY_ID_BYTES`], an empty key, or a current id that is
    /// not among them.
    pub fn new(current: String, keys: Vec<(String, Secret)>) -> Result<Self> {
        for (id, key) in &keys {
            if id.is_empty() || id.len() > MAX_KEY_ID_BYTES {
                return Err(invalid(&format!(
                    "key ids must have 1 to {MAX_KEY_ID_BYTES} bytes; got {}",
                    id.len()
                )));
            }
            if key.as_bytes().is_empty() {
                return Err(invalid(&format!("the key '{id}' is empty")));
            }
        }
        if !keys.iter().any(|(id, _)| *id == current) {
            return Err(invalid(&format!("current names the key '{current}', which keys does not hold")));
        }
        Ok(Self { current: Some(current), keys })
    }

    /// The id of the key that new hashes get; `None` if this is no pepper at all.
    pub fn current(&self) -> Option<&str> {
        self.current.as_deref()
    }

    /// What the scheme hashes of a password that is peppered with the key.
    pub(super) fn apply(&self, id: &str, password: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        let Some((_, key)) = self.keys.iter().find(|(other, _)| other == id) else {
            return Err(Error::new(
                Code::InvalidArg,
                format!("hash was made with the pepper key '{id}', which options.pepper.keys does not hold"),
            ));
        };
        hmac_sha256_base64(key.as_bytes(), password)
    }
}

/// Shows neither ids nor keys.
impl fmt::Debug for Pepper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pepper").field("keys", &self.keys.len()).finish_non_exhaustive()
    }
}

pub(super) fn write_id(id: &str) -> String {
    STANDARD_NO_PAD.encode(id)
}

pub(super) fn read_id(text: &str) -> Option<String> {
    let id = String::from_utf8(STANDARD_NO_PAD.decode(text).ok()?).ok()?;
    (1..=MAX_KEY_ID_BYTES).contains(&id.len()).then_some(id)
}

fn invalid(why: &str) -> Error {
    Error::new(Code::InvalidArg, format!("pepper: {why}"))
}
