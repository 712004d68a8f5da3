'use strict'

// The native side of one export, as lib/csv sees it: batches in, news of their bytes out.

const { constants: { MAX_LENGTH } } = require('node:buffer')
const { bridge, begin, cancel, errorOf, isDraining, nextId } = require('./native.js')
const { isTraced } = require('./trace.js')

/**
 * @param {object} request
 * @param {'buffer' | 'stream' | 'file'} request.destination
 * @param {string} [request.path]
 * @param {import('./csv/options.js').Style} request.style
 * @param {import('./csv/compression.js').Compression} request.compress
 * @param {boolean} request.verify
 * @param {import('./job.js').Job} request.job
 * @returns {import('./csv/export.js').Session} throws what it could not be admitted for
 */
function openExport({ destination, path, style, compress, verify, job }) {
  const id = nextId()
  /** @type {{ resolve: (value: any) => void, reject: (error: unknown) => void }} */
  let settle = { resolve: () => {}, reject: () => {} }
  const done = new Promise((resolve, reject) => {
    settle = { resolve, reject }
  })
  /** @type {import('./csv/export.js').Session} */
  const session = {
    pending: 0,
    maxPending: bridge.exportWindow(compress.kind !== 'none'),
    failed: false,
    names: [],
    onBatch: undefined,
    done,
    push(slab, first) {
      session.pending++
      bridge.pushBatch(id, slab.rows, first, slab.capacity, slab.memory.bytes, slab.texts, slab.wide())
    },
    pushColumns(slab, first, typed, kinds) {
      session.pending++
      bridge.pushColumns(id, slab.rows, first, slab.capacity, slab.memory.bytes, slab.texts, slab.wide(), typed, kinds)
    },
    pushHeader(names) {
      session.pending++
      bridge.pushHeader(id, names)
    },
    finish: () => bridge.finishExport(id),
    cancel: (error) => cancel(id, error)
  }
  let opening = true
  /** @type {{ error: unknown } | undefined} */
  let refused
  begin(
    id,
    job,
    (native, _, lane, timeoutMs) =>
      native.openExport(id, lane, timeoutMs, {
        destination,
        path,
        style,
        compressKind: compress.kind,
        compressLevel: compress.level,
        verify,
        maxBytes: MAX_LENGTH
      }),
    OPERATIONS[destination],
    settle.resolve,
    (error) => {
      session.failed = true
      if (opening) refused = { error }
      else settle.reject(error)
    },
    ({ rows, bytes, chunk }) => {
      session.pending--
      session.onBatch?.(rows, bytes, chunk ?? undefined)
    },
    () => session.names
  )
  opening = false
  if (refused !== undefined) throw refused.error
  return session
}

/**
 * Whether a small export may be formatted here and now. Not where somebody is to hear of it as of a job, or where it is
 * to be refused as one.
 * @param {import('./job.js').Job} job
 */
function mayFormatNow({ signal, timeoutMs }) {
  return !isTraced() && !isDraining() && timeoutMs !== 0 && signal?.aborted !== true
}

/** The native side's numbers of styles that small exports had, the least recently used first. */
const numbers = new Map()
/** Of styles that are one object each time. */
const knownNumbers = new WeakMap()
const KEPT_STYLES = 32

/**
 * @param {import('./csv/options.js').Style} style
 * @returns {number} under which the native side keeps it: it is checked and compiled once, not an export
 */
function styleNumber(style) {
  let number = knownNumbers.get(style)
  if (number !== undefined) return number
  if (Object.isFrozen(style)) {
    number = bridge.keepStyle(style)
    knownNumbers.set(style, number)
    return number
  }
  const key = JSON.stringify(style)
  number = numbers.get(key)
  if (number === undefined) number = bridge.keepStyle(style)
  else numbers.delete(key)
  numbers.set(key, number)
  if (numbers.size > KEPT_STYLES) {
    const [oldest] = numbers.keys()
    bridge.dropStyle(numbers.get(oldest))
    numbers.delete(oldest)
  }
  return number
}

/**
 * Formats a batch that is all there is.
 * @param {import('./csv/export.js').Slab} slab
 * @param {readonly string[]} names of the columns, for errors
 * @param {string[] | undefined} header
 * @param {import('./csv/options.js').Style} style
 * @param {import('./job.js').Job} job
 * @returns {Buffer}
 */
function formatNow(slab, names, header, style, { signal }) {
  // A caller's own function may have given it up.
  if (signal?.aborted) throw signal.reason
  const result = bridge.formatNow(
    styleNumber(style),
    header,
    slab.rows,
    slab.capacity,
    slab.memory.bytes,
    slab.texts,
    slab.wide()
  )
  if (Buffer.isBuffer(result)) return result
  throw errorOf(result, names)
}

const OPERATIONS = { buffer: 'exportCsv', stream: 'exportCsvStream', file: 'exportCsvFile' }

module.exports = { openExport, mayFormatNow, formatNow }
