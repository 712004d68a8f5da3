'use strict'

// The tables that the CSV benchmarks export. Rows are made as a database driver makes them: all of one hidden class,
// every text decoded from bytes, so fresh and flat, even where the same few words come again and again. (A text that
// was pieced together would be flattened by whoever reads it first, who would pay for the source.)

const scratch = Buffer.allocUnsafe(8192)

/**
 * A text as it comes from the wire.
 * @param {string} text
 */
function fresh(text) {
  return scratch.toString('utf8', 0, scratch.write(text))
}

/**
 * 32 bits that look like chance and are the same in every run.
 * @param {number} i
 * @param {number} salt another column, other bits
 */
function bits(i, salt) {
  let x = Math.imul(i + 1, 0x9e3779b1) ^ Math.imul(salt, 0x85ebca6b)
  x = Math.imul(x ^ x >>> 16, 0x21f0aaad)
  x = Math.imul(x ^ x >>> 15, 0x735a2d97)
  return (x ^ x >>> 15) >>> 0
}

/**
 * @param {number} i
 * @param {number} salt
 * @param {number} below
 */
function pick(i, salt, below) {
  return bits(i, salt) % below
}

/**
 * A double with all its digits, at least 0 and below 1.
 * @param {number} i
 * @param {number} salt
 */
function fraction(i, salt) {
  return (bits(i, salt) * 0x200000 + (bits(i, salt + 1) >>> 11)) / 2 ** 53
}

/**
 * Two decimals, as prices have them.
 * @param {number} i
 * @param {number} salt
 */
