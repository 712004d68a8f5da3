//! bcrypt from string to string: vectors, the edges of its 72 bytes, another implementation beside it,
//! hostile strings.

use offloop::Code;
use offloop::password::{self, Arenas, Limits, LongPassword, Policy, Secret};
use offloop::pool::Cancel;
use proptest::prelude::*;

const REJECT: Policy = Policy::Bcrypt { cost: 4, long_password: LongPassword::Reject };
const TRUNCATE: Policy = Policy::Bcrypt { cost: 4, long_password: LongPassword::Truncate };

fn hash(password: &[u8], policy: &Policy, salt: Option<&[u8]>) -> offloop::Result<String> {
    password::hash(&Secret::from(password.to_vec()), policy, salt, &Arenas::new(0), &Cancel::new())
}

fn verify(hash: &str, password: &[u8]) -> offloop::Result<bool> {
    password::parse(hash)?.verify(&Secret::from(password.to_vec()), &Arenas::new(0), &Cancel::new())
}

const U_U: &str = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";

#[test]
fn verifies_the_well_known_strings() {
    let long =
        b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789chars after 72 are ignored";
    let every_bit = [0xaa; 80];
    let (pairs, triples) = (b"\xaa\x55".repeat(36), b"\x55\xaa\xff".repeat(24));
    // From crypt_blowfish (`wrapper.c`), and OpenBSD by way of jBCrypt (`TestBCrypt.java`).
    let vectors: [(&str, &[u8]); 22] = [
        (U_U, b"U*U"),
        ("$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK", b"U*U*"),
        ("$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a", b"U*U*U"),
        ("$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui", long),
        ("$2b$05$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3e", b"\xff\xff\xa3"),
        ("$2y$05$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3e", b"\xff\xff\xa3"),
        ("$2y$05$/OK.fbVrR/bpIqNJ5ianF.Sa7shbm4.OzKpvFnX1pQLmQW96oUlCq", b"\xa3"),
        ("$2y$05$/OK.fbVrR/bpIqNJ5ianF.o./n25XVfn6oAPaUvHe.Csk4zRfsYPi", b"\xff\xa334\xff\xff\xff\xa3345"),
        ("$2y$05$/OK.fbVrR/bpIqNJ5ianF.nRht2l/HRhr6zmCp9vYUvvsqynflf9e", b"\xff\xa3345"),
        ("$2a$05$/OK.fbVrR/bpIqNJ5ianF.nRht2l/HRhr6zmCp9vYUvvsqynflf9e", b"\xff\xa3345"),
        ("$2a$05$/OK.fbVrR/bpIqNJ5ianF.6IflQkJytoRVc1yuaNtHfiuq.FRlSIS", b"\xa3ab"),
        ("$2y$05$/OK.fbVrR/bpIqNJ5ianF.6IflQkJytoRVc1yuaNtHfiuq.FRlSIS", b"\xa3ab"),
        ("$2a$05$/OK.fbVrR/bpIqNJ5ianF.swQOIzjOiJ9GHEPuhEkvqrUyvWhEMx6", &every_bit),
        ("$2a$05$/OK.fbVrR/bpIqNJ5ianF.R9xrDjiycxMbQE2bp.vgqlYpW5wx2yy", &pairs),
        ("$2a$05$/OK.fbVrR/bpIqNJ5ianF.9tQZzcJfm3uj2NvJ/n5xkhpqLrMpWCe", &triples),
        ("$2a$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy", b""),
        ("$2a$06$DCq7YPn5Rq63x1Lad4cll.TV4S6ytwfsfvkgY8jIucDrjc8deX1s.", b""),
        ("$2a$06$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe", b"a"),
        ("$2a$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i", b"abc"),
        ("$2a$06$.rCVZVOThsIa97pEDOxvGuRRgzG64bvtJ0938xuqzv18d3ZpQhstC", b"abcdefghijklmnopqrstuvwxyz"),
        (
            "$2a$06$fPIsBO8qRqkjj273rfaOI.HtSV9jLDpTbZn782DC6/t7qT67P6FfO",
            b"~!@#$%^&*()      ~!@#$%^&*()PNBFRD",
        ),
        ("$2a$08$aTsUwsyowQuzRrDqFflhgekJ8d9/7Z3GV3UcgvzQW3J5zMyrTvlz.", b"abcdefghijklmnopqrstuvwxyz"),
    ];
    for (hash, password) in vectors {
        assert!(verify(hash, password).unwrap(), "{hash}");
        assert!(!verify(hash, b"something else").unwrap(), "{hash}");
    }
}

#[test]
fn the_prefixes_2a_2b_and_2y_mean_the_same() {
    for letter in ["$2a$", "$2b$", "$2y$"] {
        assert!(verify(&U_U.replace("$2a$", letter), b"U*U").unwrap(), "{letter}");
    }
}

