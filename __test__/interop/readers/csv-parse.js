'use strict'

// csv-parse, which also tells which fields were in quotes.

const fs = require('node:fs')
const zlib = require('node:zlib')
const { parse } = require('csv-parse/sync')
const { devDependencies } = require('../package.json')

const mark = (text, quoted) => (quoted ? `${text} (in quotes)` : text)

function prepare() {
  return {
    about: `csv-parse ${devDependencies['csv-parse']}`,
    of: (cell) => mark(cell.text, cell.quoted),
    read(file, style) {
      const bytes = fs.readFileSync(file)
      return parse(style.compress === 'gzip' ? zlib.gunzipSync(bytes) : style.compress === 'zstd' ? zlib.zstdDecompressSync(bytes) : bytes, {
        bom: style.bom,
        delimiter: style.delimiter,
        encoding: style.encoding,
        escape: style.escape,
        quote: style.quoting === 'none' ? null : style.quote,
        record_delimiter: style.lineEnding,
        cast: (text, { quoting }) => mark(text, quoting)
      })
    }
  }
}

module.exports = [{ name: 'csv-parse', prepare }]
