'use strict'

// How the strings of a column leave V8: the choice that the CSV packer (lib/csv/packer.js) rests on. Each alternative
// takes the same batches of a column of the mixed table, notes each string's length and ends with the characters, one
// after the other, in memory that a worker could read; so all that an alternative puts off until the end of a batch, such
// as the flattening of a string that was appended to, is in its figure.
//
//   node --expose-gc packing.js [--quick] [--rows 100000] [--batch 744]

const fs = require('node:fs')
const path = require('node:path')
const v8 = require('node:v8')
const { machine } = require('./machine.js')
const { median, setting } = require('./measure.js')
const { rowsOf } = require('./shapes.js')

const COLUMNS = ['uuid', 'name', 'email', 'status', 'note']
/** More than a column's part of a batch takes. */
const BYTES = 1 << 20

/**
 * What stands in the loop over a batch's strings, before and after it. `value` is the string, `$` the column's number.
 * @type {Record<string, { before?: string, each: string, after?: string }>}
 */
const ALTERNATIVES = {
  'nothing but reading the cell and noting its length': { each: '' },
  'appended to one string': {
    before: "let text$ = ''",
    each: 'text$ += value',
    after: 'bytes += handOver(buffer$, text$)'
  },
  'an array, joined': {
    before: 'const parts$ = new Array(end - begin)',
    each: 'parts$[i - begin] = value',
    after: "bytes += handOver(buffer$, parts$.join(''))"
  },
  'an array kept from batch to batch, joined': {
    before: 'kept$.length = end - begin',
    each: 'kept$[i - begin] = value',
    after: "bytes += handOver(buffer$, kept$.join(''))"
  },
  'charCodeAt into a Uint16Array': {
    before: 'let at$ = 0',
    each: 'for (let c = 0; c < value.length; c++) units$[at$ + c] = value.charCodeAt(c); at$ += value.length',
    after: 'bytes += at$ * 2'
  },
  'charCodeAt into a Uint8Array, a Uint16Array from the first wide letter': {
    before: 'let at$ = 0; let wide$ = false',
    each: `
      if (wide$) {
        for (let c = 0; c < value.length; c++) units$[at$ + c] = value.charCodeAt(c)
      } else {
        let all = 0
        for (let c = 0; c < value.length; c++) {
          const unit = value.charCodeAt(c)
          all |= unit
          octets$[at$ + c] = unit
        }
        if (all > 255) {
          wide$ = true
          for (let c = at$ - 1; c >= 0; c--) units$[c] = octets$[c]
          for (let c = 0; c < value.length; c++) units$[at$ + c] = value.charCodeAt(c)
        }
      }
      at$ += value.length`,
    after: 'bytes += wide$ ? at$ * 2 : at$'
  },
  'charCodeAt up to 24 letters, appended from there': {
    before: "let at$ = 0; let text$ = ''",
    each: `
      if (value.length <= 24) {
        for (let c = 0; c < value.length; c++) units$[at$ + c] = value.charCodeAt(c)
        at$ += value.length
      } else text$ += value`,
    after: 'bytes += at$ * 2 + handOver(buffer$, text$)'
  },
  'one latin1Write a string (loses what is wide)': {
    before: 'let at$ = 0',
    each: 'at$ += buffer$.latin1Write(value, at$)',
    after: 'bytes += at$'
  },
  'one ucs2Write a string': {
    before: 'let at$ = 0',
    each: 'at$ += buffer$.ucs2Write(value, at$)',
    after: 'bytes += at$'
  },
  'one TextEncoder.encodeInto a string': {
    before: 'let at$ = 0',
    each: 'at$ += encoder.encodeInto(value, octets$.subarray(at$)).written',
    after: 'bytes += at$'
  },
  'JSON.stringify of the batch': {
    before: 'const parts$ = new Array(end - begin)',
    each: 'parts$[i - begin] = value',
    after: 'bytes += handOver(buffer$, JSON.stringify(parts$))'
  },
  'v8.serialize of the batch': {
    before: 'const parts$ = new Array(end - begin)',
    each: 'parts$[i - begin] = value',
    after: 'bytes += serialize(parts$).length'
  }
}

/** How a batch's text is found to be of Latin-1, or not. */
const LOOKS = {
  'a regular expression for what is wide': (/** @type {string} */ text) => !/[\u0100-\uffff]/.test(text),
  'v8.isStringOneByteRepresentation': /** @type {any} */ (v8).isStringOneByteRepresentation
}

/**
 * Compiled for the columns, as the packer's loop is: nobody is slowed by the strings of another.
 * @param {{ before?: string, each: string, after?: string }} parts
 * @param {string[]} columns
 * @returns {(rows: object[], begin: number, end: number) => number}
 */
