'use strict'

// Patterns of dates, as in Unicode's TR35: which letters there are. The native side does the writing.

const check = require('../check.js')
const { argumentError } = require('../errors.js')
const { show } = require('./signs.js')

/** In UTF-16 units. */
const MAX_PATTERN = 256

const LETTERS = ['yyyy', 'yy', 'y', 'MMMM', 'MMM', 'MM', 'M', 'dd', 'd', 'EEEE', 'EEE', 'HH', 'H', 'hh', 'h', 'mm', 'm', 'ss', 's', 'SSS', 'SS', 'S', 'a', 'XXX', 'XX', 'X', 'xxx', 'xx', 'x', 'VV']

/** What people write who come from elsewhere. */
const HINTS = new Map([
  ['Y', "the year is 'yyyy'"],
  ['D', "the day of the month is 'dd'"],
  ['A', "AM and PM are 'a'"],
  ['Z', "the distance from UTC is 'XXX', a letter Z is 'Z' in quotes"],
  ['T', "a letter T is 'T' in quotes"],
  ['z', "the time zone's name is 'VV'"]
])

/**
 * @param {string} name
 * @param {unknown} value
 * @returns {string}
 */
function patternOption(name, value) {
  const expected = `a string of 1 to ${MAX_PATTERN} characters, such as 'yyyy-MM-dd HH:mm'`
  if (typeof value !== 'string') throw check.typeError(name, expected, value)
  if (value.length === 0 || value.length > MAX_PATTERN) throw argumentError('RangeError', `${name} must be ${expected}; got ${value.length}`)
  // Quoted text, the apostrophe as '' in it and alone; then runs of one letter.
  const unquoted = value.replace(/'(?:[^']|'')*'/g, '\0')
  if (unquoted.includes("'")) throw argumentError('RangeError', `${name} must have quotes in pairs; got ${show(value)}`)
  for (const [run] of unquoted.matchAll(/([A-Za-z])\1*/g)) {
    if (LETTERS.includes(run)) continue
    const hint = HINTS.get(run[0])
    throw argumentError('RangeError', `${name} has ${show(run)}, which is none of ${LETTERS.join(' ')}${hint ? `; ${hint}` : ''}. Put other text in 'single quotes'`)
  }
  return value
}

/**
 * @param {string} name
 * @param {unknown} value
 * @returns {string}
 */
function timeZoneOption(name, value) {
  if (value === undefined) return 'UTC'
  const expected = "the IANA name of a time zone, such as 'Europe/Zurich'"
  if (typeof value !== 'string') throw check.typeError(name, expected, value)
  if (!/^[A-Za-z][\w+\-/]{0,63}$/.test(value) || !isKnown(value)) throw argumentError('RangeError', `${name} must be ${expected}; got ${show(value)}`)
  return value
}

/** Those of three letters that are IANA's. Node knows others besides, which are ambiguous: CST, IST. */
const SHORT = new Set(['CET', 'EET', 'EST', 'GMT', 'HST', 'MET', 'MST', 'PRC', 'ROC', 'ROK', 'UCT', 'UTC', 'WET'])

/**
 * As far as this Node knows. The native side has a database of its own, and the last word.
 * @param {string} timeZone
 */
function isKnown(timeZone) {
  if (timeZone.length === 3 && !SHORT.has(timeZone.toUpperCase())) return false
  // Node may have been built without it.
  if (typeof Intl === 'undefined') return true
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone }))
  } catch {
    return false
  }
}

module.exports = { patternOption, timeZoneOption }
