'use strict'

// The awkward values, a list a kind, and what draws from them: the same for the same seed, on every machine.

/**
 * Numbers in [0, 1), mulberry32.
 * @param {number} seed
 */
function random(seed) {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (n) => Math.floor(next() * n)
  return {
    next,
    below,
    one: (list) => list[below(list.length)],
    shuffled(list) {
      const copy = [...list]
      for (let i = copy.length - 1; i > 0; i--) {
        const j = below(i + 1)
        ;[copy[i], copy[j]] = [copy[j], copy[i]]
      }
      return copy
    }
  }
}

const LINE_ENDS = ['\n', '\r', '\r\n', '\n\r']

/** What texts are put together from. */
const PIECES = [
  ...LINE_ENDS, '"', '""', "'", ',', ';', '\t', '|', '||', '|', '§', '^', '\\', '\\"', '\\.', '\\N', '\\n', ' ', '  ', 'a', 'b', 'Zürich', 'ÿ', '漢字', '😀',
  'e\u0301', 'שלום', '\u202e', '\ufeff', '\u2028', '\u2029', '\u0085', '\u00a0', '\0', '\x01', '\x1a', '\x7f', '\ud800', '\udc00', '=', '+', '-', '@', '0', '1', '1.5', 'NULL', '-1'
]

const TEXTS = [
  '', ' ', '  ', '\t', 'plain', 'two words', ' leading', 'trailing ', '\tleading tab', 'trailing tab\t', '"', '""', '"""', '"a"', 'a"', '"a', 'a"b', 'a""b', '","', ',', ',,',
  'a,b', ',a', 'a,', ';', 'a;b', '|', 'a|', '|a', 'a||b', '||', 'a|b', '<->', 'a<-', '<-', '->', '§', 'a§b', '😀', 'a😀b', '\x01', "'", "''", "it's", "'quoted'", '\\', '\\\\', '\\"', '"\\', '\\,', 'a\\',
  'C:\\new\\table', '\\.', '\\N', '\\n', 'a\\.', '\\.\n', '\n\\.', '\n\\.\n', 'a\n\\.\nb', '\r\n\\.\r\n', '.', '#', '# comment', '//', '--', '%',
  'NULL', 'null', 'None', 'NaN', 'nan', 'NA', 'N/A', 'undefined', 'true', 'false', 'TRUE', 'Infinity', '-', '0', '-0', '007', '1e5', '1E400', '0x10', '1,5', '1.5', '+1', '.5', '5.',
  '12345678901234567890', '2024-01-31', '31.01.2024', '1/2', '=', '=1+1', '=HYPERLINK("http://a.test","x")', '+1+1', '-1+1', '@SUM(A1)', '-1', '-1.5e3', '+41 44 123', '-', '+', '@',
  '\t=1', '\r=1', '\n=1', '\0=1', ' =1', '=1\ny', '"=1"', "'=1", '＝1', '＋1', '－1', '＠a', 'a=1', 'ID', 'ID;P', 'sep=;', 'Zürich', 'ÀÉÎÕÜßÿ', 'Łódź', '漢字かな', '👩‍👩‍👧‍👦', '🇨🇭', 'e\u0301', 'a\u0308\u0323', 'שלום עולם', 'مرحبا', '\u202eabc',
  '\u200b', '\u200f', '\u00a0', '\u3000x', '\ufeff', '\ufeffa', 'a\ufeff', '\ufffe', '\uffff', '\u2028', 'a\u2028b', '\u2029', '\u0085', 'a\u0085b', '\v', '\f', '\x1a', 'a\x1ab', '\x1b[31m', '\x7f', '\0', 'a\0b', '\0\0', '\ud800', 'a\udc00', '\ud800a',
  '\udc00\ud800', '\ud83d😀', '{"a":1}', '[1,2]', '<a href="x">', '&amp;', '\\x41', '\\u0041', '%41', 'x'.repeat(127), 'x'.repeat(256), 'é'.repeat(255), 'a,'.repeat(100), '"'.repeat(99), '\n'.repeat(20),
  ...LINE_ENDS.flatMap((end) => [end, `${end}a`, `a${end}`, `a${end}b`, `${end}${end}`, `"${end}"`, `,${end},`, `a${end}${end}b${end}`])
]

