'use strict'

// The packing loop, made for the columns of an export: every property read by its name, so that the engine turns
// it into one load, and the usual kind of each column tried first. Measured (benchmark/packing.js): a third of the
// time of a loop over the columns. Where code generation from strings is forbidden there is none, and the packer
// goes cell by cell.

const { isArray } = Array
const { isDate } = require('node:util/types')
const { capacityOf } = require('./slab.js')
const { NULL, STRING, NUMBER, DATE, TRUE, FALSE, UNDEFINED, UNSIGNED } = require('./tags.js')

/** @typedef {import('./columns.js').Column} Column */
/** @typedef {InstanceType<typeof import('./slab.js').Slab>} Slab */
/** @typedef {InstanceType<typeof import('./packer.js').Packer>} Packer */
/**
 * Packs rows from `rows[from]` up to `to`, or until the batch is full or a row is not for it.
 * @typedef {(packer: Packer, slab: Slab, rows: any, from: number, to: number) => number} PackRows
 */
/**
 * Packs as many rows as an iterator gives, up to `most`, with the same limits.
 * @typedef {(packer: Packer, slab: Slab, iterator: any, most: number) => void} PackIterator
 */
/** @typedef {{ rows: PackRows, iterator: PackIterator }} Loops */

/** What was being done when something threw, where it was not the reading of a column. */
const DOING = /** @type {const} */ ({ TAKE: -1, OURS: -2, ITERATE: -3, KEYS: -4 })

/** Columns a function: V8 takes seconds to optimise one of hundreds, if it does at all. */
const PART = 32
/** Of more columns than these no code is made. */
const MAX_COLUMNS = 2000
/** Loops kept for the next export of the same columns. */
const KEPT = 64

/** Characters a batch, passed by at most one row. */
const BATCH_CHARACTERS = 512 * 1024

/** @type {Map<string, { seen: number, loops: Loops | undefined }>} the least recently used first */
const known = new Map()

const SEEN_OFTEN = 4

/** @type {boolean | undefined} */
let allowed

/** Whether the process may make code from strings. */
function mayCompile() {
  if (allowed === undefined) {
    try {
      allowed = new Function('return true')() === true
    } catch {
      allowed = false
    }
  }
  return allowed
}

/**
 * The loops for these columns: those that there are, or new ones if they are worth it.
 * @param {readonly Column[]} columns
 * @param {boolean} arrays whether the rows are arrays
 * @param {boolean} strict whether a key that is no column's is an error
 * @param {boolean} many whether there are enough rows in this export to pay for the making
 * @param {Slab} slab with some of them, of which the usual kinds are learnt
 * @returns {Loops | undefined}
 */
function loopsFor(columns, arrays, strict, many, slab) {
  if (columns.length > MAX_COLUMNS || !mayCompile()) return undefined
  const reads = columns.map((column) => reader(column))
  const id = `${arrays} ${strict} ${JSON.stringify(reads)}`
  let entry = known.get(id)
  if (entry === undefined) entry = { seen: 0, loops: undefined }
  else known.delete(id)
  known.set(id, entry)
  if (known.size > KEPT) known.delete(/** @type {string} */ (known.keys().next().value))
  entry.seen++
  if (entry.loops === undefined && (many || entry.seen >= SEEN_OFTEN)) {
    entry.loops = compile(reads, columns, arrays, strict, slab)
  }
  return entry.loops
}

/**
 * How a column is read from an object: by its key, by the steps to it, or by the caller's function.
 * @param {Column} column
 */
function reader({ key, path, computed }) {
  return computed ? 0 : path ?? key ?? null
}

/**
 * @param {Array<ReturnType<typeof reader>>} reads
 * @param {readonly Column[]} columns
 * @param {boolean} arrays
 * @param {boolean} strict
 * @param {Slab} slab
 * @returns {Loops}
 */
