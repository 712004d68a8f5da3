'use strict'

// What a cell is. The numbers are shared with `Tag` in src/csv/batch.rs.

module.exports = {
  NULL: 0,
  STRING: 1,
  NUMBER: 2,
  DATE: 3,
  TRUE: 4,
  FALSE: 5,
  UNDEFINED: 6,
  /** Text that is a decimal number. */
  DECIMAL: 7,
  /** Text of one byte a character. */
  BYTES: 8,
  /** 64 bits, signed. */
  INTEGER: 9,
  /** 64 bits, unsigned. */
  UNSIGNED: 10
}