const NUMBERS = [
  0, -0, 1, -1, 0.1, -0.1, 0.1 + 0.2, 1.5, 1e21, -1e21, 1e-7, 1e-6, 123456789012345680000, 999999999999999900000, 5e-324, -5e-324, 2.2250738585072014e-308, 1.7976931348623157e308,
  -1.7976931348623157e308, 2 ** 53, 2 ** 53 + 2, -(2 ** 53), 2 ** 31, 2 ** 32, 2 ** 63, 2 ** 64, 100, 1e5, 1e20, 0.000001, 1 / 3, 2 / 3, Math.PI, 9.5e-10, 4.35, 1.005, 299792458, NaN, Infinity, -Infinity
]

const INTEGERS = [0n, 1n, -1n, 10n, 2n ** 31n, 2n ** 53n + 1n, -(2n ** 53n) - 1n, 2n ** 63n - 1n, -(2n ** 63n), 99999999999n, 1000000000000000000n]

const HUGE = [2n ** 63n, -(2n ** 63n) - 1n, 2n ** 64n - 1n, 2n ** 64n, 2n ** 70n, -(2n ** 70n), 10n ** 30n, 10n ** 37n + 7n, -(10n ** 37n) - 7n]

/** As decimal.js, big.js and Prisma's: toString() goes exponential, toFixed() does not. */
function decimal(text) {
  return { toFixed: () => text, toString: () => Number(text).toExponential(), toJSON: () => Number(text).toExponential() }
}

const DECIMALS = ['0', '1', '-1', '1.50', '-12.5', '0.0000001', '-0.00000000000000000001', '123456789012345678.125', '100000000000000000.25', '-1000000000000000000000', '0.10'].map(decimal)

const DATES = [
  0, 1, -1, 999, -999, 1000, 86399999, 1700000000123, 951782400000, -2208988800000, -62135596800000, 253402300799999, 4102444800000, -14182940000, 1582934400000
].map((ms) => new Date(ms))

/** Before the year 1, and after 9999: ISO 8601 writes most of them with a sign and six digits. */
const FAR_DATES = [-62167219200001, -62167219200000, 253402300800000, 8.64e15, -8.64e15, -99999999999999].map((ms) => new Date(ms))

const BYTES = [
  Buffer.alloc(0), Buffer.from([0]), Buffer.from([255]), Buffer.from('text'), Buffer.from([0, 1, 2, 253, 254, 255]), new Uint8Array([92, 46]), new Uint8Array([1, 2, 3, 4]).subarray(1, 3),
  new Uint16Array([0x102]), new Uint8Array([9]).buffer, new DataView(new Uint8Array([13, 10]).buffer), Buffer.alloc(300, 7)
]

/** The value, and the JSON that is to be written for it. */
const JSONS = [
  [{}, '{}'], [[], '[]'], [{ a: 1 }, '{"a":1}'], [[1, 'a', null], '[1,"a",null]'], [{ a: { b: [{ c: 'x,"y"\n' }] } }, String.raw`{"a":{"b":[{"c":"x,\"y\"\n"}]}}`],
  [{ 'k"e\ny': 'Zürich 漢字 😀' }, String.raw`{"k\"e\ny":"Zürich 漢字 😀"}`], [{ a: 1n, b: 2n ** 80n }, '{"a":"1","b":"1208925819614629174706176"}'], [{ d: new Date(0) }, '{"d":"1970-01-01T00:00:00.000Z"}'],
  [{ n: 5e-324, m: 1e21, z: -0 }, '{"n":5e-324,"m":1e+21,"z":0}'], [['=1+1'], '["=1+1"]'], [['a\\.b'], String.raw`["a\\.b"]`], [[' '], '[" "]'],
  [new Map([['a', 1], ['b', new Map([['c', [2]]])]]), '{"a":1,"b":{"c":[2]}}'], [new Map([[1, 'x']]), '[[1,"x"]]'], [new Set([1, 'a']), '[1,"a"]'], [new Set(), '[]'], [{ s: new Set(['x']) }, '{"s":["x"]}']
]

module.exports = { BYTES, DATES, DECIMALS, FAR_DATES, HUGE, INTEGERS, JSONS, LINE_ENDS, NUMBERS, PIECES, TEXTS, decimal, random }
