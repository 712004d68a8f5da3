//! Reading colour profiles (ICC.1:2022, ISO 15076-1), which are as hostile as the images they come in.
//!
//! Of a profile's tags only those are read that the conversion needs: they are checked, and copied into a
//! profile of their own, which is what the colour library parses. Tables for printing, names and the like
//! cost nothing then, however many of them a file claims to have.

use moxcms::{ColorProfile, DataColorSpace, ParsingOptions};

/// Sections 7.2 and 7.3: the header, and in front of the tag table its length.
const HEADER: usize = 128;
/// Signature, offset, size.
const TAG: usize = 12;
/// Real profiles have 10 to 40 tags.
const MAX_TAGS: usize = 200;
/// Points of a table of colours. Press profiles have up to 21⁴, those of screens and scanners up to 65³.
const MAX_POINTS: usize = 300_000;
/// Points of a curve. Real ones have up to 4096; a whole table of sixteen bits has these.
const MAX_CURVE: usize = 65_536;

const A_TO_B: [[u8; 4]; 3] = [*b"A2B0", *b"A2B1", *b"A2B2"];

/// The profile, if it is sound and describes pixels of `model`.
pub(super) fn read(profile: &[u8], model: DataColorSpace) -> Option<ColorProfile> {
    let sieved = sieve(profile, model)?;
    let parsing = ParsingOptions {
        max_profile_size: sieved.len() + 1,
        max_allowed_clut_size: MAX_POINTS,
        max_allowed_trc_size: MAX_CURVE,
    };
    ColorProfile::new_from_slice_with_options(&sieved, parsing).ok()
}

/// A profile with nothing but what converts colours of `model` to the connection space.
fn sieve(profile: &[u8], model: DataColorSpace) -> Option<Vec<u8>> {
    let header = profile.get(..HEADER)?;
    if &header[36..40] != b"acsp" || !matches!(&header[12..16], b"scnr" | b"mntr" | b"prtr" | b"spac") {
        return None;
    }
    let (space, channels, curves, colorants): (_, _, &[&[u8; 4]], &[&[u8; 4]]) = match model {
        DataColorSpace::Gray => (b"GRAY", 1, &[b"kTRC"], &[]),
        DataColorSpace::Rgb => (b"RGB ", 3, &[b"rTRC", b"gTRC", b"bTRC"], &[b"rXYZ", b"gXYZ", b"bXYZ"]),
        DataColorSpace::Cmyk => (b"CMYK", 4, &[], &[]),
        _ => return None,
    };
    if &header[16..20] != space || !matches!(&header[20..24], b"XYZ " | b"Lab ") {
        return None;
    }
    let tags = Tags::new(profile)?;
    let mut version = header[8];
    let mut kept: Vec<([u8; 4], &[u8])> = Vec::new();
    // The perceptual table, or the one that stands in for it.
    let table = if channels == 1 { None } else { A_TO_B.into_iter().find_map(|name| tags.find(name)) };
    if let Some(table) = table {
        check_table(table, channels)?;
        // A connection space of Lab has two encodings in sixteen bits (sections 6.3.4.2 and 10.10): the
        // older one is that of `mft2` in a profile of any version, while the library goes by the version.
        version = if table.starts_with(b"mft2") { 2 } else { 4 };
        kept.push((*b"A2B0", table));
    } else {
        if curves.is_empty() {
            return None;
        }
        for name in curves {
            kept.push((**name, curve(tags.find(**name)?)?));
        }
        for name in colorants {
            // A type, reserved, and three numbers (section 10.31).
            kept.push((**name, tags.find(**name)?.get(..20)?));
        }
    }
    Some(write(header, version, &kept))
}

fn write(header: &[u8], version: u8, tags: &[([u8; 4], &[u8])]) -> Vec<u8> {
    let directory = HEADER + 4 + tags.len() * TAG;
    let size = directory + tags.iter().map(|(_, data)| data.len().next_multiple_of(4)).sum::<usize>();
    let mut profile = Vec::with_capacity(size);
    profile.extend_from_slice(header);
    profile[..4].copy_from_slice(&(size as u32).to_be_bytes());
    profile[8] = version;
    profile.extend_from_slice(&(tags.len() as u32).to_be_bytes());
    let mut offset = directory;
    for (name, data) in tags {
        profile.extend_from_slice(name);
        profile.extend_from_slice(&(offset as u32).to_be_bytes());
        profile.extend_from_slice(&(data.len() as u32).to_be_bytes());
        offset += data.len().next_multiple_of(4);
    }
    for (_, data) in tags {
        profile.extend_from_slice(data);
        profile.resize(profile.len().next_multiple_of(4), 0);
    }
    profile
}

/// The tag table.
struct Tags<'a> {
    profile: &'a [u8],
    entries: &'a [[u8; TAG]],
}

impl<'a> Tags<'a> {
    fn new(profile: &'a [u8]) -> Option<Self> {
        let count = be32(profile, HEADER)?;
        if count > MAX_TAGS {
            return None;
        }
        let (entries, _) = profile.get(HEADER + 4..)?.get(..count * TAG)?.as_chunks();
        Some(Self { profile, entries })
    }

    fn find(&self, name: [u8; 4]) -> Option<&'a [u8]> {
        let entry = self.entries.iter().find(|entry| entry.starts_with(&name))?;
        let (offset, size) = (be32(entry, 4)?, be32(entry, 8)?);
        self.profile.get(offset..offset.checked_add(size)?)
    }
}

/// `curv` or `para` (sections 10.6 and 10.18), without what a tag claims beyond it.
fn curve(tag: &[u8]) -> Option<&[u8]> {
    if tag.starts_with(b"curv") {
        let points = be32(tag, 8)?;
        return if points <= MAX_CURVE { tag.get(..12 + 2 * points) } else { None };
    }
    // At most seven numbers.
    Some(&tag[..tag.len().min(40)])
}

/// `mft1`, `mft2` or `mAB ` (sections 10.11, 10.10 and 10.12) from `channels` to three.
fn check_table(table: &[u8], channels: u8) -> Option<()> {
    if table.get(8..10)? != [channels, 3] {
        return None;
    }
    let grid: Vec<u8> = match table.get(..4)? {
        b"mft1" | b"mft2" => vec![*table.get(10)?; usize::from(channels)],
        b"mAB " => match be32(table, 24)? {
            0 => return Some(()),
            offset => table.get(offset..)?.get(..usize::from(channels))?.to_vec(),
        },
        _ => return None,
    };
    let points = grid.iter().try_fold(1_usize, |points, side| points.checked_mul(usize::from(*side)))?;
    (grid.iter().all(|side| *side >= 2) && points <= MAX_POINTS).then_some(())
}

fn be32(data: &[u8], at: usize) -> Option<usize> {
    data.get(at..at.checked_add(4)?)?.try_into().ok().map(|bytes| u32::from_be_bytes(bytes) as usize)
}
