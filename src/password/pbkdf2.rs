//! PBKDF2 (RFC 8018 §5.2) with HMAC, and its stored strings, which are only verified:
//!
//! - the PHC form, `$pbkdf2-sha256$i=600000,l=32$<salt>$<hash>`;
//! - passlib's `$pbkdf2-sha256$29000$<salt>$<hash>`, also `$pbkdf2$` (SHA-1) and `$pbkdf2-sha512$`, in base64 with `.`
//!   instead of `+`;
//! - Django's `pbkdf2_sha256$600000$<salt>$<hash>`, also `pbkdf2_sha1`, whose salt counts as it stands;
//! - Spring's hexadecimal salt and hash, whose costs are in the encoder's settings and not in the string.

use base64::Engine as _;
use base64::alphabet::{Alphabet, STANDARD as STANDARD_ALPHABET};
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD, STANDARD, STANDARD_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Sha256, Sha512};
use zeroize::Zeroizing;

use super::fields::{decimal, malformed_as};
use crate::error::{Error, Result};
use crate::pool::Cancel;

/// Iterations between two looks at the cancel flag: below a millisecond.
const BETWEEN_LOOKS: u32 = 1024;
/// Bytes of salt between two looks, for scrypt's are long.
const SALT_BETWEEN_LOOKS: usize = 64 << 10;
const TAG_LENGTHS: std::ops::RangeInclusive<usize> = 10..=256;

/// passlib's variant: `.` for `+`.
const PASSLIB: GeneralPurpose = GeneralPurpose::new(
    &match Alphabet::new("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789./") {
        Ok(alphabet) => alphabet,
        Err(_) => STANDARD_ALPHABET,
    },
    NO_PAD,
);

/// The hash function inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Digest {
    Sha1,
    Sha256,
    Sha512,
}

impl Digest {
    pub(super) fn scheme(self) -> &'static str {
        match self {
            Digest::Sha1 => "pbkdf2-sha1",
            Digest::Sha256 => "pbkdf2-sha256",
            Digest::Sha512 => "pbkdf2-sha512",
        }
    }

    fn bytes(self) -> usize {
        match self {
            Digest::Sha1 => 20,
            Digest::Sha256 => 32,
            Digest::Sha512 => 64,
        }
    }
}

/// What a hash is computed by, the password aside.
#[derive(Clone)]
pub(super) struct Spec {
    pub(super) digest: Digest,
    pub(super) iterations: u32,
    pub(super) salt: Vec<u8>,
    pub(super) tag_length: usize,
}

impl Spec {
    fn new(digest: Digest, iterations: u32, salt: Vec<u8>, tag: &[u8]) -> Result<Self> {
        if iterations == 0 {
            return Err(malformed("its iterations must be at least 1"));
        }
        if !TAG_LENGTHS.contains(&tag.len()) {
            return Err(malformed("its hash must be 10 to 256 bytes"));
        }
        Ok(Self { digest, iterations, salt, tag_length: tag.len() })
    }

    /// Those of all the blocks that the hash is put together from.
    pub(super) fn all_iterations(&self) -> u64 {
        u64::from(self.iterations) * self.tag_length.div_ceil(self.digest.bytes()) as u64
    }

    /// The hash proper. Looks at `cancel` every millisecond or so.
    pub(super) fn derive(&self, password: &[u8], cancel: &Cancel) -> Result<Zeroizing<Vec<u8>>> {
        let mut tag = Zeroizing::new(vec![0; self.tag_length]);
        match self.digest {
            Digest::Sha1 => pbkdf2::<Hmac<Sha1>>(password, &self.salt, self.iterations, &mut tag, cancel)?,
            Digest::Sha256 => {
                pbkdf2::<Hmac<Sha256>>(password, &self.salt, self.iterations, &mut tag, cancel)?;
            }
            Digest::Sha512 => {
                pbkdf2::<Hmac<Sha512>>(password, &self.salt, self.iterations, &mut tag, cancel)?;
            }
        }
        Ok(tag)
    }
}

/// One iteration with SHA-256, as scrypt begins and ends.
pub(super) fn hmac_sha256(password: &[u8], salt: &[u8], tag: &mut [u8], cancel: &Cancel) -> Result<()> {
    pbkdf2::<Hmac<Sha256>>(password, salt, 1, tag, cancel)
}

