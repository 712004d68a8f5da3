'use strict'

// A dialect is a set of defaults, nothing more: each option that is given wins over it.

/** @typedef {import('./formats.js').Format} Format */
/**
 * @typedef {object} Dialect
 * @property {string} delimiter
 * @property {'\r\n' | '\n'} lineEnding
 * @property {boolean} bom
 * @property {'keep' | 'escape' | 'reject'} formulas
 * @property {boolean} keepNullsApart whether null and the empty string are told apart, by quotes around the latter
 * @property {Format} format
 */

/** @type {Dialect} */
const RFC4180 = { delimiter: ',', lineEnding: '\r\n', bom: false, formulas: 'keep', keepNullsApart: false, format: {} }

/** @satisfies {Record<string, Dialect>} */
const DIALECTS = {
  rfc4180: RFC4180,
  excel: {
    ...RFC4180,
    // Without it, Excel takes the bytes for those of the system's code page.
    bom: true,
    formulas: 'escape',
    // The form that Excel takes for a date and time wherever it runs; ISO 8601's T and Z make a text of it.
    format: { date: { pattern: 'yyyy-MM-dd HH:mm:ss', timeZone: 'UTC' }, boolean: ['TRUE', 'FALSE'] }
  },
  tsv: { ...RFC4180, delimiter: '\t', lineEnding: '\n' },
  postgres: { ...RFC4180, lineEnding: '\n', keepNullsApart: true, format: { bytes: 'postgres' } }
}

/** @typedef {keyof typeof DIALECTS} DialectName */

const DIALECT_NAMES = /** @type {DialectName[]} */ (Object.keys(DIALECTS))

/** @type {(name: DialectName) => Dialect} */
const dialectOf = (name) => DIALECTS[name]

module.exports = { DIALECT_NAMES, dialectOf }
