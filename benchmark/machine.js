'use strict'

// What the figures were measured with.

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')

function machine() {
  const { dependencies } = require('./package.json')
  const versions = Object.fromEntries(Object.keys(dependencies)
    .filter((name) => !name.startsWith('vega'))
    .map((name) => [name, JSON.parse(fs.readFileSync(path.join(__dirname, 'node_modules', name, 'package.json'), 'utf8')).version]))
  return {
    date: new Date().toISOString(),
    node: process.version,
    cpu: os.cpus()[0].model.trim(),
    threads: os.availableParallelism(),
    memoryGiB: Math.round(os.totalmem() / 1024 ** 3),
    os: `${os.type()} ${os.release()} ${os.arch()}`,
    versions: { offloop: require('../package.json').version, ...versions }
  }
}

module.exports = { machine }
