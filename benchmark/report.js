'use strict'

// Tables and charts from results/*.json. `node report.js` makes them anew without measuring.

const fs = require('node:fs')
const path = require('node:path')
const { barChart, lineChart } = require('./chart.js')

const BEGIN = '<!-- results: written by `npm run bench` -->'
const END = '<!-- end of results -->'

/** Which figure of a suite its chart shows, and with what. */
const CHARTS = {
  isolation: { figure: 'readP99', title: 'fs.readFile of a small file while a package is busy: p99', unit: 'milliseconds', scale: 'log' },
  passwords: { figure: 'perSecond', title: 'Password hashes a second', unit: 'hashes/s', scale: 'linear' },
  latency: { figure: 'p99', title: 'How long a login takes: p99', unit: 'milliseconds', scale: 'log' },
  lanes: { figure: 'perSecond', title: 'bcrypt hashes a second of one thread, by lanes', unit: 'hashes/s', scale: 'linear' },
  memory: { figure: 'peakMiB', title: '200 hashes of 64 MiB at once: memory over the start\'s', unit: 'MiB', scale: 'linear' },
  csv: { figure: 'loopNsPerCell', title: 'CSV export: how long it holds the event loop', unit: 'nanoseconds a cell', scale: 'log' },
  'csv-gzip': { figure: 'ms', title: 'CSV export to a file, gzip level 6', unit: 'milliseconds', scale: 'log' },
  'csv-hold': { figure: 'p99', title: 'CSV export: how long it holds the event loop in one go, p99', unit: 'milliseconds', scale: 'log' },
  'csv-memory': { figure: 'overSourceMiB', title: 'CSV export from a generator to a file: memory over the source\'s own', unit: 'MiB at the peak', scale: 'linear' },
  'csv-columns': { figure: 'megabytesPerSecond', title: 'CSV export of typed arrays', unit: 'MB/s of output', scale: 'linear' },
  images: { figure: 'ms', title: 'Resizing an image, one at a time', unit: 'milliseconds', scale: 'log' },
  'images-set': { figure: 'ms', title: 'Many sizes of one photo, one set at a time', unit: 'milliseconds', scale: 'log' },
  'images-metadata': { figure: 'us', title: 'Metadata of an image, one at a time', unit: 'microseconds', scale: 'log' },
  'images-memory': { figure: 'overStartMiB', title: 'Eight images in flight: memory over the start\'s', unit: 'MiB at the peak', scale: 'linear' },
  'images-hostile': { figure: 'ms', title: 'Images that claim too much: until they are refused', unit: 'milliseconds', scale: 'log' },
  scaling: { figure: 'perSecond', title: 'Throughput by threads', unit: 'calls/s', scale: 'linear' }
}

const SUITES = /** @type {(keyof typeof CHARTS)[]} */ (Object.keys(CHARTS))
/** What stands in a table for comparison and is no contender. */
const REFERENCES = new Set(['idle', 'the source alone'])

/**
 * @typedef {{ figure: string, unit: string, better: string, digits: number }} Measure
 * @typedef {Record<string, any>} Result
 */

/**
 * @param {string} folder with results/
 * @returns {Promise<string>} what is worth saying at the end of a run
 */
async function report(folder) {
  const parts = []
  const slower = []
  for (const name of SUITES) {
    const file = path.join(folder, 'results', `${name}.json`)
    if (!fs.existsSync(file)) continue
    const result = JSON.parse(fs.readFileSync(file, 'utf8'))
    if (result.cases.length === 0) continue
    const { title, measures, label } = require(`./suites/${name}.js`)
    await draw(folder, name, result, label)
    parts.push(`### ${title}\n\n![${title}](charts/${name}.svg)\n\n${conditions(result)}\n`)
    parts.push('In brackets: times offloop\'s.\n')
    for (const one of result.cases) parts.push(table(one, measures, label))
    if (name === 'csv-memory') parts.push(await overTime(folder, result))
    slower.push(...worse(result, measures, label))
  }
  const packing = path.join(folder, 'results', 'packing.json')
  if (fs.existsSync(packing)) parts.push(packed(JSON.parse(fs.readFileSync(packing, 'utf8'))))
  const soak = path.join(folder, 'results', 'soak.json')
  if (fs.existsSync(soak)) parts.push(await soaked(folder, JSON.parse(fs.readFileSync(soak, 'utf8'))))

  const list = slower.length === 0 ? 'Nothing in the results below.' : slower.map((line) => `- ${line}`).join('\n')
  const text = `### Where offloop is behind a peer\n\nBy more than 3 %, whatever the noise:\n\n${list}\n\n${parts.join('\n')}`
  const readme = path.join(folder, 'README.md')
  const around = fs.existsSync(readme) ? fs.readFileSync(readme, 'utf8') : `${BEGIN}\n${END}\n`
  const [before, rest] = around.split(BEGIN)
  const [, after] = rest.split(END)
  fs.writeFileSync(readme, `${before}${BEGIN}\n\n${text}\n${END}${after}`)
  return `Where offloop is behind a peer:\n${list}\nTables and charts: ${path.relative(process.cwd(), readme)}`
}

