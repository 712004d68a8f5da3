//! AV1's open bitstream units (AV1 bitstream specification, section 5.3): as much as a container has to know.

use crate::error::{Error, Result};

const SEQUENCE_HEADER: u8 = 1;
const TEMPORAL_DELIMITER: u8 = 2;

struct Unit<'a> {
    kind: u8,
    /// From its header on.
    bytes: &'a [u8],
    body: &'a [u8],
}

/// The next unit and what follows it. Encoders write each with its size.
fn split(data: &[u8]) -> Option<(Unit<'_>, &[u8])> {
    let header = *data.first()?;
    let (extended, sized) = (header & 4 != 0, header & 2 != 0);
    let mut at = 1 + usize::from(extended);
    let mut size = 0_usize;
    if !sized {
        return None;
    }
    for shift in (0..28).step_by(7) {
        let byte = *data.get(at)?;
        at += 1;
        size |= usize::from(byte & 0x7F) << shift;
        if byte & 0x80 == 0 {
            let end = at.checked_add(size)?;
            let unit = Unit { kind: header >> 3 & 15, bytes: data.get(..end)?, body: data.get(at..end)? };
            return Some((unit, &data[end..]));
        }
    }
    None
}

fn malformed() -> Error {
    Error::internal("rav1e wrote something other than AV1")
}

/// The same units but temporal delimiters, which an image's item should not have (AVIF 1.1, section 2.1).
pub(super) fn without_delimiters(mut data: &[u8]) -> Result<Vec<u8>> {
    let mut out = Vec::with_capacity(data.len());
    while !data.is_empty() {
        let (unit, rest) = split(data).ok_or_else(malformed)?;
        if unit.kind != TEMPORAL_DELIMITER {
            out.extend_from_slice(unit.bytes);
        }
        data = rest;
    }
    Ok(out)
}

/// Profile and level of a still picture, which the configuration box repeats (section 5.5.1: `seq_profile` in
/// three bits, two flags, `seq_level_idx` in five where the second flag says that the header is a reduced one).
pub(super) fn profile_and_level(mut data: &[u8]) -> Result<(u8, u8)> {
    while !data.is_empty() {
        let (unit, rest) = split(data).ok_or_else(malformed)?;
        if let (SEQUENCE_HEADER, [first, second, ..]) = (unit.kind, unit.body)
            && first & 0b1000 != 0
        {
            return Ok((first >> 5, (first & 0b111) << 2 | second >> 6));
        }
        data = rest;
    }
    Err(malformed())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delimiters_are_left_out() {
        // A delimiter, a sequence header of two bytes, a frame of none.
        let data = [0x12, 0, 0x0A, 2, 0b0011_1010, 0b0100_0000, 0x32, 0];
        assert_eq!(without_delimiters(&data).unwrap(), data[2..]);
        assert_eq!(profile_and_level(&data).unwrap(), (1, 0b01001));
    }

    #[test]
    fn what_is_no_unit_is_an_error() {
        for data in [&[0x0A_u8][..], &[0x0A, 5, 1], &[0x08, 1], &[0x0A, 0x80, 0x80, 0x80, 0x80, 0]] {
            assert!(without_delimiters(data).is_err());
            assert!(profile_and_level(data).is_err());
        }
        assert!(profile_and_level(&[0x12, 0]).is_err());
    }
}
