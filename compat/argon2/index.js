'use strict'

// Takes the place of the package argon2 0.4x: its functions, defaults and strings, computed by offloop's pool.

const { timingSafeEqual, randomBytes } = require('node:crypto')
const { submit } = require('../../lib/native.js')
const phc = require('./phc.js')

const argon2d = 0
const argon2i = 1
const argon2id = 2
const NAMES = /** @type {const} */ (['argon2d', 'argon2i', 'argon2id'])

const defaults = Object.freeze({
  hashLength: 32,
  memoryCost: 1 << 16,
  parallelism: 4,
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
 * @typedef {object} Inputs
 * @property {keyof typeof NAMES & number} type
 * @property {number} version
 * @property {number} m
 * @property {number} t
 * @property {number} p
 * @property {number} hashLength
 * @property {Uint8Array} salt
 * @property {Uint8Array} secret
 * @property {Uint8Array} data
 */

/**
 * @param {string | Uint8Array} password
 * @param {Inputs} inputs
 * @returns {Promise<Buffer>}
 */
async function compute(password, { type, version, m, t, p, hashLength, salt, secret, data }) {
  const policy = {
    algorithm: NAMES[type],
    memoryKiB: m,
    passes: t,
    lanes: p,
    hashLength,
    cost: 0,
    longPassword: 'reject'
  }
  // Copies: the caller may change his while the job waits for its turn.
  const own = [Buffer.from(/** @type {string} */ (password)), Buffer.from(secret)]
  const [salted, bound] = [Buffer.from(salt), Buffer.from(data)]
  try {
    return await submit(
      JOB,
      (native, id, lane, timeoutMs) =>
        native.argon2Raw(id, lane, timeoutMs, own[0], policy, version, salted, own[1], bound),
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
 * @param {import('./index.js').HashOptions & { raw?: boolean }} [options]
 * @returns {Promise<any>}
 */
async function hash(password, options) {
  const { raw, salt: given, order = 'm,t,p', ...rest } = { ...defaults, ...options }
  notOver(rest.hashLength, limits.hashLength.max, 'Hash length')
  notOver(rest.memoryCost, limits.memoryCost.max, 'Memory cost')
  notOver(rest.timeCost, limits.timeCost.max, 'Time cost')
  notOver(rest.parallelism, limits.parallelism.max, 'Parallelism')
  if (order !== 'm,t,p' && order !== 'm,p,t') throw new TypeError("order must be 'm,t,p' or 'm,p,t'")
  const { hashLength, type, version, memoryCost: m, timeCost: t, parallelism: p } = rest
  const { secret = NOTHING, associatedData: data = NOTHING } = rest
  const salt = given ?? randomBytes(16)
  const tag = await compute(password, {
    type: /** @type {0 | 1 | 2} */ (type),
    version,
    m,
    t,
    p,
    hashLength,
    salt,
    secret,
    data
  })
  if (raw) return tag
  /** @type {Array<[string, number | string]>} */
  const costs = order === 'm,t,p' ? [['m', m], ['t', t], ['p', p]] : [['m', m], ['p', p], ['t', t]]
  if (data.byteLength > 0) costs.push(['data', phc.base64(data)])
  return phc.write({ id: NAMES[/** @type {0 | 1 | 2} */ (type)], version, params: costs, salt, hash: tag })
}

/**
 * The documentation stands in index.d.ts.
 * @param {string} digest
 * @param {string | Buffer} password
 * @param {{ secret?: Buffer }} [options]
 * @returns {Promise<boolean>}
 */
async function verify(digest, password, options = {}) {
  const { id, version = 0x10, params, salt, hash: expected } = phc.read(digest)
  const type = NAMES.indexOf(/** @type {(typeof NAMES)[number]} */ (id))
  if (type < 0) return false
  const tag = await compute(password, {
    type: /** @type {0 | 1 | 2} */ (type),
    version,
    m: Number(params.m),
    t: Number(params.t),
    p: Number(params.p),
    hashLength: expected.byteLength,
    salt,
    secret: options.secret ?? NOTHING,
    data: Buffer.from(params.data ?? '', 'base64')
  })
  return timingSafeEqual(tag, expected)
}

/**
 * The documentation stands in index.d.ts.
 * @param {string} digest
 * @param {{ timeCost?: number, memoryCost?: number, parallelism?: number, version?: number }} [options]
 * @returns {boolean}
 */
function needsRehash(digest, options = {}) {
  const { memoryCost, timeCost, parallelism, version } = { ...defaults, ...options }
  const { version: v, params } = phc.read(digest)
  return (
    v !== Number(version) ||
    Number(params.m) !== Number(memoryCost) ||
    Number(params.t) !== Number(timeCost) ||
    Number(params.p) !== Number(parallelism)
  )
}

module.exports = { argon2d, argon2i, argon2id, defaults, limits, hash, needsRehash, verify }
