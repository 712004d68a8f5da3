'use strict'

// The figures at the end.

const { ms } = require('./probe.js')

/** @typedef {import('./job.js').Job} Job */
/** @typedef {InstanceType<typeof import('./probe.js').Probe>} Probe */

/**
 * @param {Job[]} jobs
 * @param {Probe} idle
 * @param {Probe} busy
 * @returns {string}
 */
function table(jobs, idle, busy) {
  const felt = /** @type {const} */ ([['event-loop delay', 'loop'], ['fs.readFile', 'files']]).map(([name, key]) => [
    name, ...[idle, busy].flatMap((probe) => [50, 99, 100].map((p) => ms(probe[key], p).toFixed(2)))
  ])
  const done = jobs.map((job) => [
    job.name,
    `${job.done.toLocaleString('en')} ${job.unit}`,
    `${job.seconds.toFixed(1)} s`,
    `${Math.round(job.done / job.seconds).toLocaleString('en')}/s`,
    ...(job.latency === null ? ['', ''] : [50, 99].map((p) => `${((job.latency?.percentile(p) ?? 0) / 1000).toFixed(0)} ms`))
  ])
  return `
What the rest of the process felt, in ms (the loop's figures hold the timer's own 1 ms)
${grid([['', 'idle p50', 'p99', 'max', 'busy p50', 'p99', 'max'], ...felt])}

What was done meanwhile
${grid([['', 'done', 'took', 'a second', 'one p50', 'p99'], ...done])}
`
}

/** @param {string[][]} rows */
function grid(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)))
  return rows.map((row) => row.map((cell, column) => {
    return column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column])
  }).join('  ')).join('\n')
}

module.exports = { table }
