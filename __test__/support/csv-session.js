'use strict'

// A stand-in for the native session, in plain JavaScript: it unpacks the columns again, so that tests see
// the rows that were packed, and answers a batch when told to or on the next turn of the loop.

const { NULL, STRING, NUMBER, DATE, TRUE, FALSE, UNDEFINED, DECIMAL, BYTES, INTEGER } = require('../../lib/csv/tags.js')

/** Rows of cells: undefined, null, strings, numbers, booleans, `{ date }`, `{ decimal }`, `{ bytes }`, bigints. Asserts that
 * the counts add up. */
function unpack({ rows, columns, capacity, memory, texts }, wide) {
  if (rows > capacity || columns * capacity > memory.cells) throw new Error('more cells than there is memory')
  const cells = Array.from({ length: columns }, (_, column) => {
    const text = wide[column] === 0 ? Buffer.from(texts[column], 'latin1').toString('latin1') : texts[column]
    let at = 0
    const out = []
    for (let row = 0; row < rows; row++) {
      const cell = column * capacity + row
      const take = () => text.slice(at, (at += memory.lengths[cell]))
      switch (memory.tags[cell]) {
        case NULL:
          out.push(null)
          break
        case UNDEFINED:
          out.push(undefined)
          break
        case STRING:
          out.push(take())
          break
        case DECIMAL:
          out.push({ decimal: take() })
          break
        case BYTES:
          out.push({ bytes: take() })
          break
        case NUMBER:
          out.push(memory.words[cell])
          break
        case DATE:
          out.push({ date: memory.words[cell] })
          break
        case INTEGER:
          out.push(memory.integers[cell])
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
    if (at !== text.length) throw new Error('text left over')
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
    this.next = 0
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

  push(slab, first) {
    if (first !== this.next) throw new Error(`the batch begins at row ${first}; expected ${this.next}`)
    this.next += slab.rows
    this.take(unpack(slab, slab.wide()))
  }

  pushColumns(slab, first, typed, kinds) {
    if (first !== this.next) throw new Error(`the batch begins at row ${first}; expected ${this.next}`)
    this.next += slab.rows
    const plain = typed.every((bytes) => bytes === null) ? unpack(slab, slab.wide()) : undefined
    this.typed = { typed, kinds }
    this.take(plain ?? Array.from({ length: slab.rows }, () => []))
  }

  pushHeader(names) {
    this.take([names])
  }

  take(batch) {
    if (this.finished) throw new Error('pushed after the end')
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
    mayFormatNow: () => false,
    formatNow: () => { throw new Error('not here') },
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

module.exports = { unpack, FakeSession, fakeFacade, until }
