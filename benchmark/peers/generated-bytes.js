'use strict'

// As far as plain JavaScript was taken here: compiled for the columns like the writer of texts, but writing bytes, digit
// by digit and letter by letter. Most cells are short, and for those a loop over their letters is faster than any call
// that leaves JavaScript. Prices are printed from whole numbers and dates from the milliseconds of their day, without
// the texts that V8 would make of them. Few would want to own this; it says what is left to win by leaving JavaScript.

const { kindOf } = require('./generated-writer.js')

const QUOTE = 34
const COMMA = 44
/** Up to here a loop over the letters is faster than V8's own copying. */
const SHORT = 80
/** The most bytes of a short cell: each letter doubled or three bytes, quotes, comma. */
const ROOM = SHORT * 3 + 16
/** Rows that say how long the others will be. */
const FIRST = 2000
const DAY = 86_400_000

/** 1 what needs quotes; the rest of ASCII stands for itself. */
const CLASS = new Uint8Array(128)
for (const code of [QUOTE, COMMA, 10, 13]) CLASS[code] = 1

const TENS = new Uint8Array(100)
const ONES = new Uint8Array(100)
for (let i = 0; i < 100; i++) {
  TENS[i] = 48 + Math.floor(i / 10)
  ONES[i] = 48 + i % 10
}

/**
 * @param {Uint8Array} out
 * @param {number} at
 * @param {string} text of ASCII
 */
function ascii(out, at, text) {
  for (let i = 0; i < text.length; i++) out[at + i] = text.charCodeAt(i)
  return at + text.length
}

/**
 * @param {Uint8Array} out
 * @param {number} at
 * @param {number} value whole, 0 to 2^31 - 1
 */
function whole(out, at, value) {
  if (value < 10) {
    out[at] = 48 + value
    return at + 1
  }
  const length = value < 100 ? 2 : value < 1000 ? 3 : value < 10_000 ? 4 : value < 100_000 ? 5 : value < 1e6 ? 6 : value < 1e7 ? 7 : value < 1e8 ? 8 : value < 1e9 ? 9 : 10
  const end = at + length
  let place = end
  while (value >= 10) {
    const rest = value / 100 | 0
    const pair = value - rest * 100
    out[place - 1] = ONES[pair]
    out[place -= 2] = TENS[pair]
    value = rest
  }
  if (place > at) out[at] = 48 + value
  return end
}

/**
 * @param {Uint8Array} out
 * @param {number} at
 * @param {number} value
 */
function number(out, at, value) {
  const int = value | 0
  if (int === value && int !== -2_147_483_648) {
    if (int >= 0) return whole(out, at, int)
    out[at] = 45
    return whole(out, at + 1, -int)
  }
  // The double nearest to a decimal of so few digits is printed as that decimal: hundredths and ten-thousandths.
  const hundredths = Math.round(value * 100)
  if (hundredths / 100 === value && hundredths < 2 ** 31 && hundredths > -(2 ** 31)) {
    let rest = hundredths | 0
    if (rest < 0) {
      out[at++] = 45
      rest = -rest
    }
    const integer = rest / 100 | 0
    const decimals = rest - integer * 100
    at = whole(out, at, integer)
    out[at] = 46
    out[at + 1] = TENS[decimals]
    out[at + 2] = ONES[decimals]
    return out[at + 2] === 48 ? at + 2 : at + 3
  }
  const fine = Math.round(value * 10_000)
  if (fine / 10_000 === value && fine < 2 ** 31 && fine > 0) {
    const integer = (fine | 0) / 10_000 | 0
    const decimals = (fine | 0) - integer * 10_000
    const high = decimals / 100 | 0
    const low = decimals - high * 100
    at = whole(out, at, integer)
    out[at] = 46
    out[at + 1] = TENS[high]
    out[at + 2] = ONES[high]
    out[at + 3] = TENS[low]
    out[at + 4] = ONES[low]
    return out[at + 4] === 48 ? at + 4 : at + 5
  }
  return ascii(out, at, `${value}`)
}

