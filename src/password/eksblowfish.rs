//! Eksblowfish, the computation inside bcrypt (Provos and Mazières, "A Future-Adaptable Password Scheme", USENIX
//! 1999, §4), on Blowfish (Schneier, "Description of a New Variable-Length Key, 64-Bit Block Cipher", 1993).
//!
//! One hash is a chain of loads each of which waits for the one before, so a processor is idle most of the time.
//! [`turn`] therefore runs several independent hashes in one thread, a round of each after the other; every number of
//! them is a body of its own, with all rounds written out. Each iteration is the same work whatever the cost, so
//! hashes need not start or end together.

#![allow(
    clippy::inline_always,
    reason = "a body for each width is the point: calls would spill what is in registers"
)]
#![allow(clippy::needless_range_loop, reason = "several arrays go by one index")]

use zeroize::{Zeroize as _, Zeroizing};

use super::pi;

/// The most hashes that one call of [`turn`] advances. Of more, the S-boxes (4 KiB each) leave the first-level cache.
pub(super) const MOST_LANES: usize = 8;

/// A password's 72 bytes, or a salt repeated to as many, as big-endian words.
pub(super) type Words = [u32; 18];

/// A hash that is being computed. Wiped when dropped.
#[repr(C, align(64))]
pub(super) struct Lane {
    s: [[u32; 256]; 4],
    p: Words,
    key: Words,
    salt: Words,
    left: u32,
}

/// Several hashes that are being computed, side by side in memory that is wiped as they leave.
pub(super) struct Lanes {
    lanes: Vec<Lane>,
    busy: usize,
}

impl Lanes {
    pub(super) fn new() -> Self {
        // Room for all at once: growing would leave copies behind. What is not used is never touched.
        Self { lanes: Vec::with_capacity(MOST_LANES), busy: 0 }
    }

    pub(super) fn busy(&self) -> usize {
        self.busy
    }

    /// Begins a hash, the last one of those that are busy. There must be room: no more than [`MOST_LANES`] are.
    /// `cost` is 4 to 31; `key` writes the key's words where they will be used, so that no other place holds them.
    pub(super) fn begin(&mut self, cost: u32, salt: &[u8; 16], key: impl FnOnce(&mut Words)) {
        self.next().begin(cost, salt, key);
    }

    /// Goes on with a hash that was taken out.
    pub(super) fn resume(&mut self, lane: &Lane) {
        self.next().copy(lane);
    }

    fn next(&mut self) -> &mut Lane {
        debug_assert!(self.busy < MOST_LANES);
        if self.busy == self.lanes.len() {
            self.lanes.push(Lane::idle());
        }
        self.busy += 1;
        &mut self.lanes[self.busy - 1]
    }

    /// Advances all by `most` iterations, or by as many as the first one to end has left.
    pub(super) fn turn(&mut self, most: u32) {
        let busy = &mut self.lanes[..self.busy];
        if let Some(least) = busy.iter().map(|lane| lane.left).min() {
            turn(busy, least.min(most));
        }
    }

    /// Takes out a hash that is not done, to go on with later; the last one takes its place.
    pub(super) fn take(&mut self, at: usize) -> Box<Lane> {
        let mut lane = Box::new(Lane::idle());
        lane.copy(&self.lanes[at]);
        drop(self.remove(at));
        lane
    }

    pub(super) fn is_done(&self, at: usize) -> bool {
        self.lanes[at].left == 0
    }

    /// Takes a hash out; the last one takes its place. `None` if it was not done.
    pub(super) fn remove(&mut self, at: usize) -> Option<Zeroizing<[u8; 24]>> {
        debug_assert!(at < self.busy);
        let hash = self.is_done(at).then(|| self.lanes[at].finish());
        self.busy -= 1;
        let (lanes, last) = self.lanes.split_at_mut(self.busy);
        // Copied from memory to memory: an exchange goes by way of the stack and leaves a copy there.
        if let (Some(lane), Some(last)) = (lanes.get_mut(at), last.first()) {
            lane.copy(last);
        }
        if let Some(last) = last.first_mut() {
            last.wipe();
        }
        hash
    }
}

impl Lane {
    pub(super) fn idle() -> Self {
        Self { s: [[0; 256]; 4], p: [0; 18], key: [0; 18], salt: [0; 18], left: 0 }
    }

