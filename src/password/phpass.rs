//! phpass's portable hashes, `$P$` (WordPress before 6.8, Drupal 6) and `$H$` (phpBB): MD5 over and over. Only verified.
//!
//! `$P$`, one character that is the base-2 logarithm of the iterations, eight of salt, 22 of hash; the salt counts as it
//! stands (<https://www.openwall.com/phpass/>).

use md5::{Digest as _, Md5};
use zeroize::Zeroizing;

use super::fields::malformed_as;
use super::itoa64;
use crate::error::Result;
use crate::pool::Cancel;

/// Bytes hashed between two looks at the cancel flag: below a millisecond.
const BETWEEN_LOOKS: usize = 256 << 10;

/// What a hash is computed by, the password aside.
#[derive(Clone)]
pub(super) struct Spec {
    /// The base-2 logarithm of the iterations.
    pub(super) cost: u32,
    pub(super) salt: [u8; 8],
}

impl Spec {
    pub(super) fn derive(&self, password: &[u8], cancel: &Cancel) -> Result<Zeroizing<Vec<u8>>> {
        let mut tag =
            Zeroizing::new(Md5::new().chain_update(self.salt).chain_update(password).finalize().to_vec());
        // The hash before it, the password and MD5's padding: a block at least.
        let between_looks = (BETWEEN_LOOKS / (64 + password.len())).max(1) as u32;
        for iteration in 0..1_u32 << self.cost {
            if iteration % between_looks == 0 {
                cancel.check()?;
            }
            let next = Md5::new().chain_update(&*tag).chain_update(password).finalize();
            tag.copy_from_slice(&next);
        }
        Ok(tag)
    }
}

pub(super) fn parse(hash: &str) -> Result<(Spec, Vec<u8>)> {
    let [b'$', b'P' | b'H', b'$', cost, rest @ ..] = hash.as_bytes() else {
        return Err(malformed("its prefix must be $P$ or $H$"));
    };
    let (Some((salt, tag)), Some(cost)) = (rest.split_first_chunk::<8>(), itoa64::digit(*cost)) else {
        return Err(malformed("expected $P$, a character of cost, 8 of salt and 22 of hash"));
    };
    if !(7..=30).contains(&cost) {
        return Err(malformed("its cost must be 7 to 30"));
    }
    match itoa64::decode(tag) {
        Some(bytes) if bytes.len() == 16 => Ok((Spec { cost, salt: *salt }, bytes)),
        _ => Err(malformed("its hash must be 22 characters of base64")),
    }
}

fn malformed(why: &str) -> crate::Error {
    malformed_as("a phpass string", why)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn stops_however_long_the_password_is() {
        // Gigabytes of MD5.
        let (spec, password) = (Spec { cost: 12, salt: *b"saltsalt" }, vec![0; 4 << 20]);
        let cancel = Cancel::new();
        let outcome = std::thread::scope(|scope| {
            scope.spawn(|| {
                std::thread::sleep(Duration::from_millis(50));
                cancel.cancel();
            });
            spec.derive(&password, &cancel)
        });
        assert!(outcome.is_err());
    }
}
