//! Formatting, cell by cell, against what RFC 4180, ECMAScript and the options say.

use super::*;
use crate::Code;

/// A cell as a test writes it down.
enum Cell<'a> {
    Null,
    Undefined,
    Text(&'a str),
    Number(f64),
    Date(i64),
    Bool(bool),
    Decimal(&'a str),
    Bytes(&'a [u8]),
    Integer(i64),
    Unsigned(u64),
}
use Cell::{Bool, Bytes, Date, Decimal, Integer, Null, Number, Undefined, Unsigned};

fn units(cell: &Cell<'_>) -> Vec<u16> {
    match cell {
        Cell::Text(text) | Decimal(text) => text.encode_utf16().collect(),
        Bytes(bytes) => bytes.iter().map(|&byte| u16::from(byte)).collect(),
        _ => Vec::new(),
    }
}

fn pack(cells: &[Cell<'_>]) -> Column {
    let tags: Vec<u8> = cells
        .iter()
        .map(|cell| match cell {
            Null => 0,
            Cell::Text(_) => 1,
            Number(_) => 2,
            Date(_) => 3,
            Bool(true) => 4,
            Bool(false) => 5,
            Undefined => 6,
            Decimal(_) => 7,
            Bytes(_) => 8,
            Integer(_) => 9,
            Unsigned(_) => 10,
        })
        .collect();
    let words = cells.iter().map(|cell| match cell {
        Number(value) => value.to_bits(),
        Date(ms) => (*ms as f64).to_bits(),
        Integer(value) => *value as u64,
        Unsigned(value) => *value,
        _ => 0x7ff8_dead_beef_0000,
    });
    let lengths = cells.iter().map(|cell| match cell {
        Cell::Text(_) | Decimal(_) | Bytes(_) => units(cell).len() as u32,
        _ => 77,
    });
    let text: Vec<u16> = cells.iter().flat_map(units).collect();
    let latin1: Option<Vec<u8>> = text.iter().map(|&unit| u8::try_from(unit).ok()).collect();
    let uniform = tags.first().filter(|first| tags.iter().all(|tag| tag == *first));
    Column {
        words: words.collect(),
        lengths: lengths.collect(),
        text: latin1.map_or(Text::Utf16(text), Text::Latin1),
        tags: match uniform.copied().and_then(Tag::from_byte) {
            Some(tag) => Tags::Uniform(tag),
            None => Tags::PerCell(tags),
        },
    }
}

fn strings(cells: &[&str]) -> Column {
    pack(&cells.iter().map(|cell| Cell::Text(cell)).collect::<Vec<_>>())
}

fn try_print(rows: u32, columns: Vec<Column>, style: &Style) -> Result<Vec<u8>, crate::Error> {
    let mut out = b"before".to_vec();
    let result = format(&Batch { first_row: Some(1000), rows, columns }, style, &mut out);
    assert_eq!(&out[..6], b"before");
    assert!(result.is_ok() || out.len() == 6, "something is left of what failed");
    result.map(|()| out[6..].to_vec())
}

fn print(rows: u32, columns: Vec<Column>, style: &Style) -> String {
    String::from_utf8(try_print(rows, columns, style).unwrap()).unwrap()
}

/// The options of a style with a short line ending.
fn options() -> StyleOptions {
    StyleOptions { line_ending: LineEnding::Lf, ..StyleOptions::default() }
}

fn style(options: StyleOptions) -> Style {
    Style::new(options).unwrap()
}

fn delimited(delimiter: &str) -> Style {
    style(StyleOptions { delimiter: delimiter.to_owned(), ..options() })
}

fn formatted(format: FormatOptions) -> Style {
    style(StyleOptions { formats: vec![format], delimiter: ";".to_owned(), ..options() })
}

/// One row of these cells.
fn line(cells: Vec<Cell<'_>>, style: &Style) -> String {
    let line = print(1, cells.into_iter().map(|cell| pack(&[cell])).collect(), style);
    line.trim_end_matches('\n').to_owned()
}

fn refused(cells: Vec<Cell<'_>>, style: &Style) -> String {
    let count = cells.len() as u32;
    let columns = cells.into_iter().map(|cell| pack(&[cell])).collect();
    let error = try_print(1, columns, style).unwrap_err();
    assert_eq!(error.code(), Code::CsvValue);
    assert_eq!(error.place(), Some((Some(1000), count - 1)), "{error}");
    error.message().to_owned()
}

#[test]
fn every_kind_of_cell_in_one_mixed_column() {
    let cells = [
        Null,
        Cell::Text("a"),
        Number(1.5),
        Date(0),
        Bool(true),
        Bool(false),
        Undefined,
        Decimal("-12.50"),
        Bytes(b"\0\xff?"),
        Integer(-5),
        Unsigned(u64::MAX),
        Cell::Text("b,c"),
        Number(-7.0),
        Cell::Text(""),
        Cell::Text("é漢"),
    ];
    let second = strings(&[&[""; 14][..], &["end"]].concat());
    assert_eq!(
        print(15, vec![pack(&cells), second], &Style::default()),
        ",\r\na,\r\n1.5,\r\n1970-01-01T00:00:00.000Z,\r\ntrue,\r\nfalse,\r\n,\r\n-12.50,\r\nAP8/,\r\n-5,\r\n\
         18446744073709551615,\r\n\"b,c\",\r\n-7,\r\n,\r\né漢,end\r\n"
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
        ("\\.", "\\."),
    ] {
        assert_eq!(line(vec![Cell::Text(cell), Cell::Text("x")], &delimited(",")), format!("{expected},x"));
    }
}

#[test]
fn a_row_of_one_empty_cell_can_be_seen() {
    assert_eq!(print(2, vec![strings(&["", "a"])], &delimited(",")), "\"\"\na\n");
    assert_eq!(line(vec![Null], &delimited(",")), "\"\"");
    assert_eq!(line(vec![Null, Undefined], &delimited(",")), ",");
    let none = style(StyleOptions { quoting: Quoting::None, ..options() });
    assert!(refused(vec![Null], &none).contains("empty line"));
}

#[test]
fn lone_surrogates_become_replacement_characters_and_never_pair_across_cells() {
    let halves = Column {
        tags: Tags::Uniform(Tag::String),
        words: Vec::new(),
        lengths: vec![1, 1, 2, 3],
        text: Text::Utf16(vec![0xd83d, 0xde00, 0xd83d, 0xde00, 0x61, 0xdc00, 0x62]),
    };
    assert_eq!(print(4, vec![halves], &delimited(",")), "\u{fffd}\n\u{fffd}\n😀\na\u{fffd}b\n");
}

#[test]
fn what_separates_may_stand_in_any_value_within_quotes() {
    for (delimiter, expected) in [
        (".", "\"-1.5\".x"),
        ("-", "\"-1.5\"-x"),
        ("5", "\"-1.5\"5x"),
        ("2", "-1.52x"),
        ("51", "\"-1.5\"51x"),
    ] {
        // "-1.5" and "51": the end and the start of the delimiter make none.
        let expected = if delimiter == "51" { "-1.551x" } else { expected };
        assert_eq!(line(vec![Number(-1.5), Cell::Text("x")], &delimited(delimiter)), expected);
    }
    assert_eq!(line(vec![Number(55.0), Null], &delimited("55")), "\"55\"55");
    assert_eq!(line(vec![Number(5.0), Null], &delimited("55")), "\"5\"55");
    assert_eq!(line(vec![Date(0)], &delimited(":")), "\"1970-01-01T00:00:00.000Z\"");
    assert_eq!(line(vec![Bool(true), Bool(false)], &delimited("u")), "\"true\"ufalse");
    assert_eq!(line(vec![Integer(7), Unsigned(8)], &delimited("7")), "\"7\"78");
    assert_eq!(line(vec![Decimal("1.25"), Bytes(b"\0")], &delimited("A")), "1.25A\"AA==\"");
}

#[test]
fn any_characters_separate() {
    for delimiter in
        [";", "\t", " ", "\0", "§", "→", "😀", "\u{ff}", "||", "::", "→→", "'", "\\", "abcdefghijklmnop"]
    {
        let text = format!("a{delimiter}b");
        let line = line(vec![Cell::Text(&text), Cell::Text("←")], &delimited(delimiter));
        assert_eq!(line, format!("\"a{delimiter}b\"{delimiter}←"));
    }
}

#[test]
fn refuses_separators_that_mean_something_else() {
    let refuse = |options: StyleOptions| {
        let error = Style::new(options).unwrap_err();
        assert_eq!(error.code(), Code::InvalidArg);
        error.message().to_owned()
    };
    for delimiter in ["\"", "\r", "\n", "a\"", "|\n", "", "abcdefghijklmnopq", "😀😀😀😀😀😀😀😀😀"]
    {
        let message = refuse(StyleOptions { delimiter: delimiter.to_owned(), ..options() });
        assert!(message.starts_with("delimiter"), "{message}");
    }
    refuse(StyleOptions { quote: '\n', ..options() });
    refuse(StyleOptions { quote: ',', ..options() });
    refuse(StyleOptions { escape: Some('\r'), ..options() });
    refuse(StyleOptions { escape: Some('\\'), delimiter: "\\".to_owned(), ..options() });
    refuse(StyleOptions { bom: true, encoding: Encoding::Latin1, ..options() });
    refuse(StyleOptions { replacement: Some("?".to_owned()), ..options() });
    let latin1 = || StyleOptions { encoding: Encoding::Latin1, ..options() };
    refuse(StyleOptions { replacement: Some("�".to_owned()), ..latin1() });
    refuse(StyleOptions { delimiter: "→".to_owned(), ..latin1() });
    refuse(StyleOptions { quote: '“', ..latin1() });
    let format = |format: FormatOptions| StyleOptions { formats: vec![format], ..latin1() };
    refuse(format(FormatOptions { null_text: "∅".to_owned(), ..FormatOptions::default() }));
    refuse(format(FormatOptions { decimal_separator: '٫', ..FormatOptions::default() }));
    refuse(format(FormatOptions { decimals: Some(101), ..FormatOptions::default() }));
    let none = StyleOptions {
        quoting: Quoting::None,
        formats: vec![FormatOptions { true_text: "a,b".to_owned(), ..FormatOptions::default() }],
        ..options()
    };
    let none = style(none);
    assert_eq!(line(vec![Bool(false), Null], &none), "false,");
    assert!(refused(vec![Null, Bool(true)], &none).contains("delimiter"));
}

#[test]
fn other_quotes_and_escapes() {
    let single = style(StyleOptions { quote: '\'', ..options() });
    assert_eq!(line(vec![Cell::Text("it's"), Cell::Text("\"")], &single), "'it''s',\"");
    let backslash = style(StyleOptions { escape: Some('\\'), ..options() });
    assert_eq!(
        line(vec![Cell::Text("a\"b"), Cell::Text("c:\\d"), Cell::Text("e")], &backslash),
        r#""a\"b","c:\\d",e"#
    );
    let wide = style(StyleOptions { quote: '«', ..options() });
    assert_eq!(line(vec![Cell::Text("a«"), Cell::Text("b»"), Cell::Text(",")], &wide), "«a«««,b»,«,«");
}

#[test]
fn quoting_all_and_strings() {
    let row = || {
        vec![
            Null,
            Cell::Text(""),
            Cell::Text("a"),
            Number(1.5),
            Date(0),
            Bool(true),
            Decimal("2"),
            Bytes(b"a"),
            Integer(3),
        ]
    };
    let with = |quoting, keep_nulls_apart| style(StyleOptions { quoting, keep_nulls_apart, ..options() });
    let iso = "1970-01-01T00:00:00.000Z";
    assert_eq!(
        line(row(), &with(Quoting::All, false)),
        format!(r#""","","a","1.5","{iso}","true","2","YQ==","3""#)
    );
    assert_eq!(
        line(row(), &with(Quoting::All, true)),
        format!(r#","","a","1.5","{iso}","true","2","YQ==","3""#)
    );
    assert_eq!(line(row(), &with(Quoting::Strings, false)), format!(r#","","a",1.5,{iso},true,2,"YQ==",3"#));
    assert_eq!(line(row(), &with(Quoting::None, false)), format!(",,a,1.5,{iso},true,2,YQ==,3"));
    // A comma for the point, with the comma as delimiter.
    let comma = |quoting| StyleOptions {
        quoting,
        formats: vec![FormatOptions { decimal_separator: ',', ..FormatOptions::default() }],
        ..options()
    };
    let numbers = || vec![Number(1.5), Number(2.0), Decimal("2.5"), Integer(1)];
    for quoting in [Quoting::Minimal, Quoting::Strings] {
        assert_eq!(line(numbers(), &style(comma(quoting))), r#""1,5",2,"2,5",1"#);
    }
    assert_eq!(line(numbers(), &style(comma(Quoting::All))), r#""1,5","2","2,5","1""#);
    assert!(refused(vec![Number(2.0), Number(1.5)], &style(comma(Quoting::None))).contains("delimiter"));
}

#[test]
fn quoting_none_says_what_is_in_the_way() {
    let none = style(StyleOptions { quoting: Quoting::None, ..options() });
    assert_eq!(line(vec![Cell::Text(""), Cell::Text("a b"), Null], &none), ",a b,");
    for (cell, named) in
        [("a,b", "delimiter"), ("a\"b", "quote"), ("a\nb", "line break"), ("\r", "line break")]
    {
        let message = refused(vec![Null, Cell::Text(cell)], &none);
        assert!(message.contains(named) && message.contains("quoting"), "{message}");
    }
    let long = style(StyleOptions { quoting: Quoting::None, delimiter: "||".to_owned(), ..options() });
    assert!(refused(vec![Cell::Text("a|")], &long).contains("part of the delimiter"));
}

#[test]
fn nulls_apart_from_empty_strings() {
    let apart = style(StyleOptions { keep_nulls_apart: true, ..options() });
    assert_eq!(line(vec![Null, Cell::Text(""), Undefined, Bytes(b"")], &apart), ",\"\",,\"\"");
    assert_eq!(line(vec![Cell::Text("\\."), Cell::Text("a\\."), Cell::Text("x")], &apart), "\"\\.\",a\\.,x");
    assert_eq!(print(2, vec![pack(&[Null, Cell::Text("")])], &apart), "\n\"\"\n");
    let none = style(StyleOptions { keep_nulls_apart: true, quoting: Quoting::None, ..options() });
    assert!(refused(vec![Cell::Text("")], &none).contains("null"));
}

#[test]
fn texts_of_null_undefined_and_booleans() {
    let format = FormatOptions {
        null_text: "NULL".to_owned(),
        undefined_text: "a;b".to_owned(),
        true_text: "ja".to_owned(),
        false_text: String::new(),
        ..FormatOptions::default()
    };
    let row = || {
        vec![
            Null,
            Undefined,
            Bool(true),
            Bool(false),
            Cell::Text("NULL"),
            Cell::Text("NULLs"),
            Cell::Text("null"),
            Cell::Text("ja"),
        ]
    };
    assert_eq!(line(row(), &formatted(format.clone())), "NULL;\"a;b\";ja;;\"NULL\";NULLs;null;ja");
    let none = StyleOptions {
        formats: vec![FormatOptions { undefined_text: String::new(), ..format.clone() }],
        quoting: Quoting::None,
        ..options()
    };
    assert!(refused(vec![Null, Cell::Text("NULL")], &style(none)).contains("null"));
    assert_eq!(line(vec![Bool(false)], &formatted(format)), "\"\"");
}

#[test]
fn formulas() {
    let with = |formulas| style(StyleOptions { formulas, ..options() });
    let row = || {
        vec![
            Cell::Text("=1+1"),
            Cell::Text("-5"),
            Cell::Text("-x"),
            Cell::Text("@a,b"),
            Cell::Text("\nx"),
            Cell::Text("＝1"),
            Number(-5.0),
            Decimal("-5"),
            Integer(-5),
            Date(-62_167_219_200_001),
            Bytes(b"\xfb\xef"),
            Cell::Text("a=1"),
        ]
    };
    let date = "-000001-12-31T23:59:59.999Z";
    assert_eq!(
        line(row(), &with(Formulas::Escape)),
        format!("'=1+1,-5,'-x,\"'@a,b\",\"'\nx\",'＝1,-5,-5,-5,{date},'++8=,a=1")
    );
    assert_eq!(
        line(row(), &with(Formulas::Keep)),
        format!("=1+1,-5,-x,\"@a,b\",\"\nx\",＝1,-5,-5,-5,{date},++8=,a=1")
    );
    let reject = with(Formulas::Reject);
    assert_eq!(line(vec![Cell::Text("-5"), Cell::Text("a")], &reject), "-5,a");
    assert!(refused(vec![Null, Null, Cell::Text("\0=1")], &reject).contains("'='"));
    // The apostrophe is the quote.
    let single = style(StyleOptions { formulas: Formulas::Escape, quote: '\'', ..options() });
    assert_eq!(line(vec![Cell::Text("=1")], &single), "'''=1'");
    let all = style(StyleOptions { formulas: Formulas::Escape, quoting: Quoting::Strings, ..options() });
    assert_eq!(line(vec![Cell::Text("=\"1\"")], &all), "\"'=\"\"1\"\"\"");
    let none = style(StyleOptions { formulas: Formulas::Escape, quoting: Quoting::None, ..options() });
    assert_eq!(line(vec![Cell::Text("=1")], &none), "'=1");
    assert!(refused(vec![Cell::Text("=1,2")], &none).contains("delimiter"));
}

#[test]
fn decimals_and_their_separator() {
    let row = || {
        vec![
            Number(1.005),
            Number(2.5),
            Number(-1e21),
            Number(f64::NAN),
            Integer(-7),
            Unsigned(u64::MAX),
            Decimal("1.005"),
            Decimal("-99.999"),
            Cell::Text("1.5"),
            Number(1e-7),
        ]
    };
    let with = |decimals, decimal_separator| {
        formatted(FormatOptions { decimals, decimal_separator, ..FormatOptions::default() })
    };
    assert_eq!(
        line(row(), &with(Some(2), '.')),
        "1.00;2.50;-1e+21;NaN;-7.00;18446744073709551615.00;1.01;-100.00;1.5;0.00"
    );
    assert_eq!(
        line(row(), &with(None, ',')),
        "1,005;2,5;-1e+21;NaN;-7;18446744073709551615;1,005;-99,999;1.5;1e-7"
    );
    assert_eq!(line(row(), &with(Some(0), '٫')), "1;3;-1e+21;NaN;-7;18446744073709551615;1;-100;1.5;0");
    assert_eq!(line(vec![Number(1.5e-9), Number(0.5), Decimal("0.5")], &with(None, '٫')), "1٫5e-9;0٫5;0٫5");
    let hundred = line(vec![Integer(i64::MIN), Number(0.5)], &with(Some(100), '.'));
    assert_eq!(hundred, format!("-9223372036854775808.{};0.5{}", "0".repeat(100), "0".repeat(99)));
}

#[test]
fn dates_and_bytes_as_asked() {
    let ms = 1_700_000_000_123;
    let with = |date| formatted(FormatOptions { date, ..FormatOptions::default() });
    let pattern = |pattern: &str, time_zone: &str| {
        with(DateOptions::Pattern { pattern: pattern.to_owned(), time_zone: time_zone.to_owned() })
    };
    for (style, expected) in [
        (with(DateOptions::Iso), "2023-11-14T22:13:20.123Z"),
        (with(DateOptions::Day), "2023-11-14"),
        (with(DateOptions::EpochMs), "1700000000123"),
        (pattern("dd.MM.yyyy HH:mm", "Europe/Zurich"), "14.11.2023 23:13"),
        (pattern("d; M", "UTC"), "\"14; 11\""),
        (pattern("d\nM", "UTC"), "\"14\n11\""),
        (pattern("''d", "UTC"), "'14"),
    ] {
        assert_eq!(line(vec![Date(ms)], &style), expected);
    }
    let slash = style(StyleOptions {
        delimiter: "/".to_owned(),
        formats: vec![FormatOptions {
            date: DateOptions::Pattern { pattern: "VV".to_owned(), time_zone: "Asia/Tokyo".to_owned() },
            ..FormatOptions::default()
        }],
        ..options()
    });
    assert_eq!(line(vec![Date(0)], &slash), "\"Asia/Tokyo\"");
    for (bytes, expected) in
        [(BytesText::Base64, "AAH+;;"), (BytesText::Hex, "0001fe;;"), (BytesText::Postgres, "\\x0001fe;\\x;")]
    {
        let style = formatted(FormatOptions { bytes, ..FormatOptions::default() });
        assert_eq!(line(vec![Bytes(b"\0\x01\xfe"), Bytes(b""), Null], &style), expected);
    }
}

#[test]
fn each_column_has_its_format() {
    let two = |decimals| FormatOptions { decimals: Some(decimals), ..FormatOptions::default() };
    let style = style(StyleOptions {
        formats: vec![FormatOptions::default(), two(1), two(3)],
        column_formats: vec![2, 0, 1],
        ..options()
    });
    assert_eq!(line(vec![Number(1.0), Number(1.0), Number(1.0), Number(1.0)], &style), "1.000,1,1.0,1");
}

#[test]
fn encodings() {
    let row = || vec![strings(&["aé漢😀,"]), strings(&["x"])];
    let utf16 = style(StyleOptions { encoding: Encoding::Utf16Le, bom: true, ..options() });
    let expected: Vec<u8> = "\"aé漢😀,\",x\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(try_print(1, row(), &utf16).unwrap(), expected);
    assert_eq!(utf16.bom(), b"\xff\xfe");
    let latin1 = |replacement: Option<&str>, formulas| {
        style(StyleOptions {
            encoding: Encoding::Latin1,
            replacement: replacement.map(str::to_owned),
            formulas,
            ..options()
        })
    };
    assert_eq!(latin1(None, Formulas::Keep).bom(), b"");
    assert_eq!(
        try_print(1, vec![strings(&["é\u{ff}\u{80}"])], &latin1(None, Formulas::Keep)).unwrap(),
        b"\xe9\xff\x80\n"
    );
    assert_eq!(try_print(1, row(), &latin1(Some("¿"), Formulas::Keep)).unwrap(), b"\"a\xe9\xbf\xbf,\",x\n");
    assert_eq!(
        try_print(1, vec![strings(&["漢"])], &latin1(Some("\""), Formulas::Keep)).unwrap(),
        b"\"\"\"\"\n"
    );
    assert_eq!(
        try_print(1, vec![strings(&["漢1"])], &latin1(Some("="), Formulas::Escape)).unwrap(),
        b"'=1\n"
    );
    let error = try_print(
        3,
        vec![strings(&["a", "b", "c"]), strings(&["é", "", "x漢"])],
        &latin1(None, Formulas::Keep),
    )
    .unwrap_err();
    assert_eq!((error.code(), error.place()), (Code::CsvValue, Some((Some(1002), 1))));
    assert!(error.message().contains("U+6F22"), "{error}");
}

#[test]
fn an_error_in_the_header_has_no_row() {
    let reject = style(StyleOptions { formulas: Formulas::Reject, ..options() });
    let header = Batch { first_row: None, rows: 1, columns: vec![strings(&["a"]), strings(&["=b"])] };
    let error = format(&header, &reject, &mut Vec::new()).unwrap_err();
    assert_eq!(error.place(), Some((None, 1)));
}

#[test]
fn a_batch_that_does_not_add_up_leaves_the_output_as_it_was() {
    assert_eq!(
        try_print(3, vec![strings(&["a", "b"])], &Style::default()).unwrap_err().code(),
        Code::Internal
    );
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
    assert_eq!(print(500, vec![strings(&refs)], &delimited(",")), expected);
}
