'use strict'

const { parseArgs } = require('node:util')

const USAGE = `Usage: npm run demo [-- photo.jpg] [-- --out DIR]

Runs 400 logins, an export of 500,000 rows and ten resizes of a photo at once, and shows what that does to
the event loop and to fs.readFile, beside the same figures idle.

  photo.jpg    a JPEG, PNG or WebP of yours; without one, a photo of 12 megapixels is made up
  --out DIR    where the export and the pictures go; demo-output without it
  --help       this`

/**
 * @param {string[]} args
 * @returns {{ photo?: string, out: string } | null} null when help is asked for
 */
function parse(args) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      out: { type: 'string', default: 'demo-output' },
      help: { type: 'boolean', short: 'h', default: false }
    }
  })
  if (values.help) return null
  if (positionals.length > 1) throw new Error(`one photo at most; got ${positionals.length}`)
  return { photo: positionals[0], out: values.out }
}

module.exports = { parse, USAGE }
