'use strict'

const { jobOptions, JOB_OPTIONS } = require('../job.js')
const { openExport } = require('../export-session.js')
const { createFacade } = require('./facade.js')
const { scheduler } = require('./scheduler.js')

module.exports = createFacade({
  openExport,
  jobOptions,
  jobOptionNames: JOB_OPTIONS,
  scheduler
})
