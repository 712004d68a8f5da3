'use strict'

// Tables of awkward values. A reader that cannot take all of them says so by traits, and gets the table without those.

const values = require('./values.js')

/**
 * @typedef {object} Traits
 * @property {boolean} [nul] texts with U+0000
 * @property {boolean} [astral] characters above U+FFFF
 * @property {boolean} [c1] the control characters from U+0080 to U+009F
 * @property {boolean} [far] dates before the year 1 and after 9999
 * @property {number} [longest] units of a cell
 * @property {boolean} [latin1] nothing above U+00FF
 * @property {boolean} [bare] nothing that needs quotes
 */

/**
 * @typedef {object} Table
 * @property {string} name
 * @property {{ key: string, header: string }[]} columns
 * @property {unknown[][]} rows
 */

/** The JSON of the objects in these tables: a known answer, not one computed. @type {WeakMap<object, string>} */
const JSON_OF = new WeakMap(values.JSONS)

/** The first keeps rows apart and in order, whatever reads them. The names are awkward as well, and unique. */
const COLUMNS = [
  ['n', 'n'], ['text', 'te"xt'], ['maybe', 'may,be; or\tnot'], ['number', 'line\nbreak'], ['integer', ' integer '], ['huge', 'Größe'], ['decimal', "d'ecimal"], ['date', '日付😀'], ['boolean', 'NULL'],
  ['json', 'back\\slash'], ['bytes', '42'], ['mixed', '\\.']
].map(([key, header]) => ({ key, header }))