function compile(reads, columns, arrays, strict, slab) {
  const capacity = capacityOf(columns.length)
  const kinds = columns.map((_, column) => usualTag(slab, column))
  const inOne = columns.length <= PART
  // The texts of few columns are kept in variables while a loop runs.
  const text = (/** @type {number} */ column) => (inOne ? `t${column}` : `texts[${column}]`)
  const cells = reads.map((read, column) => cell(read, column, capacity, arrays, kinds[column], text(column)))
  const load = inOne ? columns.map((_, at) => `let t${at} = texts[${at}]`).join('\n') : ''
  const store = inOne ? columns.map((_, at) => `texts[${at}] = t${at}`).join('\n') : ''
  const parts = inOne ? [] : Array.from({ length: Math.ceil(columns.length / PART) }, (_, at) => cells.slice(at * PART, (at + 1) * PART))
  const calls = `doing = ${DOING.OURS}
      ${parts.map((_, at) => `characters += part${at}(packer, slab, row, at, places)`).join('\n')}`
  const body = `
      doing = ${DOING.KEYS}
      if (row === null || typeof row !== 'object' || ${arrays ? '!' : ''}isArray(row)) {
        irregular = true
        break
      }
      ${rowStart(arrays, strict, columns.length)}
      ${inOne ? cells.join('\n') : calls}
      ${strict && !arrays ? `if (keys + packer.missing !== ${columns.length}) { doing = ${DOING.OURS}; packer.checkKeys(row, first + at) }` : ''}
      if (characters > ${BATCH_CHARACTERS}) {
        doing = ${DOING.OURS}
        packer.checkLengths(at)
        at++
        break
      }`
  const head = `
    const { words, lengths, tags, texts } = slab
    const { reads, first } = packer
    let at = slab.rows, characters = slab.characters, doing = 0, irregular = false
    let value, length, step, places, keys
    ${load}`
  const foot = `
    ${store}
    slab.rows = at
    slab.characters = characters`
  const source = `
  'use strict'
  ${parts.map(part).join('\n')}
  function rows(packer, slab, rows, from, to) {
    ${head}
    const most = Math.min(${capacity}, at + to - from), skipped = at - from
    try {
      for (; at < most; at++) {
        doing = ${DOING.TAKE}
        const row = rows[at - skipped]
        ${body}
      }
    } catch (error) {
      throw packer.failure(error, doing, first + at)
    }
    ${foot}
    packer.irregular = irregular
    return at - skipped
  }
  function iterator(packer, slab, source, left) {
    ${head}
    const { iterator } = source
    const most = Math.min(${capacity}, at + left)
    try {
      for (; at < most; at++) {
        doing = ${DOING.ITERATE}
        const result = iterator.next()
        if (result === null || typeof result !== 'object') source.refuse(result)
        if (result.done) {
          source.done = true
          break
        }
        const row = result.value
        packer.row = row
        ${body}
      }
    } catch (error) {
      if (doing === ${DOING.ITERATE}) source.done = true
      throw packer.failure(error, doing, first + at)
    }
    ${foot}
    packer.irregular = irregular
  }
  return { rows, iterator }`
  return new Function('isDate', 'getTime', 'isArray', 'has', source)(isDate, getTime, isArray, has)
}

/**
 * A function for some of the columns of a row.
 * @param {string[]} cells
 * @param {number} index
 */
function part(cells, index) {
  return `
  function part${index}(packer, slab, row, at, places) {
    const { words, lengths, tags, texts } = slab
    const { reads, first } = packer
    let characters = 0, doing = 0, value, length, step
    try {
      ${cells.join('\n')}
    } catch (error) {
      throw packer.failure(error, doing, first + at)
    }
    return characters
  }`
}

const getTime = Date.prototype.getTime
const has = Object.hasOwn

/**
 * @param {boolean} arrays
 * @param {boolean} strict
 * @param {number} columns
 */
