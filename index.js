'use strict'

// The public face. The documentation stands in index.d.ts, which is the contract.

const { exportCsv, exportCsvFile, exportCsvStream } = require('./lib/csv/index.js')
const { OffloopError } = require('./lib/errors.js')
const { imageMetadata, resizeImage } = require('./lib/image.js')
const { hashPassword, verifyPassword } = require('./lib/password.js')
const { configurePool, drainPool, poolStats } = require('./lib/pool.js')

module.exports = {
  hashPassword,
  verifyPassword,
  resizeImage,
  imageMetadata,
  exportCsv,
  exportCsvStream,
  exportCsvFile,
  configurePool,
  poolStats,
  drainPool,
  OffloopError
}
