//! Stored hashes of every maker: verified, judged, bounded; and strings that are none.

#![allow(clippy::unwrap_used, clippy::panic, reason = "the tests' own helpers fail loudly")]

use offloop::Code;
use offloop::password::{
    self, Arenas, Argon2Algorithm, Argon2Inputs, Limits, LongPassword, Outcome, Param, PasswordJob, Pepper,
    Policy, Recipe, Secret, Subject,
};
use offloop::pool::Cancel;
use proptest::prelude::*;
use zeroize::Zeroizing;

fn secret(bytes: &[u8]) -> Secret {
    Secret::from(bytes.to_vec())
}

fn verify(hash: &str, password: &[u8]) -> offloop::Result<bool> {
    password::parse(hash)?.verify(&secret(password), &Arenas::new(1), &Cancel::new())
}

fn run(job: offloop::Result<PasswordJob>) -> offloop::Result<Outcome> {
    job?.run(&Arenas::new(1), &Cancel::new())
}

fn argon2id(memory_kib: u32) -> Policy {
    Policy::Argon2 { algorithm: Argon2Algorithm::Argon2id, memory_kib, passes: 1, lanes: 1, hash_length: 32 }
}

const BCRYPT: Policy = Policy::Bcrypt { cost: 4, long_password: LongPassword::Reject };
const BCRYPT_SHA256: Policy = Policy::BcryptSha256 { cost: 4 };

struct Vector {
    scheme: &'static str,
    password: Vec<u8>,
    hash: &'static str,
    maker: &'static str,
}

/// The passwords in the file are JSON strings of ASCII, with `\u` escapes, or hexadecimal.
fn unescape(text: &str) -> Vec<u8> {
    if let Some(hex) = text.strip_prefix("hex:") {
        return (0..hex.len() / 2)
            .map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap())
            .collect();
    }
    let text = text.strip_prefix('"').unwrap().strip_suffix('"').unwrap();
    let mut parts = text.split("\\u");
    let mut password = parts.next().unwrap().to_owned();
    for part in parts {
        password.push(char::from_u32(u32::from_str_radix(&part[..4], 16).unwrap()).unwrap());
        password.push_str(&part[4..]);
    }
    assert!(!password.contains('\\'));
    password.into_bytes()
}

fn vectors() -> Vec<Vector> {
    let lines = include_str!("vectors/stored-hashes.txt").lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let [scheme, password, hash, maker] = line.split('\t').collect::<Vec<_>>()[..] else {
                panic!("{line}");
            };
            Vector { scheme, password: unescape(password), hash, maker }
        })
        .collect()
}

#[test]
fn verifies_what_other_makers_made() {
    let vectors = vectors();
    assert!(vectors.len() > 90);
    for Vector { scheme, password, hash, maker } in &vectors {
        let stored = password::parse(hash).unwrap_or_else(|error| panic!("{hash} of {maker}: {error}"));
        assert_eq!(stored.scheme(), *scheme, "{hash}");
        stored.check_limits(&Limits::default()).unwrap();
        assert!(verify(hash, password).unwrap(), "{hash} of {maker}");
        let other = [password, &b"x"[..]].concat();
        // bcrypt reads 72 bytes, and no more.
        let same = *scheme == "bcrypt" && password.len() >= 72;
        assert_eq!(verify(hash, &other).unwrap(), same, "{hash} of {maker}");
        assert!(!verify(hash, b"something else").unwrap(), "{hash} of {maker}");
    }
    for scheme in [
        "argon2id",
        "argon2i",
        "argon2d",
        "bcrypt",
        "bcrypt-sha256",
        "django-bcrypt-sha256",
        "wordpress-bcrypt",
        "scrypt",
        "pbkdf2-sha1",
        "pbkdf2-sha256",
        "pbkdf2-sha512",
        "phpass",
    ] {
        assert!(vectors.iter().any(|vector| vector.scheme == scheme), "{scheme}");
    }
}

