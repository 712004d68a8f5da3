//! Colour profiles that are embedded.

use super::super::pixels::{Embedded, Layout};

/// The profile to embed with pixels of this layout. One that speaks of other channels than they have says
/// nothing about them, and readers take such a file for damaged.
pub(super) fn fitting(embedded: &Embedded, layout: Layout) -> Option<&[u8]> {
    let icc = embedded.icc.as_deref()?;
    // ICC.1:2022, 7.2.6: the colour space of the data.
    let space = icc.get(16..20)?;
    let fits = if layout.is_gray() { space == b"GRAY" } else { space == b"RGB " };
    fits.then_some(icc)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_go_with_the_channels_they_speak_of() {
        let embedded = |space: &[u8]| Embedded {
            icc: Some([&[0; 16][..], space, &[0; 108]].concat().into()),
            ..Embedded::default()
        };
        assert!(fitting(&embedded(b"RGB "), Layout::Rgba8).is_some());
        assert!(fitting(&embedded(b"RGB "), Layout::L8).is_none());
        assert!(fitting(&embedded(b"GRAY"), Layout::La16).is_some());
        assert!(fitting(&embedded(b"CMYK"), Layout::Rgb8).is_none());
        assert!(
            fitting(&Embedded { icc: Some(vec![0; 4].into()), ..Embedded::default() }, Layout::Rgb8)
                .is_none()
        );
    }
}
