//! argon2's stored strings.
//!
//! Written as the reference implementation writes them and the [PHC string format] asks:
//! `$argon2id$v=19$m=19456,t=2,p=1$<salt>$<hash>`, base64 without padding. Read with `m`, `t` and `p` in any
//! order, since some makers have another, and without `v`, which then is 0x10, the version before there was
//! a field for it. `keyid`, the id of a pepper's key, and `data`, associated data, may stand after the costs.
//!
//! [PHC string format]: https://github.com/P-H-C/phc-string-format/blob/master/phc-sf-spec.md

use std::ops::RangeInclusive;

use argon2_rust::params::{Memory, TagLen};
use argon2_rust::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;

use super::argon2::{HASH_LENGTHS, MAX_DATA_BYTES, SALT_LENGTHS, Spec};
use super::fields;
use super::pepper;
use crate::error::{Error, Result};

/// A parsed string.
pub(super) struct Encoded {
    pub(super) spec: Spec,
    pub(super) tag: Vec<u8>,
    /// The id of the key that the password was mixed with.
    pub(super) key_id: Option<String>,
}

/// `spec.data` is not written: who binds a hash to data wants it asked for.
pub(super) fn write(spec: &Spec, key_id: Option<&str>, tag: &[u8]) -> String {
    let Spec { argon2, salt, .. } = spec;
    let key_id = key_id.map(|id| format!(",keyid={}", pepper::write_id(id))).unwrap_or_default();
    let params = argon2.params();
    format!(
        "${}$v={}$m={},t={},p={}{key_id}${}${}",
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
    let mut fields = hash.split('$');
    let algorithm = match fields.next().filter(|before| before.is_empty()).and_then(|_| fields.next()) {
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
    let Costs { memory_kib, passes, lanes, key_id, data } = Costs::parse(costs)?;
    let salt = decode("salt", salt, &SALT_LENGTHS)?;
    let tag = decode("hash", tag, &HASH_LENGTHS)?;
    let params = Params::builder()
        .memory(Memory::kib(u64::from(memory_kib)))
        .passes(passes)
        .lanes(lanes)
        .threads(1)
        .tag_len(TagLen::bytes(tag.len() as u64))
        .build()
        .map_err(|_| {
            malformed("no argon2 has its costs: m must be at least 8 and 8 times p, t and p at least 1")
        })?;
    let spec = Spec { data, ..Spec::new(Argon2::new(algorithm, version, params), salt) };
    Ok(Encoded { spec, tag, key_id })
}

struct Costs {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
    key_id: Option<String>,
    data: Vec<u8>,
}

impl Costs {
    fn parse(field: &str) -> Result<Self> {
        let (mut memory, mut passes, mut lanes) = (None, None, None);
        let (mut key_id, mut data) = (None, None);
        for pair in field.split(',') {
            let (slot, value) = match pair.split_once('=') {
                Some(("m", value)) => (&mut memory, value),
                Some(("t", value)) => (&mut passes, value),
                Some(("p", value)) => (&mut lanes, value),
                Some(("keyid", value)) => {
                    let id = pepper::read_id(value)
                        .ok_or_else(|| malformed("its keyid must be 1 to 64 bytes of UTF-8 in base64"))?;
                    if key_id.replace(id).is_some() {
                        return Err(twice());
                    }
                    continue;
                }
                Some(("data", value)) => {
                    if data.replace(decode("data", value, &(0..=MAX_DATA_BYTES))?).is_some() {
                        return Err(twice());
                    }
                    continue;
                }
                _ => return Err(malformed("its costs must be m, t and p, each name=number")),
            };
            if slot.replace(decimal(value)?).is_some() {
                return Err(twice());
            }
        }
        match (memory, passes, lanes) {
            (Some(memory_kib), Some(passes), Some(lanes)) => {
                Ok(Self { memory_kib, passes, lanes, key_id, data: data.unwrap_or_default() })
            }
            _ => Err(twice()),
        }
    }
}

fn decimal(text: &str) -> Result<u32> {
    fields::decimal(text)
        .ok_or_else(|| malformed("m, t and p must be decimal numbers below 2^32, without leading zeros"))
}

fn twice() -> Error {
    malformed("each of m, t and p must stand in it once, keyid and data at most once")
}

fn decode(what: &str, text: &str, lengths: &RangeInclusive<usize>) -> Result<Vec<u8>> {
    let (min, max) = (lengths.start(), lengths.end());
    match BASE64.decode(text) {
        Ok(bytes) if lengths.contains(&bytes.len()) => Ok(bytes),
        _ => Err(malformed(&format!("its {what} must be {min} to {max} bytes in base64 without padding"))),
    }
}

fn malformed(why: &str) -> Error {
    fields::malformed_as("an argon2 string", why)
}