#[test]
fn writes_2b_with_the_given_salt_or_a_fresh_one() {
    let salt = [0x10; 16];
    let policy = Policy::Bcrypt { cost: 5, long_password: LongPassword::Reject };
    let given = hash(b"U*U", &policy, Some(&salt)).unwrap();
    assert_eq!(given, bcrypt::hash_with_salt(b"U*U", 5, salt).unwrap().to_string());
    assert!(given.starts_with("$2b$05$"), "{given}");

    let (one, other) = (hash(b"x", &REJECT, None).unwrap(), hash(b"x", &REJECT, None).unwrap());
    assert_ne!(one[7..29], other[7..29]);
    assert!(verify(&one, b"x").unwrap() && verify(&other, b"x").unwrap());
}

#[test]
fn seventy_two_bytes_count_and_no_more() {
    let long = [b'x'; 80];
    let of_72 = hash(&long[..72], &REJECT, None).unwrap();
    for length in 72..80 {
        assert!(verify(&of_72, &long[..length]).unwrap(), "{length}");
    }
    assert!(!verify(&of_72, &long[..71]).unwrap());
    let of_71 = hash(&long[..71], &REJECT, None).unwrap();
    assert!(!verify(&of_71, &long[..72]).unwrap());

    for length in [73, 80] {
        let error = hash(&long[..length], &REJECT, None).unwrap_err();
        assert_eq!(error.code(), Code::PasswordLength);
        assert!(error.message().contains("72 bytes"), "{error}");
        let cut = hash(&long[..length], &TRUNCATE, Some(&[9; 16])).unwrap();
        assert_eq!(cut, hash(&long[..72], &TRUNCATE, Some(&[9; 16])).unwrap());
    }
    // Bytes, not characters.
    assert_eq!(hash("ü".repeat(37).as_bytes(), &REJECT, None).unwrap_err().code(), Code::PasswordLength);
    assert!(hash("ü".repeat(36).as_bytes(), &REJECT, None).is_ok());
}

#[test]
fn a_nul_is_refused_or_taken_as_it_comes() {
    for password in [&b"\0"[..], b"a\0", b"a\0b"] {
        let error = hash(password, &REJECT, None).unwrap_err();
        assert_eq!(error.code(), Code::PasswordLength);
        assert!(error.message().contains("NUL"), "{error}");
    }
    let with_nul = hash(b"a\0b", &TRUNCATE, None).unwrap();
    assert!(verify(&with_nul, b"a\0b").unwrap());
    assert!(!verify(&with_nul, b"a").unwrap());
    assert!(!verify(&with_nul, b"a\0c").unwrap());
    // Why it is refused by default: the password repeats after its NUL.
    assert!(verify(&hash(b"a", &REJECT, None).unwrap(), b"a\0a").unwrap());
}

#[test]
fn waste_takes_what_verifying_takes() {
    let arenas = Arenas::new(1);
    for password in [vec![], vec![0; 3], vec![b'x'; 100]] {
        password::waste(&REJECT, &Secret::from(password), &arenas, &Cancel::new()).unwrap();
    }
    assert_eq!(arenas.idle_bytes(), 0);
    assert_eq!(REJECT.working_bytes(), 0);
}

#[test]
fn a_job_that_nobody_wants_is_not_started() {
    let cancel = Cancel::new();
    cancel.cancel();
    // Costs that would take days if it were started.
    let policy = Policy::Bcrypt { cost: 31, long_password: LongPassword::Reject };
    let stored = password::parse(&U_U.replace("$05$", "$31$")).unwrap();
    let (secret, arenas) = (Secret::from(b"U*U".to_vec()), Arenas::new(0));
    let errors = [
        password::hash(&secret, &policy, None, &arenas, &cancel).unwrap_err(),
        password::waste(&policy, &secret, &arenas, &cancel).unwrap_err(),
        stored.verify(&secret, &arenas, &cancel).unwrap_err(),
    ];
    assert!(errors.iter().all(|error| error.code() == Code::Cancelled), "{errors:?}");
}

#[test]
fn costs_and_salts_out_of_range_are_refused() {
    for cost in [0, 3, 32, u32::MAX] {
        let policy = Policy::Bcrypt { cost, long_password: LongPassword::Reject };
        let error = hash(b"x", &policy, None).unwrap_err();
        assert_eq!(error.code(), Code::InvalidArg);
        assert!(error.message().contains("policy.cost must be an integer from 4 to 31"), "{error}");
        let (secret, arenas) = (Secret::from(vec![]), Arenas::new(0));
        assert!(password::waste(&policy, &secret, &arenas, &Cancel::new()).is_err());
    }
    for length in [0, 15, 17, 1000] {
        let error = hash(b"x", &REJECT, Some(&vec![0; length])).unwrap_err();
        assert_eq!(error.code(), Code::InvalidArg);
        assert!(error.message().contains("exactly 16 bytes"), "{error}");
    }
}

