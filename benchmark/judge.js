'use strict'

// SSIMULACRA2 of what contenders made, by the program in quality/.

const { execFileSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')

const JUDGE = path.join(__dirname, 'quality')

/**
 * @param {string} folder for files
 * @param {Buffer} original
 * @param {Buffer[]} candidates
 * @returns {Promise<number[]>} the score of each
 */
async function judge(folder, original, candidates) {
  const names = []
  for (const [i, data] of [original, ...candidates].entries()) {
    const name = path.join(folder, `judged-${i}`)
    fs.writeFileSync(name, await readable(data))
    names.push(name)
  }
  const out = execFileSync('cargo', ['run', '--release', '--locked', '--quiet', '--', ...names], { cwd: JUDGE, encoding: 'utf8' })
  for (const name of names) fs.rmSync(name)
  return out.trim().split('\n').map(Number)
}

/**
 * The judge reads no AVIF; decoding one is the same for everybody.
 * @param {Buffer} data
 */
function readable(data) {
  return data.toString('latin1', 4, 12) === 'ftypavif' ? require('sharp')(data).png({ compressionLevel: 1 }).toBuffer() : data
}

module.exports = { judge }
