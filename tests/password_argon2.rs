//! argon2 from string to string: vectors, an independent implementation beside it, hostile strings.

use base64::Engine as _;
use offloop::Code;
use offloop::password::{self, Arenas, Argon2Algorithm, Limits, Policy, Secret};
use offloop::pool::Cancel;
use proptest::prelude::*;

fn secret(password: &[u8]) -> Secret {
    Secret::from(password.to_vec())
}

fn hash(password: &[u8], policy: &Policy, salt: Option<&[u8]>) -> offloop::Result<String> {
    password::hash(&secret(password), policy, salt, &Arenas::new(1), &Cancel::new())
}

fn verify(hash: &str, password: &[u8]) -> offloop::Result<bool> {
    password::parse(hash)?.verify(&secret(password), &Arenas::new(1), &Cancel::new())
}

fn policy(algorithm: Argon2Algorithm, memory_kib: u32, passes: u32, lanes: u32, hash_length: u32) -> Policy {
    Policy::Argon2 { algorithm, memory_kib, passes, lanes, hash_length }
}

fn cheap() -> Policy {
    policy(Argon2Algorithm::Argon2id, 64, 1, 1, 32)
}

/// From the reference implementation's own tests (phc-winner-argon2, `src/test.c`): password "password",
/// salt "somesalt".
const REFERENCE: [&str; 6] = [
    "$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA",
    "$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$iekCn0Y3spW+sCcFanM2xBT63UP2sghkUoHLIUpWRS8",
    "$argon2i$v=19$m=256,t=2,p=2$c29tZXNhbHQ$T/XOJ2mh1/TIpJHfCdQan76Q5esCFVoT5MAeIM1Oq2E",
    "$argon2i$m=256,t=2,p=1$c29tZXNhbHQ$/U3YPXYsSb3q9XxHvc0MLxur+GP960kN9j7emXX8zwY",
    "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
    "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc",
];

#[test]
fn verifies_the_reference_implementations_strings() {
    for hash in REFERENCE {
        assert!(verify(hash, b"password").unwrap(), "{hash}");
        assert!(!verify(hash, b"Password").unwrap(), "{hash}");
    }
}

#[test]
fn writes_what_the_reference_implementation_writes() {
    for (policy, expected) in [
        (policy(Argon2Algorithm::Argon2i, 256, 2, 2, 32), REFERENCE[2]),
        (policy(Argon2Algorithm::Argon2id, 256, 2, 1, 32), REFERENCE[4]),
    ] {
        assert_eq!(hash(b"password", &policy, Some(b"somesalt")).unwrap(), expected);
    }
}

#[test]
fn reads_costs_in_any_order_and_version_16_written_out() {
    for costs in ["m=256,t=2,p=2", "m=256,p=2,t=2", "t=2,m=256,p=2", "t=2,p=2,m=256", "p=2,m=256,t=2"] {
        let hash = REFERENCE[5].replace("m=256,t=2,p=2", costs);
        assert!(verify(&hash, b"password").unwrap(), "{costs}");
    }
    assert!(verify(&REFERENCE[3].replace("$m=", "$v=16$m="), b"password").unwrap());
    assert!(!verify(&REFERENCE[3].replace("$m=", "$v=19$m="), b"password").unwrap());
}

