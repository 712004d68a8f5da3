'use strict'

// Logins: a stored hash, a password that came in, true or false.

const { hashPassword, verifyPassword } = require('offloop')
const { createJob, timed, together } = require('./job.js')

const LOGINS = 400
const USERS = 16

/** @typedef {{ password: string, hash: string }} User */

/**
 * @param {AbortSignal} signal
 * @returns {Promise<User[]>} one half with argon2id at the defaults, the other with bcrypt
 */
function register(signal) {
  return Promise.all(Array.from({ length: USERS }, async (_, i) => {
    const password = `correct horse ${i}`
    const policy = i % 2 === 0
      ? /** @type {const} */ ({ algorithm: 'argon2id' })
      : /** @type {const} */ ({ algorithm: 'bcrypt', cost: 10 })
    return { password, hash: await hashPassword(password, { policy, signal }) }
  }))
}

/**
 * @param {User[]} users
 * @param {number} threads
 * @param {AbortController} controller
 */
function job(users, threads, controller) {
  const { signal } = controller
  // Enough at once that no thread ever waits for the next login.
  const atOnce = Math.max(4, threads * 2)
  let refused = 0
  let accepted = 0
  let next = 0

  return createJob({ name: 'logins', unit: 'logins', total: LOGINS }, async (self) => {
    const one = async () => {
      while (next < LOGINS) {
        const i = next++
        const user = users[i % users.length]
        // Every tenth mistypes.
        const password = i % 10 === 9 ? `${user.password}!` : user.password
        const ok = await timed(self, () => verifyPassword(password, user.hash, { signal }))
        if (ok) accepted++
        else refused++
      }
    }
    await together(controller, Array.from({ length: atOnce }, one))
  }, async () => {
    const wrong = LOGINS / 10
    if (refused !== wrong || accepted !== LOGINS - wrong) {
      throw new Error(`logins: expected ${LOGINS - wrong} accepted and ${wrong} refused; got ${accepted} and ${refused}`)
    }
    return `logins: ${accepted} accepted, the ${refused} with a wrong password refused`
  }, { calls: true })
}

module.exports = { register, job }
