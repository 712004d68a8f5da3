//! How long two places are alike, which every search for matches asks.

/// The longest match that DEFLATE has.
pub(crate) const MAX_MATCH: usize = 258;
/// No match begins so close to the end, where eight bytes at a time could not be read.
pub(crate) const TAIL: usize = 8;

/// The bytes from `at` on; those beyond the end are 0.
#[inline]
pub(crate) fn eight(data: &[u8], at: usize) -> u64 {
    data.get(at..at + 8).and_then(|bytes| bytes.try_into().ok()).map_or(0, u64::from_le_bytes)
}

/// How many bytes are alike from two places on, where the first eight are; at most [`MAX_MATCH`].
#[inline]
pub(crate) fn extend(data: &[u8], before: usize, at: usize) -> usize {
    let most = (data.len() - at).min(MAX_MATCH);
    let mut length = 8;
    while length + 8 <= most {
        let different = eight(data, before + length) ^ eight(data, at + length);
        if different != 0 {
            return length + (different.trailing_zeros() / 8) as usize;
        }
        length += 8;
    }
    while length < most && data[before + length] == data[at + length] {
        length += 1;
    }
    length
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_alike_up_to_the_first_difference_the_end_or_the_longest_match() {
        for length in [8, 9, 15, 16, 17, 100, 257, 258, 300] {
            let mut data = vec![7; 2 * length];
            assert_eq!(extend(&data, 0, length), length.min(MAX_MATCH));
            for different in 8..length {
                data[length + different] = 9;
                assert_eq!(extend(&data, 0, length), different.min(MAX_MATCH));
                data[length + different] = 7;
            }
        }
    }
}