#[test]
fn a_stored_cost_over_the_limit_is_refused() {
    let asks = |cost: &str, limits: &Limits| {
        let stored = password::parse(&U_U.replace("$05$", cost)).unwrap();
        stored.check_limits(limits).map_err(|error| error.code())
    };
    let tight = Limits { bcrypt_cost: 10, ..Limits::default() };
    assert_eq!(asks("$10$", &tight), Ok(()));
    assert_eq!(asks("$11$", &tight), Err(Code::CostLimit));
    assert_eq!(asks("$16$", &Limits::default()), Ok(()));
    assert_eq!(asks("$31$", &Limits::default()), Err(Code::CostLimit));
}

#[test]
fn the_salts_spare_bits_are_ignored_as_its_makers_do() {
    let with_last = |last: &str| format!("{}{last}{}", &U_U[..28], &U_U[29..]);
    // `.` is 0; `/`, `A`, `L` and `M` differ from it in the four bits that no byte holds.
    for last in [".", "/", "A", "L", "M"] {
        assert!(verify(&with_last(last), b"U*U").unwrap(), "{last}");
    }
    // `O` is 16: a bit of the sixteenth byte.
    assert!(!verify(&with_last("O"), b"U*U").unwrap());
}

#[test]
fn strings_that_are_no_bcrypt_hash_are_refused() {
    let mut cases: Vec<String> = [
        "$2",
        "$2a",
        "$2a$",
        "$2a$05$",
        "$2$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeWa",
        "$2z$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        "$2a$05$CCCCCCCCCCCCCCCCCCCCCéE5YPO9kmyuRGyh0XouQYb4YMJKvyOe",
        &U_U[..59],
        &format!("{U_U}x"),
        &format!("{U_U}\n"),
    ]
    .map(String::from)
    .into();
    for (what, instead) in [
        ("$2a$", "$2c$"),
        ("$2a$", "$2A$"),
        ("$2a$", "$3a$"),
        ("$2a$", "$2é"),
        ("$05$", "$03$"),
        ("$05$", "$32$"),
        ("$05$", "$99$"),
        ("$05$", "$+5$"),
        ("$05$", "$ 5$"),
        ("$05$", "$0x$"),
        ("$05$", "$055"),
        ("$05$", "$é$"),
        ("CCC.", "CC+."),
        ("CCC.", "CC=."),
        ("CCC.", "Cé."),
        ("OeW", "Oe="),
        ("OeW", "OeX"),
        ("OeW", "Oé"),
    ] {
        let changed = U_U.replace(what, instead);
        assert_ne!(changed, U_U);
        cases.push(changed);
    }
    for hash in cases {
        let code = password::parse(&hash).err().map(|error| error.code());
        assert_eq!(code, Some(Code::HashFormat), "{hash}");
    }
}

#[test]
fn the_bug_of_2x_is_reproduced_for_verifying() {
    // From crypt_blowfish (`wrapper.c`).
    let vectors: [(&str, &[u8]); 9] = [
        ("$2x$05$/OK.fbVrR/bpIqNJ5ianF.o./n25XVfn6oAPaUvHe.Csk4zRfsYPi", b"1\xa3345"),
        ("$2x$05$/OK.fbVrR/bpIqNJ5ianF.o./n25XVfn6oAPaUvHe.Csk4zRfsYPi", b"\xff\xa3345"),
        ("$2x$05$/OK.fbVrR/bpIqNJ5ianF.o./n25XVfn6oAPaUvHe.Csk4zRfsYPi", b"\xff\xa334\xff\xff\xff\xa3345"),
        ("$2x$05$/OK.fbVrR/bpIqNJ5ianF.6IflQkJytoRVc1yuaNtHfiuq.FRlSIS", b"\xa3ab"),
        ("$2x$05$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3e", b"\xa3"),
        ("$2x$05$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3e", b"\xff\xff\xa3"),
        ("$2x$05$6bNw2HLQYeqHYyBfLMsv/OiwqTymGIGzFsA4hOTWebfehXHNprcAS", b"\xd1\x91"),
        ("$2x$05$6bNw2HLQYeqHYyBfLMsv/O9LIGgn8OMzuDoHfof8AQimSGfcSWxnS", b"\xd0\xc1\xd2\xcf\xcc\xd8"),
        ("$2x$05$/OK.fbVrR/bpIqNJ5ianF.ZUsA7SVAiHMR3X3fHShT3GIsiTbRUDy", &[0xaa; 80]),
    ];
    for (hash, password) in vectors {
        assert!(verify(hash, password).unwrap(), "{hash}");
        assert!(!verify(hash, b"something else").unwrap(), "{hash}");
    }
    // Where no byte is over 127 the bug shows nothing.
    assert!(verify(&U_U.replace("$2a$", "$2x$"), b"U*U").unwrap());
    assert!(verify(&U_U.replace("$2a$", "$2x$"), b"U*U\0and more").unwrap(), "C ends at a NUL");
}

