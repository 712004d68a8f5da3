'use strict'

// DuckDB's read_csv, told all that it could guess: all columns as text, and with types.

const { DuckDBInstance, version } = require('@duckdb/node-api')
const { rounded } = require('../expected.js')

const ENCODINGS = { utf8: 'utf-8', utf16le: 'utf-16', latin1: 'latin-1' }

const text = (value) => `'${value.replaceAll("'", "''")}'`

/**
 * @param {import('../expected.js').Style} style
 * @param {boolean} [quotedNulls]
 */
function options(style, quotedNulls = false) {
  const list = {
    auto_detect: 'false',
    // Where nothing stands for null, "" is a text.
    allow_quoted_nulls: String(quotedNulls),
    compression: text(style.compress),
    delim: text(style.delimiter),
    encoding: text(ENCODINGS[style.encoding]),
    escape: style.quoting === 'none' ? "''" : text(style.escape),
    max_line_size: '20000000',
    new_line: text(style.lineEnding === '\n' ? '\\n' : '\\r\\n'),
    nullstr: text(style.format.null ?? ''),
    null_padding: 'false',
    parallel: 'false',
    // Without strict_mode: where it is set, even to its default, a line feed in a field ends a row of CRLF files (1.5.6).
    quote: style.quoting === 'none' ? "''" : text(style.quote)
  }
  return Object.entries(list).map(([name, value]) => `${name}=${value}`).join(', ')
}

async function connect() {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  await connection.run("SET TimeZone = 'UTC'")
  const rows = async (sql) => (await connection.runAndReadAll(sql)).getRowsJson()
  return {
    about: `DuckDB ${version()}`,
    rows,
    close: () => {
      connection.closeSync()
      instance.closeSync()
    }
  }
}

const struct = (entries) => `{${entries.map(([name, type]) => `${text(name)}: ${text(type)}`).join(', ')}}`

async function prepare() {
  const { about, rows, close } = await connect()
  return {
    about,
    close,
    nulls: true,
    async read(file, style, { columns }) {
      const names = columns.map((_, i) => [`c${i}`, 'VARCHAR'])
      // The client takes a U+FEFF at the beginning for a byte order mark; so something else begins.
      const list = names.map(([name]) => `'|' || ${name}`).join(', ')
      const read = await rows(`SELECT ${list} FROM read_csv(${text(file)}, ${options(style)}, header=false, columns=${struct(names)})`)
      return read.map((row) => row.map((cell) => (cell === null ? (style.apart ? null : '') : cell.slice(1))))
    }
  }
}

const missing = (of) => (cell) => (cell.kind === 'missing' ? null : of(cell))
const marked = ({ text, kind }, style) => (text === (style.format.null ?? '') && (!style.apart || kind === 'missing') ? null : `|${text}`)
/** Digits of a fraction, of the 38 that it has at most. */
const DECIMALS = 16
const scaled = (text) => String(BigInt(text.replace('.', '')))

/** The columns: their types, how they are printed, and what is to be printed. */
const COLUMNS = {
  n: ['BIGINT', 'n::VARCHAR', (cell) => cell.text],
  text: ['VARCHAR', "'|' || text", marked],
  maybe: ['VARCHAR', "'|' || maybe", marked],
  number: ['DOUBLE', 'number', ({ text }) => (/^-?\d/.test(text) ? Number(text) : text)],
  integer: ['BIGINT', 'integer::VARCHAR', missing((cell) => cell.text)],
  huge: ['HUGEINT', 'huge::VARCHAR', missing((cell) => cell.text)],
  decimal: [`DECIMAL(38, ${DECIMALS})`, "replace(decimal::VARCHAR, '.', '')::HUGEINT::VARCHAR", missing((cell) => scaled(rounded(cell.text, { number: { decimals: DECIMALS } })))],
  date: ['TIMESTAMPTZ', 'epoch_ms(date)::VARCHAR', missing((cell) => String(Number(cell.value)))],
  boolean: ['BOOLEAN', 'boolean', missing((cell) => cell.value)],
  json: ['JSON', 'json::VARCHAR', missing((cell) => cell.text)],
  bytes: ['VARCHAR', 'bytes', null],
  mixed: ['VARCHAR', 'mixed', null]
}

async function prepareTyped() {
  const { about, rows, close } = await connect()
  const shown = Object.entries(COLUMNS).filter(([, [, , of]]) => of !== null)
  return {
    about,
    close,
    types: Object.fromEntries(shown.map(([key, [, , of]]) => [key, of])),
    read(file, style) {
      const list = shown.map(([, [, sql]]) => sql)
      const types = struct(Object.entries(COLUMNS).map(([key, [type]]) => [key, type]))
      return rows(`SELECT ${list.join(', ')} FROM read_csv(${text(file)}, ${options(style, !style.apart)}, header=true, columns=${types})`)
    }
  }
}

module.exports = [{ name: 'duckdb', prepare }, { name: 'duckdb, typed', prepare: prepareTyped }]
