'use strict'

// The password hashers, each called as its documentation says, with equal parameters. `peer` is what a table calls it.

const SECRET = 'correct horse battery staple'

/**
 * @typedef {object} Hasher
 * @property {string} peer
 * @property {() => Promise<unknown>} hash one whole hash, as a login costs
 */

/**
 * argon2id of 32 bytes.
 * @param {{ memoryKiB: number, passes: number, lanes?: number }} cost
 * @returns {Record<string, () => Hasher>} loaded only when called, so that a process holds no other peer
 */
function argon2({ memoryKiB, passes, lanes = 1 }) {
  return {
    offloop: () => {
      const { hashPassword } = require('../..')
      return { peer: 'offloop', hash: () => hashPassword(SECRET, { policy: { algorithm: 'argon2id', memoryKiB, passes, lanes } }) }
    },
    argon2: () => {
      const argon2 = require('argon2')
      return { peer: 'argon2', hash: () => argon2.hash(SECRET, { type: argon2.argon2id, memoryCost: memoryKiB, timeCost: passes, parallelism: lanes }) }
    },
    '@node-rs/argon2': () => {
      const argon2 = require('@node-rs/argon2')
      return { peer: '@node-rs/argon2', hash: () => argon2.hash(SECRET, { algorithm: argon2.Algorithm.Argon2id, memoryCost: memoryKiB, timeCost: passes, parallelism: lanes }) }
    }
  }
}

/**
 * @param {{ cost: number }} options
 * @returns {Record<string, () => Hasher>}
 */
function bcrypt({ cost }) {
  return {
    offloop: () => {
      const { hashPassword } = require('../..')
      return { peer: 'offloop', hash: () => hashPassword(SECRET, { policy: { algorithm: 'bcrypt', cost } }) }
    },
    bcrypt: () => {
      const bcrypt = require('bcrypt')
      return { peer: 'bcrypt', hash: () => bcrypt.hash(SECRET, cost) }
    },
    '@node-rs/bcrypt': () => {
      const bcrypt = require('@node-rs/bcrypt')
      return { peer: '@node-rs/bcrypt', hash: () => bcrypt.hash(SECRET, { cost }) }
    },
    bcryptjs: () => {
      const bcrypt = require('bcryptjs')
      return { peer: 'bcryptjs', hash: () => bcrypt.hash(SECRET, cost) }
    }
  }
}

module.exports = { argon2, bcrypt }