#[test]
fn draws_a_fresh_salt_of_16_bytes() {
    let (one, other) =
        (hash(b"password", &cheap(), None).unwrap(), hash(b"password", &cheap(), None).unwrap());
    assert_ne!(one, other);
    assert!(one.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{one}");
    assert_eq!(one.split('$').nth(4).unwrap().len(), 22);
    assert!(verify(&one, b"password").unwrap() && verify(&other, b"password").unwrap());
}

#[test]
fn the_default_is_owasps() {
    let hash = hash(b"password", &Policy::default(), None).unwrap();
    assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
    assert_eq!(hash.rsplit('$').next().unwrap().len(), 43);
}

#[test]
fn any_bytes_are_a_password() {
    for password in [&b""[..], b"\0", b"\xff\xfe\x00", "пароль 🔑".as_bytes(), &[7; 10_000]] {
        let hash = hash(password, &cheap(), None).unwrap();
        assert!(verify(&hash, password).unwrap());
        assert!(!verify(&hash, &[password, b"\0"].concat()).unwrap());
    }
}

#[test]
fn jobs_of_one_policy_share_an_arena_of_the_size_they_account_for() {
    let arenas = Arenas::new(1);
    // 100 KiB over 3 lanes: rounded down to 96 blocks.
    let policy = policy(Argon2Algorithm::Argon2id, 100, 1, 3, 32);
    assert_eq!(policy.working_bytes(), 96 * 1024);
    let hash = password::hash(&secret(b"password"), &policy, None, &arenas, &Cancel::new()).unwrap();
    assert_eq!(arenas.idle_bytes(), policy.working_bytes());
    let stored = password::parse(&hash).unwrap();
    assert_eq!(stored.working_bytes(), policy.working_bytes());
    assert!(stored.verify(&secret(b"password"), &arenas, &Cancel::new()).unwrap());
    password::waste(&policy, &secret(b"password"), &arenas, &Cancel::new()).unwrap();
    assert_eq!(arenas.idle_bytes(), policy.working_bytes());
}

#[test]
fn a_job_that_nobody_wants_is_not_started() {
    let cancelled = Cancel::new();
    cancelled.cancel();
    let late = Cancel::new();
    late.expire();
    let stored = password::parse(REFERENCE[4]).unwrap();
    for (cancel, expected) in [(&cancelled, Code::Cancelled), (&late, Code::Deadline)] {
        let (arenas, password) = (Arenas::new(1), secret(b"password"));
        let errors = [
            password::hash(&password, &cheap(), None, &arenas, cancel).unwrap_err(),
            password::waste(&cheap(), &password, &arenas, cancel).unwrap_err(),
            stored.verify(&password, &arenas, cancel).unwrap_err(),
        ];
        assert!(errors.iter().all(|error| error.code() == expected), "{errors:?}");
        assert_eq!(arenas.idle_bytes(), 0);
    }
}

#[test]
fn costs_out_of_range_are_named() {
    let id = Argon2Algorithm::Argon2id;
    for (policy, names) in [
        (policy(id, 7, 1, 1, 32), "policy.memoryKiB must be an integer from 8 to 4194304; got 7"),
        (policy(id, 31, 1, 4, 32), "policy.memoryKiB must be an integer from 32 to"),
        (policy(id, u32::MAX, 1, 1, 32), "policy.memoryKiB"),
        (policy(id, 64, 0, 1, 32), "policy.passes"),
        (policy(id, 64, 65_536, 1, 32), "policy.passes"),
        (policy(id, 64, 1, 0, 32), "policy.lanes"),
        (policy(id, u32::MAX, 1, u32::MAX, 32), "policy.lanes"),
        (policy(id, 64, 1, 1, 3), "policy.hashLength"),
        (policy(id, 64, 1, 1, 1025), "policy.hashLength"),
    ] {
        let wasted = password::waste(&policy, &secret(b"password"), &Arenas::new(1), &Cancel::new());
        for error in [
            policy.validate().unwrap_err(),
            hash(b"password", &policy, None).unwrap_err(),
            wasted.unwrap_err(),
        ] {
            assert_eq!(error.code(), Code::InvalidArg);
            assert!(error.message().contains(names), "{error}");
        }
        assert_eq!(policy.working_bytes(), 0);
    }
}

#[test]
fn salts_of_a_wrong_length_are_refused() {
    for length in [0, 7, 1025] {
        let error = hash(b"password", &cheap(), Some(&vec![0; length])).unwrap_err();
        assert_eq!(error.code(), Code::InvalidArg);
        assert!(error.message().contains("salt must be 8 to 1024 bytes"), "{error}");
    }
    for length in [8, 1024] {
        let hash =
            hash(b"password", &policy(Argon2Algorithm::Argon2i, 8, 1, 1, 1024), Some(&vec![1; length]));
        assert!(verify(&hash.unwrap(), b"password").unwrap(), "{length}");
    }
}

#[test]
fn a_password_over_the_cap_is_refused_everywhere() {
    let password = Secret::from(vec![b'x'; password::MAX_PASSWORD_BYTES + 1]);
    let (arenas, cancel) = (Arenas::new(1), Cancel::new());
    let errors = [
        password::hash(&password, &cheap(), None, &arenas, &cancel).unwrap_err(),
        password::waste(&cheap(), &password, &arenas, &cancel).unwrap_err(),
        password::parse(REFERENCE[4]).unwrap().verify(&password, &arenas, &cancel).unwrap_err(),
    ];
    assert!(errors.iter().all(|error| error.code() == Code::InvalidArg), "{errors:?}");
    assert!(hash(&vec![b'x'; password::MAX_PASSWORD_BYTES], &cheap(), None).is_ok());
}

#[test]
fn a_stored_hash_over_the_limits_is_refused_while_it_is_only_numbers() {
    let limits = Limits { memory_kib: 256, passes: 2, lanes: 2, ..Limits::default() };
    let check = |costs: &str, limits: &Limits| {
        let hash = REFERENCE[5].replace("m=256,t=2,p=2", costs);
        password::parse(&hash).unwrap().check_limits(limits).map_err(|error| {
            assert_eq!(error.code(), Code::CostLimit);
            error.message().to_owned()
        })
    };
    assert_eq!(check("m=256,t=2,p=2", &limits), Ok(()));
    assert!(check("m=257,t=2,p=2", &limits).unwrap_err().contains("limits.memoryKiB"));
    assert!(check("m=256,t=3,p=2", &limits).unwrap_err().contains("limits.passes"));
    assert!(check("m=256,t=2,p=3", &limits).unwrap_err().contains("limits.lanes"));
    for costs in ["m=4294967295,t=1,p=1", "m=64,t=4294967295,p=1", "m=134217720,t=1,p=16777215"] {
        assert!(check(costs, &Limits::default()).is_err(), "{costs}");
    }
    // RFC 9106's first recommended option.
    assert_eq!(check("m=2097152,t=1,p=4", &Limits::default()), Ok(()));
}

#[test]
fn strings_that_are_no_argon2_hash_are_refused() {
    let good = REFERENCE[4];
    let head = good.rsplit_once('$').unwrap().0;
    let mut cases: Vec<String> = [
        "",
        "$",
        "hunter2",
        "$argon2",
        "$argon2id",
        "$argon2id$",
        "$argon2id$$$$",
        "$argon2id$v=19$m=256,t=2,p=1",
        "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ",
        &good[1..],
        &format!(" {good}"),
        &format!("{good}\n"),
        &format!("{good}="),
        &format!("{good}$"),
        &format!("{head}$nf65"),
        &format!("{head}${}", "A".repeat(1368)),
        &"$argon2id$".repeat(1000),
    ]
    .map(String::from)
    .into();
    for (what, instead) in [
        ("argon2id", "argon2ix"),
        ("argon2id", "ARGON2ID"),
        ("v=19", "v=18"),
        ("v=19", "v="),
        ("v=19", "v=019"),
        ("v=19", "v=19$v=19"),
        ("m=256", "m=0256"),
        ("m=256", "m=+256"),
        ("m=256", "m=-256"),
        ("m=256", "m= 256"),
        ("m=256", "m="),
        ("m=256", "m"),
        ("m=256", "m=7"),
        ("m=256", "m=٢٥٦"),
        ("m=256", "m=4294967296"),
        ("m=256", "m=99999999999999999999999"),
        ("m=256,t=2,p=1", "m=256,t=2,p=33"),
        ("m=256,t=2,p=1", "m=4294967295,t=2,p=16777216"),
        ("m=256,t=2,p=1", "m=4294967295,t=2,p=4294967295"),
        ("t=2", "t=0"),
        ("p=1", "p=0"),
        (",p=1", ""),
        (",p=1", ",p=1,p=1"),
        (",p=1", ",p=1,"),
        (",p=1", ",p=1,x=1"),
        ("c29tZXNhbHQ", "c29tZXNhbHR"),
        ("c29tZXNhbHQ", "c29tZXNhbHQ="),
        ("c29tZXNhbHQ", "c29tZXNhbA"),
        ("c29tZXNhbHQ", "c29t!XNhbHQ"),
        ("c29tZXNhbHQ", &"A".repeat(1368)),
    ] {
        let changed = good.replace(what, instead);
        assert_ne!(changed, good);
        cases.push(changed);
    }
    for hash in cases {
        let code = password::parse(&hash).err().map(|error| error.code());
        assert_eq!(code, Some(Code::HashFormat), "{hash}");
    }
}

#[test]
fn messages_show_nothing_of_the_string() {
    for hash in [
        "hunter2-hunter2",
        "$argon2id$hunter2",
        "$argon2id$v=19$m=hunter2,t=2,p=1$hunter2$hunter2",
        "$argon2id$v=19$m=8,t=2,p=1$hunter2!$hunter2",
        "$2b$hunter2",
    ] {
        let error = password::parse(hash).unwrap_err();
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
    assert_eq!(format!("{:?}", password::parse(REFERENCE[4]).unwrap()), "argon2id");
}

/// The same parameters and inputs by RustCrypto's `argon2`.
fn oracle(
    algorithm: Argon2Algorithm,
    version: argon2::Version,
    (memory_kib, passes, lanes, hash_length): (u32, u32, u32, u32),
    password: &[u8],
    salt: &[u8],
) -> argon2::Result<Vec<u8>> {
    let algorithm = match algorithm {
        Argon2Algorithm::Argon2id => argon2::Algorithm::Argon2id,
        Argon2Algorithm::Argon2i => argon2::Algorithm::Argon2i,
        Argon2Algorithm::Argon2d => argon2::Algorithm::Argon2d,
    };
    let params = argon2::Params::new(memory_kib, passes, lanes, Some(hash_length as usize))?;
    let mut tag = vec![0; hash_length as usize];
    argon2::Argon2::new(algorithm, version, params).hash_password_into(password, salt, &mut tag)?;
    Ok(tag)
}

fn name(algorithm: Argon2Algorithm) -> &'static str {
    match algorithm {
        Argon2Algorithm::Argon2id => "argon2id",
        Argon2Algorithm::Argon2i => "argon2i",
        Argon2Algorithm::Argon2d => "argon2d",
    }
}

fn unpadded(bytes: &[u8]) -> String {
    base64::engine::general_purpose::STANDARD_NO_PAD.encode(bytes)
}

fn algorithms() -> impl Strategy<Value = Argon2Algorithm> {
    prop_oneof![
        Just(Argon2Algorithm::Argon2id),
        Just(Argon2Algorithm::Argon2i),
        Just(Argon2Algorithm::Argon2d)
    ]
}

/// Memory in KiB, passes, lanes, length of the hash.
fn costs() -> impl Strategy<Value = (u32, u32, u32, u32)> {
    (1_u32..=4).prop_flat_map(|lanes| (8 * lanes..=160, 1_u32..=4, Just(lanes), 4_u32..=200))
}

fn bytes(lengths: std::ops::Range<usize>) -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), lengths)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn hashes_as_rustcrypto_does(
        algorithm in algorithms(),
        costs in costs(),
        password in bytes(0..200),
        salt in bytes(8..100),
    ) {
        let (memory, passes, lanes, length) = costs;
        let tag = oracle(algorithm, argon2::Version::V0x13, costs, &password, &salt).unwrap();
        let expected = format!(
            "${}$v=19$m={memory},t={passes},p={lanes}${}${}",
            name(algorithm), unpadded(&salt), unpadded(&tag),
        );
        let policy = policy(algorithm, memory, passes, lanes, length);
        prop_assert_eq!(hash(&password, &policy, Some(&salt)).unwrap(), expected);
    }

    #[test]
    fn verifies_what_rustcrypto_made_in_both_versions(
        algorithm in algorithms(),
        costs in costs(),
        old in any::<bool>(),
        password in bytes(0..64),
        salt in bytes(8..40),
        flipped in any::<prop::sample::Index>(),
    ) {
        let (memory, passes, lanes, _) = costs;
        let version = if old { argon2::Version::V0x10 } else { argon2::Version::V0x13 };
        let mut tag = oracle(algorithm, version, costs, &password, &salt).unwrap();
        let string = |tag: &[u8]| format!(
            "${}{}$p={lanes},t={passes},m={memory}${}${}",
            name(algorithm), if old { "" } else { "$v=19" }, unpadded(&salt), unpadded(tag),
        );
        prop_assert!(verify(&string(&tag), &password).unwrap());
        let bit = flipped.index(tag.len() * 8);
        tag[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(!verify(&string(&tag), &password).unwrap());
    }

    #[test]
    fn no_string_makes_the_parser_panic(
        text in "(\\$|argon2(id|i|d)?|v=|m=|t=|p=|,|[0-9]{1,11}|[A-Za-z0-9+/=]{0,30}|.){0,24}",
    ) {
        let _ = password::parse(&text);
        let _ = password::parse(&format!("$argon2id${text}"));
    }

    #[test]
    fn a_changed_string_is_refused_or_denied(
        at in any::<prop::sample::Index>(),
        with in prop_oneof!["[A-Za-z0-9+/$=,]", "."],
        delete in any::<bool>(),
    ) {
        let good = REFERENCE[4];
        let at = at.index(good.len());
        let with = if delete { "" } else { &with };
        let changed = format!("{}{with}{}", &good[..at], &good[at + 1..]);
        prop_assume!(changed != good);
        let tight = Limits { memory_kib: 4096, passes: 9, lanes: 9, ..Limits::default() };
        if let Ok(stored) = password::parse(&changed) && stored.check_limits(&tight).is_ok() {
            prop_assert!(!stored.verify(&secret(b"password"), &Arenas::new(1), &Cancel::new()).unwrap());
        }
    }
}