/// RFC 7914 §12, but for the largest, and one of them as `$7$`, whose salt is text.
#[test]
fn scrypt_s_vectors() {
    for (hash, password) in [
        (
            "$scrypt$ln=4,r=1,p=1$$\
             d9ZXYjhleyA7GcpCwYoEl/FrSETjB0ro39/6P+3iFEL80Aad7QlI+DJqdToPyB8X6NPg+y4NNijPNeIMONGJBg",
            &b""[..],
        ),
        (
            "$scrypt$ln=10,r=8,p=16$TmFDbA$\
             /bq+HJ00cgB4VucZDQHp/nxq18vII3gw53N2Y0s3MWIurzDZLiKjiG/xCSedmDDaxyevuUqD7m2DYMvfoswGQA",
            b"password",
        ),
        (
            "$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU$\
             cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofLVQylVYT8Pz2LUlwUkKpr55h6F3A1lHkDfzwF7RVdYhw",
            b"pleaseletmein",
        ),
        ("$7$C6..../....SodiumChloride$kBGj9fHznVYFQMEn/qDCfrDevf9YDtcDdKvEqHJLV8D", b"pleaseletmein"),
    ] {
        assert!(verify(hash, password).unwrap(), "{hash}");
        assert!(!verify(hash, b"Password").unwrap(), "{hash}");
    }
}

/// RFC 7914 §12, the fourth.
#[test]
#[ignore = "takes 1 GiB, and some seconds"]
fn scrypt_s_largest_vector() {
    let hash = "$scrypt$ln=20,r=8,p=1$U29kaXVtQ2hsb3JpZGU$\
             IQHLm2pRGq6t274Jz3D4gexWjVdKL/1Nq+XumCCtqkeOVv2PS6XQn/ocbZJ8QPTDNzBASeipUvvL9Fxvp3pBpA";
    assert!(verify(hash, b"pleaseletmein").unwrap());
}

/// The last lines of the reference implementation's `kats/argon2{d,i,id}` and of those with `_v16`.
#[test]
fn argon2_s_known_answers_of_both_versions() {
    for (algorithm, version, expected) in [
        (Argon2Algorithm::Argon2d, 19, "512b391b6f1162975371d30919734294f868e3be3984f3c1a13a4db9fabe4acb"),
        (Argon2Algorithm::Argon2i, 19, "c814d9d1dc7f37aa13f0d77f2494bda1c8de6b016dd388d29952a4c4672b6ce8"),
        (Argon2Algorithm::Argon2id, 19, "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659"),
        (Argon2Algorithm::Argon2d, 16, "96a9d4e5a1734092c85e29f410a45914a5dd1f5cbf08b2670da68a0285abf32b"),
        (Argon2Algorithm::Argon2i, 16, "87aeedd6517ab830cd9765cd8231abb2e647a5dee08f7c05e02fcb763335d0fd"),
        (Argon2Algorithm::Argon2id, 16, "b64615f07789b66b645b67ee9ed3b377ae350b6bfcbb0fc95141ea8f322613c0"),
    ] {
        let inputs = Argon2Inputs {
            policy: Policy::Argon2 { algorithm, memory_kib: 32, passes: 3, lanes: 4, hash_length: 32 },
            version,
            salt: vec![2; 16],
            secret: Zeroizing::new(vec![3; 8]),
            data: vec![4; 12],
        };
        let Outcome::Raw(tag) = run(PasswordJob::argon2_raw(secret(&[1; 32]), inputs)).unwrap() else {
            panic!("no bytes");
        };
        assert_eq!(tag.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat(), expected);
    }
}

#[test]
fn argon2_s_inputs_are_bounded() {
    let inputs = |version, salt: usize, secret: usize, data: usize| Argon2Inputs {
        policy: argon2id(64),
        version,
        salt: vec![0; salt],
        secret: Zeroizing::new(vec![0; secret]),
        data: vec![0; data],
    };
    for bad in [inputs(17, 16, 0, 0), inputs(19, 7, 0, 0), inputs(19, 16, 1025, 0), inputs(19, 16, 0, 1025)] {
        assert_eq!(run(PasswordJob::argon2_raw(secret(b"x"), bad)).unwrap_err().code(), Code::InvalidArg);
    }
}