/** @param {Traits} traits */
function fits({ nul = true, astral = true, c1 = true, latin1 = false, bare = false }) {
  return (text) => !(
    (!nul && text.includes('\0')) ||
    (!astral && /[\u{10000}-\u{10ffff}]/u.test(text)) ||
    (!c1 && /[\x80-\x9f]/.test(text)) ||
    (latin1 && /[^\0-\xff]/.test(text)) ||
    (bare && (text === '' || text.includes('\x01') || /["',;\t|\\§<>😀\r\n]/u.test(text)))
  )
}

/** Header names that the traits leave out are replaced by the key. @param {Traits} traits */
function columnsFor(traits) {
  const fit = fits(traits)
  return COLUMNS.map(({ key, header }) => ({ key, header: fit(header) ? header : key }))
}

/**
 * Every awkward value of every kind, each more than once, and texts put together by chance.
 * @param {number} seed
 * @param {Traits} traits
 * @returns {Table}
 */
function everything(seed, traits) {
  const random = values.random(seed)
  const fit = fits(traits)
  const pieces = values.PIECES.filter(fit)
  const texts = values.TEXTS.filter(fit)
  const any = () => {
    const text = Array.from({ length: 1 + random.below(7) }, () => random.one(pieces)).join('')
    // Halves of surrogate pairs that met are a character.
    return fit(text) ? text : 'pair'
  }
  const rows = Math.max(400, texts.length * 2)
  const cycle = (list, more = () => random.one(list)) => {
    const shuffled = random.shuffled(list)
    return Array.from({ length: rows }, (_, i) => (i < shuffled.length ? shuffled[i] : more()))
  }
  const dates = traits.far === false ? values.DATES : [...values.DATES, ...values.FAR_DATES]
  const jsons = values.JSONS.filter(([, json]) => fit(json)).map(([value]) => value)
  const finite = () => random.one([
    (random.next() - 0.5) * 10 ** random.below(300), random.below(2 ** 32) / 100, Math.round((random.next() - 0.5) * 2 ** 53), random.next() * 2 ** -random.below(1074)
  ])
  const integer = () => BigInt.asIntN(64, BigInt(random.below(2 ** 32)) << BigInt(random.below(33)))
  const date = () => new Date(Math.round((random.next() - 0.2) * 4e12))
  const bytes = () => Uint8Array.from({ length: random.below(20) }, () => random.below(256))
  // Not among the first, which are all the values there are.
  const sparse = (list) => list.map((value, i) => (i >= 60 && random.below(4) === 0 ? random.one([null, undefined]) : value))
  // A reader that takes nothing in quotes takes no commas of JSON.
  const json = jsons.length > 0 ? cycle(jsons) : cycle([null])
  const by = {
    n: Array.from({ length: rows }, (_, i) => i),
    text: cycle(texts, any),
    maybe: cycle([null, undefined, ...(traits.bare ? [] : ['', '', '']), null, ...texts.filter((text) => text.length < 5)], () => random.one([null, undefined, traits.bare ? null : '', any()])),
    number: cycle(values.NUMBERS, finite),
    integer: sparse(cycle([...values.INTEGERS, 1, 0, -7, 2 ** 53, -0], integer)),
    huge: sparse(cycle(values.HUGE, () => (BigInt(random.below(2 ** 32)) + 1n) ** 3n * 10n ** BigInt(random.below(9)))),
    decimal: sparse(cycle(values.DECIMALS, () => values.decimal(`${random.below(1000) - 500}.${random.below(1000)}1`))),
    date: sparse(cycle(dates, date)),
    boolean: sparse(cycle([true, false])),
    json: sparse(json),
    bytes: sparse(cycle(traits.bare ? values.BYTES.filter((value) => value.byteLength > 0) : values.BYTES, () => (traits.bare ? Uint8Array.of(random.below(256)) : bytes()))),
    mixed: []
  }
  by.mixed = Array.from({ length: rows }, () => by[random.one(['text', 'maybe', 'number', 'integer', 'huge', 'decimal', 'date', 'boolean', 'json', 'bytes'])][random.below(rows)])
  return { name: 'everything', columns: columnsFor(traits), rows: by.n.map((i) => COLUMNS.map(({ key }) => by[key][i])) }
}

/**
 * One column: where an empty cell and an empty line look alike.
 * @param {number} seed
 * @param {Traits} traits
 * @returns {Table}
 */
function single(seed, traits) {
  const random = values.random(seed ^ 0x51)
  const cells = [null, '', undefined, null, '', '', 'x', '\\.', 'y', '\\.', ' ', '"', '\n', '\r\n', 'a\n\nb', '', null, '=', '\ufeff', '"";', ...values.TEXTS.slice(0, 60), ...Array.from({ length: 60 }, () => random.one([null, '', 'x', ' ', '\\.', 0, false]))]
    .filter((cell) => typeof cell !== 'string' || fits(traits)(cell))
    .filter((cell) => !traits.bare || (cell !== null && cell !== undefined))
  return { name: 'single', columns: [{ key: 'only', header: 'only' }], rows: [...cells, null, ''].filter((cell) => !traits.bare || cell).map((cell) => [cell]) }
}

/**
 * Cells that are longer than anybody's buffer, with what is awkward at places that a buffer may end at.
 * @param {number} seed
 * @param {Traits} traits
 * @returns {Table}
 */
function long(seed, traits) {
  const random = values.random(seed ^ 0x10)
  const fit = fits(traits)
  const pieces = ['"', ',', '\n', '\r\n', 'a', 'ü', '漢', '😀', 'x'.repeat(1000)].filter(fit)
  const lengths = [8191, 8192, 32_767, 32_768, 65_535, 65_536, 100_000, 300_000, 1_000_000].filter((length) => length <= (traits.longest ?? Infinity))
  const rows = lengths.map((length, i) => {
    const plain = `${'abcdefghi '.repeat(length / 10)}x`.slice(0, length)
    let awkward = ''
    while (awkward.length < length / 4) awkward += random.one(pieces)
    return [i, plain, awkward, traits.bare ? 'z' : `${'"'.repeat(i)}${'é'.repeat(length / 8)}\r`]
  })
  return { name: 'long', columns: ['n', 'plain', 'awkward', 'latin1'].map((key) => ({ key, header: key })), rows }
}

/**
 * Names of columns: every text that a name may be.
 * @param {number} _seed
 * @param {Traits} traits
 * @returns {Table}
 */
function headers(_seed, traits) {
  const names = ['first', ...values.TEXTS.filter(fits(traits)), 'last']
  return {
    name: 'headers',
    columns: names.map((header, i) => ({ key: `k${i}`, header })),
    rows: [0, 1].map((row) => names.map((_, i) => row * 1000 + i))
  }
}

/**
 * Dates before the year 1 and after 9999.
 * @returns {Table}
 */
/** Of PostgreSQL's calendar, which begins in 4713 BC. */
function calendar() {
  const far = values.FAR_DATES.filter((date) => Number(date) > -2.1e14)
  return { name: 'calendar', columns: ['n', 'date'].map((key) => ({ key, header: key })), rows: [...far, ...values.DATES].map((date, i) => [i, date]) }
}

const TABLES = { everything, single, long, headers, calendar }

module.exports = { JSON_OF, TABLES }
