'use strict'

// Cell by cell, exactly; what differs is told with all that is needed to see it again.

const assert = require('node:assert/strict')
const { differences } = require('./differences.js')

/** How many of the cells that differ are told. */
const SHOWN = 3

/** @param {unknown} value */
function shown(value) {
  if (typeof value === 'bigint') return `${value}n`
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 300 ? `${text.slice(0, 300)}… (${text.length})` : text
}

/** Of two long texts, the place where they part. */
function parting(expected, got) {
  if (typeof expected !== 'string' || typeof got !== 'string' || expected.length < 300) return [shown(expected), shown(got)]
  let at = 0
  while (at < expected.length && expected[at] === got[at]) at++
  const around = (text) => `${shown(text.slice(Math.max(0, at - 20), at + 60))} at ${at} of ${text.length}`
  return [around(expected), around(got)]
}

/**
 * @param {object} what
 * @param {string} what.reader
 * @param {number} what.seed
 * @param {import('./tables.js').Table} what.table
 * @param {import('./expected.js').Style} what.style
 * @param {import('./expected.js').Expected[][]} what.rows expected, the header first if it was read
 * @param {(cell: import('./expected.js').Expected, column: string) => unknown} what.of what the reader is to make of a cell
 * @param {unknown[][]} what.got
 */
function compare({ reader, seed, table, style, rows, of, got }) {
  const headed = rows.length - table.rows.length
  const wrong = []
  let count = 0
  const note = (text) => {
    count++
    if (wrong.length < SHOWN) wrong.push(`seed ${seed}, table ${table.name}, ${text}`)
  }
  if (got.length !== rows.length) note(`expected ${rows.length} rows, got ${got.length}`)
  for (let row = 0; row < Math.min(rows.length, got.length); row++) {
    const at = row < headed ? 'header' : `row ${row - headed}`
    if (got[row].length !== rows[row].length) {
      note(`${at}: expected ${rows[row].length} cells, got ${got[row].length}: ${shown(got[row].slice(0, 5))}`)
      continue
    }
    for (let column = 0; column < rows[row].length; column++) {
      const cell = rows[row][column]
      const { key, header } = table.columns[column]
      const wanted = differences(reader, { cell, style, table, key, header: row < headed, wanted: of(cell, row < headed ? '' : key) })
      const found = got[row][column]
      if (same(wanted, found)) continue
      const [expected, there] = parting(wanted, found)
      note(`${at}, column ${shown(header)}: expected ${expected}, got ${there}`)
    }
  }
  if (count > 0) throw new Error(`${wrong.join('\n')}${count > wrong.length ? `\nand ${count - wrong.length} more` : ''}`)
}

function same(a, b) {
  if (typeof a === 'function') return a(b)
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || a === null) return false
  try {
    assert.deepStrictEqual(b, a)
    return true
  } catch {
    return false
  }
}

module.exports = { compare }
