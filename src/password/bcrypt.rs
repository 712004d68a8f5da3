//! bcrypt (Provos and Mazières, "A Future-Adaptable Password Scheme", USENIX 1999) and its stored strings:
//! `$2b$`, two digits of cost, `$`, 22 characters of salt and 31 of hash, in bcrypt's own base64.
//!
//! `$2a$`, `$2b$` and `$2y$` mean the same computation; they tell of bugs that their writers had not, or no longer.
//! `$2x$` marks hashes made *with* one of them, and `$2$` is the original. One maker differs on purpose: for passwords
//! that the bug would have confused with another one, `crypt_blowfish` makes a `$2a$` that is neither the right hash nor
//! the wrong one. Such a string verifies here as OpenBSD would verify it: not at all.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use zeroize::Zeroizing;

use super::SALT_BYTES;
use super::eksblowfish::{Lanes, Words, repeat};
use super::secret::Secret;
use crate::error::{Code, Error, Result};
use crate::pool::Cancel;

/// What bcrypt reads of a password: the 18 subkeys' 72 bytes.
const KEY_BYTES: usize = 72;

const SALT_CHARACTERS: usize = 22;
const TAG_CHARACTERS: usize = 31;

/// The hash is 24 bytes, of which the original's bug, by now the format, keeps 23.
pub(super) const TAG_BYTES: usize = 23;

/// Iterations between two looks at the cancel flag: some 50 µs each.
const BETWEEN_LOOKS: u32 = 32;

const STRICT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_encode_padding(false)
    .with_decode_padding_mode(DecodePaddingMode::RequireNone);
const BASE64: GeneralPurpose = GeneralPurpose::new(&alphabet::BCRYPT, STRICT);
/// Salts made by drawing 22 random characters have bits set that no byte holds; every maker ignores them.
const SALT_BASE64: GeneralPurpose =
    GeneralPurpose::new(&alphabet::BCRYPT, STRICT.with_decode_allow_trailing_bits(true));

/// What a prefix says about its maker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// `$2$`, of 1997: the key is the password without a NUL at its end, so `ab` and `abab` are the same.
    Original,
    /// `$2a$`.
    A,
    /// `$2b$`: OpenBSD 5.5, after a mistake with keys of 255 bytes and more had been found.
    B,
    /// `$2x$`: `crypt_blowfish` before 1.1, whose bytes over 127 overwrite the ones before them. Only verified.
    X,
    /// `$2y$`: `crypt_blowfish` since 1.1, PHP among others.
    Y,
}

impl Dialect {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Dialect::Original => "2",
            Dialect::A => "2a",
            Dialect::B => "2b",
            Dialect::X => "2x",
            Dialect::Y => "2y",
        }
    }
}

/// What a hash is computed by, the password aside.
#[derive(Clone)]
pub(super) struct Spec {
    pub(super) dialect: Dialect,
    /// 4 to 31.
    pub(super) cost: u32,
    pub(super) salt: [u8; SALT_BYTES],
    /// OpenBSD before 5.5, and npm's `bcrypt` to this day, count a `$2` or `$2a$` key's length in one byte.
    pub(super) wraps: bool,
}

impl Spec {
    /// Begins the computation. The stack must be wiped after it.
    pub(super) fn begin(&self, lanes: &mut Lanes, password: &[u8]) {
        lanes.begin(self.cost, &self.salt, |words| self.write_key(words, password));
    }

    /// The key: the password and a NUL, as far as 72 bytes go. NULs inside are taken as they come, which is what the
    /// bcrypt packages of npm do; only the makers of `$2x$` stopped there.
    fn write_key(&self, words: &mut Words, password: &[u8]) {
        if self.dialect == Dialect::X {
            return write_sign_extended(words, password);
        }
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        let taken = password.len().min(KEY_BYTES);
        key[..taken].copy_from_slice(&password[..taken]);
        let mut length = match self.dialect {
            Dialect::Original => password.len(),
            _ => password.len() + 1,
        };
        if self.wraps && matches!(self.dialect, Dialect::Original | Dialect::A) {
            length %= 256;
        }
        // A key of no bytes has C read the first one again and again, be it the NUL.
        repeat(words, &key[..length.clamp(1, KEY_BYTES)]);
    }
}

/// `crypt_blowfish` before 1.1 widened each byte with its sign, so that one over 127 sets all bits above it.
fn write_sign_extended(words: &mut Words, password: &[u8]) {
    let end = password.iter().position(|byte| *byte == 0).unwrap_or(password.len());
    let mut bytes = password[..end].iter().chain(std::iter::once(&0)).cycle();
    for word in words {
        *word = bytes.by_ref().take(4).fold(0, |word, byte| (word << 8) | i32::from(*byte as i8) as u32);
    }
}

/// A parsed string.
pub(super) struct Encoded {
    pub(super) spec: Spec,
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
        format!(
            "password {problem}; use argon2id or bcrypt-sha256, or set policy.longPassword to 'truncate'"
        ),
    ))
}

/// The hash proper. Looks at `cancel` every millisecond or two.
pub(super) fn derive(spec: &Spec, password: &[u8], cancel: &Cancel) -> Result<Zeroizing<[u8; TAG_BYTES]>> {
    let mut lane = Lanes::new();
    spec.begin(&mut lane, password);
    while !lane.is_done(0) {
        cancel.check()?;
        lane.turn(BETWEEN_LOOKS);
    }
    let hash = lane.remove(0).ok_or_else(|| Error::internal("bcrypt ended before its time"))?;
    Ok(tag(&hash))
}