function rowStart(arrays, strict, columns) {
  if (arrays) {
    return `places = row.length
      if (places > ${columns}) { doing = ${DOING.OURS}; packer.refuseLength(places, first + at) }`
  }
  // for...in over an object of a known shape costs next to nothing; Object.keys makes an array.
  return strict ? 'keys = 0; packer.missing = 0; for (step in row) keys++' : ''
}

/**
 * The code for one cell. Few instructions: V8 does not optimise a function of more than 60 KiB of them.
 * @param {ReturnType<typeof reader>} read
 * @param {number} column
 * @param {number} capacity
 * @param {boolean} arrays
 * @param {number | undefined} kind the usual tag
 * @param {string} text where the column's text is
 */
function cell(read, column, capacity, arrays, kind, text) {
  const base = column * capacity
  const here = base === 0 ? 'at' : `${base} + at`
  const set = (/** @type {number} */ tag) => `tags[${here}] = ${tag}`
  const isString = `if (typeof value === 'string') {
        length = value.length
        ${set(STRING)}
        lengths[${here}] = length
        characters += length
        ${text} += value
      }`
  const isNumber = `if (typeof value === 'number') { ${set(NUMBER)}; words[${here}] = value }`
  const isBoolean = `if (value === true) ${set(TRUE)}
      else if (value === false) ${set(FALSE)}`
  const isTime = `if (isDate(value) && (length = getTime.call(value)) === length) { ${set(DATE)}; words[${here}] = length }`
  const isNull = `if (value === null) ${set(NULL)}`
  const other = `{
        doing = ${DOING.OURS}
        value = packer.addOther(slab, at, ${column}, value, row)
        characters += value.length
        ${text} += value
      }`
  const ways = new Map([[STRING, isString], [NUMBER, isNumber], [TRUE, isBoolean], [FALSE, isBoolean], [DATE, isTime]])
  const way = kind === undefined ? undefined : ways.get(kind)
  const usual = way === undefined ? [isString, isNumber] : [way]
  return `doing = ${column}
      ${get(read, column, arrays)}
      ${[...usual, isNull, other].join('\n      else ')}`
}

/**
 * The code that reads a value.
 * @param {ReturnType<typeof reader>} read
 * @param {number} column
 * @param {boolean} arrays
 */
function get(read, column, arrays) {
  if (read === 0) return `value = (0, reads[${column}])(row, first + at)`
  if (arrays) return `value = ${column} < places ? row[${column}] : undefined`
  if (read === null) return `doing = ${DOING.OURS}; value = packer.refuseObject(${column}, first + at)`
  if (typeof read === 'string') return `value = ${property('row', read)}`
  // The property of that very name wins; else step by step.
  const whole = read.join('.')
  const steps = read.map((step) => `if (step !== undefined && step !== null) step = ${property('step', step)}; else step = undefined`)
  return `value = row[${JSON.stringify(whole)}]
      if (value === undefined && !has(row, ${JSON.stringify(whole)})) {
        step = row
        ${steps.join('\n        ')}
        value = step
      }`
}

/**
 * What every object inherits is no row's.
 * @param {string} object
 * @param {string} key
 */
function property(object, key) {
  const name = JSON.stringify(key)
  return key in Object.prototype ? `(has(${object}, ${name}) ? ${object}[${name}] : undefined)` : `${object}[${name}]`
}

/**
 * What most cells of a column are, of those that are something.
 * @param {Slab} slab
 * @param {number} column
 * @returns {number | undefined}
 */
function usualTag(slab, column) {
  const start = column * slab.capacity
  const counts = new Uint32Array(UNSIGNED + 1)
  for (const tag of slab.tags.subarray(start, start + slab.rows)) counts[tag]++
  counts[NULL] = 0
  counts[UNDEFINED] = 0
  const most = Math.max(...counts)
  return most === 0 ? undefined : counts.indexOf(most)
}

module.exports = { loopsFor, DOING, BATCH_CHARACTERS }
