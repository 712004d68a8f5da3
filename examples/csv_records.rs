//! The records of a CSV file as the `csv` crate reads them, one JSON array of strings a line: what
//! `npm run test:interop` compares with what offloop was given.
//!
//! ```text
//! cargo run --no-default-features --example csv_records -- file.csv [--delimiter ';'] [--quote "'"] [--escape '\'] [--latin1] [--gzip]
//! ```

use std::error::Error;
use std::fmt::Write as _;
use std::io::{BufWriter, Read, Write};

use flate2::bufread::GzDecoder;

struct Options {
    file: String,
    delimiter: u8,
    quote: u8,
    escape: Option<u8>,
    latin1: bool,
    gzip: bool,
}

fn options(mut words: impl Iterator<Item = String>) -> Result<Options, Box<dyn Error>> {
    let file = words.next().ok_or("a file is missing")?;
    let mut options =
        Options { file, delimiter: b',', quote: b'"', escape: None, latin1: false, gzip: false };
    while let Some(word) = words.next() {
        let mut byte = || match words.next().as_deref().map(str::as_bytes) {
            Some(&[byte]) => Ok(byte),
            _ => Err(format!("{word} wants one byte")),
        };
        match word.as_str() {
            "--delimiter" => options.delimiter = byte()?,
            "--quote" => options.quote = byte()?,
            "--escape" => options.escape = Some(byte()?),
            "--latin1" => options.latin1 = true,
            "--gzip" => options.gzip = true,
            _ => return Err(format!("not understood: {word}").into()),
        }
    }
    Ok(options)
}

/// The bytes of the only member; more after it are an error.
fn gunzip(bytes: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut decoder = GzDecoder::new(bytes);
    let mut out = Vec::new();
    decoder.read_to_end(&mut out)?;
    let rest = decoder.into_inner().len();
    if rest > 0 { Err(format!("{rest} bytes after the gzip member").into()) } else { Ok(out) }
}

fn json(text: &str, line: &mut String) {
    line.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => line.extend(['\\', character]),
            // U+2028 and U+2029 are line ends to some that split lines.
            '\0'..='\x1f' | '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' => {
                let _ = write!(line, "\\u{:04x}", character as u32);
            }
            _ => line.push(character),
        }
    }
    line.push('"');
}

fn main() -> Result<(), Box<dyn Error>> {
    let options = options(std::env::args().skip(1))?;
    let mut bytes = std::fs::read(&options.file)?;
    if options.gzip {
        bytes = gunzip(&bytes)?;
    }
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .delimiter(options.delimiter)
        .quote(options.quote)
        .escape(options.escape)
        .double_quote(options.escape.is_none())
        .from_reader(bytes.as_slice());
    let mut out = BufWriter::new(std::io::stdout().lock());
    let mut line = String::new();
    for record in reader.byte_records() {
        line.clear();
        for field in &record? {
            line.push(if line.is_empty() { '[' } else { ',' });
            if options.latin1 {
                json(&field.iter().map(|&byte| char::from(byte)).collect::<String>(), &mut line);
            } else {
                json(std::str::from_utf8(field)?, &mut line);
            }
        }
        line.push_str("]\n");
        out.write_all(line.as_bytes())?;
    }
    out.flush()?;
    Ok(())
}
