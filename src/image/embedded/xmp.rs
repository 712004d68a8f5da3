//! The orientation in an XMP packet (XMP specification part 1, section 7; part 2, section 3.2: the TIFF
//! schema). It stands there as `tiff:Orientation="6"` or `<tiff:Orientation>6</tiff:Orientation>`.

use std::ops::Range;

const SCHEMA: &str = "http://ns.adobe.com/tiff/1.0/";
/// The prefix is the writer's choice, and almost always this one.
const USUAL_PREFIX: &str = "tiff";
/// A packet that binds more prefixes to the schema than this is no one's metadata.
const MAX_PREFIXES: usize = 4;

/// The packet; where `upright`, it says so if it says anything. `None` for what is no text: in every
/// format that is read here a packet is UTF-8.
pub(super) fn kept(packet: Vec<u8>, upright: bool) -> Option<Vec<u8>> {
    let mut text = String::from_utf8(packet).ok()?;
    text.truncate(text.trim_end_matches('\0').len());
    if text.is_empty() || text.contains('\0') {
        return None;
    }
    if upright {
        for prefix in prefixes(&text) {
            set_upright(&mut text, &format!("{prefix}:Orientation"));
        }
    }
    Some(text.into_bytes())
}

fn prefixes(text: &str) -> Vec<String> {
    let mut prefixes = vec![USUAL_PREFIX.to_owned()];
    for (at, _) in text.match_indices(SCHEMA) {
        if prefixes.len() == MAX_PREFIXES {
            break;
        }
        if let Some(prefix) = bound_prefix(&text[..at])
            && prefixes.iter().all(|known| known != prefix)
        {
            prefixes.push(prefix.to_owned());
        }
    }
    prefixes
}

/// Of `… xmlns:prefix="`, the prefix. Looks no further back than a prefix may be long: the schema may stand
/// there a hundred thousand times.
fn bound_prefix(before: &str) -> Option<&str> {
    const LONGEST: usize = 64;
    let name = before.strip_suffix(['"', '\''])?.trim_end().strip_suffix('=')?.trim_end();
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    let begin =
        name.char_indices().rev().take(LONGEST).take_while(|(_, c)| is_name(*c)).last().map(|(at, _)| at)?;
    let (declaration, prefix) = name.split_at(begin);
    declaration.ends_with("xmlns:").then_some(prefix)
}

fn set_upright(text: &mut String, name: &str) {
    let found: Vec<Range<usize>> = text
        .match_indices(name)
        .filter_map(|(at, _)| value(text, at + name.len()))
        .filter(|value| text[value.clone()] != *"1")
        .collect();
    if found.is_empty() {
        return;
    }
    let mut changed = String::with_capacity(text.len());
    let mut from = 0;
    for value in found {
        changed.push_str(&text[from..value.start]);
        changed.push('1');
        from = value.end;
    }
    changed.push_str(&text[from..]);
    *text = changed;
}

/// Where the value of an attribute or of an element lies, whose name ends at `at`; its spaces belong to it.
fn value(text: &str, at: usize) -> Option<Range<usize>> {
    /// A number from 1 to 8, and spaces.
    const LONGEST: usize = 32;
    let rest = text[at..].trim_start();
    let begin = text.len() - rest.len();
    let (skipped, end) = if let Some(element) = rest.strip_prefix('>') {
        (rest.len() - element.len(), '<')
    } else {
        let quoted = rest.strip_prefix('=')?.trim_start();
        let quote = quoted.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
        (rest.len() - quoted.len() + 1, quote)
    };
    let begin = begin + skipped;
    let length = text[begin..].char_indices().take(LONGEST).find(|(_, c)| *c == end)?.0;
    let digits = text[begin..begin + length].trim();
    let is_number = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
    is_number.then(|| begin..begin + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn upright(packet: &str) -> String {
        String::from_utf8(kept(packet.as_bytes().to_vec(), true).unwrap()).unwrap()
    }

    #[test]
    fn attributes_and_elements_of_whatever_prefix() {
        for (packet, expected) in [
            (r#"<a tiff:Orientation="6" b="6"/>"#, r#"<a tiff:Orientation="1" b="6"/>"#),
            ("<a tiff:Orientation = '8'/>", "<a tiff:Orientation = '1'/>"),
            (
                "<a><tiff:Orientation> 3\n</tiff:Orientation></a>",
                "<a><tiff:Orientation>1</tiff:Orientation></a>",
            ),
            (
                r#"<a xmlns:t='http://ns.adobe.com/tiff/1.0/' t:Orientation="5"><x:Orientation>5</x:Orientation></a>"#,
                r#"<a xmlns:t='http://ns.adobe.com/tiff/1.0/' t:Orientation="1"><x:Orientation>5</x:Orientation></a>"#,
            ),
        ] {
            assert_eq!(upright(packet), expected);
            assert_eq!(kept(packet.as_bytes().to_vec(), false).unwrap(), packet.as_bytes());
        }
    }

    #[test]
    fn everything_else_stays() {
        for packet in [
            r#"<a tiff:Orientation="1"/>"#,
            r#"<a tiff:Orientation="up"/>"#,
            r#"<a tiff:OrientationOf="6"/>"#,
            "<a>tiff:Orientation 6</a>",
            "<a tiff:Orientation",
            "<a tiff:Orientation=",
            "<a tiff:Orientation=\"6",
            "no packet at all: ä",
        ] {
            assert_eq!(upright(packet), packet);
        }
    }

    #[test]
    fn what_is_no_text_is_left_out() {
        assert_eq!(kept(vec![b'<', 0xFF, b'>'], false), None);
        assert_eq!(kept(b"a\0b".to_vec(), false), None);
        assert_eq!(kept(b"\0\0".to_vec(), false), None);
        assert_eq!(kept(b"<a/>\0\0".to_vec(), false).unwrap(), b"<a/>");
    }

    #[test]
    fn prefixes_are_whole_names() {
        let long = "p".repeat(64);
        for (declaration, expected) in [
            ("xmlns:t=\"", Some("t")),
            ("<a xmlns:ä-1.b = '", Some("ä-1.b")),
            (&format!("xmlns:{long}=\""), Some(long.as_str())),
            (&format!("xmlns:p{long}=\""), None),
            ("xmlns:=\"", None),
            ("xmlns:a b=\"", None),
            ("xmlns:a:b=\"", None),
            ("name=\"", None),
            ("xmlns:t\"", None),
            ("xmlns:t=", None),
            ("", None),
        ] {
            assert_eq!(bound_prefix(declaration), expected, "{declaration}");
        }
    }

    #[test]
    fn a_schema_named_again_and_again_takes_no_longer_than_reading_it() {
        // For as many names as the packet has room for, looking back to its beginning takes minutes.
        let begun = std::time::Instant::now();
        for part in
            ["=\"http://ns.adobe.com/tiff/1.0/\"", "xmlns:t=\"http://ns.adobe.com/tiff/1.0/\" t:Orientation "]
        {
            let packet = part.repeat((4 << 20) / part.len());
            assert_eq!(kept(packet.clone().into_bytes(), true), Some(packet.into_bytes()));
        }
        assert!(begun.elapsed() < std::time::Duration::from_secs(20));
    }

    proptest::proptest! {
        #[test]
        fn any_text_stays_text(packet in r#"([a-z<>="' /6]|tiff:Orientation|xmlns:t="http://ns.adobe.com/tiff/1.0/"|t:Orientation|ä){0,60}"#) {
            if let Some(kept) = kept(packet.into_bytes(), true) {
                assert!(String::from_utf8(kept).is_ok());
            }
        }
    }
}
