//! bcrypt (Provos and Mazières, "A Future-Adaptable Password Scheme", USENIX 1999) and its stored strings:
//! `$2b$`, two digits of cost, `$`, 22 characters of salt and 31 of hash, in bcrypt's own base64.
//!
//! The prefixes that are verified, `$2a$`, `$2b$` and `$2y$`, mean the same computation; they tell of bugs
//! that their writers had not, or no longer. `$2x$` marks hashes made *with* one of them (`crypt_blowfish`
//! before 1.1 sign-extended bytes over 127), so it is refused rather than wrongly denied.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use zeroize::Zeroizing;

use super::SALT_BYTES;
use super::eksblowfish::{Lane, turn};
use super::secret::Secret;
use crate::error::{Code, Error, Result};
use crate::pool::Cancel;

/// What bcrypt reads of a password: the 18 subkeys' 72 bytes.
const KEY_BYTES: usize = 72;

/// Every bcrypt string has this length.
const ENCODED_BYTES: usize = 60;

/// The hash is 24 bytes, of which the original's bug, by now the format, keeps 23.
const TAG_BYTES: usize = 23;

/// Iterations between two looks at the cancel flag: some 50 µs each.
const BETWEEN_LOOKS: u32 = 32;

const STRICT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_encode_padding(false)
    .with_decode_padding_mode(DecodePaddingMode::RequireNone);
const BASE64: GeneralPurpose = GeneralPurpose::new(&alphabet::BCRYPT, STRICT);
/// Salts made by drawing 22 random characters have bits set that no byte holds; every maker ignores them.
const SALT_BASE64: GeneralPurpose =
    GeneralPurpose::new(&alphabet::BCRYPT, STRICT.with_decode_allow_trailing_bits(true));

/// A parsed string.
pub(super) struct Encoded {
    pub(super) cost: u32,
    pub(super) salt: [u8; SALT_BYTES],
    pub(super) tag: [u8; TAG_BYTES],
}

pub(super) fn check_salt(salt: &[u8]) -> Result<[u8; SALT_BYTES]> {
    salt.try_into().map_err(|_| {
        Error::new(
            Code::InvalidArg,
            format!("salt must be exactly {SALT_BYTES} bytes for bcrypt; got {}", salt.len()),
        )
    })
}

/// Refuses what bcrypt would cut, or confuse with another password.
pub(super) fn check_whole(password: &Secret) -> Result<()> {
    let bytes = password.as_bytes();
    let problem = if bytes.len() > KEY_BYTES {
        "is longer than the 72 bytes that bcrypt reads"
    } else if bytes.contains(&0) {
        "holds a NUL, which bcrypt cannot tell from the password's end"
    } else {
        return Ok(());
    };
    Err(Error::new(
        Code::PasswordLength,
        format!("password {problem}; use argon2id, or set policy.longPassword to 'truncate'"),
    ))
}

/// The hash proper; `cost` is 4 to 31.
///
/// The key is the password and its terminating NUL, as far as 72 bytes go. NULs inside are taken as they
/// come, which is what the bcrypt packages of npm do.
///
/// Looks at `cancel` every millisecond or two.
pub(super) fn derive(
    cost: u32,
    salt: &[u8; SALT_BYTES],
    password: &Secret,
    cancel: &Cancel,
) -> Result<Zeroizing<[u8; TAG_BYTES]>> {
    let bytes = password.as_bytes();
    let taken = bytes.len().min(KEY_BYTES);
    let mut key = Zeroizing::new([0; KEY_BYTES]);
    key[..taken].copy_from_slice(&bytes[..taken]);
    let mut lane = Lane::new(cost, salt, &key[..(taken + 1).min(KEY_BYTES)]);
    while lane.left() > 0 {
        cancel.check()?;
        let times = lane.left().min(BETWEEN_LOOKS);
        turn(std::slice::from_mut(&mut *lane), times);
    }
    let mut tag = Zeroizing::new([0; TAG_BYTES]);
    tag.copy_from_slice(&lane.finish()[..TAG_BYTES]);
    Ok(tag)
}

pub(super) fn write(cost: u32, salt: &[u8; SALT_BYTES], tag: &[u8; TAG_BYTES]) -> String {
    format!("$2b${cost:02}${}{}", BASE64.encode(salt), BASE64.encode(tag))
}

pub(super) fn parse(hash: &str) -> Result<Encoded> {
    let rest = match hash.as_bytes() {
        [b'$', b'2', b'a' | b'b' | b'y', b'$', rest @ ..] => rest,
        [b'$', b'2', b'x', b'$', ..] => {
            return Err(Error::new(
                Code::HashFormat,
                "hash has the prefix $2x$: it was made by a crypt_blowfish with a bug that offloop does not \
                 reproduce; let the user set a new password",
            ));
        }
        _ => return Err(malformed("its prefix must be $2a$, $2b$ or $2y$")),
    };
    if hash.len() != ENCODED_BYTES {
        return Err(malformed(&format!("it must have {ENCODED_BYTES} characters; got {} bytes", hash.len())));
    }
    let [tens, ones, b'$', text @ ..] = rest else {
        return Err(malformed("two digits of cost and a $ must follow its prefix"));
    };
    let cost = match (tens, ones) {
        (b'0'..=b'3', b'0'..=b'9') => u32::from(tens - b'0') * 10 + u32::from(ones - b'0'),
        _ => 0,
    };
    if !(4..=31).contains(&cost) {
        return Err(malformed("its cost must be 04 to 31"));
    }
    let mut encoded = Encoded { cost, salt: [0; SALT_BYTES], tag: [0; TAG_BYTES] };
    let (salt, tag) = text.split_at(22);
    match (SALT_BASE64.decode_slice(salt, &mut encoded.salt), BASE64.decode_slice(tag, &mut encoded.tag)) {
        (Ok(SALT_BYTES), Ok(TAG_BYTES)) => Ok(encoded),
        _ => Err(malformed("its salt and hash must be in bcrypt's base64")),
    }
}

fn malformed(why: &str) -> Error {
    Error::new(Code::HashFormat, format!("hash begins like a bcrypt string but is none: {why}"))
}