    /// Begins a hash: 2^`cost` iterations are left. Filled where it lies: nothing of the key stays behind on the stack.
    fn begin(&mut self, cost: u32, salt: &[u8; 16], key: impl FnOnce(&mut Words)) {
        self.s = pi::S;
        self.p = pi::P;
        key(&mut self.key);
        repeat(&mut self.salt, salt);
        self.left = 1 << cost;
        self.expand_salted();
    }

    fn copy(&mut self, other: &Self) {
        self.s.as_flattened_mut().copy_from_slice(other.s.as_flattened());
        self.p.copy_from_slice(&other.p);
        self.key.copy_from_slice(&other.key);
        self.salt.copy_from_slice(&other.salt);
        self.left = other.left;
    }

    /// `ExpandKey(state, salt, key)`, once at the beginning.
    fn expand_salted(&mut self) {
        for (p, key) in self.p.iter_mut().zip(&self.key) {
            *p ^= key;
        }
        let salt = [self.salt[0], self.salt[1], self.salt[2], self.salt[3]];
        let (mut l, mut r) = ([0], [0]);
        let lanes = std::array::from_mut(self);
        for at in 0..9 {
            l[0] ^= salt[(2 * at) & 3];
            r[0] ^= salt[((2 * at) & 3) | 1];
            encipher::<1, SHIFTS>(lanes, &mut l, &mut r);
            (lanes[0].p[2 * at], lanes[0].p[2 * at + 1]) = (l[0], r[0]);
        }
        for at in 0..512 {
            // The subkeys took nine halves of the salt: the boxes begin with the other one.
            l[0] ^= salt[(2 * (at + 1)) & 3];
            r[0] ^= salt[((2 * (at + 1)) & 3) | 1];
            encipher::<1, SHIFTS>(lanes, &mut l, &mut r);
            let (name, place) = (at / 128, 2 * (at % 128));
            (lanes[0].s[name][place], lanes[0].s[name][place + 1]) = (l[0], r[0]);
        }
    }

    /// The hash, once no iteration is left.
    pub(super) fn finish(&mut self) -> Zeroizing<[u8; 24]> {
        debug_assert_eq!(self.left, 0, "the hash is not done");
        let mut hash = Zeroizing::new(*b"OrpheanBeholderScryDoubt");
        let lanes = std::array::from_mut(self);
        for block in hash.chunks_exact_mut(8) {
            let (left, right) = block.split_at_mut(4);
            let (mut l, mut r) = ([word(left)], [word(right)]);
            for _ in 0..64 {
                encipher::<1, SHIFTS>(lanes, &mut l, &mut r);
            }
            left.copy_from_slice(&l[0].to_be_bytes());
            right.copy_from_slice(&r[0].to_be_bytes());
        }
        hash
    }
}

impl Lane {
    fn wipe(&mut self) {
        self.left = 0;
        self.s.as_flattened_mut().zeroize();
        self.p.zeroize();
        self.key.zeroize();
        self.salt.zeroize();
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        self.wipe();
    }
}

fn word(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |word, byte| (word << 8) | u32::from(*byte))
}

/// The bytes, again and again; of more than 72 the first count.
pub(super) fn repeat(words: &mut Words, bytes: &[u8]) {
    let mut bytes = bytes.iter().copied().cycle();
    for word in words {
        *word = bytes.by_ref().take(4).fold(0, |word, byte| (word << 8) | u32::from(byte));
    }
}

/// `times` iterations, at most as many as are left, of each lane: `ExpandKey(state, 0, key)` and
/// `ExpandKey(state, 0, salt)`. More than [`MOST_LANES`] go one group after the other.
pub(super) fn turn(lanes: &mut [Lane], times: u32) {
    macro_rules! widths {
        ($($width:literal)*) => {
            match lanes.len() {
                0 => {}
                $($width => if let Some(lanes) = lanes.first_chunk_mut::<$width>() { iterate(lanes, times) },)*
                _ => {
                    let (now, later) = lanes.split_at_mut(MOST_LANES);
                    turn(now, times);
                    turn(later, times);
                }
            }
        };
    }
    widths!(1 2 3 4 5 6 7 8);
}

fn iterate<const N: usize>(lanes: &mut [Lane; N], times: u32) {
    iterate_by(Take::best(), lanes, times);
}