/// What of a hash is kept.
pub(super) fn tag(hash: &[u8; 24]) -> Zeroizing<[u8; TAG_BYTES]> {
    let mut tag = Zeroizing::new([0; TAG_BYTES]);
    tag.copy_from_slice(&hash[..TAG_BYTES]);
    tag
}

pub(super) fn write(spec: &Spec, tag: &[u8]) -> String {
    let Spec { dialect, cost, salt, .. } = spec;
    format!("${}${cost:02}${}{}", dialect.as_str(), BASE64.encode(salt), BASE64.encode(tag))
}

/// passlib's `bcrypt_sha256`, version 2.
pub(super) fn write_sha256(spec: &Spec, tag: &[u8]) -> String {
    let Spec { dialect, cost, salt, .. } = spec;
    format!(
        "$bcrypt-sha256$v=2,t={},r={cost}${}${}",
        dialect.as_str(),
        BASE64.encode(salt),
        BASE64.encode(tag)
    )
}

/// The salt in bcrypt's base64, 22 characters.
pub(super) fn write_salt(salt: &[u8; SALT_BYTES]) -> String {
    BASE64.encode(salt)
}

/// The two fields that stand last in every bcrypt string: 22 characters of salt, 31 of hash.
pub(super) fn parse_fields(salt: &[u8], tag: &[u8]) -> Result<([u8; SALT_BYTES], [u8; TAG_BYTES])> {
    let (mut salt_bytes, mut tag_bytes) = ([0; SALT_BYTES], [0; TAG_BYTES]);
    if salt.len() == SALT_CHARACTERS
        && tag.len() == TAG_CHARACTERS
        && SALT_BASE64.decode_slice(salt, &mut salt_bytes) == Ok(SALT_BYTES)
        && BASE64.decode_slice(tag, &mut tag_bytes) == Ok(TAG_BYTES)
    {
        return Ok((salt_bytes, tag_bytes));
    }
    Err(malformed("its salt and hash must be 22 and 31 characters of bcrypt's base64"))
}

/// A salt as npm's `bcrypt` takes it, in front of a hash or alone: `$2b$10$` and at least 22 characters, of which the
/// first 22 count. `None` for what is none, and for the dialects that it does not know.
pub(super) fn parse_settings(text: &str) -> Option<Spec> {
    let (dialect, rest) = split_dialect(text.as_bytes())?;
    if !matches!(dialect, Dialect::Original | Dialect::A | Dialect::B) {
        return None;
    }
    let [tens, ones, b'$', rest @ ..] = rest else { return None };
    let cost = cost(*tens, *ones)?;
    let mut salt = [0; SALT_BYTES];
    let decoded = SALT_BASE64.decode_slice(rest.get(..SALT_CHARACTERS)?, &mut salt);
    (decoded == Ok(SALT_BYTES)).then_some(Spec { dialect, cost, salt, wraps: true })
}

pub(super) fn parse(hash: &str) -> Result<Encoded> {
    let Some((dialect, rest)) = split_dialect(hash.as_bytes()) else {
        return Err(malformed("its prefix must be $2$, $2a$, $2b$, $2x$ or $2y$"));
    };
    let [tens, ones, b'$', text @ ..] = rest else {
        return Err(malformed("two digits of cost and a $ must follow its prefix"));
    };
    let Some(cost) = cost(*tens, *ones) else {
        return Err(malformed("its cost must be 04 to 31"));
    };
    if text.len() != SALT_CHARACTERS + TAG_CHARACTERS {
        let (should, came) = (SALT_CHARACTERS + TAG_CHARACTERS, text.len());
        return Err(malformed(&format!("{should} characters must follow its cost; got {came} bytes")));
    }
    let (salt, tag) = text.split_at(SALT_CHARACTERS);
    let (salt, tag) = parse_fields(salt, tag)?;
    Ok(Encoded { spec: Spec { dialect, cost, salt, wraps: false }, tag })
}

fn split_dialect(hash: &[u8]) -> Option<(Dialect, &[u8])> {
    Some(match hash {
        [b'$', b'2', b'$', rest @ ..] => (Dialect::Original, rest),
        [b'$', b'2', b'a', b'$', rest @ ..] => (Dialect::A, rest),
        [b'$', b'2', b'b', b'$', rest @ ..] => (Dialect::B, rest),
        [b'$', b'2', b'x', b'$', rest @ ..] => (Dialect::X, rest),
        [b'$', b'2', b'y', b'$', rest @ ..] => (Dialect::Y, rest),
        _ => return None,
    })
}

fn cost(tens: u8, ones: u8) -> Option<u32> {
    let cost = match (tens, ones) {
        (b'0'..=b'3', b'0'..=b'9') => u32::from(tens - b'0') * 10 + u32::from(ones - b'0'),
        _ => return None,
    };
    (4..=31).contains(&cost).then_some(cost)
}

fn malformed(why: &str) -> Error {
    Error::new(Code::HashFormat, format!("hash begins like a bcrypt string but is none: {why}"))
}