/** @param {Result} result */
function conditions({ date, node, cpu, threads, memoryGiB, os, versions, rounds, seconds }) {
  const peers = Object.entries(versions).map(([name, version]) => `${name} ${version}`).join(', ')
  return `Medians of ${rounds} rounds in turns${seconds ? `, ${seconds} s each` : ''}. ${date.slice(0, 10)}, Node.js ${node}, ${cpu}, ${threads} threads, ${memoryGiB} GiB, ${os}. ${peers}.`
}

/**
 * @param {Result} one a case
 * @param {Measure[]} measures
 * @param {(one: any) => string} label
 */
function table(one, measures, label) {
  const own = one.results.offloop
  const rows = Object.entries(one.results).map(([peer, figures]) => {
    const cells = measures.map(({ figure, digits }) => {
      const value = /** @type {Result} */ (figures)[figure]
      if (value === undefined) return ''
      const text = value.toLocaleString('en', { maximumFractionDigits: digits, minimumFractionDigits: digits })
      return peer === 'offloop' || REFERENCES.has(peer) || own[figure] === undefined ? text : `${text} (${ratio(value / own[figure])})`
    })
    return `| ${peer === 'offloop' ? '**offloop**' : peer} | ${cells.join(' | ')} |`
  })
  return `**${label(one)}**\n\n| | ${measures.map(({ unit }) => unit).join(' | ')} |\n|---|${measures.map(() => '--:|').join('')}\n${rows.join('\n')}\n`
}

/** @param {number} value */
function ratio(value) {
  return Number.isFinite(value) ? `${value.toLocaleString('en', { maximumSignificantDigits: value < 0.1 ? 2 : 3 })}×` : '–'
}

/**
 * @param {Result} result
 * @param {Measure[]} measures
 * @param {(one: any) => string} label
 */
function worse({ suite, cases }, measures, label) {
  const lines = []
  for (const one of cases) {
    for (const { figure, unit, better, digits } of measures) {
      if (better === 'none') continue
      const own = one.results.offloop[figure]
      const ahead = Object.entries(one.results)
        .map(([peer, figures]) => ({ peer, its: /** @type {Result} */ (figures)[figure] }))
        .filter(({ peer, its }) => peer !== 'offloop' && !REFERENCES.has(peer) && its !== undefined && (better === 'more' ? its > own * 1.03 : its < own / 1.03))
        .map(({ peer, its }) => `${peer} ${its.toFixed(digits)} (${ratio(better === 'more' ? its / own : own / its)} better)`)
      if (ahead.length > 0) lines.push(`${suite}, ${label(one)}: ${own.toFixed(digits)} ${unit}; ${ahead.join(', ')}`)
    }
  }
  return lines
}

/**
 * @param {string} folder
 * @param {keyof typeof CHARTS} name
 * @param {Result} result
 * @param {(one: any) => string} label
 */
async function draw(folder, name, { cases }, label) {
  const { figure, ...texts } = CHARTS[name]
  const values = cases.flatMap((/** @type {Result} */ one) => Object.entries(one.results)
    .map(([peer, figures]) => ({ group: label(one), peer, value: /** @type {Result} */ (figures)[figure] }))
    .filter(({ value }) => value !== undefined))
  write(folder, name, await barChart({ ...texts, values }))
}

