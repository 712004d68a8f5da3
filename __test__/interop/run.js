'use strict'

// Writes tables of awkward values with every option and has them read back by others: `npm run test:interop`. A word is
// the name of a reader, or its beginning; --seed N other tables; --strict (or CI=true) fails for a reader that is missing.

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { exportCsvFile } = require('../../index.js')
const { compare } = require('./compare.js')
const { LEAVES_OUT, cannot, unseen } = require('./differences.js')
const { expected, styleOf } = require('./expected.js')
const { Missing } = require('./setup.js')
const { TABLES } = require('./tables.js')
const { VARIANTS } = require('./variants.js')

const READERS = ['csv-crate', 'csv-parse', 'python', 'duckdb', 'postgres', 'libreoffice'].flatMap((name) => require(`./readers/${name}.js`))

/** Whether a word is the beginning of a reader's name, however its words are parted. */
const named = ({ name }, word) => name.replaceAll(/\W+/g, '-').startsWith(word.replaceAll(/\W+/g, '-'))

/** @param {string[]} args */
function parse(args) {
  const wanted = { seed: 1, strict: process.env.CI === 'true', names: /** @type {string[]} */ ([]) }
  for (let i = 0; i < args.length; i++) {
    const word = args[i]
    if (word === '--strict') wanted.strict = true
    else if (word === '--seed' && /^\d+$/.test(args[i + 1] ?? '')) wanted.seed = Number(args[++i])
    else if (READERS.some((reader) => named(reader, word))) wanted.names.push(word)
    else return undefined
  }
  return wanted
}

const counts = { passed: 0, failed: 0, skipped: 0 }

/** @param {string} text */
const indented = (text) => text.replace(/^/gm, '        ')

const seconds = (begun) => `${((performance.now() - begun) / 1000).toFixed(1)} s`

/** The files, each written once. */
class Files {
  /** @param {string} folder @param {number} seed */
  constructor(folder, seed) {
    this.folder = folder
    this.seed = seed
    /** @type {Map<string, any>} */
    this.made = new Map()
  }

  /**
   * @param {import('./variants.js').Variant} variant
   * @param {string} name the table's
   * @param {import('./tables.js').Traits} traits
   */
  async of(variant, name, traits) {
    const key = JSON.stringify([variant.name, name, traits])
    const known = this.made.get(key)
    if (known !== undefined) return known
    const table = TABLES[name](this.seed, traits)
    const style = styleOf(variant.options)
    const file = path.join(this.folder, `${this.made.size}.csv`)
    const only = table.columns.length === 1
    const rows = [table.columns.map(({ header }) => header), ...table.rows].map((row) => row.map((value) => expected(value, style, { only })))
    const made = { file, table, style, rows, ok: true }
    this.made.set(key, made)
    try {
      const objects = table.rows.map((row) => Object.fromEntries(table.columns.map(({ key }, i) => [key, row[i]])))
      const summary = await exportCsvFile(objects, file, { columns: table.columns, ...variant.options })
      if (summary.rows !== table.rows.length) throw new Error(`the summary says ${summary.rows} rows, of ${table.rows.length}`)
    } catch (error) {
      made.ok = false
      counts.failed++
      console.log(`FAILED  writing: ${variant.name}, ${name}\n${indented(`seed ${this.seed}: ${/** @type {Error} */ (error).stack}`)}`)
    }
    return made
  }
}

/**
 * @param {any} reader
 * @param {Files} files
 */
async function readAll(reader, files) {
  const begun = performance.now()
  let prepared
  try {
    prepared = await reader.prepare()
  } catch (error) {
    if (!(error instanceof Missing)) throw error
    counts.skipped++
    console.log(`SKIPPED ${reader.name}: ${error.message}`)
    return false
  }
  console.log(`${reader.name}: ${prepared.about}, ready in ${seconds(begun)}`)
  try {
    for (const variant of VARIANTS) {
      const style = styleOf(variant.options)
      const traits = { ...variant.traits, ...LEAVES_OUT[reader.name]?.(style) }
      for (const name of variant.tables) {
        if (cannot(reader.name, style, name) !== undefined) continue
        if (prepared.types !== undefined && name !== 'everything') continue
        const made = await files.of(variant, name, traits)
        if (!made.ok) continue
        await read(reader, prepared, variant, made, files.seed)
      }
    }
  } finally {
    await prepared.close?.()
  }
  return true
}

async function read(reader, prepared, variant, { file, table, style, rows }, seed) {
  const begun = performance.now()
  const title = `${reader.name}: ${variant.name}, ${table.name}`
  try {
    const got = await prepared.read(file, style, table)
    compare({ reader: reader.name, seed, style, got, ...shape(prepared, table, style, rows) })
    counts.passed++
    console.log(`ok      ${title} (${seconds(begun)})`)
  } catch (error) {
    counts.failed++
    console.log(`FAILED  ${title}\n${indented(/** @type {Error} */ (error).message)}`)
  }
}

/** What of the table the reader reads, and what it is to make of each cell. */
function shape(prepared, table, style, rows) {
  const { types, nulls, header = true } = prepared
  if (types !== undefined) {
    const places = Object.keys(types).map((key) => table.columns.findIndex((column) => column.key === key))
    return {
      table: { ...table, columns: places.map((place) => table.columns[place]), rows: table.rows },
      rows: rows.slice(1).map((row) => places.map((place) => row[place])),
      of: (cell, key) => types[key](cell, style)
    }
  }
  const isNull = (cell) => nulls && style.apart && cell.kind === 'missing' && cell.text === (style.format.null ?? '')
  const of = prepared.of ?? ((cell) => (isNull(cell) ? null : cell.text))
  return { table, rows: header ? rows : rows.slice(1), of: (cell, key) => of(cell, key, style, table) }
}

async function main() {
  const wanted = parse(process.argv.slice(2))
  if (wanted === undefined) {
    console.error(`Not understood: ${process.argv.slice(2).join(' ')}. Readers: ${READERS.map(({ name }) => name).join('; ')}. Options: --seed N, --strict.`)
    process.exitCode = 2
    return
  }
  const { names, seed, strict } = wanted
  const chosen = READERS.filter((reader) => names.length === 0 || names.some((word) => named(reader, word)))
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'offloop-interop-'))
  // The database's server is another user.
  fs.chmodSync(folder, 0o755)
  console.log(`seed ${seed}`)
  try {
    const files = new Files(folder, seed)
    const came = []
    for (const reader of chosen) if (await readAll(reader, files)) came.push(reader.name)
    for (const { reason, readers } of unseen(came)) {
      if (counts.failed > 0) break
      counts.failed++
      console.log(`FAILED  the difference was not seen: ${readers.join(', ')}: ${reason}`)
    }
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
  console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`)
  if (counts.failed > 0) process.exitCode = 1
  if (counts.skipped > 0 && strict) {
    console.error('offloop: a reader is missing, and all are wanted here (--strict, CI=true)')
    process.exitCode = 1
  }
}

main().catch((error) => {
  console.error(error)
  process.exitCode = 1
})