#[test]
fn asks_for_no_more_than_the_limits_allow() {
    let limits = Limits {
        pbkdf2_iterations: 1000,
        scrypt_memory_kib: 1024,
        scrypt_parallelism: 2,
        ..Limits::default()
    };
    let asks =
        |hash: &str| password::parse(hash).unwrap().check_limits(&limits).map_err(|error| error.code());
    let salt_and_tag = "c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    for (start, expected) in [
        ("$pbkdf2-sha256$i=1000$", Ok(())),
        ("$pbkdf2-sha256$i=1001$", Err(Code::CostLimit)),
        // The hash's 32 bytes are two digests of SHA-1, each as much work.
        ("$pbkdf2$500$", Ok(())),
        ("$pbkdf2$501$", Err(Code::CostLimit)),
        ("$pbkdf2-sha256$i=4294967295$", Err(Code::CostLimit)),
        ("$scrypt$ln=10,r=8,p=2$", Ok(())),
        ("$scrypt$ln=11,r=8,p=1$", Err(Code::CostLimit)),
        ("$scrypt$ln=10,r=9,p=1$", Err(Code::CostLimit)),
        ("$scrypt$ln=10,r=8,p=3$", Err(Code::CostLimit)),
        ("$scrypt$ln=30,r=1048,p=1$", Err(Code::CostLimit)),
    ] {
        assert_eq!(asks(&format!("{start}{salt_and_tag}")), expected, "{start}");
    }
    assert_eq!(asks("$P$7saltsalt......................"), Ok(()));
    assert_eq!(asks("$P$8saltsalt......................"), Err(Code::CostLimit));
}

