//! argon2's stored strings.
//!
//! Written as the reference implementation writes them and the [PHC string format] asks:
//! `$argon2id$v=19$m=19456,t=2,p=1$<salt>$<hash>`, base64 without padding. Read with `m`, `t` and `p` in any
//! order, since some makers have another, and without `v`, which then is 0x10, the version before there was
//! a field for it.
//!
//! [PHC string format]: https://github.com/P-H-C/phc-string-format/blob/master/phc-sf-spec.md

use std::ops::RangeInclusive;

use argon2_rust::params::{Memory, TagLen};
use argon2_rust::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;

use super::argon2::{HASH_LENGTHS, SALT_LENGTHS};
use crate::error::{Code, Error, Result};

/// A parsed string.
pub(super) struct Encoded {
    pub(super) argon2: Argon2,
    pub(super) salt: Vec<u8>,
    pub(super) tag: Vec<u8>,
}

pub(super) fn write(argon2: &Argon2, salt: &[u8], tag: &[u8]) -> String {
    let params = argon2.params();
    format!(
        "${}$v={}$m={},t={},p={}${}${}",
        argon2.algorithm().as_str(),
        argon2.version().as_u32(),
        params.memory_kib(),
        params.passes(),
        params.lanes(),
        BASE64.encode(salt),
        BASE64.encode(tag),
    )
}

/// Parses a string whose length the caller has bounded.
pub(super) fn parse(hash: &str) -> Result<Encoded> {
    let mut fields = hash.strip_prefix('$').unwrap_or(hash).split('$');
    let algorithm = match fields.next() {
        Some("argon2id") => Algorithm::Argon2id,
        Some("argon2i") => Algorithm::Argon2i,
        Some("argon2d") => Algorithm::Argon2d,
        _ => return Err(malformed("its algorithm must be argon2id, argon2i or argon2d")),
    };
    let mut field = fields.next();
    let mut version = Version::V0x10;
    if let Some(number) = field.and_then(|field| field.strip_prefix("v=")) {
        version = match number {
            "16" => Version::V0x10,
            "19" => Version::V0x13,
            _ => return Err(malformed("its version v must be 19 or 16")),
        };
        field = fields.next();
    }
    let (Some(costs), Some(salt), Some(tag), None) = (field, fields.next(), fields.next(), fields.next())
    else {
        return Err(malformed("expected $algorithm$v=19$m=…,t=…,p=…$salt$hash"));
    };
    let costs = Costs::parse(costs)?;
    let salt = decode("salt", salt, &SALT_LENGTHS)?;
    let tag = decode("hash", tag, &HASH_LENGTHS)?;
    let params = Params::builder()
        .memory(Memory::kib(u64::from(costs.memory_kib)))
        .passes(costs.passes)
        .lanes(costs.lanes)
        .threads(1)
        .tag_len(TagLen::bytes(tag.len() as u64))
        .build()
        .map_err(|_| {
            malformed("no argon2 has its costs: m must be at least 8 and 8 times p, t and p at least 1")
        })?;
    Ok(Encoded { argon2: Argon2::new(algorithm, version, params), salt, tag })
}

struct Costs {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

impl Costs {
    fn parse(field: &str) -> Result<Self> {
        let (mut memory, mut passes, mut lanes) = (None, None, None);
        for pair in field.split(',') {
            let (slot, value) = match pair.split_once('=') {
                Some(("m", value)) => (&mut memory, value),
                Some(("t", value)) => (&mut passes, value),
                Some(("p", value)) => (&mut lanes, value),
                Some(("keyid", _)) => {
                    return Err(unsupported(
                        "was made with a pepper (keyid), which this version cannot take",
                    ));
                }
                Some(("data", _)) => {
                    return Err(unsupported("holds associated data (data), which this version cannot take"));
                }
                _ => return Err(malformed("its costs must be m, t and p, each name=number")),
            };
            if slot.replace(decimal(value)?).is_some() {
                return Err(malformed("each of m, t and p must stand in it once"));
            }
        }
        match (memory, passes, lanes) {
            (Some(memory_kib), Some(passes), Some(lanes)) => Ok(Self { memory_kib, passes, lanes }),
            _ => Err(malformed("each of m, t and p must stand in it once")),
        }
    }
}

/// The PHC format's decimals: digits only, no leading zero.
fn decimal(text: &str) -> Result<u32> {
    let minimal =
        text.bytes().all(|byte| byte.is_ascii_digit()) && !(text.len() > 1 && text.starts_with('0'));
    let value = if minimal { text.parse().ok() } else { None };
    value.ok_or_else(|| malformed("m, t and p must be decimal numbers below 2^32, without leading zeros"))
}

fn decode(what: &str, text: &str, lengths: &RangeInclusive<usize>) -> Result<Vec<u8>> {
    let (min, max) = (lengths.start(), lengths.end());
    match BASE64.decode(text) {
        Ok(bytes) if lengths.contains(&bytes.len()) => Ok(bytes),
        _ => Err(malformed(&format!("its {what} must be {min} to {max} bytes in base64 without padding"))),
    }
}

fn malformed(why: &str) -> Error {
    Error::new(Code::HashFormat, format!("hash begins like an argon2 string but is none: {why}"))
}

fn unsupported(why: &str) -> Error {
    Error::new(Code::HashFormat, format!("hash is an argon2 string that {why}"))
}
