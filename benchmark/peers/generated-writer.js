'use strict'

// The fastest that plain JavaScript is known to do: a function compiled for the very columns, without a loop over
// them. What a team would write that must export fast and may not use native code.

const QUOTED = /[",\r\n]/

/** @param {unknown} value */
function cell(value) {
  switch (typeof value) {
    case 'number':
    case 'boolean':
    case 'bigint':
      return `${value}`
    case 'string':
      return QUOTED.test(value) ? `"${value.replaceAll('"', '""')}"` : value
    case 'object': {
      if (value === null) return ''
      return value instanceof Date ? value.toISOString() : cell(JSON.stringify(value))
    }
    default:
      return ''
  }
}

/**
 * @param {string[]} keys
 * @returns {(rows: object[]) => string}
 */
function generate(keys) {
  const cells = keys.map((key) => `cell(row[${JSON.stringify(key)}])`).join(' + "," + ')
  const header = JSON.stringify(`${keys.map(cell).join(',')}\r\n`)
  return new Function('cell', `return (rows) => { let text = ${header}; for (const row of rows) text += ${cells} + "\\r\\n"; return text }`)(cell)
}

module.exports = { generate }
