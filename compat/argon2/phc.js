'use strict'

// argon2's stored strings, as the package argon2 writes and reads them: what it refuses, with which words, and what it
// takes that others would not.

const NAME = /^[a-z0-9-]{1,32}$/
const VALUE = /^[a-zA-Z0-9/+.-]+$/
const BASE64 = /^[a-zA-Z0-9/+.-]*$/
const VERSION = /^v=(\d+)$/

/**
 * @typedef {object} Phc
 * @property {string} id
 * @property {number | undefined} version
 * @property {Record<string, string> | undefined} params
 * @property {Buffer | undefined} salt
 * @property {Buffer | undefined} hash
 */

/** @param {Uint8Array} bytes */
function base64(bytes) {
  return Buffer.from(bytes).toString('base64').replace(/=+$/, '')
}

/**
 * @param {{ id: string, version: number, params: Array<[string, number | string]>, salt: Uint8Array, hash: Uint8Array }} parts
 */
function write({ id, version, params, salt, hash }) {
  const costs = params.map(([name, value]) => `${name}=${value}`).join(',')
  return `$${id}$v=${version}$${costs}$${base64(salt)}$${base64(hash)}`
}

/**
 * @param {unknown} digest
 * @returns {Phc}
 */
function read(digest) {
  if (typeof digest !== 'string' || digest === '') throw new TypeError('pchstr must be a non-empty string')
  if (!digest.startsWith('$')) throw new TypeError('pchstr must contain a $ as first char')
  const [id, ...fields] = digest.slice(1).split('$')
  const version = VERSION.exec(fields[0] ?? '')?.[1]
  const most = version === undefined ? 4 : 5
  if (fields.length >= most) {
    throw new TypeError(`pchstr contains too many fileds: ${fields.length + 1}/${most}`)
  }
  if (!NAME.test(id)) throw new TypeError(`id must satisfy ${NAME}`)
  if (version !== undefined) fields.shift()
  if (fields.length === 0) throw new TypeError('pchstr contains nothing but an id')
  const ends = lastBytes(fields)
  const params = fields.length > 0 ? readParams(/** @type {string} */ (fields.pop())) : undefined
  if (fields.length > 0) throw new TypeError(`pchstr contains unrecognized fileds: ${fields.join(',')}`)
  return { id, version: Number(version) || undefined, params, salt: ends[0], hash: ends[1] }
}

/**
 * Takes salt and hash, or a salt alone, from the end, if they look like that.
 * @param {string[]} fields
 * @returns {Buffer[]}
 */
function lastBytes(fields) {
  /** @type {Buffer[]} */
  const found = []
  while (found.length < 2 && fields.length > 0 && BASE64.test(fields[fields.length - 1])) {
    found.unshift(Buffer.from(/** @type {string} */ (fields.pop()), 'base64'))
  }
  return found
}

/**
 * @param {string} text
 * @returns {Record<string, string>}
 */
function readParams(text) {
  /** @type {Array<[string, string]>} */
  const pairs = []
  for (const pair of text.split(',')) {
    const at = pair.indexOf('=')
    if (at < 0) throw new TypeError('params must be in the format name=value')
    pairs.push([pair.slice(0, at), pair.slice(at + 1)])
  }
  if (!pairs.every(([name]) => NAME.test(name))) throw new TypeError(`params names must satisfy ${NAME}`)
  // Of a name that comes twice, the last counts.
  const params = Object.fromEntries(pairs)
  if (!Object.values(params).every((value) => VALUE.test(value))) {
    throw new TypeError(`params values must satisfy ${VALUE}`)
  }
  return params
}

module.exports = { base64, read, write }
