'use strict'

const { jobOptions, JOB_OPTIONS } = require('../job.js')
const { formatNow, mayFormatNow, openExport } = require('../export-session.js')
const { createFacade } = require('./facade.js')
const { scheduler } = require('./scheduler.js')

module.exports = createFacade({
  openExport,
  mayFormatNow,
  formatNow,
  jobOptions,
  jobOptionNames: JOB_OPTIONS,
  scheduler
})
