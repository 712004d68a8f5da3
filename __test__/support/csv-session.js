'use strict'

// A stand-in for the native session, in plain JavaScript: it unpacks the columns again, so that tests see
// the rows that were packed, and answers a batch when told to or on the next turn of the loop.

const { EMPTY, STRING, NUMBER, DATE, TRUE, FALSE, PER_CELL } = require('../../lib/csv/tags.js')

/** Rows of cells: undefined, strings, numbers, `{ date }`, booleans. Asserts that the counts add up. */
function unpack(rows, columns) {
  const cells = columns.map((column) => {
    const text = column.oneByte ? Buffer.from(column.text, 'latin1').toString('latin1') : column.text
    let at = 0
    let string = 0
    let value = 0
    const out = []
    if ((column.tag === PER_CELL) !== (column.tags !== undefined)) throw new Error('tags and tag disagree')
    if (column.tags !== undefined && column.tags.length !== rows) throw new Error('tags are not one a row')
    for (let row = 0; row < rows; row++) {
      switch (column.tags === undefined ? column.tag : column.tags[row]) {
        case EMPTY:
          out.push(undefined)
          break
        case STRING: {
          const length = column.lengths[string++]
          out.push(text.slice(at, at + length))
          at += length
          break
        }
        case NUMBER:
          out.push(column.numbers[value++])
          break
        case DATE:
          out.push({ date: column.numbers[value++] })
          break
        case TRUE:
          out.push(true)
          break
        case FALSE:
          out.push(false)
          break
        default:
          throw new Error('unknown tag')
      }
    }
    if (at !== text.length || string !== (column.lengths?.length ?? 0) || value !== (column.numbers?.length ?? 0)) {
      throw new Error('payload left over')
    }
    return out
  })
  return Array.from({ length: rows }, (_, row) => cells.map((column) => column[row]))
}

class FakeSession {
  /** @param {{ maxPending?: number, auto?: boolean, stream?: boolean }} [options] auto: batches answer by themselves */
  constructor({ maxPending = 4, auto = true, stream = false } = {}) {
    this.maxPending = maxPending
    this.auto = auto
    this.stream = stream
    this.pending = 0
    this.mostPending = 0
    this.batches = []
    this.unanswered = []
    this.finished = false
    this.cancelled = undefined
    this.bytes = 0
    this.onBatch = undefined
    this.done = new Promise((resolve, reject) => {
      this.resolve = resolve
      this.reject = reject
    })
    this.done.catch(() => {})
  }

  get rows() {
    return this.batches.flat()
  }

  push(rows, columns) {
    if (this.finished) throw new Error('pushed after the end')
    const batch = unpack(rows, columns)
    this.batches.push(batch)
    this.unanswered.push(batch)
    this.pending++
    this.mostPending = Math.max(this.mostPending, this.pending)
    if (this.auto) setImmediate(() => this.answer())
  }

  /** The oldest unanswered batch reaches its destination. */
  answer() {
    const batch = this.unanswered.shift()
    if (batch === undefined || this.cancelled !== undefined) return
    const chunk = Buffer.from(batch.map((row) => `${row.join('|')}\n`).join(''))
    this.bytes += chunk.length
    this.pending--
    this.onBatch?.(batch.length, chunk.length, this.stream ? chunk : undefined)
    this.settle()
  }

  finish() {
    this.finished = true
    this.settle()
  }

  settle() {
    if (!this.finished || this.pending > 0) return
    this.resolve({ rows: this.rows.length, bytes: this.bytes, sha256: 'f'.repeat(64), data: Buffer.from('data') })
  }

  cancel(error) {
    this.cancelled = error
    this.reject(error)
  }
}

/** The façade over fake sessions, which are kept in `sessions`. */
function fakeFacade(options = {}, scheduler) {
  const { createFacade } = require('../../lib/csv/facade.js')
  const shared = require('../../lib/csv/scheduler.js')
  const sessions = []
  const requests = []
  const facade = createFacade({
    openExport(request) {
      if (options.refuse) throw options.refuse
      const session = new FakeSession({ ...options, stream: request.destination === 'stream' })
      requests.push(request)
      sessions.push(session)
      return session
    },
    jobOptions: (name, copy, lane) => ({ timeoutMs: copy.timeoutMs, lane }),
    jobOptionNames: ['signal', 'timeoutMs', 'priority'],
    scheduler: scheduler ?? shared.scheduler
  })
  return { ...facade, sessions, requests }
}

/** Lets the loop turn until the condition holds. */
async function until(condition, turns = 10_000) {
  for (let turn = 0; !condition(); turn++) {
    if (turn === turns) throw new Error('it never happened')
    await new Promise((resolve) => setImmediate(resolve))
  }
}

module.exports = { FakeSession, fakeFacade, until }
