'use strict'

// The native side of one export, as lib/csv sees it: batches in, news of their bytes out.

const { bridge, begin, cancel, nextId } = require('./native.js')

/**
 * @param {object} request
 * @param {'buffer' | 'stream' | 'file'} request.destination
 * @param {string} [request.path]
 * @param {{ delimiter: string, lineEnding: string, bom: boolean }} request.dialect
 * @param {import('./job.js').Job} request.job
 * @returns {import('./csv/export.js').Session} throws what it could not be admitted for
 */
function openExport({ destination, path, dialect, job }) {
  const id = nextId()
  const { delimiter, lineEnding, bom } = dialect
  /** @type {{ resolve: (value: any) => void, reject: (error: unknown) => void }} */
  let settle = { resolve: () => {}, reject: () => {} }
  const done = new Promise((resolve, reject) => {
    settle = { resolve, reject }
  })
  /** @type {import('./csv/export.js').Session} */
  const session = {
    pending: 0,
    maxPending: bridge.exportWindow(),
    failed: false,
    onBatch: undefined,
    done,
    push(rows, columns) {
      session.pending++
      bridge.pushBatch(id, rows, columns)
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
      native.openExport(id, lane, timeoutMs, { destination, path, delimiter, lineEnding, bom }),
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
    }
  )
  opening = false
  if (refused !== undefined) throw refused.error
  return session
}

const OPERATIONS = { buffer: 'exportCsv', stream: 'exportCsvStream', file: 'exportCsvFile' }

module.exports = { openExport }