fn iterate_by<const N: usize>(take: Take, lanes: &mut [Lane; N], times: u32) {
    match take {
        // SAFETY: whoever says so has asked the processor, see `Take::best`.
        #[cfg(target_arch = "x86_64")]
        Take::Renamed => unsafe { iterate_renamed(lanes, times) },
        // SAFETY: the same.
        #[cfg(target_arch = "x86_64")]
        Take::Bextr if N <= FEW => unsafe { iterate_bextr(lanes, times) },
        _ => iterate_portable(lanes, times),
    }
}

/// How bytes are taken out of a word: what stands between one load and the next, and so decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Take {
    /// With shifts and masks, as a compiler likes.
    Shifts,
    /// The second byte, which is waited for, with `bextr`: one cycle on AMD's processors instead of two, an eleventh of
    /// one hash's time. More than [`FEW`] lanes only lose by it.
    #[cfg(target_arch = "x86_64")]
    Bextr,
    /// With `movzx` into another register, which Intel's processors do by renaming, in no time, so that the shift alone
    /// counts. A compiler takes the same register, or the second byte of one, which are a cycle and two more.
    #[cfg(target_arch = "x86_64")]
    Renamed,
}

impl Take {
    fn best() -> Self {
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("bmi2") && is_intel() {
            return Self::Renamed;
        }
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("bmi1") {
            return Self::Bextr;
        }
        Self::Shifts
    }
}

/// Asked once: under a hypervisor the answer takes some microseconds.
#[cfg(target_arch = "x86_64")]
fn is_intel() -> bool {
    static ANSWER: std::sync::OnceLock<bool> = std::sync::OnceLock::new();
    *ANSWER.get_or_init(|| {
        let vendor = std::arch::x86_64::__cpuid(0);
        [vendor.ebx, vendor.edx, vendor.ecx].map(u32::to_le_bytes).as_flattened() == b"GenuineIntel"
    })
}

const SHIFTS: u8 = 0;
#[cfg(target_arch = "x86_64")]
const BEXTR: u8 = 1;
#[cfg(target_arch = "x86_64")]
const RENAMED: u8 = 2;

/// Not inlined, so that each width keeps its registers to itself.
#[inline(never)]
fn iterate_portable<const N: usize>(lanes: &mut [Lane; N], times: u32) {
    iterations::<N, SHIFTS>(lanes, times);
}

/// See [`Take::Bextr`].
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "bmi1")]
#[inline(never)]
fn iterate_bextr<const N: usize>(lanes: &mut [Lane; N], times: u32) {
    iterations::<N, BEXTR>(lanes, times);
}

/// See [`Take::Renamed`].
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "bmi2")]
#[inline(never)]
fn iterate_renamed<const N: usize>(lanes: &mut [Lane; N], times: u32) {
    iterations::<N, RENAMED>(lanes, times);
}

#[inline(always)]
fn iterations<const N: usize, const TAKE: u8>(lanes: &mut [Lane; N], times: u32) {
    for _ in 0..times {
        for lane in &mut *lanes {
            for (p, key) in lane.p.iter_mut().zip(&lane.key) {
                *p ^= key;
            }
        }
        expand::<N, TAKE>(lanes);
        for lane in &mut *lanes {
            for (p, salt) in lane.p.iter_mut().zip(&lane.salt) {
                *p ^= salt;
            }
        }
        expand::<N, TAKE>(lanes);
    }
    for lane in lanes {
        lane.left -= times;
    }
}

/// Replaces subkeys and S-boxes, which the key has been mixed into, by what they encipher.
#[inline(always)]
fn expand<const N: usize, const TAKE: u8>(lanes: &mut [Lane; N]) {
    let (mut l, mut r) = ([0; N], [0; N]);
    for at in 0..9 {
        encipher::<N, TAKE>(lanes, &mut l, &mut r);
        for i in 0..N {
            lanes[i].p[2 * at] = l[i];
            lanes[i].p[2 * at + 1] = r[i];
        }
    }
    for name in 0..4 {
        for at in 0..128 {
            encipher::<N, TAKE>(lanes, &mut l, &mut r);
            for i in 0..N {
                lanes[i].s[name][2 * at] = l[i];
                lanes[i].s[name][2 * at + 1] = r[i];
            }
        }
    }
}