#[test]
fn crypt_blowfish_s_own_2a_is_not_openbsd_s() {
    // Its `$2a$` of passwords that the bug confuses is neither the right hash nor the wrong one, on purpose.
    for (theirs, openbsds, password) in [
        ("nqd1wy.pTMdcvrRWxyiGL2eMz.2a85.", "CE5elHaaO4EbggVDjb8P19RukzXSM3e", &b"\xff\xff\xa3"[..]),
        (
            "ZC1JEJ8Z4gPfpe1JOr/oyPXTWl9EFd.",
            "o./n25XVfn6oAPaUvHe.Csk4zRfsYPi",
            b"\xff\xa334\xff\xff\xff\xa3345",
        ),
    ] {
        let salt = "$2a$05$/OK.fbVrR/bpIqNJ5ianF.";
        assert!(!verify(&format!("{salt}{theirs}"), password).unwrap());
        assert!(verify(&format!("{salt}{openbsds}"), password).unwrap());
    }
    // All other passwords have one hash.
    let both = "$2a$05$/OK.fbVrR/bpIqNJ5ianF.nRht2l/HRhr6zmCp9vYUvvsqynflf9e";
    assert!(verify(both, b"\xff\xa3345").unwrap());
}

#[test]
fn the_original_takes_no_nul_to_the_key() {
    for (password, key) in
        [(&b"abc"[..], &b"abc"[..]), (b"", b"\0"), (b"abcabc", b"abc"), (&[7; 80], &[7; 72])]
    {
        let tag = bcrypt::bcrypt(5, [3; 16], key);
        let ours = hash(b"x", &TRUNCATE, Some(&[3; 16])).unwrap();
        let encoded = bcrypt::hash_with_salt(b"x", 5, [3; 16]).unwrap().to_string();
        assert_eq!(ours[7..29], encoded[7..29]);
        let engine = base64::engine::GeneralPurpose::new(
            &base64::alphabet::BCRYPT,
            base64::engine::general_purpose::NO_PAD,
        );
        let stored = format!("$2$05${}{}", &encoded[7..29], base64::Engine::encode(&engine, &tag[..23]));
        assert!(verify(&stored, password).unwrap(), "{stored}");
        assert!(!verify(&stored, b"another").unwrap());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn hashes_as_the_bcrypt_crates_strings_do(
        password in prop::collection::vec(any::<u8>(), 0..90),
        salt: [u8; 16],
    ) {
        let expected = bcrypt::hash_with_salt(&password, 4, salt).unwrap().to_string();
        let ours = hash(&password, &TRUNCATE, Some(&salt)).unwrap();
        prop_assert_eq!(&ours, &expected);
        prop_assert!(verify(&expected, &password).unwrap());
        prop_assert!(bcrypt::verify(&password, &ours).unwrap());
    }

    #[test]
    fn a_changed_string_is_refused_or_denied(
        at in 3_usize..60,
        with in prop_oneof!["[./A-Za-z0-9]", "."],
        delete in any::<bool>(),
    ) {
        // Not the salt's last character, whose spare bits do not count.
        prop_assume!(at != 28);
        let with = if delete { "" } else { &with };
        let changed = format!("{}{with}{}", &U_U[..at], &U_U[at + 1..]);
        prop_assume!(changed != U_U);
        let tight = Limits { bcrypt_cost: 6, ..Limits::default() };
        if let Ok(stored) = password::parse(&changed) && stored.check_limits(&tight).is_ok() {
            let secret = Secret::from(b"U*U".to_vec());
            prop_assert!(!stored.verify(&secret, &Arenas::new(0), &Cancel::new()).unwrap());
        }
    }
}

proptest! {
    #[test]
    fn no_string_makes_the_parser_panic(
        text in "(\\$|2[abxy]|[0-9]{2}|[./A-Za-z0-9]{22}|[./A-Za-z0-9]{31}|.){0,8}",
    ) {
        let _ = password::parse(&text);
        let _ = password::parse(&format!("$2b${text}"));
        let _ = password::parse(&format!("$2b$05${}", text.chars().cycle().take(53).collect::<String>()));
    }
}