function compile({ before = '', each, after = '' }, columns) {
  const oneByte = LOOKS['v8.isStringOneByteRepresentation'] ?? LOOKS['a regular expression for what is wide']
  /** @type {Record<string, unknown>} */
  const names = {
    handOver: (/** @type {any} */ buffer, /** @type {string} */ text) => oneByte(text) ? buffer.latin1Write(text, 0) : buffer.ucs2Write(text, 0),
    encoder: new TextEncoder(),
    serialize: v8.serialize
  }
  for (let i = 0; i < columns.length; i++) {
    const buffer = Buffer.alloc(BYTES)
    names[`buffer${i}`] = buffer
    names[`octets${i}`] = new Uint8Array(buffer.buffer)
    names[`units${i}`] = new Uint16Array(buffer.buffer)
    names[`lengths${i}`] = new Uint32Array(1 << 16)
    names[`kept${i}`] = []
  }
  const of = (/** @type {string} */ code) => columns.map((_, i) => code.replaceAll('$', String(i)))
  const loop = of(each).map((code, i) => `{
        const value = row.${columns[i]}
        lengths${i}[i - begin] = value.length
        ${code}
      }`)
  return new Function(...Object.keys(names), `return (rows, begin, end) => {
    let bytes = 0
    ${of(before).join('\n')}
    for (let i = begin; i < end; i++) {
      const row = rows[i]
      ${loop.join('\n')}
    }
    ${of(after).join('\n')}
    return bytes
  }`)(...Object.values(names))
}

/**
 * @param {(rows: object[], begin: number, end: number) => number} pack
 * @param {object[]} rows
 * @param {number} batch
 */
function nsPerRow(pack, rows, batch) {
  global.gc?.()
  const begun = performance.now()
  for (let begin = 0; begin < rows.length; begin += batch) pack(rows, begin, Math.min(rows.length, begin + batch))
  return (performance.now() - begun) * 1e6 / rows.length
}

/** The columns one by one, and all of them row by row, as the packer goes. */
const TAKEN = [...COLUMNS.map((column) => [column]), COLUMNS]

function main() {
  const quick = process.argv.includes('--quick')
  const rows = rowsOf('mixed', setting('rows', quick ? 20_000 : 100_000))
  const batch = setting('batch', 744)
  const rounds = quick ? 3 : 11
  const packers = Object.entries(ALTERNATIVES).map(([name, parts]) => ({
    name,
    taken: TAKEN.map((columns) => ({ columns, pack: compile(parts, columns), figures: /** @type {number[]} */ ([]) }))
  }))
  // The first rounds compile.
  for (let round = -2; round < rounds; round++) {
    for (let i = 0; i < packers.length; i++) {
      for (const { columns, pack, figures } of packers[(i + Math.max(0, round)) % packers.length].taken) {
        const ns = nsPerRow(pack, rows, batch) / columns.length
        if (round >= 0) figures.push(ns)
      }
    }
  }
  const lines = packers.map(({ name, taken }) => {
    const figures = taken.map((one) => median(one.figures))
    return { name, columns: figures.slice(0, -1), together: figures.at(-1) ?? NaN }
  })
  const letters = COLUMNS.map((column) => rows.reduce((sum, row) => sum + /** @type {any} */ (row)[column].length, 0) / rows.length)
  const looks = looking(rows, batch, rounds)

  const result = { ...machine(), rows: rows.length, batch, rounds, columns: COLUMNS, letters, alternatives: lines, looks }
  const folder = quick ? path.join(__dirname, 'quick') : __dirname
  fs.mkdirSync(path.join(folder, 'results'), { recursive: true })
  fs.writeFileSync(path.join(folder, 'results', 'packing.json'), `${JSON.stringify(result, null, 1)}\n`)

  console.log(`ns a string, medians of ${rounds} rounds over ${rows.length} rows in batches of ${batch}\n`)
  console.table(Object.fromEntries([
    ['letters, on average', Object.fromEntries(COLUMNS.map((column, i) => [column, Number(letters[i].toFixed(1))]))],
    ...lines.map(({ name, columns, together }) => [name, {
      ...Object.fromEntries(COLUMNS.map((column, i) => [column, Number(columns[i].toFixed(1))])), together: Number(together.toFixed(1))
    }])
  ]))
  console.log('\nWhether a batch is of Latin-1, ns a string:\n')
  console.table(Object.fromEntries(looks.map(({ name, ns }) => [name, { ns: Number(ns.toFixed(2)) }])))
}

/**
 * @param {object[]} rows
 * @param {number} batch
 * @param {number} rounds
 */
function looking(rows, batch, rounds) {
  /** @type {string[]} */
  const texts = []
  for (const column of COLUMNS) {
    for (let begin = 0; begin < rows.length; begin += batch) {
      // Flat, as they are when they are looked at last: V8 does not flatten twice.
      const text = rows.slice(begin, begin + batch).map((row) => /** @type {any} */ (row)[column]).join('')
      texts.push(text)
    }
  }
  return Object.entries(LOOKS).filter(([, look]) => look !== undefined).map(([name, look]) => {
    const figures = Array.from({ length: rounds + 2 }, () => {
      const begun = performance.now()
      for (const text of texts) look(text)
      return (performance.now() - begun) * 1e6 / (rows.length * COLUMNS.length)
    })
    return { name, ns: median(figures.slice(2)) }
  })
}

main()
