'use strict'

// Rust's `csv` crate, in examples/csv_records.rs.

const path = require('node:path')
const { Missing, found, run } = require('../setup.js')

const ROOT = path.resolve(__dirname, '..', '..', '..')

function prepare() {
  if (found(['cargo']) === undefined) throw new Missing('Rust is missing: install it from https://rustup.rs/')
  // Where the binary went, whatever the target folder.
  const messages = run('cargo', ['build', '--quiet', '--locked', '--no-default-features', '--example', 'csv_records', '--message-format', 'json'], { cwd: ROOT, timeout: 1_800_000 })
  const program = messages.split('\n').filter(Boolean).map((line) => JSON.parse(line)).find(({ executable, target }) => executable && target.name === 'csv_records').executable
  return {
    about: 'csv 1.4',
    read(file, style) {
      const words = ['--delimiter', style.delimiter, '--quote', style.quote]
      if (style.escape !== style.quote) words.push('--escape', style.escape)
      if (style.encoding === 'latin1') words.push('--latin1')
      if (style.compress === 'gzip') words.push('--gzip')
      return run(program, [file, ...words]).split('\n').slice(0, -1).map((line) => JSON.parse(line))
    }
  }
}

module.exports = [{ name: 'csv crate', prepare }]
