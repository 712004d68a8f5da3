//! A stored hash: parsed, judged, verified.

use std::fmt;

use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::arena::Arenas;
use super::bcrypt::{self, Dialect};
use super::fields::{decimal, malformed_as};
use super::kernel::Kernel;
use super::pepper::{self, Pepper};
use super::policy::Limits;
use super::prehash::Prehash;
use super::secret::Secret;
use super::{pbkdf2, phc, phpass, scrypt};
use crate::error::{Code, Error, Result};
use crate::pool::Cancel;

/// The longest string that [`parse`] looks at, in bytes. The longest of argon2 has 4278: a salt, a hash and associated data
/// of 1024 bytes each, a key's id of 64, the largest costs, and Spring's name before it.
pub const MAX_HASH_BYTES: usize = 4352;

/// A stored hash, parsed. It may ask for any cost: see [`Stored::check_limits`].
pub struct Stored {
    pub(super) scheme: &'static str,
    pub(super) kernel: Kernel,
    pub(super) prehash: Prehash,
    /// The id of the pepper's key that its password was mixed with.
    pub(super) key_id: Option<String>,
    tag: Vec<u8>,
}

/// Parses what [`hash`](super::hash) writes, and what other makers write:
///
/// - argon2 of versions 0x10 and 0x13, its parameters in any order, also after Django's `argon2`;
/// - bcrypt as `$2$`, `$2a$`, `$2b$`, `$2x$` and `$2y$`, also as Django's `bcrypt$`; passlib's `$bcrypt-sha256$` and
///   Django's `bcrypt_sha256$`; WordPress's `$wp$2y$`;
/// - scrypt as `$scrypt$` and `$7$`, and Django's;
/// - PBKDF2 as `$pbkdf2-sha256$` of PHC and passlib, and Django's `pbkdf2_sha256$`;
/// - Spring's `{bcrypt}`, `{argon2}`, `{scrypt}` and `{pbkdf2}`, with or without `@SpringSecurity_v5_8`;
/// - phpass as `$P$` and `$H$`.
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
    if let Some(rest) = hash.strip_prefix(pepper::PREFIX) {
        return parse_peppered(rest);
    }
    if let Some((id, rest)) = hash.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
        return parse_spring(id, rest);
    }
    parse_plain(hash)
}

fn parse_plain(hash: &str) -> Result<Stored> {
    let name = hash.strip_prefix('$').unwrap_or(hash);
    // `rest` is what follows the name: Django's and WordPress's names stand before a string of another maker.
    let (name, rest) = name.split_once('$').unwrap_or((name, ""));
    match (hash.starts_with('$'), name) {
        (true, "argon2id" | "argon2i" | "argon2d") => parse_argon2(hash),
        (false, "argon2") => parse_argon2(&format!("${rest}")),
        (true, "2" | "2a" | "2b" | "2x" | "2y") => parse_bcrypt(hash, "bcrypt", Prehash::None),
        (false, "bcrypt") => parse_bcrypt(rest, "bcrypt", Prehash::None),
        (false, "bcrypt_sha256") => parse_bcrypt(rest, "django-bcrypt-sha256", Prehash::Sha256Hex),
        (true, "wp") => parse_bcrypt(&format!("${rest}"), "wordpress-bcrypt", Prehash::WordPress),
        (true, "bcrypt-sha256") => parse_bcrypt_sha256(hash),
        (true, "scrypt") => scrypt::parse_phc(hash).map(stored_scrypt),
        (true, "7") => scrypt::parse_crypt(hash).map(stored_scrypt),
        (false, "scrypt") => scrypt::parse_django(hash).map(stored_scrypt),
        (true, "pbkdf2" | "pbkdf2-sha1" | "pbkdf2-sha256" | "pbkdf2-sha512") => {
            pbkdf2::parse_phc(hash).map(stored_pbkdf2)
        }
        (false, "pbkdf2_sha1" | "pbkdf2_sha256") => pbkdf2::parse_django(hash).map(stored_pbkdf2),
        (true, "P" | "H") => {
            let (spec, tag) = phpass::parse(hash)?;
            Ok(Stored { prehash: Prehash::Phpass, ..Stored::new("phpass", Kernel::Phpass(spec), tag) })
        }
        _ => Err(Error::new(
            Code::HashFormat,
            "hash is no password hash that offloop reads: it must begin with $argon2id$, $argon2i$, $argon2d$, $2a$, \
             $2b$, $2y$, $2x$, $bcrypt-sha256$, $scrypt$, $7$, $pbkdf2-sha256$, $P$, $wp$, a name of Django's or an \
             {id} of Spring's",
        )),
    }
}

