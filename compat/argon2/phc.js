'use strict'

// argon2's stored strings, as the package argon2 writes and reads them.

/**
 * @typedef {object} Phc
 * @property {string} id
 * @property {number | undefined} version
 * @property {Record<string, string>} params
 * @property {Buffer} salt
 * @property {Buffer} hash
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
  if (digest[0] !== '$') throw new TypeError('pchstr must contain a $ as first char')
  const [id, ...fields] = digest.slice(1).split('$')
  if (fields.length > 4) throw new TypeError('pchstr contains too many fileds: more than 5')
  if (fields.length === 0) throw new TypeError('pchstr contains too few fileds: less than 1')
  const version = /^v=(\d+)$/.exec(fields[0])?.[1]
  if (version !== undefined) fields.shift()
  /** @type {Record<string, string>} */
  const params = {}
  if (fields[0]?.includes('=')) {
    for (const pair of /** @type {string} */ (fields.shift()).split(',')) {
      const at = pair.indexOf('=')
      params[pair.slice(0, at)] = pair.slice(at + 1)
    }
  }
  const [salt = '', hash = ''] = fields
  return {
    id,
    version: version === undefined ? undefined : Number(version),
    params,
    salt: Buffer.from(salt, 'base64'),
    hash: Buffer.from(hash, 'base64')
  }
}

module.exports = { base64, read, write }