function money(i, salt) {
  return pick(i, salt, 2_000_000) / 100
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** @param {number} i */
function uuid(i) {
  const a = bits(i, 71)
  const b = bits(i, 72)
  const c = bits(i, 73)
  const d = bits(i, 74)
  return fresh(`${hex(a)}-${hex(b).slice(0, 4)}-4${hex(b).slice(5)}-a${hex(c).slice(1, 4)}-${hex(c).slice(4)}${hex(d)}`)
}

/** @param {number} word */
function hex(word) {
  return HEX[word >>> 24] + HEX[word >>> 16 & 255] + HEX[word >>> 8 & 255] + HEX[word & 255]
}

// Two of the family names, as in any European list, have letters beyond Latin-1.
const GIVEN = ['José', 'Zoë', 'Anna', 'Björn', 'François', 'Maria', 'Jürgen', 'Aisha', 'Søren', 'Chloé', 'Peter', 'Inés', 'Noël', 'Emma', 'Márta', 'Luca']
const FAMILY = ['Müller', 'García', 'Smith', 'Dvořák', 'Lefèvre', 'Åkesson', 'Rossi', 'Nuñez', 'Brown', 'Østergård', 'Kowalska', 'Gonçalves', 'Weiß', 'Łukasiewicz', 'Jones', 'Papadopoulos', 'de Vries', 'Nagy', 'Kim', "O'Brien", 'Schäfer', 'Silva', 'Hernández', 'Martin']
const STATUS = ['pending', 'paid', 'shipped', 'delivered', 'returned', 'cancelled']
const NOTES = ['left with a neighbour', 'gift: please wrap', 'second delivery attempt', 'none', 'customer called about the invoice', 'call before 9', 'standing order', 'paid by bank transfer']
const WORDS = ['lorem', 'ipsum', 'dolor', 'sit', 'amet', 'consectetur', 'adipiscing', 'elit', 'sed', 'do', 'eiusmod', 'tempor', 'incididunt', 'ut', 'labore', 'magna']
const EMOJI = ['😀', '🚀', '❤️', '👩‍💻', '🎉', '🇩🇪', '👍🏽', '🔥']

/** @param {number} i */
function name(i) {
  return fresh(`${GIVEN[pick(i, 2, GIVEN.length)]} ${FAMILY[pick(i, 3, FAMILY.length)]}`)
}

/** @param {number} i */
function note(i) {
  if (i % 9 === 0) return fresh(`says "leave it\nat the door", order ${i}`)
  return fresh(NOTES[pick(i, 6, NOTES.length)])
}

/**
 * @param {number} i
 * @param {number} salt
 * @param {number} words
 */
function prose(i, salt, words) {
  let text = ''
  for (let word = 0; word < words; word++) {
    const at = bits(i * 64 + word, salt)
    text += `${word === 0 ? '' : at % 13 === 0 ? ', ' : ' '}${WORDS[at % WORDS.length]}`
  }
  return text
}

/** @param {number} i */
function mixed(i) {
  return {
    id: 1_000_000 + i,
    uuid: uuid(i),
    name: name(i),
    email: fresh(`user.${i}@mail${pick(i, 4, 40)}.example.com`),
    amount: money(i, 5),
    ratio: fraction(i, 10),
    placed: new Date(1_700_000_000_000 + i * 7919 + pick(i, 12, 60_000)),
    status: fresh(STATUS[pick(i, 13, STATUS.length)]),
    note: note(i),
    active: pick(i, 14, 3) !== 0,
    discount: i % 5 === 0 ? null : pick(i, 15, 17) / 16
  }
}

/**
 * The number of a column of numbers: counters, prices, measurements, ratios, differences.
 * @param {number} column
 * @returns {string} code
 */
function numberOf(column) {
  return [`i + ${column}`, `money(i, ${column})`, `fraction(i, ${column})`, `pick(i, ${column}, 1000)`, `(fraction(i, ${column}) - 0.5) * 1e6`, `bits(i, ${column}) - 2 ** 31`][column % 6]
}

/**
 * What stands in a wide table: the exports of registries and surveys, a handful of words and many small answers.
 * @param {number} column
 * @returns {string} code
 */
function answerOf(column) {
  return [`pick(i, ${column}, 100)`, `fresh(STATUS[pick(i, ${column}, STATUS.length)])`, `money(i, ${column})`, `pick(i, ${column}, 2) === 0`, `pick(i, ${column}, 3) === 0 ? fresh('n/a') : null`][column % 5]
}

/**
 * A function that makes objects of many columns by one literal, which is what gives them one hidden class.
 * @param {number} columns
 * @param {(column: number) => string} cell
 * @returns {(i: number) => Record<string, unknown>}
 */
function literal(columns, cell) {
  const cells = Array.from({ length: columns }, (_, column) => `column_${column}: ${cell(column)}`)
  const parts = { bits, pick, money, fraction, fresh, STATUS }
  return new Function(...Object.keys(parts), `return (i) => ({ ${cells.join(', ')} })`)(...Object.values(parts))
}

/** @param {number} i */
function text(i) {
  return {
    title: fresh(`Item ${i}: ${prose(i, 1, 8)}`),
    summary: fresh(prose(i, 2, 30)),
    body: fresh(i % 4 === 0 ? `${prose(i, 3, 40)}\n"${prose(i, 4, 20)}"\n` : prose(i, 3, 60)),
    keywords: fresh(`müller ${prose(i, 5, 20)}`)
  }
}

/** @param {number} i */
function emoji(i) {
  const at = (/** @type {number} */ salt) => EMOJI[pick(i, salt, EMOJI.length)]
  return {
    id: fresh(`${at(1)}${i}`),
    name: fresh(`${at(2)} ${GIVEN[pick(i, 3, GIVEN.length)]} ${at(4)}`),
    message: fresh(`${prose(i, 5, 6)} ${at(6)}${at(7)}, ${at(8)}`),
    reaction: fresh(at(9)),
    tags: fresh(`${at(10)} ${STATUS[pick(i, 11, STATUS.length)]}`)
  }
}

/** @type {Record<string, { title: string, row: (i: number) => Record<string, unknown> }>} */
const shapes = {
  mixed: { title: '11 mixed columns', row: mixed },
  numeric: { title: '30 columns of numbers', row: literal(30, numberOf) },
  text: { title: '4 columns of long text', row: text },
  emoji: { title: '5 columns with emoji everywhere', row: emoji },
  wide: { title: '200 columns', row: literal(200, answerOf) }
}

// A column of prices is known to be one of doubles only when the first has come that is no integer. In a server that has
// been up for a while that is long ago, and all rows are of the hidden class that knows.
for (const { row } of Object.values(shapes)) for (let i = 0; i < 500; i++) row(i)

/**
 * @param {string} shape
 * @param {number} count
 */
function rowsOf(shape, count) {
  const { row } = shapes[shape]
  return Array.from({ length: count }, (_, i) => row(i))
}

/**
 * The same rows one after the other, for more of them than memory is meant to hold.
 * @param {string} shape
 * @param {number} count
 */
function * streamOf(shape, count) {
  const { row } = shapes[shape]
  for (let i = 0; i < count; i++) yield row(i)
}

module.exports = { shapes, rowsOf, streamOf, bits, fraction, money }