/// RFC 8018 §5.2. (The crate `pbkdf2` has no way to stop it.)
fn pbkdf2<M: Mac + KeyInit + Clone>(
    password: &[u8],
    salt: &[u8],
    iterations: u32,
    tag: &mut [u8],
    cancel: &Cancel,
) -> Result<()> {
    // Keyed once: each iteration begins with a copy.
    let keyed = <M as KeyInit>::new_from_slice(password)
        .map_err(|_| Error::internal("HMAC takes keys of any length"))?;
    // So is the salt: neither is read again for another block.
    let mut salted = keyed.clone();
    for part in salt.chunks(SALT_BETWEEN_LOOKS) {
        cancel.check()?;
        salted.update(part);
    }
    for (block, part) in (1_u32..).zip(tag.chunks_mut(M::output_size())) {
        if block % BETWEEN_LOOKS == 0 {
            cancel.check()?;
        }
        let mut mac = salted.clone();
        mac.update(&block.to_be_bytes());
        let mut u = Zeroizing::new(mac.finalize().into_bytes().to_vec());
        let mut sum = u.clone();
        for iteration in 1..iterations {
            if iteration % BETWEEN_LOOKS == 0 {
                cancel.check()?;
            }
            let mut mac = keyed.clone();
            mac.update(&u);
            u.copy_from_slice(&mac.finalize().into_bytes());
            for (sum, u) in sum.iter_mut().zip(&*u) {
                *sum ^= u;
            }
        }
        part.copy_from_slice(&sum[..part.len()]);
    }
    Ok(())
}

/// The PHC form and passlib's: `$pbkdf2-sha256$` and then `i=…` or a number.
pub(super) fn parse_phc(hash: &str) -> Result<(Spec, Vec<u8>)> {
    let fields: Vec<_> = hash.splitn(6, '$').collect();
    let &["", name, costs, salt, tag] = &fields[..] else {
        return Err(malformed("expected $pbkdf2-sha256$iterations$salt$hash"));
    };
    let digest = match name {
        "pbkdf2" | "pbkdf2-sha1" => Digest::Sha1,
        "pbkdf2-sha256" => Digest::Sha256,
        "pbkdf2-sha512" => Digest::Sha512,
        _ => return Err(malformed("its digest must be sha1, sha256 or sha512")),
    };
    let (base64, iterations, length) = if let Some(iterations) = decimal(costs) {
        (&PASSLIB, Some(iterations), None)
    } else {
        let (mut iterations, mut length) = (None, None);
        for pair in costs.split(',') {
            let (slot, value) = match pair.split_once('=') {
                Some(("i", value)) => (&mut iterations, value),
                Some(("l", value)) => (&mut length, value),
                _ => return Err(malformed("its costs must be i and, if it says so, l")),
            };
            if slot.replace(decimal(value).ok_or_else(not_a_number)?).is_some() {
                return Err(malformed("each of i and l may stand in it once"));
            }
        }
        (&STANDARD_NO_PAD, iterations, length)
    };
    let iterations = iterations.ok_or_else(not_a_number)?;
    let (Ok(salt), Ok(tag)) = (base64.decode(salt), base64.decode(tag)) else {
        return Err(malformed("its salt and hash must be base64 without padding"));
    };
    if length.is_some_and(|length| length as usize != tag.len()) {
        return Err(malformed("its hash must have the length l"));
    }
    Ok((Spec::new(digest, iterations, salt, &tag)?, tag))
}

/// `pbkdf2_sha256$600000$<salt>$<hash>`
pub(super) fn parse_django(hash: &str) -> Result<(Spec, Vec<u8>)> {
    let fields: Vec<_> = hash.splitn(5, '$').collect();
    let &[name, iterations, salt, tag] = &fields[..] else {
        return Err(malformed("expected pbkdf2_sha256$iterations$salt$hash"));
    };
    let digest = match name {
        "pbkdf2_sha1" => Digest::Sha1,
        "pbkdf2_sha256" => Digest::Sha256,
        _ => return Err(malformed("its digest must be sha1 or sha256")),
    };
    let iterations = decimal(iterations).ok_or_else(not_a_number)?;
    let tag = STANDARD.decode(tag).map_err(|_| malformed("its hash must be base64"))?;
    Ok((Spec::new(digest, iterations, salt.into(), &tag)?, tag))
}

