'use strict'

// What a cell is. The numbers are shared with `Tag` in src/csv/batch.rs.

module.exports = {
  EMPTY: 0,
  STRING: 1,
  NUMBER: 2,
  DATE: 3,
  TRUE: 4,
  FALSE: 5,
  /** Not a cell's: the column has one tag a row. */
  PER_CELL: 255
}