fn parse_argon2(hash: &str) -> Result<Stored> {
    let phc::Encoded { spec, tag, key_id } = phc::parse(hash)?;
    let scheme = spec.argon2.algorithm().as_str();
    Ok(Stored { key_id, ..Stored::new(scheme, Kernel::Argon2(spec), tag) })
}

fn parse_bcrypt(hash: &str, scheme: &'static str, prehash: Prehash) -> Result<Stored> {
    let bcrypt::Encoded { spec, tag } = bcrypt::parse(hash)?;
    if prehash != Prehash::None && matches!(spec.dialect, Dialect::Original | Dialect::X) {
        return Err(malformed_as(
            "a bcrypt string of Django's or WordPress's",
            "its prefix must be $2a$, $2b$ or $2y$",
        ));
    }
    Ok(Stored { prehash, ..Stored::new(scheme, Kernel::Bcrypt(spec), tag.to_vec()) })
}

/// `$bcrypt-sha256$v=2,t=2b,r=12$<salt>$<hash>`, or without `v` and `t=` in version 1: `$bcrypt-sha256$2b,12$…`.
fn parse_bcrypt_sha256(hash: &str) -> Result<Stored> {
    let malformed = |why| malformed_as("a bcrypt-sha256 string", why);
    let fields: Vec<_> = hash.splitn(6, '$').collect();
    let &["", _, costs, salt, tag] = &fields[..] else {
        return Err(malformed("expected $bcrypt-sha256$v=2,t=2b,r=…$salt$hash"));
    };
    let costs: Vec<_> = costs.splitn(4, ',').collect();
    let (dialect, cost, prehash) = match costs[..] {
        [dialect, cost] => (dialect, cost, Prehash::Sha256Base64),
        ["v=2", dialect, cost] if dialect.starts_with("t=") && cost.starts_with("r=") => {
            (&dialect[2..], &cost[2..], Prehash::HmacSha256Base64(salt.into()))
        }
        _ => return Err(malformed("its version must be 1 or 2, and t and r stand after it")),
    };
    let dialect = match dialect {
        "2a" => Dialect::A,
        "2b" => Dialect::B,
        "2y" => Dialect::Y,
        _ => return Err(malformed("its type must be 2a, 2b or 2y")),
    };
    let cost = decimal(cost).filter(|cost| (4..=31).contains(cost));
    let cost = cost.ok_or_else(|| malformed("its rounds must be 4 to 31"))?;
    let (salt, tag) = bcrypt::parse_fields(salt.as_bytes(), tag.as_bytes())?;
    let spec = bcrypt::Spec { dialect, cost, salt, wraps: false };
    Ok(Stored { prehash, ..Stored::new("bcrypt-sha256", Kernel::Bcrypt(spec), tag.to_vec()) })
}

/// A hash of a peppered password by a scheme that has no field for the key's id.
fn parse_peppered(rest: &str) -> Result<Stored> {
    let malformed = |why| malformed_as("a hash of a peppered password", why);
    let end = rest.find('$').ok_or_else(|| malformed("a hash must follow its keyid"))?;
    let (id, hash) = rest.split_at(end);
    let id =
        pepper::read_id(id).ok_or_else(|| malformed("its keyid must be 1 to 64 bytes of UTF-8 in base64"))?;
    let stored = parse_plain(hash)?;
    if stored.key_id.is_some() {
        return Err(malformed("it names two keys"));
    }
    Ok(Stored { key_id: Some(id), ..stored })
}

fn parse_spring(id: &str, rest: &str) -> Result<Stored> {
    match id {
        "bcrypt" => parse_bcrypt(rest, "bcrypt", Prehash::None),
        "argon2" | "argon2@SpringSecurity_v5_8" => parse_argon2(rest),
        "scrypt" | "scrypt@SpringSecurity_v5_8" => scrypt::parse_spring(rest).map(stored_scrypt),
        "pbkdf2" => pbkdf2::parse_spring(rest, false).map(stored_pbkdf2),
        "pbkdf2@SpringSecurity_v5_8" => pbkdf2::parse_spring(rest, true).map(stored_pbkdf2),
        _ => Err(Error::new(
            Code::HashFormat,
            "hash has an {id} that offloop does not read: it must be bcrypt, argon2, scrypt or pbkdf2. ({noop} is the \
             password itself, and plain digests are no password hashes: let their users set new passwords.)",
        )),
    }
}

