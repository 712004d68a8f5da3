//! A batch into bytes: the hot loop.

use super::batch::{Batch, Column, Tag, Tags};
use super::cells::Cells;
use super::dialect::Dialect;
use super::quote::Specials;
use crate::error::Result;

/// Appends the rows of `batch` to `out`, each with its line ending.
///
/// Quoted is what holds the delimiter, a quote, CR or LF, and nothing else; but a row of one empty cell is
/// written `""`, because an empty line is no row to many readers.
///
/// # Errors
/// `Internal` if the batch does not add up; `out` is then as it was.
pub fn format(batch: &Batch, dialect: &Dialect, out: &mut Vec<u8>) -> Result<()> {
    batch.validate()?;
    let specials = Specials::new(dialect);
    let ending = dialect.line_ending().as_bytes();
    let mut columns: Vec<Cells<'_>> =
        batch.columns.iter().map(|column| Cells::new(column, &specials)).collect();
    out.reserve(estimate(batch, &columns, &specials, ending));

    let lone = columns.len() == 1;
    for row in 0..batch.rows as usize {
        let start = out.len();
        let mut separate = false;
        for column in &mut columns {
            if separate {
                match specials.delimiter() {
                    [byte] => out.push(*byte),
                    bytes => out.extend_from_slice(bytes),
                }
            }
            separate = true;
            column.write_next(row, &specials, out);
        }
        if lone && out.len() == start {
            out.extend_from_slice(b"\"\"");
        }
        out.extend_from_slice(ending);
    }
    Ok(())
}

/// About what the batch takes, so that `out` rarely grows: exact for text that needs no quotes, generous
/// for the rest.
fn estimate(batch: &Batch, columns: &[Cells<'_>], specials: &Specials, ending: &[u8]) -> usize {
    let rows = batch.rows as usize;
    let frame = columns.len() * specials.delimiter().len() + ending.len();
    let text: usize = columns.iter().map(Cells::text_length).sum();
    let rest: usize = batch.columns.iter().map(Column::estimate).sum();
    rows * frame + text + text / 16 + rest
}

impl Column {
    fn estimate(&self) -> usize {
        match &self.tags {
            Tags::Uniform(Tag::Number) => self.numbers.len() * 10,
            Tags::PerCell(tags) => self.numbers.len() * 12 + tags.len() * 3,
            Tags::Uniform(_) => self.numbers.len() * 24,
        }
    }
}
