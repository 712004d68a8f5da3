'use strict'

// The public face. The documentation stands in index.d.ts, which is the contract.

const { calibratePassword } = require('./lib/calibrate.js')
const { createCsvTransform, exportCsv, exportCsvFile, exportCsvStream } = require('./lib/csv/index.js')
const { OffloopError } = require('./lib/errors.js')
const { imageMetadata, resizeImage, resizeImageSet } = require('./lib/image/index.js')
const { checkPassword, hashPassword, inspectHash, verifyPassword } = require('./lib/password.js')
const { configurePool, drainPool, poolStats } = require('./lib/pool.js')

module.exports = {
  hashPassword,
  verifyPassword,
  checkPassword,
  inspectHash,
  calibratePassword,
  resizeImage,
  resizeImageSet,
  imageMetadata,
  exportCsv,
  exportCsvStream,
  exportCsvFile,
  createCsvTransform,
  configurePool,
  poolStats,
  drainPool,
  OffloopError
}