/**
 * A string of any length and any letters.
 * @param {Buffer} out
 * @param {number} at
 * @param {string} text
 * @returns {number} -1 where it may not fit
 */
function anyString(out, at, text) {
  const holdsQuotes = text.includes('"')
  if (holdsQuotes) text = text.replaceAll('"', '""')
  if (out.length - at < text.length * 3 + ROOM) return -1
  if (!holdsQuotes && !text.includes(',') && !text.includes('\n') && !text.includes('\r')) return at + out.write(text, at)
  out[at++] = QUOTE
  at += out.write(text, at)
  out[at++] = QUOTE
  return at
}

/**
 * @param {Buffer} out
 * @param {number} at
 * @param {string} text
 * @returns {number} -1 where it may not fit
 */
function string(out, at, text) {
  const { length } = text
  if (length > SHORT) return anyString(out, at, text)
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i)
    if (code >= 128 || CLASS[code] !== 0) return beyond(out, at, text, i)
    out[at + i] = code
  }
  return at + length
}

/**
 * A string whose first letters, plain ones, are written.
 * @param {Buffer} out
 * @param {number} begun
 * @param {string} text
 * @param {number} from the first letter that is not plain
 */
function beyond(out, begun, text, from) {
  let at = begun + from
  for (let i = from; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code < 128) {
      if (CLASS[code] !== 0) return quoted(out, begun, text)
      out[at++] = code
    } else {
      const next = letter(out, at, code, text, i)
      if (next === at + 4) i++
      at = next
    }
  }
  return at
}

/**
 * A letter beyond ASCII as UTF-8; of four bytes, it was two units.
 * @param {Uint8Array} out
 * @param {number} at
 * @param {number} code
 * @param {string} text
 * @param {number} i the unit's
 */
function letter(out, at, code, text, i) {
  if (code < 0x800) {
    out[at] = 0xc0 | code >> 6
    out[at + 1] = 0x80 | code & 63
    return at + 2
  }
  if ((code & 0xf800) === 0xd800) {
    const low = code < 0xdc00 && i + 1 < text.length ? text.charCodeAt(i + 1) : 0
    if ((low & 0xfc00) === 0xdc00) {
      const point = 0x10000 + (code - 0xd800 << 10) + (low - 0xdc00)
      out[at] = 0xf0 | point >> 18
      out[at + 1] = 0x80 | point >> 12 & 63
      out[at + 2] = 0x80 | point >> 6 & 63
      out[at + 3] = 0x80 | point & 63
      return at + 4
    }
    // Half a letter, which UTF-8 cannot hold.
    code = 0xfffd
  }
  out[at] = 0xe0 | code >> 12
  out[at + 1] = 0x80 | code >> 6 & 63
  out[at + 2] = 0x80 | code & 63
  return at + 3
}

/**
 * @param {Buffer} out
 * @param {number} at
 * @param {string} text
 */
function quoted(out, at, text) {
  out[at++] = QUOTE
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code < 128) {
      if (code === QUOTE) out[at++] = QUOTE
      out[at++] = code
    } else {
      const next = letter(out, at, code, text, i)
      if (next === at + 4) i++
      at = next
    }
  }
  out[at++] = QUOTE
  return at
}

/** The day of the last date, and its ten letters: dates come in flocks. */
let day = NaN
const dayText = new Uint8Array(11)

/**
 * @param {Uint8Array} out
 * @param {number} at
 * @param {Date} value
 */
function date(out, at, value) {
  const time = value.getTime()
  const itsDay = Math.floor(time / DAY)
  if (itsDay !== day) {
    const text = value.toISOString()
    if (text.length !== 24) return ascii(out, at, text)
    ascii(dayText, 0, text.slice(0, 11))
    day = itsDay
  }
  const ms = time - itsDay * DAY | 0
  const seconds = ms / 1000 | 0
  const minutes = seconds / 60 | 0
  const hour = minutes / 60 | 0
  const minute = minutes - hour * 60
  const second = seconds - minutes * 60
  const rest = ms - seconds * 1000
  const tenth = rest / 100 | 0
  for (let i = 0; i < 11; i++) out[at + i] = dayText[i]
  out[at + 11] = TENS[hour]
  out[at + 12] = ONES[hour]
  out[at + 13] = 58
  out[at + 14] = TENS[minute]
  out[at + 15] = ONES[minute]
  out[at + 16] = 58
  out[at + 17] = TENS[second]
  out[at + 18] = ONES[second]
  out[at + 19] = 46
  out[at + 20] = 48 + tenth
  out[at + 21] = TENS[rest - tenth * 100]
  out[at + 22] = ONES[rest - tenth * 100]
  out[at + 23] = 90
  return at + 24
}

