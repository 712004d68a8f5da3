'use strict'

const { jobOptions, JOB_OPTIONS } = require('../job.js')
const native = require('../native.js')
const { createFacade } = require('./facade.js')
const { scheduler } = require('./scheduler.js')

module.exports = createFacade({
  openExport: native.openExport,
  jobOptions,
  jobOptionNames: JOB_OPTIONS,
  scheduler
})