#[test]
fn scrypt_s_limits_pass_what_is_stored_and_bound_memory_and_work() {
    let asks = |costs: &str, limits: &Limits| {
        let hash = format!("$scrypt${costs}$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
        let stored = password::parse(&hash).unwrap();
        stored.check_limits(limits).map_err(|error| (error.code(), error.message().to_owned()))
    };
    let default = Limits::default();
    for costs in [
        // OWASP's five.
        "ln=17,r=8,p=1",
        "ln=16,r=8,p=2",
        "ln=15,r=8,p=3",
        "ln=14,r=8,p=5",
        "ln=13,r=8,p=10",
        // Exactly the limit, and 1 GiB of work.
        "ln=18,r=8,p=1",
        "ln=18,r=8,p=4",
        "ln=17,r=8,p=8",
        // Much memory for few rounds.
        "ln=4,r=131072,p=1",
        "ln=10,r=32,p=16",
        "ln=1,r=8,p=16",
    ] {
        assert_eq!(asks(costs, &default), Ok(()), "{costs}");
    }
    for (costs, takes_kib) in [
        ("ln=19,r=8,p=1", 512 << 10),
        ("ln=17,r=8,p=9", (1 << 20) + (128 << 10)),
        ("ln=18,r=8,p=16", 4 << 20),
        // Little table, and gigabytes beside it.
        ("ln=1,r=1048576,p=16", 32 << 20),
        ("ln=4,r=131072,p=2", 512 << 10),
        ("ln=1,r=65536,p=16", 2 << 20),
    ] {
        let (code, message) = asks(costs, &default).unwrap_err();
        assert_eq!(code, Code::CostLimit, "{costs}");
        assert!(message.contains(&format!("scryptMemoryKiB allows: {takes_kib},")), "{costs}: {message}");
        let raised = Limits { scrypt_memory_kib: takes_kib, ..default };
        assert_eq!(asks(costs, &raised), Ok(()), "{costs}");
    }
    // libsodium's strongest, where the limit is raised to its 1 GiB.
    assert!(asks("ln=20,r=8,p=1", &default).is_err());
    assert_eq!(asks("ln=20,r=8,p=1", &Limits { scrypt_memory_kib: 1 << 20, ..default }), Ok(()));
    // Beyond 64 bits.
    let all = Limits { scrypt_memory_kib: u32::MAX, scrypt_parallelism: u32::MAX, ..default };
    assert!(asks("ln=32,r=511,p=1048576", &all).is_err());
}

/// phpass refuses more than 4096 bytes before it hashes anything: so does WordPress.
#[test]
fn phpass_takes_no_longer_password_than_its_maker() {
    // passlib 1.7.4's `phpass`, and what it would make if it let the other one through.
    let (of_4096, of_4097) = ("$P$5bBzVQC13iXlyKDNbvMXa6Z0mBBwBK/", "$P$5saltsalteXWuUSlyi0tSZkRW3BbOg/");
    assert!(verify(of_4096, &[b'x'; 4096]).unwrap());
    assert!(!verify(of_4096, &[b'x'; 4095]).unwrap());
    assert!(!verify(of_4097, &[b'x'; 4097]).unwrap());
    assert!(!verify(of_4097, &vec![b'x'; 1 << 20]).unwrap());
}

#[test]
fn the_longest_string_is_read() {
    let id = "k".repeat(64);
    let ring = || Pepper::new(id.clone(), vec![(id.clone(), secret(b"the key"))]).unwrap();
    let policy = Policy::Argon2 {
        algorithm: Argon2Algorithm::Argon2id,
        memory_kib: 64,
        passes: 1,
        lanes: 1,
        hash_length: 1024,
    };
    let recipe = Recipe::new(policy, Some(&[0xff; 1024]), &[0xff; 1024]).unwrap();
    let Outcome::Hash(hash) = run(PasswordJob::hash(secret(b"secret"), recipe, ring())).unwrap() else {
        panic!("no hash");
    };
    let data = base64::Engine::encode(&base64::engine::general_purpose::STANDARD_NO_PAD, [0xff; 1024]);
    let (costs, rest) = hash.split_once(",keyid=").unwrap();
    let (key_id, rest) = rest.split_once('$').unwrap();
    let hash = format!("{costs},keyid={key_id},data={data}${rest}");
    assert!(hash.len() > 4096);
    assert!(check(b"secret", &hash, ring(), &[]).unwrap());
    assert!(!check(b"Secret", &hash, ring(), &[]).unwrap());

    let longest = hash.replace("m=64,t=1,p=1,", "m=4294967295,t=4294967295,p=16777215,");
    let longest = format!("{{argon2@SpringSecurity_v5_8}}{longest}");
    assert_eq!(longest.len(), 4278);
    assert!(password::parse(&longest).is_ok());
    let too_long = "x".repeat(password::MAX_HASH_BYTES + 1);
    assert!(password::parse(&too_long).unwrap_err().message().contains("at most"));
}

#[test]
#[allow(clippy::too_many_lines, reason = "nothing but cases")]
fn strings_that_are_no_hash_are_refused() {
    let tag = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let bcrypt = "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
    let mut cases: Vec<String> = [
        "",
        "$",
        "$$",
        "{",
        "{}",
        "{bcrypt}",
        "{noop}secret",
        "{MD5}5f4dcc3b5aa765d61d8327deb882cf99",
        "{bcrypt}{bcrypt}",
        "hunter2",
        "5f4dcc3b5aa765d61d8327deb882cf99",
        "$1$saltsalt$hash",
        "$5$salt$hash",
        "$6$salt$hash",
        "$y$j9T$salt$hash",
        "$wp$",
        "$wp$2y$",
        "$wp",
        "wp",
        "bcrypt",
        "bcrypt_sha256",
        "argon2",
        "pbkdf2_sha256",
        "$scrypt",
        "$7",
        "$P",
        "$bcrypt-sha256",
        "$argon2id",
        "bcrypt$",
        "bcrypt_sha256$",
        "argon2$",
        "argon2$$argon2id$",
        "scrypt",
        "scrypt$",
        "pbkdf2_sha256$",
        "pbkdf2_md5$1$salt$hash",
        "$P$",
        "$P$B",
        "$P$Bsaltsalt",
        "$P$Bsaltsalt.....................",
        "$P$4saltsalt......................",
        "$P$zsaltsalt......................",
        "$Q$Bsaltsalt......................",
        "$7$",
        "$7$C6..../....",
        "$7$C6..../....salt$short",
        "$7$!6..../....salt$kBGj9fHznVYFQMEn/qDCfrDevf9YDtcDdKvEqHJLV8D",
        "$hmac-sha256$keyid=",
        "$hmac-sha256$keyid=$2b$",
        "$bcrypt-sha256$",
        "{scrypt}$e0801$",
        "{scrypt}$zz$AAAA$AAAA",
        "{pbkdf2}00",
        "{pbkdf2}zz",
        "$pbkdf2-sha256$",
        "$pbkdf2-md5$1$c2FsdA$AAAA",
        "$scrypt$",
    ]
    .map(String::from)
    .into();
    for (start, middle) in [
        ("$pbkdf2-sha256$", "0$c2FsdA"),
        ("$pbkdf2-sha256$", "01$c2FsdA"),
        ("$pbkdf2-sha256$", "-1$c2FsdA"),
        ("$pbkdf2-sha256$", "i=1,i=1$c2FsdA"),
        ("$pbkdf2-sha256$", "x=1$c2FsdA"),
        ("$pbkdf2-sha256$", "4294967296$c2FsdA"),
        ("$pbkdf2-sha256$", "1$c2Fs=A"),
        ("$pbkdf2-sha256$", "i=1,l=31$c2FsdA"),
        ("$pbkdf2-sha256$", "i=1,l=33$c2FsdA"),
        ("$pbkdf2-sha256$", "l=32$c2FsdA"),
        ("{argon2}argon2id$v=19$", "m=64,t=1,p=1$c2FsdHNhbHQ"),
        ("{argon2}x$argon2id$v=19$", "m=64,t=1,p=1$c2FsdHNhbHQ"),
        ("$scrypt$", "ln=10,r=8$c2FsdA"),
        ("$scrypt$", "ln=0,r=8,p=1$c2FsdA"),
        ("$scrypt$", "ln=64,r=8,p=1$c2FsdA"),
        ("$scrypt$", "ln=10,r=0,p=1$c2FsdA"),
        ("$scrypt$", "ln=10,r=8,p=0$c2FsdA"),
        ("$scrypt$", "ln=10,r=8,p=1,p=1$c2FsdA"),
        ("$scrypt$", "ln=10,r=1048577,p=1$c2FsdA"),
        ("$scrypt$", "ln=40,r=1048576,p=1$c2FsdA"),
        ("$scrypt$", "ln=10,r=1048576,p=1048576$c2FsdA"),
        ("pbkdf2_sha256$", "x$salt"),
        ("scrypt$", "1000$salt$8$1"),
        ("scrypt$", "1024$salt$8$x"),
        ("$argon2id$v=19$", "m=64,t=1,p=1,keyid=$c2FsdHNhbHQ"),
        ("$argon2id$v=19$", "m=64,t=1,p=1,keyid=/w$c2FsdHNhbHQ"),
        ("$argon2id$v=19$", "m=64,t=1,p=1,keyid=YQ,keyid=YQ$c2FsdHNhbHQ"),
        ("$argon2id$v=19$", "m=64,t=1,p=1,data=!$c2FsdHNhbHQ"),
        ("$hmac-sha256$keyid=YQ$argon2id$v=19$", "m=64,t=1,p=1,keyid=YQ$c2FsdHNhbHQ"),
    ] {
        cases.push(format!("{start}{middle}${tag}"));
    }
    for start in [
        "$hmac-sha256$keyid=",
        "$hmac-sha256$keyid=!",
        "$hmac-sha256$keyid=YQ$hmac-sha256$keyid=YQ",
        "{other}",
        "$bcrypt-sha256$2b,5",
        "x",
    ] {
        cases.push(format!("{start}{bcrypt}"));
    }
    // What neither Django nor WordPress ever wrote.
    for dialect in ["$wp$2x$", "$wp$2$", "bcrypt_sha256$$2x$", "bcrypt_sha256$$2$"] {
        cases.push(bcrypt.replace("$2b$", dialect));
    }
    for costs in [
        "v=1,t=2b,r=5",
        "v=2,t=2x,r=5",
        "v=2,t=2b,r=3",
        "v=2,t=2b,r=+5",
        "v=2,t=2b,r=05",
        "v=2,t=2b,r=0000005",
        "v=2,t=2b,r=",
        "v=2,r=5,t=2b",
        "2b,32",
        "2b,+5",
        "2b,05",
        "2b",
        "v=2,t=2b,r=5,x",
    ] {
        cases.push(format!("$bcrypt-sha256${costs}${}${}", &bcrypt[7..29], &bcrypt[29..]));
    }
    for hash in cases {
        let code = password::parse(&hash).err().map(|error| error.code());
        assert_eq!(code, Some(Code::HashFormat), "{hash}");
    }
    assert!(password::parse(&format!("$pbkdf2-sha256$i=1,l=32$c2FsdA${tag}")).is_ok());
    assert!(password::parse("{noop}secret").unwrap_err().message().contains("new passwords"));
}

#[test]
fn bcrypt_sha256_takes_all_of_a_password() {
    let (long, longer) = (vec![b'x'; 100], vec![b'x'; 101]);
    for password in [&b""[..], b"a\0b", &long] {
        let hash =
            password::hash(&secret(password), &BCRYPT_SHA256, None, &Arenas::new(0), &Cancel::new()).unwrap();
        assert!(hash.starts_with("$bcrypt-sha256$v=2,t=2b,r=4$"), "{hash}");
        assert!(verify(&hash, password).unwrap());
        assert!(!verify(&hash, &longer).unwrap());
        assert!(!verify(&hash, b"a").unwrap());
    }
}

fn ring(current: &str, ids: &[&str]) -> Pepper {
    let keys = ids.iter().map(|id| ((*id).to_owned(), secret(format!("the key {id}").as_bytes()))).collect();
    Pepper::new(current.into(), keys).unwrap()
}

fn peppered(password: &[u8], policy: Policy, pepper: Pepper) -> String {
    let recipe = Recipe::new(policy, None, &[]).unwrap();
    match run(PasswordJob::hash(secret(password), recipe, pepper)).unwrap() {
        Outcome::Hash(hash) => hash,
        outcome => panic!("{outcome:?}"),
    }
}

fn check(password: &[u8], hash: &str, pepper: Pepper, data: &[u8]) -> offloop::Result<bool> {
    let subject = Subject::Stored(password::parse(hash)?);
    match run(PasswordJob::check(secret(password), subject, None, None, pepper, data.to_vec()))? {
        Outcome::Check(check) => Ok(check.ok),
        outcome => panic!("{outcome:?}"),
    }
}

#[test]
fn a_pepper_is_recorded_needed_and_rotated() {
    for policy in [argon2id(64), BCRYPT, BCRYPT_SHA256] {
        let hash = peppered(b"secret", policy, ring("one", &["one"]));
        let stored = password::parse(&hash).unwrap();
        assert_eq!(stored.key_id(), Some("one"), "{hash}");
        assert!(check(b"secret", &hash, ring("two", &["one", "two"]), &[]).unwrap());
        assert!(!check(b"Secret", &hash, ring("two", &["one", "two"]), &[]).unwrap());
        let error = check(b"secret", &hash, ring("two", &["two"]), &[]).unwrap_err();
        assert_eq!(error.code(), Code::InvalidArg);
        assert!(error.message().contains("'one'"), "{error}");
        assert_eq!(verify(&hash, b"secret").unwrap_err().code(), Code::InvalidArg, "no keys at all");
        let wrong_key = Pepper::new("one".into(), vec![("one".into(), secret(b"another"))]).unwrap();
        assert!(!check(b"secret", &hash, wrong_key, &[]).unwrap());
        assert_eq!(stored.stale(&policy, Some("one")), None);
        assert_eq!(stored.stale(&policy, Some("two")), Some("pepper"));
        assert_eq!(stored.stale(&policy, None), Some("pepper"));

        // One without: verified as it is, and stale.
        let plain = peppered(b"secret", policy, Pepper::default());
        assert!(check(b"secret", &plain, ring("one", &["one"]), &[]).unwrap());
        assert_eq!(password::parse(&plain).unwrap().stale(&policy, Some("one")), Some("pepper"));
    }
    // HMAC-SHA-256 of the password, in base64: then the scheme. Nothing is too long, for bcrypt either.
    let hash = peppered(&[b'x'; 100], BCRYPT, ring("one", &["one"]));
    assert!(hash.starts_with("$hmac-sha256$keyid=b25l$2b$04$"), "{hash}");
    assert!(!check(&[b'x'; 101], &hash, ring("one", &["one"]), &[]).unwrap());
}

/// `openssl dgst -sha256 -hmac "the key one"` of "secret", in base64.
#[test]
fn a_pepper_is_hmac_sha256_in_base64() {
    let hash = peppered(b"secret", BCRYPT, ring("one", &["one"]));
    let inner = hash.strip_prefix("$hmac-sha256$keyid=b25l").unwrap();
    assert!(verify(inner, MAC.as_bytes()).unwrap());
}
const MAC: &str = "7BdtQAWv/LeNrJGbknsqq5Jn0zLWT1i7bHCmeTK0uyo=";

#[test]
fn rings_that_are_none_are_refused() {
    let key = |id: &str, bytes: &[u8]| (id.to_owned(), secret(bytes));
    let long = "x".repeat(65);
    for (current, keys) in [
        ("one", vec![]),
        ("one", vec![key("two", b"k")]),
        ("one", vec![key("one", b"")]),
        ("", vec![key("", b"k")]),
        (long.as_str(), vec![key(&long, b"k")]),
    ] {
        assert_eq!(Pepper::new(current.into(), keys).unwrap_err().code(), Code::InvalidArg);
    }
}

#[test]
fn associated_data_is_asked_for_or_stands_in_the_string() {
    let recipe = Recipe::new(argon2id(64), None, b"user 7").unwrap();
    let Outcome::Hash(bound) = run(PasswordJob::hash(secret(b"secret"), recipe, Pepper::default())).unwrap()
    else {
        panic!("no hash");
    };
    assert!(!bound.contains("data="), "{bound}");
    let check = |hash: &str, data: &[u8]| check(b"secret", hash, Pepper::default(), data).unwrap();
    assert!(check(&bound, b"user 7"));
    assert!(!check(&bound, b"user 8"));
    assert!(!check(&bound, b""));
    // As node-argon2 writes it.
    let written = bound.replace("p=1$", "p=1,data=dXNlciA3$");
    assert!(check(&written, b""));
    assert!(check(&written, b"user 7"));
    assert!(!check(&written, b"user 8"), "not what was asked for");
    assert_eq!(Recipe::new(BCRYPT, None, b"user 7").unwrap_err().code(), Code::InvalidArg);
    assert_eq!(Recipe::new(argon2id(64), None, &[0; 1025]).unwrap_err().code(), Code::InvalidArg);
}

#[test]
fn judges_a_hash_by_the_policy() {
    let stale = |hash: &str, policy: Policy| password::parse(hash).unwrap().stale(&policy, None);
    let argon2 =
        "$argon2id$v=19$m=64,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let bcrypt = "$2b$04$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
    assert_eq!(stale(argon2, argon2id(64)), None);
    assert_eq!(stale(&argon2.replace("m=64,t=1,p=1", "m=64,p=1,t=1"), argon2id(64)), None);
    assert_eq!(stale(argon2, argon2id(65)), Some("cost"));
    assert_eq!(stale(argon2, argon2id(32)), Some("cost"), "a policy may also ask for less");
    assert_eq!(stale(&argon2.replace("t=1", "t=2"), argon2id(64)), Some("cost"));
    assert_eq!(stale(&argon2[..argon2.len() - 4], argon2id(64)), Some("cost"), "a shorter hash");
    assert_eq!(stale(&argon2.replace("argon2id", "argon2i"), argon2id(64)), Some("algorithm"));
    assert_eq!(stale(&argon2.replace("v=19$", ""), argon2id(64)), Some("version"));
    assert_eq!(
        stale(&argon2.replace("$AAAAAAAAAAAAAAAAAAAAAA$", "$AAAAAAAAAAA$"), argon2id(64)),
        Some("salt")
    );
    assert_eq!(stale(argon2, BCRYPT), Some("algorithm"));
    for prefix in ["$2a$", "$2b$", "$2y$", "{bcrypt}$2a$", "bcrypt$$2b$"] {
        assert_eq!(stale(&bcrypt.replace("$2b$", prefix), BCRYPT), None, "{prefix}");
    }
    assert_eq!(stale(&bcrypt.replace("$2b$", "$2x$"), BCRYPT), Some("version"));
    assert_eq!(stale(&bcrypt.replace("$04$", "$05$"), BCRYPT), Some("cost"));
    assert_eq!(stale(bcrypt, BCRYPT_SHA256), Some("algorithm"));
    assert_eq!(stale(&bcrypt.replace("$2b$", "$wp$2y$"), BCRYPT), Some("algorithm"));
    assert_eq!(stale(&bcrypt.replace("$2b$", "bcrypt_sha256$$2b$"), BCRYPT), Some("algorithm"));
    let sha256 = |costs: &str| format!("$bcrypt-sha256${costs}${}${}", &bcrypt[7..29], &bcrypt[29..]);
    assert_eq!(stale(&sha256("v=2,t=2b,r=4"), BCRYPT_SHA256), None);
    assert_eq!(stale(&sha256("v=2,t=2b,r=5"), BCRYPT_SHA256), Some("cost"));
    assert_eq!(stale(&sha256("2b,4"), BCRYPT_SHA256), Some("version"));
    assert_eq!(stale(&sha256("v=2,t=2b,r=4"), BCRYPT), Some("algorithm"));
}

#[test]
fn says_what_a_string_says_and_neither_salt_nor_hash() {
    let params = |hash: &str| password::parse(hash).unwrap().params();
    let argon2 = "$argon2id$v=19$m=64,t=2,p=1,keyid=b25l$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    assert_eq!(
        params(argon2),
        [
            ("version", Param::Number(19)),
            ("memoryKiB", Param::Number(64)),
            ("passes", Param::Number(2)),
            ("lanes", Param::Number(1)),
            ("saltLength", Param::Number(16)),
            ("hashLength", Param::Number(32)),
            ("keyId", Param::Text("one".into())),
        ]
    );
    let bcrypt = "$2y$04$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
    assert_eq!(params(bcrypt), [("version", Param::Text("2y".into())), ("cost", Param::Number(4))]);
    assert_eq!(format!("{:?}", password::parse(bcrypt).unwrap()), "bcrypt");
}

