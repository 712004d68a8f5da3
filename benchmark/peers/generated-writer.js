'use strict'

// The fastest that plain JavaScript is known to do with texts: a function compiled for the very columns, without a loop
// over them, each read as what its first rows are. What a team would write that must export fast and may not use native
// code. `generated-bytes.js` beside it goes one step further.

/** A string that grows without end is slow to grow and slow to encode. */
const PIECE = 1 << 15
/** From here on four searches, which look at many characters at once, are faster than one regular expression. */
const LONG = 40
/** Rows that say what a column holds. */
const SAMPLE = 100

const QUOTED = /[",\r\n]/

/** @param {string} text */
function needsQuotes(text) {
  if (text.length < LONG) return QUOTED.test(text)
  return text.includes('"') || text.includes(',') || text.includes('\n') || text.includes('\r')
}

/** @param {string} text */
function quote(text) {
  return `"${text.replaceAll('"', '""')}"`
}

/**
 * @param {unknown} value
 * @returns {string}
 */
function cell(value) {
  switch (typeof value) {
    case 'number':
    case 'boolean':
    case 'bigint':
      return `${value}`
    case 'string':
      return needsQuotes(value) ? quote(value) : value
    case 'object': {
      if (value === null) return ''
      return value instanceof Date ? value.toISOString() : cell(JSON.stringify(value))
    }
    default:
      return ''
  }
}

/**
 * @param {Record<string, unknown>[]} rows
 * @param {string} key
 * @returns {'number' | 'string' | 'boolean' | 'date' | 'other'} what most likely stands in the column
 */
function kindOf(rows, key) {
  for (let i = 0; i < rows.length && i < SAMPLE; i++) {
    const value = rows[i][key]
    if (value === null || value === undefined) continue
    const type = typeof value
    if (type === 'number' || type === 'string' || type === 'boolean') return type
    return value instanceof Date ? 'date' : 'other'
  }
  return 'other'
}

const CODE = {
  number: (/** @type {string} */ value) => `(typeof (value = ${value}) === 'number' ? value : cell(value))`,
  string: (/** @type {string} */ value) => `(typeof (value = ${value}) === 'string' ? (needsQuotes(value) ? quote(value) : value) : cell(value))`,
  boolean: (/** @type {string} */ value) => `((value = ${value}) === true ? 'true' : value === false ? 'false' : cell(value))`,
  date: (/** @type {string} */ value) => `((value = ${value}) instanceof Date ? value.toISOString() : cell(value))`,
  other: (/** @type {string} */ value) => `cell(${value})`
}

/** @typedef {{ row: number }} Progress */
/**
 * @param {string[]} keys
 * @param {Record<string, unknown>[]} sample
 * @returns {(rows: object[], progress: Progress) => string} the text of the next rows
 */
function compile(keys, sample) {
  const cells = keys.map((key) => CODE[kindOf(sample, key)](`row[${JSON.stringify(key)}]`)).join(' + "," + ')
  return new Function('cell', 'needsQuotes', 'quote', `return (rows, progress) => {
    let text = ''
    let value
    let i = progress.row
    while (i < rows.length && text.length < ${PIECE}) {
      const row = rows[i++]
      text += ${cells} + '\\r\\n'
    }
    progress.row = i
    return text
  }`)(cell, needsQuotes, quote)
}

/**
 * @param {string[]} keys
 * @param {Record<string, unknown>[]} sample
 * @returns {(rows: object[], withHeader?: boolean) => Buffer}
 */
function generate(keys, sample) {
  const next = compile(keys, sample)
  const header = `${keys.map(cell).join(',')}\r\n`
  let bytesPerRow = 0

  return (rows, withHeader = true) => {
    const progress = { row: 0 }
    let text = (withHeader ? header : '') + next(rows, progress)
    if (bytesPerRow === 0) bytesPerRow = Buffer.byteLength(text) / Math.max(1, progress.row)
    // As large as rows have been so far: cheaper than to collect the pieces and to copy them together.
    let out = Buffer.allocUnsafeSlow(Math.ceil(bytesPerRow * 1.05 * rows.length) + header.length + text.length)
    let at = 0
    for (;;) {
      if (out.length - at < text.length * 3 && out.length - at < Buffer.byteLength(text)) {
        out = Buffer.concat([out.subarray(0, at)], out.length * 2 + text.length * 3)
      }
      at += out.write(text, at)
      if (progress.row >= rows.length) break
      text = next(rows, progress)
    }
    if (rows.length > 0) bytesPerRow = at / rows.length
    return out.subarray(0, at)
  }
}

module.exports = { generate, kindOf }
