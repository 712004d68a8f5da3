//! A batch into bytes: the hot loop.

use super::batch::Batch;
use super::cells::Cells;
use super::encoding::encode;
use super::sheet::{Separator, Sheet};
use super::style::{Quoting, Style};
use crate::error::{Error, Result};

/// Appends the rows of `batch` to `out`, each with its line ending, in the encoding of `style`.
///
/// A row of one empty cell is written `""`, because an empty line is no row to many readers, except to those who
/// tell nulls apart.
///
/// # Errors
/// `CsvValue`, with its place, for a cell that the style does not allow; `Internal` if the batch does not add up.
/// `out` is then as it was.
pub fn format(batch: &Batch, style: &Style, out: &mut Vec<u8>) -> Result<()> {
    batch.validate()?;
    let layout = Layout::new(batch, style);
    let columns = batch
        .columns
        .iter()
        .enumerate()
        .map(|(index, column)| {
            let separator = layout.separator(index);
            Cells::new(column, index, style, separator)
                .map_err(|(row, what)| refused(batch, row, index, &what))
        })
        .collect::<Result<Vec<_>>>()?;
    let start = out.len();
    let mut sheet = Sheet::new(std::mem::take(out), estimate(batch, &columns, style));
    let written = write_rows(batch, columns, &layout, &mut sheet);
    *out = sheet.finish();
    if written.is_err() {
        out.truncate(start);
        return written;
    }
    encode(out, start, style.encoding);
    Ok(())
}

/// What stands between and after cells.
struct Layout<'a> {
    style: &'a Style,
    columns: usize,
    /// Of up to two bytes each; `None` where they have to be put one by one.
    separators: Option<(Separator, Separator)>,
    /// A row's only cell, which may not be nothing.
    lone: bool,
}

impl<'a> Layout<'a> {
    fn new(batch: &Batch, style: &'a Style) -> Self {
        let columns = batch.columns.len();
        let lone = columns == 1 && !style.keep_nulls_apart;
        let between = Separator::new(style.specials.delimiter());
        let after = Separator::new(style.line_ending.as_bytes());
        let separators = between.zip(after).filter(|_| !lone);
        Self { style, columns, separators, lone }
    }

    /// What the cells of a column put after themselves.
    fn separator(&self, column: usize) -> Separator {
        match self.separators {
            Some((between, _)) if column + 1 < self.columns => between,
            Some((_, after)) => after,
            None => Separator::default(),
        }
    }
}

fn write_rows(
    batch: &Batch,
    mut columns: Vec<Cells<'_>>,
    layout: &Layout<'_>,
    sheet: &mut Sheet,
) -> Result<()> {
    let style = layout.style;
    for row in 0..batch.rows as usize {
        let start = sheet.len();
        for (index, cells) in columns.iter_mut().enumerate() {
            if layout.separators.is_none() && index > 0 {
                sheet.put(style.specials.delimiter());
            }
            if let Err(what) = cells.write(row, sheet) {
                return Err(refused(batch, row, index, &what));
            }
        }
        if layout.separators.is_some() {
            continue;
        }
        if layout.lone && sheet.len() == start {
            if style.quoting == Quoting::None {
                let what = "a row of one empty cell is an empty line, which is no row without quotes, and \
                            quoting is 'none'; use quoting: 'minimal', or a text for null";
                return Err(refused(batch, row, 0, what));
            }
            style.specials.write_quoted(sheet, b"");
        }
        sheet.put(style.line_ending.as_bytes());
    }
    Ok(())
}

#[cold]
fn refused(batch: &Batch, row: usize, column: usize, what: &str) -> Error {
    Error::csv_value(batch.first_row.map(|first| first + row as u64), column as u32, what)
}

/// About what the batch takes, so that the sheet rarely grows.
fn estimate(batch: &Batch, columns: &[Cells<'_>], style: &Style) -> usize {
    let frame = columns.len() * style.specials.delimiter().len() + style.line_ending.as_bytes().len();
    batch.rows as usize * frame + columns.iter().map(Cells::estimate).sum::<usize>() + 256
}
