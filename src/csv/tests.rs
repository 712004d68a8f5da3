//! Formatting, cell by cell, against what RFC 4180 and ECMAScript say.

use super::*;
use crate::Code;

fn strings(cells: &[&str]) -> Column {
    let latin1 = cells.iter().all(|cell| cell.chars().all(|c| u32::from(c) < 0x100));
    if latin1 {
        let units = |cell: &&str| cell.chars().map(|c| c as u8).collect::<Vec<u8>>();
        Column {
            tags: Tags::Uniform(Tag::String),
            numbers: Vec::new(),
            lengths: cells.iter().map(|cell| cell.chars().count() as u32).collect(),
            text: Text::Latin1(cells.iter().flat_map(units).collect()),
        }
    } else {
        Column {
            tags: Tags::Uniform(Tag::String),
            numbers: Vec::new(),
            lengths: cells.iter().map(|cell| cell.encode_utf16().count() as u32).collect(),
            text: Text::Utf16(cells.iter().flat_map(|cell| cell.encode_utf16()).collect()),
        }
    }
}

fn column(tags: Tags, numbers: &[f64]) -> Column {
    Column { tags, numbers: numbers.to_vec(), lengths: Vec::new(), text: Text::Latin1(Vec::new()) }
}

fn print(rows: u32, columns: Vec<Column>, dialect: &Dialect) -> String {
    let mut out = Vec::new();
    format(&Batch { rows, columns }, dialect, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn dialect(delimiter: char) -> Dialect {
    Dialect::new(delimiter, LineEnding::Lf, false).unwrap()
}

#[test]
fn every_kind_of_cell_in_one_mixed_column() {
    let mixed = Column {
        tags: Tags::PerCell(vec![0, 1, 2, 3, 4, 5, 1, 2]),
        numbers: vec![1.5, 0.0, -7.0],
        lengths: vec![1, 3],
        text: Text::Latin1(b"ab,c".to_vec()),
    };
    let second = strings(&["", "", "", "", "", "", "", "end"]);
    assert_eq!(
        print(8, vec![mixed, second], &Dialect::default()),
        ",\r\na,\r\n1.5,\r\n1970-01-01T00:00:00.000Z,\r\ntrue,\r\nfalse,\r\n\"b,c\",\r\n-7,end\r\n"
    );
}

#[test]
fn quotes_only_what_needs_it() {
    for (cell, expected) in [
        ("plain", "plain"),
        (" spaced ", " spaced "),
        ("it's", "it's"),
        ("a;b\tc", "a;b\tc"),
        ("a,b", "\"a,b\""),
        ("a\"b", "\"a\"\"b\""),
        ("a\nb", "\"a\nb\""),
        ("a\rb", "\"a\rb\""),
        ("\"", "\"\"\"\""),
        ("Zürich", "Zürich"),
        ("Zürich, 漢字 😀", "\"Zürich, 漢字 😀\""),
        ("\0", "\0"),
    ] {
        let line = print(1, vec![strings(&[cell]), strings(&["x"])], &Dialect::default());
        assert_eq!(line, format!("{expected},x\r\n"));
    }
}

#[test]
fn a_row_of_one_empty_cell_can_be_seen() {
    assert_eq!(print(2, vec![strings(&["", "a"])], &dialect(',')), "\"\"\na\n");
    assert_eq!(print(1, vec![column(Tags::Uniform(Tag::Empty), &[])], &dialect(',')), "\"\"\n");
    let two = || column(Tags::Uniform(Tag::Empty), &[]);
    assert_eq!(print(1, vec![two(), two()], &dialect(',')), ",\n");
}

#[test]
fn lone_surrogates_become_replacement_characters_and_never_pair_across_cells() {
    let halves = Column {
        tags: Tags::Uniform(Tag::String),
        numbers: Vec::new(),
        lengths: vec![1, 1, 2, 3],
        text: Text::Utf16(vec![0xd83d, 0xde00, 0xd83d, 0xde00, 0x61, 0xdc00, 0x62]),
    };
    assert_eq!(print(4, vec![halves], &dialect(',')), "\u{fffd}\n\u{fffd}\n😀\na\u{fffd}b\n");
}

#[test]
fn a_delimiter_that_numbers_dates_and_booleans_contain_gets_them_quoted() {
    let number = || column(Tags::Uniform(Tag::Number), &[-1.5]);
    for (delimiter, expected) in
        [('.', "\"-1.5\".x\n"), ('-', "\"-1.5\"-x\n"), ('5', "\"-1.5\"5x\n"), ('2', "-1.52x\n")]
    {
        assert_eq!(print(1, vec![number(), strings(&["x"])], &dialect(delimiter)), expected);
    }
    let date = column(Tags::Uniform(Tag::Date), &[0.0]);
    assert_eq!(print(1, vec![date], &dialect(':')), "\"1970-01-01T00:00:00.000Z\"\n");
    let boolean = column(Tags::Uniform(Tag::True), &[]);
    assert_eq!(print(1, vec![boolean], &dialect('u')), "\"true\"\n");
}

#[test]
fn any_character_separates() {
    for delimiter in [';', '\t', ' ', '\0', '§', '→', '😀', '\u{ff}'] {
        let text = format!("a{delimiter}b");
        let line = print(1, vec![strings(&[&text]), strings(&["←"])], &dialect(delimiter));
        assert_eq!(line, format!("\"a{delimiter}b\"{delimiter}←\n"));
    }
}

#[test]
fn refuses_a_delimiter_that_means_something_else() {
    for delimiter in ['"', '\r', '\n'] {
        let error = Dialect::new(delimiter, LineEnding::Lf, false).unwrap_err();
        assert_eq!(error.code(), Code::InvalidArg);
    }
}

#[test]
fn a_batch_that_does_not_add_up_leaves_the_output_as_it_was() {
    let mut out = b"before".to_vec();
    let short = Batch { rows: 3, columns: vec![strings(&["a", "b"])] };
    assert_eq!(format(&short, &Dialect::default(), &mut out).unwrap_err().code(), Code::Internal);
    assert_eq!(out, b"before");
}

#[test]
fn long_columns_are_scanned_past_every_quoted_cell() {
    let cells: Vec<String> = (0..500)
        .map(|i| if i % 7 == 0 { format!("row {i}, with \"quotes\"") } else { format!("row {i}") })
        .collect();
    let refs: Vec<&str> = cells.iter().map(String::as_str).collect();
    let expected: String = (0..500)
        .map(
            |i| if i % 7 == 0 { format!("\"row {i}, with \"\"quotes\"\"\"\n") } else { format!("row {i}\n") },
        )
        .collect();
    assert_eq!(print(500, vec![strings(&refs)], &dialect(',')), expected);
}
