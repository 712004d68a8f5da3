'use strict'

// Takes the place of the package argon2 0.4x: its functions, defaults and strings, computed by offloop's pool.

const { timingSafeEqual, randomBytes } = require('node:crypto')
const { submit } = require('../../lib/native.js')
const { bytesOf, checkInputs, passwordBytes, saltLength: lengthOf, unsigned } = require('./inputs.js')
const phc = require('./phc.js')

const argon2d = 0
const argon2i = 1
const argon2id = 2
const NAMES = /** @type {const} */ (['argon2d', 'argon2i', 'argon2id'])

const defaults = Object.freeze({
  hashLength: 32,
  memoryCost: 1 << 16,
  parallelism: 4,
  saltLength: 16,
  timeCost: 3,
  type: argon2id,
  version: 0x13
})

/** What the format allows; offloop's own bounds are narrower, and say so. */
const limits = Object.freeze({
  hashLength: Object.freeze({ min: 4, max: 2 ** 32 - 1 }),
  memoryCost: Object.freeze({ min: 1 << 10, max: 2 ** 32 - 1 }),
  timeCost: Object.freeze({ min: 2, max: 2 ** 32 - 1 }),
  parallelism: Object.freeze({ min: 1, max: 2 ** 24 - 1 })
})

const NOTHING = Buffer.alloc(0)
/** Interactive, and for as long as it takes. */
const JOB = Object.freeze({ signal: undefined, timeoutMs: -1, lane: /** @type {0} */ (0), patient: true })

/**
 * @typedef {import('./inputs.js').Costs} Costs
 * @typedef {import('./index.js').Options} Options
 * @typedef {{ version: number | undefined, params: Record<string, string>, salt: Buffer, hash: Buffer }} Complete
 */

/**
 * Reads and copies all that it is given before it returns for the first time.
 * @param {unknown} password
 * @param {unknown} secret
 * @param {Costs} costs
 * @param {Buffer} salt
 * @param {Buffer} data
 * @param {() => void} [admit] throws if there is still something wrong
 * @returns {Promise<Buffer>}
 */
async function compute(password, secret, costs, salt, data, admit) {
  /** @type {Buffer[]} */
  const own = []
  try {
    own.push(passwordBytes(password))
    own.push(bytesOf(secret))
    checkInputs(costs, salt, own[1], data)
    admit?.()
    const policy = {
      algorithm: NAMES[costs.type],
      memoryKiB: costs.m,
      passes: costs.t,
      lanes: costs.p,
      hashLength: costs.hashLength,
      cost: 0,
      longPassword: 'reject'
    }
    return await submit(
      JOB,
      (native, id, lane, timeoutMs) =>
        native.argon2Raw(id, lane, timeoutMs, own[0], policy, costs.version, salt, own[1], data),
      'argon2.hash'
    )
  } finally {
    own.forEach((bytes) => bytes.fill(0))
  }
}

/**
 * @param {unknown} value
 * @param {number} max
 * @param {string} name
 */
function notOver(value, max, name) {
  if (/** @type {number} */ (value) > max) throw new RangeError(`${name} is too large`)
}

/**
 * The documentation stands in index.d.ts.
 * @param {string | Buffer} password
 * @param {Options} [options]
 * @returns {Promise<any>}
 */
async function hash(password, options) {
  const { raw, order = 'm,t,p', saltLength = defaults.saltLength, ...given } = { ...defaults, ...options }
  notOver(given.hashLength, limits.hashLength.max, 'Hash length')
  notOver(given.memoryCost, limits.memoryCost.max, 'Memory cost')
  notOver(given.timeCost, limits.timeCost.max, 'Time cost')
  notOver(given.parallelism, limits.parallelism.max, 'Parallelism')
  if (order !== 'm,t,p' && order !== 'm,p,t') throw new TypeError("order must be 'm,t,p' or 'm,p,t'")
  // Copies, by which the hash is computed and which are written beside it: the caller may change his meanwhile.
  const salt = bytesOf(given.salt ?? randomBytes(lengthOf(saltLength)))
  const { secret = NOTHING, associatedData = NOTHING } = given
  const data = bytesOf(associatedData)
  const costs = {
    hashLength: unsigned(given.hashLength),
    m: unsigned(given.memoryCost),
    t: unsigned(given.timeCost),
    p: unsigned(given.parallelism),
    type: unsigned(given.type),
    version: unsigned(given.version)
  }
  /** @type {string | undefined} */
  const id = NAMES[/** @type {0 | 1 | 2} */ (given.type)]
  const tag = await compute(password, secret, costs, salt, data, raw ? undefined : () => checkWritable(id, given.version))
  if (raw) return tag
  const { m, t, p, version } = costs
  /** @type {Array<[string, number | string]>} */
  const params = order === 'm,t,p' ? [['m', m], ['t', t], ['p', p]] : [['m', m], ['p', p], ['t', t]]
  if (data.byteLength > 0) params.push(['data', phc.base64(data)])
  return phc.write({ id: /** @type {string} */ (id), version, params, salt, hash: tag })
}

/**
 * What can be computed cannot always be written.
 * @param {unknown} id
 * @param {unknown} version
 */
function checkWritable(id, version) {
  if (typeof id !== 'string') throw new TypeError('id must be a string')
  if (!Number.isInteger(version)) throw new TypeError('version must be a positive integer number')
}

/**
 * The documentation stands in index.d.ts.
 * @param {string} digest
 * @param {string | Buffer} password
 * @param {{ secret?: Buffer | undefined }} [options]
 * @returns {Promise<boolean>}
 */
async function verify(digest, password, options = {}) {
  const { id, ...rest } = phc.read(digest)
  const type = NAMES.indexOf(/** @type {(typeof NAMES)[number]} */ (id))
  if (type < 0) return false
  // Where there are none, reading them is the error, as it is the package's.
  const { version = 0x10, params: { m, t, p, data = '' }, salt, hash: expected } = /** @type {Complete} */ (rest)
  const costs = {
    hashLength: expected.byteLength,
    m: unsigned(m),
    t: unsigned(t),
    p: unsigned(p),
    type,
    version
  }
  const { secret = NOTHING } = options
  const tag = await compute(password, secret, costs, salt, Buffer.from(data, 'base64'))
  return timingSafeEqual(tag, expected)
}

/**
 * The documentation stands in index.d.ts.
 * @param {string} digest
 * @param {Options} [options]
 * @returns {boolean}
 */
function needsRehash(digest, options = {}) {
  const { memoryCost, timeCost, parallelism, version } = { ...defaults, ...options }
  const { id, version: v, params } = phc.read(digest)
  // A hash of another scheme, bcrypt's say, has none of these.
  if (params === undefined && !NAMES.some((name) => name === id)) return true
  const costs = /** @type {Record<string, string>} */ (params)
  return (
    Number(v) !== Number(version) ||
    differs(costs.m, memoryCost) ||
    differs(costs.t, timeCost) ||
    differs(costs.p, parallelism)
  )
}

/**
 * Of fractions only the package records more than the integer.
 * @param {unknown} recorded
 * @param {unknown} wanted
 */
function differs(recorded, wanted) {
  const [one, other] = [Number(recorded), Number(wanted)]
  return one !== other && one !== Math.trunc(other)
}

module.exports = { argon2d, argon2i, argon2id, defaults, limits, hash, needsRehash, verify }
