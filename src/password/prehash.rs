//! What some makers do to a password before bcrypt sees it, so that all of a long one counts; and how long it may be.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256, Sha384};
use zeroize::{Zeroize as _, Zeroizing};

use super::secret::wipe_stack;
use crate::error::{Error, Result};

/// A password as a scheme's maker prepared it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Prehash {
    None,
    /// Django's `bcrypt_sha256`: SHA-256 in hexadecimal digits.
    Sha256Hex,
    /// passlib's `bcrypt-sha256`, version 1: SHA-256 in base64.
    Sha256Base64,
    /// Its version 2: HMAC-SHA-256 with the salt's 22 characters as the key, in base64.
    HmacSha256Base64(String),
    /// phpass: the password itself, if it is not too long.
    Phpass,
    /// WordPress 6.8: HMAC-SHA-384 with the key "wp-sha384", in base64.
    WordPress,
}

/// phpass and WordPress take no longer password, in bytes.
const MOST: usize = 4096;

impl Prehash {
    /// The bytes that the scheme itself hashes, or `None` where the maker would take the password for wrong.
    pub(super) fn apply(&self, password: &[u8]) -> Result<Option<Zeroizing<Vec<u8>>>> {
        let bytes = self.compute(password);
        wipe_stack();
        bytes
    }

    #[inline(never)]
    fn compute(&self, password: &[u8]) -> Result<Option<Zeroizing<Vec<u8>>>> {
        if matches!(self, Prehash::Phpass | Prehash::WordPress) && password.len() > MOST {
            return Ok(None);
        }
        Ok(Some(match self {
            Prehash::None | Prehash::Phpass => Zeroizing::new(password.to_vec()),
            Prehash::Sha256Hex => {
                let mut digest = Sha256::digest(password);
                let mut text = Zeroizing::new(Vec::with_capacity(64));
                for byte in &digest {
                    for half in [byte >> 4, byte & 15] {
                        text.push(b"0123456789abcdef"[usize::from(half)]);
                    }
                }
                digest.zeroize();
                text
            }
            Prehash::Sha256Base64 => base64(&mut Sha256::digest(password)),
            Prehash::HmacSha256Base64(salt) => hmac_sha256_base64(salt.as_bytes(), password)?,
            Prehash::WordPress => base64(&mut hmac::<Hmac<Sha384>>(b"wp-sha384", password)?),
        }))
    }
}

/// HMAC-SHA-256 (RFC 2104) in base64 with padding: 44 characters.
pub(super) fn hmac_sha256_base64(key: &[u8], message: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
    let mac = hmac::<Hmac<Sha256>>(key, message);
    wipe_stack();
    Ok(base64(&mut mac?))
}

#[inline(never)]
fn hmac<M: Mac + KeyInit>(key: &[u8], message: &[u8]) -> Result<hmac::digest::Output<M>> {
    let mut mac =
        <M as KeyInit>::new_from_slice(key).map_err(|_| Error::internal("HMAC takes keys of any length"))?;
    mac.update(message);
    Ok(mac.finalize().into_bytes())
}

/// Wipes what it encodes.
fn base64(bytes: &mut [u8]) -> Zeroizing<Vec<u8>> {
    let mut text = Zeroizing::new(vec![0; bytes.len().div_ceil(3) * 4]);
    let length = STANDARD.encode_slice(&*bytes, &mut text).unwrap_or_default();
    text.truncate(length);
    bytes.zeroize();
    text
}
