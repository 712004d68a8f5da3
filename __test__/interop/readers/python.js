'use strict'

// Python's csv, and pandas: strings all, and with the types that its users give.

const path = require('node:path')
const { environment, python: anyPython, run } = require('../setup.js')

const SCRIPT = path.join(__dirname, 'read.py')

/** @param {string} program */
const reading = (program) => (command, file, style, columns = []) =>
  run(program, [SCRIPT, command, JSON.stringify(style), file, ...columns], { env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' } })
    .split('\n').slice(0, -1).map((line) => JSON.parse(line))

function preparePython() {
  const program = anyPython()
  const read = reading(program)
  return { about: run(program, ['--version']).trim(), read: (file, style) => read('csv', file, style) }
}

function preparePandas() {
  const program = environment()
  const read = reading(program)
  return {
    program,
    about: `pandas ${run(program, ['-c', 'import pandas; print(pandas.__version__)']).trim()}`,
    read: (file, style) => read('pandas', file, style)
  }
}

function bits(number) {
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleBE(number)
  return bytes.toString('hex')
}
const missing = (of) => (cell) => (cell.kind === 'missing' ? null : of(cell))

/** The columns that have a type, and what is printed of them. */
const TYPES = {
  n: (cell) => cell.text,
  number: (cell) => (cell.text === 'NaN' ? null : bits(Number(cell.text))),
  integer: missing((cell) => cell.text),
  boolean: missing((cell) => (cell.value ? 'True' : 'False'))
}

function prepareTyped() {
  const { about, program } = preparePandas()
  const read = reading(program)
  return { about, types: TYPES, read: (file, style, { columns }) => read('typed', file, style, columns.map(({ key }) => key)) }
}

module.exports = [
  { name: 'python csv', prepare: preparePython },
  { name: 'pandas', prepare: preparePandas },
  { name: 'pandas, typed', prepare: prepareTyped }
]
