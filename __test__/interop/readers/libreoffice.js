'use strict'

// LibreOffice Calc, which also stands for Excel: all columns as text, and as it understands them by itself, formulas included.

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { pathToFileURL } = require('node:url')
const { Missing, apt, found, run } = require('../setup.js')
const { inSheet } = require('../differences.js')
const { cells } = require('./sheet.js')

const NAMES = ['soffice', 'libreoffice', '/usr/bin/soffice', '/Applications/LibreOffice.app/Contents/MacOS/soffice']

// https://wiki.documentfoundation.org/Documentation/DevGuide/Spreadsheet_Documents#Filter_Options_for_the_CSV_Filter
const CHARSETS = { utf8: 76, utf16le: 65535, latin1: 12 }

/**
 * Whether a soffice has Calc: one that came with Writer alone runs too, and converts no tables.
 * @param {string | undefined} program
 * @param {string} folder
 */
function calculates(program, folder) {
  if (program === undefined) return false
  const file = path.join(folder, 'try.csv')
  fs.writeFileSync(file, 'a,b\r\n')
  try {
    convert(program, folder, file, '')
  } catch {
    return false
  }
  return true
}

/**
 * @param {string} program
 * @param {string} folder where it writes, and has a profile of its own: whoever uses LibreOffice here keeps theirs
 * @param {string} file
 * @param {string} filter
 * @returns {string} the sheet's XML
 */
function convert(program, folder, file, filter) {
  const profile = `-env:UserInstallation=${pathToFileURL(path.join(folder, 'profile')).href}`
  const words = [profile, '--headless', '--norestore', ...(filter ? [`--infilter=${filter}`] : []), '--convert-to', 'fods', '--outdir', folder, file]
  const printed = run(program, words, { timeout: 300_000 })
  const made = file.replace(/csv$/, 'fods')
  // Its exit code is 0 whatever happened.
  if (!fs.existsSync(made)) throw new Error(`soffice made no ${path.basename(made)}: ${printed}`)
  const xml = fs.readFileSync(made, 'utf8')
  fs.rmSync(made)
  return xml
}

function start() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'offloop-office-'))
  const close = () => fs.rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
  try {
    let program = found(NAMES)
    if (!calculates(program, folder)) {
      apt(['libreoffice-calc'], 'else https://www.libreoffice.org/download/')
      program = found(NAMES)
      if (!calculates(program, folder)) throw new Missing('LibreOffice Calc does not run after it was installed')
    }
    let count = 0
    return {
      about: run(program, ['--version']).trim().split(' ').slice(0, 2).join(' '),
      close,
      /**
       * @param {string} file
       * @param {import('../expected.js').Style} style
       * @param {string} columns their formats
       * @param {boolean} special whether what looks like a date or a truth value is one
       */
      sheet(file, style, columns, special) {
        const copy = path.join(folder, `${count++}.csv`)
        fs.copyFileSync(file, copy)
        const filter = `CSV:${style.delimiter.charCodeAt(0)},${style.quote.charCodeAt(0)},${CHARSETS[style.encoding]},1,${columns},1033,false,${special}`
        const xml = convert(program, folder, copy, filter)
        fs.rmSync(copy)
        return cells(xml)
      }
    }
  } catch (error) {
    close()
    throw error
  }
}

/** Rows of one width; an empty cell at the end of a row is none in the file, nor is an empty row at the end. */
function square(rows, table) {
  const length = table.rows.length + 1
  return Array.from({ length: Math.max(length, rows.length) }, (_, row) => {
    const cells = rows[row] ?? []
    return Array.from({ length: Math.max(table.columns.length, cells.length) }, (_, i) => cells[i])
  })
}

function prepare() {
  const { about, close, sheet } = start()
  return {
    about,
    close,
    read(file, style, table) {
      const text = table.columns.map((_, i) => `${i + 1}/2`).join('/')
      return square(sheet(file, style, text, false), table).map((row) => row.map((cell) => cell?.text ?? ''))
    }
  }
}

/** Of a number, its file has fifteen digits, and twenty decimals at most. */
function close(number) {
  const is = (found) => typeof found === 'number' && Math.abs(found - number) <= Math.max(Math.abs(number) * 1e-14, 1e-20)
  return Object.assign(is, { toJSON: () => number })
}

const number = (cell) => (/^-?\d/.test(cell.text) ? close(Number(cell.text)) : `text ${cell.text}`)
const missing = (of) => (cell) => (cell.kind === 'missing' ? '' : of(cell))

/** It may take a text for a number or a date, but never for a formula; and if for a text, then for this one. */
function noFormula({ text }) {
  const wanted = inSheet(text)
  const is = (found) => typeof found !== 'string' || (typeof wanted === 'function' ? wanted(found) : found === wanted)
  return Object.assign(is, { toJSON: () => text })
}

/** What a spreadsheet makes of a column by itself. */
const TYPES = {
  n: number,
  text: noFormula,
  maybe: noFormula,
  number,
  decimal: missing(number),
  date: missing((cell) => cell.value.toISOString().replace(/\.\d+Z$/, '')),
  boolean: missing((cell) => String(cell.value)),
  json: missing((cell) => `text ${inSheet(cell.text)}`)
}

function prepareTyped() {
  const { about, close, sheet } = start()
  const shown = Object.keys(TYPES)
  return {
    about,
    close,
    types: TYPES,
    read(file, style, table) {
      const keys = table.columns.map(({ key }) => key)
      return square(sheet(file, style, '', true), table).slice(1).map((row) => shown.map((key) => {
        const cell = row[keys.indexOf(key)]
        if (cell === undefined || cell.type === '') return ''
        if (cell.formula !== undefined) return `formula ${cell.formula}`
        const text = TYPES[key] === noFormula
        if (cell.type === 'string') return text ? cell.text : `text ${cell.text}`
        if (text) return cell
        if (cell.type === 'float') return Number(cell.value)
        // Midnight is written without.
        return cell.type === 'date' && !cell.value.includes('T') ? `${cell.value}T00:00:00` : cell.value
      }))
    }
  }
}

module.exports = [{ name: 'libreoffice', prepare }, { name: 'libreoffice, typed', prepare: prepareTyped }]