/// A block of each lane. The rounds are written out: as a loop, six lanes were a sixth slower.
#[inline(always)]
fn encipher<const N: usize, const TAKE: u8>(lanes: &[Lane; N], l: &mut [u32; N], r: &mut [u32; N]) {
    macro_rules! two_rounds {
        ($($round:literal)*) => {$(
            for i in 0..N {
                r[i] = mix::<N>(r[i], lanes[i].p[$round], f::<N, TAKE>(&lanes[i].s, l[i]));
            }
            for i in 0..N {
                l[i] = mix::<N>(l[i], lanes[i].p[$round + 1], f::<N, TAKE>(&lanes[i].s, r[i]));
            }
        )*};
    }
    for i in 0..N {
        l[i] ^= lanes[i].p[0];
    }
    two_rounds!(1 3 5 7 9 11 13 15);
    for i in 0..N {
        (l[i], r[i]) = (r[i] ^ lanes[i].p[17], l[i]);
    }
}

/// Blowfish's F. Bytes as indices need no check of bounds. Taken out one by one: an array of them becomes a `bswap`,
/// which one hash alone waits for.
#[inline(always)]
fn f<const N: usize, const TAKE: u8>(s: &[[u32; 256]; 4], x: u32) -> u32 {
    (s[0][byte::<N, TAKE, 24>(x)].wrapping_add(s[1][byte::<N, TAKE, 16>(x)]) ^ s[2][byte::<N, TAKE, 8>(x)])
        .wrapping_add(s[3][byte::<N, TAKE, 0>(x)])
}

/// Up to so many hashes are waited for more than worked at: each cycle between one load and the next counts, and there
/// are registers to spare. Of more, some of the following only costs.
const FEW: usize = 4;

/// Bits `FROM` to `FROM + 7`. See [`Take`].
#[inline(always)]
fn byte<const N: usize, const TAKE: u8, const FROM: u32>(x: u32) -> usize {
    #[cfg(target_arch = "x86_64")]
    if TAKE == BEXTR && FROM == 16 {
        // SAFETY: only `iterate_bextr` says so, which has the feature.
        return (unsafe { std::arch::x86_64::_bextr2_u32(x, 0x0810) } & 255) as usize;
    }
    #[cfg(target_arch = "x86_64")]
    if TAKE == RENAMED && FROM < 24 {
        return renamed(shifted::<N, FROM>(x));
    }
    #[cfg(target_arch = "x86_64")]
    if TAKE == RENAMED {
        return shifted::<N, FROM>(x) as usize;
    }
    ((x >> FROM) & 255) as usize
}

/// x >> `FROM`; of few lanes without a copy of `x` first, which is not always free.
/// Called by `iterate_renamed` only, which has the feature.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn shifted<const N: usize, const FROM: u32>(x: u32) -> u32 {
    if N > 2 || FROM < 8 {
        return x >> FROM;
    }
    let shifted: u32;
    // SAFETY: a shift, of a feature that the caller has.
    unsafe {
        std::arch::asm!(
            "shrx {0:e}, {1:e}, {2:e}", out(reg) shifted, in(reg) x, in(reg) FROM,
            options(pure, nomem, nostack, preserves_flags),
        );
        std::hint::assert_unchecked(shifted <= u32::MAX >> FROM);
    }
    shifted
}

/// The lowest byte. The output is never the input's register.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn renamed(x: u32) -> usize {
    let byte: usize;
    // SAFETY: one register's lowest byte, with zeros, in another: less than 256.
    unsafe {
        std::arch::asm!(
            "movzx {0:e}, {1:l}", out(reg) byte, in(reg) x, options(pure, nomem, nostack, preserves_flags),
        );
        std::hint::assert_unchecked(byte < 256);
    }
    byte
}

