//! What the parsers of stored strings share.

use crate::error::{Code, Error};

/// The PHC format's decimals: digits only, no leading zero, below 2^32.
pub(super) fn decimal(text: &str) -> Option<u32> {
    let minimal =
        text.bytes().all(|byte| byte.is_ascii_digit()) && !(text.len() > 1 && text.starts_with('0'));
    if minimal { text.parse().ok() } else { None }
}

/// `ERR_HASH_FORMAT` for a string that began well. `why` shows nothing of the string.
pub(super) fn malformed_as(what: &str, why: &str) -> Error {
    Error::new(Code::HashFormat, format!("hash begins like {what} but is none: {why}"))
}