/// Spring's `Pbkdf2PasswordEncoder` with its defaults: those of Spring Security 5.8, or those before.
pub(super) fn parse_spring(hash: &str, since_5_8: bool) -> Result<(Spec, Vec<u8>)> {
    let (digest, iterations, salt_length) =
        if since_5_8 { (Digest::Sha256, 310_000, 16) } else { (Digest::Sha1, 185_000, 8) };
    let bytes = hexadecimal(hash).filter(|bytes| bytes.len() == salt_length + 32);
    let Some(mut bytes) = bytes else {
        return Err(malformed(&format!("{} hexadecimal digits must follow it", 2 * (salt_length + 32))));
    };
    let tag = bytes.split_off(salt_length);
    Ok((Spec::new(digest, iterations, bytes, &tag)?, tag))
}

fn hexadecimal(text: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    let digit = |character: u8| char::from(character).to_digit(16);
    pairs.iter().map(|[high, low]| Some((digit(*high)? * 16 + digit(*low)?) as u8)).collect()
}

fn not_a_number() -> Error {
    malformed("its iterations must be a decimal number")
}

fn malformed(why: &str) -> Error {
    malformed_as("a PBKDF2 string", why)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn derive(digest: Digest, password: &[u8], salt: &[u8], iterations: u32, length: usize) -> Vec<u8> {
        let spec = Spec { digest, iterations, salt: salt.to_vec(), tag_length: length };
        spec.derive(password, &Cancel::new()).unwrap().to_vec()
    }

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
    }

    /// RFC 6070 (SHA-1) and RFC 7914 §11 (SHA-256).
    #[test]
    fn vectors_of_rfc_6070_and_7914() {
        let long = (&b"passwordPASSWORDpassword"[..], &b"saltSALTsaltSALTsaltSALTsaltSALTsalt"[..]);
        for (password, salt, iterations, expected) in [
            (&b"password"[..], &b"salt"[..], 1, "0c60c80f961f0e71f3a9b524af6012062fe037a6"),
            (b"password", b"salt", 2, "ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957"),
            (b"password", b"salt", 4096, "4b007901b765489abead49d926f721d065a429c1"),
            (long.0, long.1, 4096, "3d2eec4fe41c849b80c8d83662c0e44a8b291a964cf2f07038"),
            (b"pass\0word", b"sa\0lt", 4096, "56fa6aa75548099dcc37d7f03425e0c3"),
        ] {
            let tag = derive(Digest::Sha1, password, salt, iterations, expected.len() / 2);
            assert_eq!(hex(&tag), expected);
        }
        for (password, salt, iterations, expected) in [
            (
                "passwd",
                "salt",
                1,
                "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc\
                 49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783",
            ),
            (
                "Password",
                "NaCl",
                80_000,
                "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56\
                 a1d425a1225833549adb841b51c9b3176a272bdebba1d078478f62b397f33c8d",
            ),
        ] {
            let tag = derive(Digest::Sha256, password.as_bytes(), salt.as_bytes(), iterations, 64);
            assert_eq!(hex(&tag), expected);
        }
    }

    proptest! {
        #[test]
        fn equal_to_the_pbkdf2_crate(
            password in prop::collection::vec(any::<u8>(), 0..200),
            salt in prop::collection::vec(any::<u8>(), 0..80),
            iterations in 1_u32..40,
            length in 10_usize..200,
        ) {
            let mut expected = vec![0; length];
            ::pbkdf2::pbkdf2_hmac::<Sha1>(&password, &salt, iterations, &mut expected);
            prop_assert_eq!(derive(Digest::Sha1, &password, &salt, iterations, length), &expected[..]);
            ::pbkdf2::pbkdf2_hmac::<Sha256>(&password, &salt, iterations, &mut expected);
            prop_assert_eq!(derive(Digest::Sha256, &password, &salt, iterations, length), &expected[..]);
            ::pbkdf2::pbkdf2_hmac::<Sha512>(&password, &salt, iterations, &mut expected);
            prop_assert_eq!(derive(Digest::Sha512, &password, &salt, iterations, length), &expected[..]);
        }
    }

    #[test]
    fn stops_when_nobody_wants_it() {
        let cancel = Cancel::new();
        cancel.cancel();
        let spec = Spec { digest: Digest::Sha256, iterations: u32::MAX, salt: vec![], tag_length: 32 };
        assert!(spec.derive(b"x", &cancel).is_err());
    }
}