/// The three mixed; with [`FEW`] lanes, the two that are known early first. A compiler thinks that order alike and
/// chooses the other, by which the last of them waits for two: a twelfth of one hash's time.
#[inline(always)]
fn mix<const N: usize>(half: u32, subkey: u32, f: u32) -> u32 {
    // A whole register: the part of one has another name on each processor.
    let mut early = (half ^ subkey) as usize;
    #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
    if N <= FEW {
        // SAFETY: no instruction at all, only a value that the compiler cannot see through.
        unsafe {
            std::arch::asm!("/* {0} */", inout(reg) early, options(pure, nomem, nostack, preserves_flags));
        }
    }
    early as u32 ^ f
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A password with its NUL, a salt, a cost.
    type Case = (Vec<u8>, [u8; 16], u32);

    fn case() -> impl Strategy<Value = Case> {
        (prop::collection::vec(any::<u8>(), 0..80), any::<[u8; 16]>(), 4_u32..7).prop_map(
            |(mut key, salt, cost)| {
                key.truncate(72);
                if key.len() < 72 {
                    key.push(0);
                }
                (key, salt, cost)
            },
        )
    }

    /// All cases at once, refilling lanes as they end; `stride` iterations at most between two looks.
    fn together(cases: &[Case], width: usize, stride: u32) -> Vec<[u8; 24]> {
        let mut waiting = cases.iter().enumerate();
        let mut hashes = vec![[0; 24]; cases.len()];
        let mut lanes = Lanes::new();
        let mut owners = Vec::new();
        loop {
            while lanes.busy() < width
                && let Some((owner, (key, salt, cost))) = waiting.next()
            {
                lanes.begin(*cost, salt, |words| repeat(words, key));
                owners.push(owner);
            }
            if owners.is_empty() {
                return hashes;
            }
            lanes.turn(stride);
            for at in (0..owners.len()).rev() {
                if lanes.is_done(at) {
                    hashes[owners.swap_remove(at)] = *lanes.remove(at).unwrap();
                }
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(120))]
        #[test]
        fn mixed_lanes_are_what_the_bcrypt_crate_computes(
            cases in prop::collection::vec(case(), 1..14), width in 1..=MOST_LANES, stride in 1_u32..40,
        ) {
            let expected: Vec<_> = cases.iter().map(|(key, salt, cost)| bcrypt::bcrypt(*cost, *salt, key)).collect();
            prop_assert_eq!(together(&cases, width, stride), expected);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(30))]
        #[test]
        fn however_bytes_are_taken_out_it_comes_to_the_same((key, salt, cost) in case()) {
            #[cfg(target_arch = "x86_64")]
            let ways = [
                (Take::Renamed, std::arch::is_x86_feature_detected!("bmi2")),
                (Take::Bextr, std::arch::is_x86_feature_detected!("bmi1")),
            ];
            #[cfg(not(target_arch = "x86_64"))]
            let ways = [];
            let expected = bcrypt::bcrypt(cost, salt, &key);
            for (way, is_there) in ways.into_iter().chain([(Take::Shifts, true)]) {
                macro_rules! widths {
                    ($($width:literal)*) => {$(
                        let mut lanes: [Lane; $width] = std::array::from_fn(|_| Lane::idle());
                        for lane in &mut lanes {
                            lane.begin(cost, &salt, |words| repeat(words, &key));
                        }
                        iterate_by(way, &mut lanes, 1 << cost);
                        for lane in &mut lanes {
                            prop_assert_eq!(*lane.finish(), expected, "{:?}, {} lanes", way, $width);
                        }
                    )*};
                }
                if is_there {
                    widths!(1 2 3 4 5 6 7 8);
                }
            }
        }
    }

    /// Divides the number, most significant word first.
    fn divide(number: &mut [u32], by: u32) {
        let mut rest = 0_u64;
        for word in number {
            let whole = (rest << 32) | u64::from(*word);
            *word = (whole / u64::from(by)) as u32;
            rest = whole % u64::from(by);
        }
    }
    fn add(to: &mut [u32], what: &[u32], negative: bool) {
        let mut carry = i64::from(negative);
        for (to, what) in to.iter_mut().zip(what).rev() {
            let what = if negative { !*what } else { *what };
            let sum = i64::from(*to) + i64::from(what) + carry;
            (*to, carry) = (sum as u32, sum >> 32);
        }
    }

    /// Machin's formula, in fixed point: 16 arctan(1/5) − 4 arctan(1/239).
    #[test]
    fn the_tables_are_the_fraction_of_pi() {
        const GUARD: usize = 2;
        let words = 18 + 4 * 256 + GUARD;
        let mut pi = vec![0; 1 + words];
        for (factor, inverse, subtract) in [(16, 5_u32, false), (4, 239, true)] {
            let mut power = vec![0; 1 + words];
            power[0] = factor;
            divide(&mut power, inverse);
            let mut odd = 1;
            while power.iter().any(|word| *word != 0) {
                let mut term = power.clone();
                divide(&mut term, odd);
                add(&mut pi, &term, subtract != (odd % 4 == 3));
                divide(&mut power, inverse * inverse);
                odd += 2;
            }
        }
        assert_eq!(pi[0], 3);
        assert_eq!(pi[1..19], pi::P);
        assert_eq!(&pi[19..19 + 1024], pi::S.as_flattened());
    }
}