fn stored_scrypt((spec, tag): (scrypt::Spec, Vec<u8>)) -> Stored {
    Stored::new("scrypt", Kernel::Scrypt(spec), tag)
}

fn stored_pbkdf2((spec, tag): (pbkdf2::Spec, Vec<u8>)) -> Stored {
    Stored::new(spec.digest.scheme(), Kernel::Pbkdf2(spec), tag)
}

impl Stored {
    fn new(scheme: &'static str, kernel: Kernel, tag: Vec<u8>) -> Self {
        Self { scheme, kernel, prehash: Prehash::None, key_id: None, tag }
    }

    /// The scheme's name, as [`Stored::params`] belong to it: `argon2id`, `argon2i`, `argon2d`, `bcrypt`,
    /// `bcrypt-sha256`, `django-bcrypt-sha256`, `wordpress-bcrypt`, `scrypt`, `pbkdf2-sha1`, `pbkdf2-sha256`,
    /// `pbkdf2-sha512` or `phpass`.
    pub fn scheme(&self) -> &'static str {
        self.scheme
    }

    /// The id of the pepper's key that its password was mixed with.
    pub fn key_id(&self) -> Option<&str> {
        self.key_id.as_deref()
    }

    /// `ERR_COST_LIMIT` if verifying would take more than `limits` allow. Allocates nothing.
    pub fn check_limits(&self, limits: &Limits) -> Result<()> {
        self.kernel.check_limits(limits)
    }

    /// Memory that verifying takes while it runs, in bytes; 0 where it needs none of note.
    pub fn working_bytes(&self) -> u64 {
        self.kernel.working_bytes()
    }

    /// Whether this is `password`'s hash. Compares in constant time.
    ///
    /// It is verified as it was made: of a longer password bcrypt takes the first 72 bytes.
    ///
    /// Errors: `ERR_INVALID_ARG` for a password over [`MAX_PASSWORD_BYTES`](super::MAX_PASSWORD_BYTES), and for a hash
    /// of a peppered password; `ERR_MEMORY_BUDGET` where the system refuses memory.
    pub fn verify(&self, password: &Secret, arenas: &Arenas, cancel: &Cancel) -> Result<bool> {
        password.check_length()?;
        let (kernel, input) = self.prepare(password, &Pepper::default(), &[])?;
        let tag = kernel.derive(&input.bytes, arenas, cancel)?;
        Ok(self.is(&input, &tag))
    }

    /// The computation that tells, and what it is of. `data` is what argon2's associated data should be.
    pub(super) fn prepare(&self, password: &Secret, pepper: &Pepper, data: &[u8]) -> Result<(Kernel, Input)> {
        let peppered = match &self.key_id {
            Some(id) => Some(pepper.apply(id, password.as_bytes())?),
            None => None,
        };
        let password = peppered.as_ref().map_or(password.as_bytes(), |peppered| peppered);
        let mut possible = true;
        let bytes = self.prehash.apply(password)?.unwrap_or_else(|| {
            possible = false;
            Zeroizing::default()
        });
        let mut kernel = self.kernel.clone();
        if let Kernel::Argon2(spec) = &mut kernel
            && !data.is_empty()
        {
            // What stands in the string must be what was asked for.
            possible &= spec.data.is_empty() || bool::from(spec.data.ct_eq(data));
            spec.data = data.to_vec();
        }
        Ok((kernel, Input { bytes, possible }))
    }

    /// Whether the computation came to what is stored. In constant time.
    pub(super) fn is(&self, input: &Input, tag: &[u8]) -> bool {
        bool::from(self.tag.ct_eq(tag)) & input.possible
    }

    pub(super) fn tag_length(&self) -> usize {
        self.tag.len()
    }
}

/// What a computation is of.
pub(super) struct Input {
    pub(super) bytes: Zeroizing<Vec<u8>>,
    /// False where the answer is no, and only the work is done.
    pub(super) possible: bool,
}

/// Shows the scheme, neither salt nor hash.
impl fmt::Debug for Stored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.scheme)
    }
}
