'use strict'

// Colours, as CSS writes the simple ones.

const check = require('../check.js')
const { argumentError } = require('../errors.js')

// The sixteen colours of HTML 4, orange, and transparent.
const COLORS = new Map(
  Object.entries({
    black: '000000',
    silver: 'c0c0c0',
    gray: '808080',
    white: 'ffffff',
    maroon: '800000',
    red: 'ff0000',
    purple: '800080',
    fuchsia: 'ff00ff',
    green: '008000',
    lime: '00ff00',
    olive: '808000',
    yellow: 'ffff00',
    navy: '000080',
    blue: '0000ff',
    teal: '008080',
    aqua: '00ffff',
    orange: 'ffa500',
    transparent: '00000000'
  })
)

/** @typedef {{ r: number, g: number, b: number, alpha: number }} Color alpha from 0 to 255, as the others */

/**
 * @template {Color | undefined} D
 * @param {string} name
 * @param {unknown} value
 * @param {D} fallback
 * @returns {Color | D}
 */
function colorOf(name, value, fallback) {
  if (value === undefined) return fallback
  if (typeof value === 'string') return parse(name, value)
  const { r, g, b, alpha } = check.options(name, value, ['r', 'g', 'b', 'alpha'])
  return {
    r: Math.round(check.required(`${name}.r`, r, 255)),
    g: Math.round(check.required(`${name}.g`, g, 255)),
    b: Math.round(check.required(`${name}.b`, b, 255)),
    alpha: Math.round(check.number(`${name}.alpha`, alpha, 0, 1, 1) * 255)
  }
}

/**
 * @param {string} name
 * @param {string} text
 * @returns {Color}
 */
function parse(name, text) {
  const color = text.toLowerCase()
  let digits = COLORS.get(color) ?? /^#([\da-f]{3,4}|[\da-f]{6}|[\da-f]{8})$/.exec(color)?.[1]
  if (digits === undefined) {
    const names = [...COLORS.keys()].join(', ')
    throw argumentError(
      'TypeError',
      `${name} must be '#rgb', '#rgba', '#rrggbb', '#rrggbbaa', { r, g, b, alpha } or one of ${names}; got '${text.slice(0, 40)}'`
    )
  }
  if (digits.length < 6) digits = digits.replace(/./g, '$&$&')
  const channel = (/** @type {number} */ index) => Number.parseInt(digits.slice(index * 2, index * 2 + 2) || 'ff', 16)
  return { r: channel(0), g: channel(1), b: channel(2), alpha: channel(3) }
}

module.exports = { colorOf }
