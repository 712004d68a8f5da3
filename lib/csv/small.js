'use strict'

// Small exports: a few hundred rows are packed and formatted where they are, at once, because the way to a worker and
// back takes longer than that. What they hold the loop for, a fraction of a millisecond, is less than a slice of a
// large one.

const { columnsOf, isArray, checkFirst, firstOf } = require('./first-row.js')
const { Packer } = require('./packer.js')

/** Half a batch: about a fifth of a millisecond. */
const SMALL_CELLS = 4096
/** Characters of all rows together. */
const SMALL_CHARACTERS = 64 * 1024

/** @typedef {import('./columns.js').Column} Column */
/**
 * @typedef {object} Packed
 * @property {InstanceType<typeof Packer>} packer
 * @property {number} rows how many it holds
 * @property {string[] | undefined} header
 */

/**
 * Packs an array of few cells.
 * @param {unknown[]} rows
 * @param {Column[] | undefined} named the columns of the options
 * @param {boolean} header
 * @returns {Packed | undefined} undefined if there are too many, or none
 */
function packSmall(rows, named, header) {
  const { length } = rows
  if (length === 0 || length * (named?.length ?? 1) > SMALL_CELLS) return undefined
  const first = /** @type {object} */ (firstOf(rows, 0))
  checkFirst(first)
  const found = named === undefined ? columnsOf(first) : undefined
  const columns = named ?? /** @type {{ columns: Column[] }} */ (found).columns
  if (length * columns.length > SMALL_CELLS) return undefined
  const packer = new Packer(columns, { arrays: isArray(first), strict: found?.named === true })
  try {
    let next = 0
    while (next < length && !packer.full && packer.slab.characters <= SMALL_CHARACTERS) {
      next = packer.addRows(rows, next, Math.min(length, next + STRIDE))
    }
    const shown = header && (found === undefined || found.named)
    return { packer, rows: next, header: shown ? columns.map((column) => column.header) : undefined }
  } catch (error) {
    packer.release()
    throw error
  }
}

/** Rows between two looks at how much text there is. */
const STRIDE = 64

module.exports = { packSmall }
