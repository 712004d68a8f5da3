'use strict'

// From the `columns` option, or from the first row, to the columns of an export.

const check = require('../check.js')
const { argumentError } = require('../errors.js')
const { columnError } = require('./errors.js')
const { formatOption } = require('./formats.js')

/** More than any reader takes; a bound on what is allocated a row. */
const MAX_COLUMNS = 65_536

/**
 * @typedef {object} Column
 * @property {string} name for errors
 * @property {string} header what the header row says
 * @property {string | undefined} key read as `row[key]`, unless there is a `read`
 * @property {string[] | undefined} path the steps to the value, where a key with dots is not the row's own
 * @property {((row: any, index: number) => unknown) | undefined} read called where `row[key]` is not enough
 * @property {boolean} computed `read` is the caller's `value` and holds for array rows too
 * @property {import('./formats.js').Format} [format]
 */

/**
 * The columns of the `columns` option.
 * @param {unknown} value
 * @param {boolean} header whether there will be a header row
 * @returns {Column[] | undefined}
 */
function fromOption(value, header) {
  if (value === undefined) return undefined
  const name = 'options.columns'
  const list = copy(name, value)
  if (list.length === 0) throw argumentError('RangeError', `${name} must name at least one column; got an empty array`)
  return list.map((item, index) => {
    const at = `${name}[${index}]`
    if (typeof item === 'string') return byKey(item, item)
    if (item === null || typeof item !== 'object') throw check.typeError(at, 'a string or an object', item)
    const options = check.options(at, item, ['key', 'header', 'value', 'format'])
    const format = formatOption(`${at}.format`, options.format)
    const { key, header: title, value: compute } = options
    if (key !== undefined && typeof key !== 'string') throw check.typeError(`${at}.key`, 'a string', key)
    if (title !== undefined && typeof title !== 'string') throw check.typeError(`${at}.header`, 'a string', title)
    if (compute !== undefined && typeof compute !== 'function') throw check.typeError(`${at}.value`, 'a function', compute)
    if (header && title === undefined && key === undefined) {
      throw argumentError('TypeError', `${at} must have a header or a key, because there is a header row; got neither`)
    }
    const shown = title ?? key ?? String(index)
    if (compute !== undefined) {
      const read = /** @type {Column['read']} */ (compute)
      return { name: shown, header: title ?? key ?? '', key: undefined, path: undefined, read, computed: true, format }
    }
    if (key === undefined) return { name: shown, header: shown, key: undefined, path: undefined, read: undefined, computed: false, format }
    return { ...byKey(key, shown), format }
  })
}

/**
 * @param {string} name
 * @param {unknown} value
 * @returns {unknown[]}
 */
function copy(name, value) {
  try {
    if (Array.isArray(value) && value.length <= MAX_COLUMNS) return Array.from(value)
  } catch (cause) {
    throw argumentError('TypeError', `${name} could not be read`, { cause })
  }
  if (Array.isArray(value)) throw argumentError('RangeError', `${name} must be at most ${MAX_COLUMNS} long; got ${value.length}`)
  throw check.typeError(name, 'an array of strings and objects', value)
}

/**
 * The columns of an export that names none: the keys of its first row, taken literally; or as many as the
 * first row is long.
 * @param {any} row
 * @param {number} index the row's
 * @returns {{ columns: Column[], named: boolean }}
 */
function fromRow(row, index) {
  if (Array.isArray(row)) {
    const { length } = row
    limit(length, index)
    const columns = Array.from({ length }, (_, at) => {
      const name = String(at)
      return { name, header: name, key: undefined, path: undefined, read: undefined, computed: false }
    })
    return { columns, named: false }
  }
  const keys = Object.keys(row)
  limit(keys.length, index)
  return { columns: keys.map((key) => literal(key, key)), named: true }
}

/**
 * @param {number} count
 * @param {number} index
 */
function limit(count, index) {
  if (count === 0) {
    throw columnError('the first row has no columns to export; name them with options.columns', index)
  }
  if (count > MAX_COLUMNS) {
    throw columnError(`expected at most ${MAX_COLUMNS} columns; got ${count}`, index)
  }
}

/**
 * A column that `key` leads to: a property of that very name, else a path, its steps parted by dots.
 * @param {string} key
 * @param {string} header
 * @returns {Column}
 */
function byKey(key, header) {
  if (!key.includes('.')) return literal(key, header)
  const steps = key.split('.')
  /** @param {any} row */
  const read = (row) => {
    const own = row[key]
    if (own !== undefined || Object.hasOwn(row, key)) return own
    let value = row
    for (const step of steps) {
      if (value === undefined || value === null) return undefined
      value = inherits(step) && !Object.hasOwn(value, step) ? undefined : value[step]
    }
    return value
  }
  return { name: header, header, key: undefined, path: steps, read, computed: false }
}

/**
 * @param {string} key
 * @param {string} header
 * @returns {Column}
 */
function literal(key, header) {
  if (!inherits(key)) return { name: header, header, key, path: undefined, read: undefined, computed: false }
  // A row without a `constructor` of its own has no such column, whatever it inherits.
  /** @param {any} row */
  const read = (row) => (Object.hasOwn(row, key) ? row[key] : undefined)
  return { name: header, header, key, path: undefined, read, computed: false }
}

/**
 * Whether every object has this.
 * @param {string} key
 */
function inherits(key) {
  return key in Object.prototype
}

module.exports = { fromOption, fromRow }
