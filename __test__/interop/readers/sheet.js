'use strict'

// The cells of a flat OpenDocument spreadsheet, exactly: its XML says for each whether it is text, a number, a formula.

/**
 * @typedef {object} Cell
 * @property {string} type 'string', 'float', 'date', 'boolean', 'percentage', 'currency', 'time'; '' where the cell is empty
 * @property {string | undefined} formula
 * @property {string} value the value of a cell that is no text
 * @property {string} text what is shown, lines apart by \n
 */

const ENTITIES = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

/** Empty cells and rows are repeated to the end of the sheet. */
const MANY = 10_000

/** @param {string} text */
function unescape(text) {
  return text.replace(/&(#x?[0-9a-fA-F]+|\w+);/g, (_, name) => {
    if (name[0] !== '#') return ENTITIES[name]
    return String.fromCodePoint(name[1] === 'x' ? parseInt(name.slice(2), 16) : Number(name.slice(1)))
  })
}

/**
 * @param {string} words
 * @returns {Record<string, string>}
 */
function attributes(words) {
  return Object.fromEntries([...words.matchAll(/([\w:-]+)="([^"]*)"/g)].map(([, name, value]) => [name, unescape(value)]))
}

/**
 * @param {string} xml of a .fods
 * @returns {Cell[][]} of its first sheet, without the empty cells at the ends of rows
 */
function cells(xml) {
  const begin = xml.indexOf('<table:table ')
  const sheet = xml.slice(begin, xml.indexOf('</table:table>', begin))
  /** @type {Cell[][]} */
  const rows = []
  let row = []
  let repeated = 1
  /** @type {Cell | undefined} */
  let cell
  let times = 1
  let lines = 0
  let inText = false
  const endCell = () => {
    if (cell.type !== '' || times < MANY) row.push(...Array(times).fill(cell))
    cell = undefined
  }
  const endRow = () => {
    while (row.length > 0 && row.at(-1).type === '') row.pop()
    if (row.length > 0 || repeated < MANY) rows.push(...Array(repeated).fill(row))
  }
  for (const [, text, closing, name, words, alone] of sheet.matchAll(/([^<]+)|<(\/?)([\w:-]+)((?:\s+[\w:-]+="[^"]*")*)\s*(\/?)>/g)) {
    if (text !== undefined) {
      // Spaces are not folded, as OpenDocument would have it: LibreOffice writes them so in cells of several lines.
      if (inText) cell.text += unescape(text)
      continue
    }
    const open = closing === ''
    switch (name) {
      case 'table:table-row':
        if (open) {
          row = []
          repeated = Number(attributes(words)['table:number-rows-repeated'] ?? 1)
        }
        if (!open || alone) endRow()
        break
      case 'table:table-cell':
        if (open) {
          const given = attributes(words)
          cell = {
            type: given['office:value-type'] ?? '',
            formula: given['table:formula'],
            value: given['office:value'] ?? given['office:date-value'] ?? given['office:boolean-value'] ?? given['office:time-value'] ?? '',
            text: ''
          }
          times = Number(given['table:number-columns-repeated'] ?? 1)
          lines = 0
        }
        if (!open || alone) endCell()
        break
      case 'text:p':
        if (open && cell && lines++ > 0) cell.text += '\n'
        inText = open && !alone && cell !== undefined
        break
      case 'text:s':
        if (open && inText) cell.text += ' '.repeat(Number(attributes(words)['text:c'] ?? 1))
        break
      case 'text:tab':
        if (open && inText) cell.text += '\t'
        break
      case 'text:line-break':
        if (open && inText) cell.text += '\n'
        break
      default:
    }
  }
  while (rows.length > 0 && rows.at(-1).length === 0) rows.pop()
  return rows
}

module.exports = { cells }
