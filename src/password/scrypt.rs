//! scrypt (RFC 7914) and its stored strings, which are only verified:
//!
//! - the PHC form, `$scrypt$ln=17,r=8,p=1$<salt>$<hash>`, as passlib and many others write it;
//! - `$7$` of `crypt`, as libxcrypt and libsodium write it: the logarithm of N in one character, r and p in five each,
//!   the salt as it stands, 43 characters of hash;
//! - Django's `scrypt$<N>$<salt>$<r>$<p>$<hash>`, and Spring's `$e0801$<salt>$<hash>`, whose hexadecimal number holds
//!   the logarithm of N, r and p.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use zeroize::Zeroizing;

use super::fields::{decimal, malformed_as};
use super::itoa64;
use crate::error::{Code, Error, Result};

/// Lengths of hashes in bytes.
const TAG_LENGTHS: std::ops::RangeInclusive<usize> = 16..=128;
/// Beyond it nobody could compute the hash; it keeps all sums within 64 bits.
const MOST: u32 = 1 << 20;

/// What a hash is computed by, the password aside.
#[derive(Clone)]
pub(super) struct Spec {
    /// The base-2 logarithm of N.
    pub(super) cost: u8,
    /// r: the block size, in 128 bytes.
    pub(super) block_size: u32,
    /// p: computations, one after the other here.
    pub(super) parallelism: u32,
    pub(super) salt: Vec<u8>,
    pub(super) tag_length: usize,
}

impl Spec {
    fn new(cost: u32, block_size: u32, parallelism: u32, salt: Vec<u8>, tag: &[u8]) -> Result<Self> {
        let possible = (1..=40).contains(&cost)
            && (1..=MOST).contains(&block_size)
            && (1..=MOST).contains(&parallelism)
            // RFC 7914 §2; and what no machine has, so that no sum overflows.
            && u64::from(block_size) * u64::from(parallelism) < 1 << 30
            && u64::from(block_size) * 128 < (1 << 48) >> cost
            && scrypt::Params::new(cost as u8, block_size, parallelism).is_ok();
        if !possible {
            return Err(malformed("no scrypt has its costs"));
        }
        if !TAG_LENGTHS.contains(&tag.len()) {
            return Err(malformed("its hash must be 16 to 128 bytes"));
        }
        Ok(Self { cost: cost as u8, block_size, parallelism, salt, tag_length: tag.len() })
    }

    /// The table of N blocks, which the limit is about.
    pub(super) fn table_kib(&self) -> u64 {
        (u64::from(self.block_size) * 128) << self.cost >> 10
    }

    /// All that the computation allocates.
    pub(super) fn working_bytes(&self) -> u64 {
        let block = u64::from(self.block_size) * 128;
        (block << self.cost) + block * (u64::from(self.parallelism) + 1)
    }

    /// The hash proper. It cannot be stopped midway.
    pub(super) fn derive(&self, password: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        let params = scrypt::Params::new(self.cost, self.block_size, self.parallelism)
            .map_err(|_| Error::internal("scrypt: its costs were checked"))?;
        // The crate takes its memory in a way that ends the process where there is none: ask first.
        let bytes = usize::try_from(self.working_bytes()).unwrap_or(usize::MAX);
        if Vec::<u8>::new().try_reserve_exact(bytes).is_err() {
            return Err(Error::new(
                Code::MemoryBudget,
                format!("the system refused scrypt its {bytes} bytes of memory"),
            ));
        }
        let mut tag = Zeroizing::new(vec![0; self.tag_length]);
        scrypt::scrypt(password, &self.salt, &params, &mut tag)
            .map_err(|_| Error::internal("scrypt: its hash's length was checked"))?;
        Ok(tag)
    }
}