/**
 * What `packing.js` found.
 * @param {Result} packing
 */
function packed({ date, node, cpu, rows, batch, rounds, columns, letters, alternatives }) {
  const digits = (/** @type {number} */ ns) => ns.toFixed(1)
  const lines = alternatives.map((/** @type {Result} */ { name, together, columns }) => `| ${name} | **${digits(together)}** | ${columns.map(digits).join(' | ')} |`)
  return '### Packing: how the strings of a column leave V8\n\n' +
    `Nanoseconds a string of the mixed table, with its length noted and its letters in memory, the columns row by row and one by one: ${rows.toLocaleString('en')} rows in batches of ${batch}, medians of ${rounds} rounds. ` +
    `${date.slice(0, 10)}, Node.js ${node}, ${cpu}. Repeat it with \`node --expose-gc benchmark/packing.js\`.\n\n` +
    `| | all five, row by row | ${columns.map((/** @type {string} */ column, /** @type {number} */ i) => `${column}, ${letters[i].toFixed(0)} letters`).join(' | ')} |\n` +
    `|---|--:|${columns.map(() => '--:|').join('')}\n${lines.join('\n')}\n`
}

/**
 * @param {string} folder
 * @param {Result} soak
 */
async function soaked(folder, { date, node, cpu, threads, minutes, counts, samples }) {
  const values = samples.flatMap((/** @type {Result} */ { second, rssMb, heapUsedMb }) => [
    { minute: second / 60, series: 'resident set', value: rssMb },
    { minute: second / 60, series: 'JavaScript heap', value: heapUsedMb }
  ])
  write(folder, 'soak', await lineChart({ title: `Memory over ${minutes} minutes of everything at once`, unit: 'MiB', values, across: { field: 'minute', title: 'minutes' } }))
  const busy = samples.slice(0, -1)
  const windows = Array.from({ length: 10 }, (_, i) => busy.slice(Math.floor(busy.length * i / 10), Math.floor(busy.length * (i + 1) / 10)))
    .map((part) => part.reduce((/** @type {number} */ sum, /** @type {Result} */ { rssMb }) => sum + rssMb, 0) / part.length)
  const done = Object.values(counts).reduce((sum, one) => sum + one.done + one.expected, 0)
  const rows = Object.entries(counts).map(([name, one]) => `| ${name} | ${one.done.toLocaleString('en')} | ${one.expected.toLocaleString('en')} |`)
  return `### Soak: ${minutes} minutes of everything at once\n\n![Memory over time](charts/soak.svg)\n\n` +
    `${done.toLocaleString('en')} calls, ${date.slice(0, 10)}, Node.js ${node}, ${cpu}, ${threads} threads. ` +
    `Mean resident set in each tenth of the time: ${windows.map((mib) => mib.toFixed(0)).join(', ')} MiB; ` +
    `${samples.at(-1).rssMb.toFixed(0)} MiB fifteen seconds after the end. Repeat it with \`node --expose-gc benchmark/soak.js\`.\n\n` +
    `| | done | aborted, late or refused as meant |\n|---|--:|--:|\n${rows.join('\n')}\n`
}

/**
 * The longest of the exports from a generator, as it went.
 * @param {string} folder
 * @param {Result} result
 */
async function overTime(folder, { cases }) {
  const { rows, results } = cases.at(-1)
  const values = ['offloop', 'the source alone'].flatMap((series) => results[series].samples
    .map((/** @type {[number, number]} */ [second, value]) => ({ second, series, value })))
  const title = `Memory while ${rows.toLocaleString('en')} rows go from a generator to a file`
  write(folder, 'csv-memory-time', await lineChart({ title, unit: 'MiB', values, across: { field: 'second', title: 'seconds' } }))
  return `![${title}](charts/csv-memory-time.svg)\n`
}

/**
 * @param {string} folder
 * @param {string} name
 * @param {string} svg
 */
function write(folder, name, svg) {
  fs.mkdirSync(path.join(folder, 'charts'), { recursive: true })
  fs.writeFileSync(path.join(folder, 'charts', `${name}.svg`), `${svg}\n`)
}

module.exports = { report, SUITES }

if (require.main === module) report(__dirname).then(console.log)