/**
 * @param {Buffer} out
 * @param {number} at
 * @param {unknown} value
 * @returns {number} -1 where it may not fit
 */
function other(out, at, value) {
  switch (typeof value) {
    case 'string':
      return string(out, at, value)
    case 'number':
      return number(out, at, value)
    case 'boolean':
      return ascii(out, at, value ? 'true' : 'false')
    case 'bigint':
      return string(out, at, `${value}`)
    case 'object':
      if (value === null) return at
      return value instanceof Date ? date(out, at, value) : string(out, at, JSON.stringify(value))
    default:
      return at
  }
}

/** For a column of a kind: how its cell is written. Only what may be long may not fit. */
const CODE = {
  number: `typeof value === 'number' ? number(out, at, value) : other(out, at, value)`,
  string: `typeof value === 'string' ? string(out, at, value) : other(out, at, value)`,
  boolean: `other(out, at, value)`,
  date: 'value instanceof Date ? date(out, at, value) : other(out, at, value)',
  other: 'other(out, at, value)'
}

/**
 * @param {string[]} keys
 * @param {Record<string, unknown>[]} sample
 * @returns {(rows: object[], progress: { row: number }, out: Buffer, at: number) => number} writes the next rows, as
 *   many as fit, and answers where it stopped
 */
function compile(keys, sample) {
  const cells = keys.map((key, column) => `
      ${column > 0 ? `out[at++] = ${COMMA}` : ''}
      value = row[${JSON.stringify(key)}]
      at = ${CODE[kindOf(sample, key)]}
      if (at < 0) break`)
  const parts = { number, string, date, other }
  return new Function(...Object.keys(parts), `return (rows, progress, out, at) => {
    const end = out.length - ${keys.length * ROOM}
    let i = progress.row
    let begun = at
    let value
    for (; i < rows.length && at < end; i++) {
      const row = rows[i]
      begun = at
      ${cells.join('\n')}
      out[at++] = 13
      out[at++] = 10
    }
    progress.row = i
    return at < 0 ? begun : at
  }`)(...Object.values(parts))
}

/**
 * @param {string[]} keys
 * @param {Record<string, unknown>[]} sample
 * @returns {(rows: object[], withHeader?: boolean) => Buffer}
 */
function generate(keys, sample) {
  const fill = compile(keys, sample)
  const least = (1 + keys.length) * ROOM
  let bytesPerRow = 200

  /** @param {Buffer} out */
  function header(out) {
    let at = 0
    for (const key of keys) {
      if (at > 0) out[at++] = COMMA
      at = string(out, at, key)
    }
    out[at++] = 13
    out[at++] = 10
    return at
  }

  return (rows, withHeader = true) => {
    const progress = { row: 0 }
    // As large as rows have been so far: cheaper than to collect pieces and to copy them together.
    let out = Buffer.allocUnsafeSlow(Math.ceil(bytesPerRow * 1.05 * Math.min(rows.length, FIRST)) + 2 * least)
    let at = fill(rows, progress, out, withHeader ? header(out) : 0)
    while (progress.row < rows.length) {
      const likely = progress.row === 0 ? 0 : Math.ceil(at * 1.05 / progress.row * rows.length)
      out = Buffer.concat([out.subarray(0, at)], Math.max(likely + least, out.length + (out.length >> 1)))
      at = fill(rows, progress, out, at)
    }
    if (rows.length > 0) bytesPerRow = at / rows.length
    return out.subarray(0, at)
  }
}

module.exports = { generate }