#[test]
fn a_right_password_that_the_policy_cannot_take_is_right_all_the_same() {
    let long = [b'x'; 100];
    let truncate = Policy::Bcrypt { cost: 5, long_password: LongPassword::Truncate };
    let hash = password::hash(&secret(&long), &truncate, None, &Arenas::new(0), &Cancel::new()).unwrap();
    let stored = password::parse(&hash).unwrap();
    let stale = stored.stale(&BCRYPT, None);
    let anew = Recipe::new(BCRYPT, None, &[]).unwrap();
    let subject = Subject::Stored(stored);
    let job = PasswordJob::check(secret(&long), subject, Some(anew), stale, Pepper::default(), vec![]);
    let Outcome::Check(check) = run(job).unwrap() else { panic!("no check") };
    assert!(check.ok && check.needs_rehash && check.new_hash.is_none());
    assert_eq!(check.reason, Some("password-length"));
}

#[test]
fn nobody_is_nobody_after_the_policy_s_work() {
    for policy in [argon2id(64), BCRYPT, BCRYPT_SHA256] {
        let subject = Subject::Nobody(Recipe::new(policy, None, &[]).unwrap());
        let job =
            PasswordJob::check(secret(&[b'x'; 100]), subject, None, None, Pepper::default(), vec![]).unwrap();
        assert_eq!(job.working_bytes(), policy.working_bytes());
        let Outcome::Check(check) = run(Ok(job)).unwrap() else { panic!("no check") };
        assert_eq!((check.ok, check.scheme, check.reason), (false, None, Some("no-hash")));
        assert!(!check.needs_rehash);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Real strings, cut, changed and joined.
    #[test]
    fn no_string_makes_the_parser_panic_or_ask_for_more_than_the_limits(
        which in any::<prop::sample::Index>(),
        other in any::<prop::sample::Index>(),
        (from, to) in (0_usize..120, 0_usize..120),
        with in "[$,=./{}A-Za-z0-9é]{0,12}",
    ) {
        let vectors = vectors();
        let (one, other) = (vectors[which.index(vectors.len())].hash, vectors[other.index(vectors.len())].hash);
        let (from, to) = (from.min(one.len()), to.min(other.len()));
        let changed = format!("{}{with}{}", &one[..from], &other[to..]);
        if let Ok(stored) = password::parse(&changed) {
            let limits = Limits::default();
            if stored.check_limits(&limits).is_ok() {
                prop_assert!(stored.working_bytes() <= u64::from(limits.memory_kib) * 1024);
            }
            let _ = (stored.params(), stored.stale(&Policy::default(), None));
        }
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "[{}$,=./a-z0-9]{0,60}", any in "\\PC{0,60}") {
        let _ = (password::parse(&text), password::parse(&any));
    }
}
