//! scrypt (RFC 7914) and its stored strings, which are only verified:
//!
//! - the PHC form, `$scrypt$ln=17,r=8,p=1$<salt>$<hash>`, as passlib and many others write it;
//! - `$7$` of `crypt`, as libxcrypt and libsodium write it: the logarithm of N in one character, r and p in five each,
//!   the salt as it stands, 43 characters of hash;
//! - Django's `scrypt$<N>$<salt>$<r>$<p>$<hash>`, and Spring's `$e0801$<salt>$<hash>`, whose hexadecimal number holds
//!   the logarithm of N, r and p.

mod romix;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use zeroize::Zeroizing;

use self::romix::RoMix;
use super::fields::{decimal, malformed_as};
use super::{itoa64, pbkdf2};
use crate::error::{Code, Error, Result};
use crate::pool::Cancel;

/// Lengths of hashes in bytes.
const TAG_LENGTHS: std::ops::RangeInclusive<usize> = 16..=128;
/// Beyond it nobody could compute the hash; it keeps all sums within 64 bits.
const MOST: u32 = 1 << 20;
/// What the p tables may come to together under any limit: some two seconds.
const FREE_TABLE_BYTES: u64 = 1 << 30;

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
        // RFC 7914 §2, without its bound of N by r, which is a mistake (erratum 5971); and what no machine has, so that
        // no sum overflows.
        let possible = (1..=32).contains(&cost)
            && (1..=MOST).contains(&block_size)
            && (1..=MOST).contains(&parallelism)
            && u64::from(block_size) * u64::from(parallelism) < 1 << 30
            && u64::from(block_size) * 128 < (1 << 48) >> cost;
        if !possible {
            return Err(malformed("no scrypt has its costs"));
        }
        if !TAG_LENGTHS.contains(&tag.len()) {
            return Err(malformed("its hash must be 16 to 128 bytes"));
        }
        Ok(Self { cost: cost as u8, block_size, parallelism, salt, tag_length: tag.len() })
    }

    /// What `limits.scryptMemoryKiB` must be for it: the table, sixteen times the blocks that it is made from, or what
    /// all tables come to together if that is much.
    pub(super) fn asks_kib(&self) -> u64 {
        let (parallelism, table) = (u64::from(self.parallelism), self.block_bytes() << self.cost);
        let all_tables = table.saturating_mul(parallelism);
        let work = if all_tables > FREE_TABLE_BYTES { all_tables } else { 0 };
        table.max(16 * self.block_bytes() * parallelism).max(work) >> 10
    }

    /// All that the computation allocates: V, B, and the two blocks that are mixed.
    pub(super) fn working_bytes(&self) -> u64 {
        (self.block_bytes() << self.cost) + self.block_bytes() * (u64::from(self.parallelism) + 2)
    }

    fn block_bytes(&self) -> u64 {
        u64::from(self.block_size) * 128
    }

    /// The hash proper (RFC 7914 §6). Looks at `cancel` every millisecond or so.
    pub(super) fn derive(&self, password: &[u8], cancel: &Cancel) -> Result<Zeroizing<Vec<u8>>> {
        let refused = || {
            let bytes = self.working_bytes();
            Error::new(Code::MemoryBudget, format!("the system refused scrypt its {bytes} bytes of memory"))
        };
        let block = usize::try_from(self.block_bytes()).map_err(|_| refused())?;
        let length = block.checked_mul(self.parallelism as usize).ok_or_else(refused)?;
        let mut blocks = Zeroizing::new(Vec::new());
        blocks.try_reserve_exact(length).map_err(|_| refused())?;
        let mut mix = RoMix::new(self.cost, self.block_size).ok_or_else(refused)?;
        blocks.resize(length, 0);
        pbkdf2::hmac_sha256(password, &self.salt, &mut blocks, cancel)?;
        for block in blocks.chunks_exact_mut(block) {
            mix.run(block, cancel)?;
        }
        drop(mix);
        let mut tag = Zeroizing::new(vec![0; self.tag_length]);
        pbkdf2::hmac_sha256(password, &blocks, &mut tag, cancel)?;
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    fn spec(cost: u32, block_size: u32, parallelism: u32, salt: &[u8], length: usize) -> Spec {
        Spec::new(cost, block_size, parallelism, salt.to_vec(), &vec![0; length]).unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        #[test]
        fn equal_to_the_scrypt_crate(
            password in prop::collection::vec(any::<u8>(), 0..200),
            salt in prop::collection::vec(any::<u8>(), 0..80),
            (cost, block_size, parallelism) in (1_u8..10, 1_u32..20, 1_u32..5),
            length in 16_usize..128,
        ) {
            let params = ::scrypt::Params::new(cost, block_size, parallelism).unwrap();
            let mut expected = vec![0; length];
            ::scrypt::scrypt(&password, &salt, &params, &mut expected).unwrap();
            let spec = spec(cost.into(), block_size, parallelism, &salt, length);
            prop_assert_eq!(&*spec.derive(&password, &Cancel::new()).unwrap(), &expected);
        }
    }

    /// More pairs of blocks than are mixed between two looks.
    #[test]
    fn equal_to_the_scrypt_crate_for_large_blocks() {
        for block_size in [1023, 1024, 1025, 2050] {
            let params = ::scrypt::Params::new(2, block_size, 2).unwrap();
            let mut expected = [0; 64];
            ::scrypt::scrypt(b"password", b"salt", &params, &mut expected).unwrap();
            let tag = spec(2, block_size, 2, b"salt", 64).derive(b"password", &Cancel::new()).unwrap();
            assert_eq!(tag[..], expected, "{block_size}");
        }
    }

    #[test]
    fn stops_midway() {
        // Half a minute and more, if it were computed: of many tables, and of few rounds over large blocks.
        for (cost, block_size, parallelism) in [(14, 8, 4096), (8, 65536, 8)] {
            let spec = spec(cost, block_size, parallelism, b"salt", 32);
            let cancel = Cancel::new();
            let error = std::thread::scope(|scope| {
                scope.spawn(|| {
                    std::thread::sleep(Duration::from_millis(50));
                    cancel.cancel();
                });
                spec.derive(b"password", &cancel).unwrap_err()
            });
            assert_eq!(error.code(), Code::Cancelled);
        }
    }

    #[test]
    fn memory_that_the_system_refuses_is_an_error() {
        // 128 TiB: more than a process can address.
        let error = spec(32, 256, 1, b"salt", 32).derive(b"password", &Cancel::new()).unwrap_err();
        assert_eq!(error.code(), Code::MemoryBudget);
    }
}