/// `$scrypt$ln=17,r=8,p=1$<salt>$<hash>`
pub(super) fn parse_phc(hash: &str) -> Result<(Spec, Vec<u8>)> {
    let fields: Vec<_> = hash.splitn(6, '$').collect();
    let &["", "scrypt", costs, salt, tag] = &fields[..] else {
        return Err(malformed("expected $scrypt$ln=…,r=…,p=…$salt$hash"));
    };
    let (mut cost, mut block_size, mut parallelism) = (None, None, None);
    for pair in costs.split(',') {
        let (slot, value) = match pair.split_once('=') {
            Some(("ln", value)) => (&mut cost, value),
            Some(("r", value)) => (&mut block_size, value),
            Some(("p", value)) => (&mut parallelism, value),
            _ => return Err(malformed("its costs must be ln, r and p")),
        };
        if slot.replace(decimal(value).ok_or_else(not_a_number)?).is_some() {
            return Err(malformed("each of ln, r and p must stand in it once"));
        }
    }
    let (Some(cost), Some(block_size), Some(parallelism)) = (cost, block_size, parallelism) else {
        return Err(malformed("each of ln, r and p must stand in it once"));
    };
    let (Ok(salt), Ok(tag)) = (STANDARD_NO_PAD.decode(salt), STANDARD_NO_PAD.decode(tag)) else {
        return Err(malformed("its salt and hash must be base64 without padding"));
    };
    Ok((Spec::new(cost, block_size, parallelism, salt, &tag)?, tag))
}

/// `$7$CU..../....<salt>$<hash>`
pub(super) fn parse_crypt(hash: &str) -> Result<(Spec, Vec<u8>)> {
    let text = hash.strip_prefix("$7$").unwrap_or(hash).as_bytes();
    let shape = || malformed("expected $7$, eleven characters of costs, salt, $ and 43 characters of hash");
    let (settings, tag) = match text.iter().rposition(|byte| *byte == b'$') {
        Some(end) if end >= 11 => (&text[..end], &text[end + 1..]),
        _ => return Err(shape()),
    };
    let (costs, salt) = settings.split_at(11);
    let (Some(cost), Some(block_size), Some(parallelism)) =
        (itoa64::digit(costs[0]), itoa64::number(&costs[1..6]), itoa64::number(&costs[6..]))
    else {
        return Err(shape());
    };
    let tag = itoa64::decode(tag).filter(|tag| tag.len() == 32).ok_or_else(shape)?;
    Ok((Spec::new(cost, block_size, parallelism, salt.to_vec(), &tag)?, tag))
}

/// Django's `scrypt$16384$<salt>$8$5$<hash>`, whose salt counts as it stands.
pub(super) fn parse_django(hash: &str) -> Result<(Spec, Vec<u8>)> {
    let fields: Vec<_> = hash.splitn(7, '$').collect();
    let &["scrypt", n, salt, block_size, parallelism, tag] = &fields[..] else {
        return Err(malformed("expected scrypt$N$salt$r$p$hash"));
    };
    let (Some(n), Some(block_size), Some(parallelism)) =
        (decimal(n), decimal(block_size), decimal(parallelism))
    else {
        return Err(not_a_number());
    };
    if !n.is_power_of_two() {
        return Err(malformed("its N must be a power of two"));
    }
    let tag = STANDARD.decode(tag).map_err(|_| malformed("its hash must be base64"))?;
    Ok((Spec::new(n.trailing_zeros(), block_size, parallelism, salt.into(), &tag)?, tag))
}

/// Spring's `$e0801$<salt>$<hash>`
pub(super) fn parse_spring(hash: &str) -> Result<(Spec, Vec<u8>)> {
    let fields: Vec<_> = hash.splitn(5, '$').collect();
    let &["", costs, salt, tag] = &fields[..] else {
        return Err(malformed("expected $costs$salt$hash after {scrypt}"));
    };
    let digits = costs.len() <= 8 && !costs.is_empty() && costs.bytes().all(|byte| byte.is_ascii_hexdigit());
    let costs = if digits { u32::from_str_radix(costs, 16).ok() } else { None };
    let costs = costs.ok_or_else(|| malformed("its costs must be a hexadecimal number"))?;
    let (Ok(salt), Ok(tag)) = (STANDARD.decode(salt), STANDARD.decode(tag)) else {
        return Err(malformed("its salt and hash must be base64"));
    };
    Ok((Spec::new(costs >> 16, (costs >> 8) & 255, costs & 255, salt, &tag)?, tag))
}

fn not_a_number() -> Error {
    malformed("its costs must be decimal numbers")
}

fn malformed(why: &str) -> Error {
    malformed_as("a scrypt string", why)
}
