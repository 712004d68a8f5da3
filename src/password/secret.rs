//! A password's bytes, wiped when they are no longer needed.

use std::fmt;

use zeroize::{Zeroize as _, Zeroizing};

use crate::error::{Code, Error, Result};

/// The longest password that any function takes, in bytes: 1 MiB. argon2 would take 4 GiB; nobody types
/// that, and the event loop copies what is passed.
pub const MAX_PASSWORD_BYTES: usize = 1 << 20;

/// A password: owned bytes that are overwritten when dropped, and that no formatting shows.
///
/// It takes the vector's allocation over rather than copying it. Whoever builds the vector should give it
/// its capacity at once: what growing leaves behind is not wiped.
///
/// ```
/// use offloop::password::Secret;
///
/// let secret = Secret::from(b"hunter2".to_vec());
/// assert_eq!(secret.as_bytes(), b"hunter2");
/// assert_eq!(format!("{secret:?}"), "Secret(..)");
/// ```
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub(super) fn check_length(&self) -> Result<()> {
        if self.0.len() <= MAX_PASSWORD_BYTES {
            return Ok(());
        }
        Err(Error::new(
            Code::InvalidArg,
            format!("password must be at most {MAX_PASSWORD_BYTES} bytes; got {}", self.0.len()),
        ))
    }
}

impl From<Vec<u8>> for Secret {
    fn from(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }
}

/// Overwrites what a call that has just returned left on the stack: libraries move what they hash with, and wipe only
/// where it came to lie last. Deeper than any computation here goes.
#[inline(never)]
#[allow(clippy::large_stack_arrays, reason = "it is the stack that is meant")]
pub(super) fn wipe_stack() {
    let mut stack = [0_u8; 32 << 10];
    stack.zeroize();
    std::hint::black_box(&mut stack);
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}
