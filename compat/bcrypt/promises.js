'use strict'

// bcrypt's way of making promises, with the implementation that `use` chose.

/** @type {PromiseConstructor} */
let Implementation = Promise

/**
 * A promise of what a function with a callback comes to.
 * @param {Function} fn
 * @param {unknown} context its `this`
 * @param {ArrayLike<unknown>} args
 * @returns {Promise<any>}
 */
function promise(fn, context, args) {
  if (typeof fn !== 'function') return Implementation.reject(new Error('fn must be a function'))
  return new Implementation((resolve, reject) => {
    /** @type {(error: unknown, value: unknown) => void} */
    const done = (error, value) => (error ? reject(error) : resolve(value))
    fn.apply(context, [...Array.from(args), done])
  })
}

/**
 * @param {unknown} error
 * @returns {Promise<never>}
 */
function reject(error) {
  return Implementation.reject(error)
}

/**
 * Sets the implementation that promises are made with.
 * @param {PromiseConstructor} implementation
 */
function use(implementation) {
  Implementation = implementation
}

module.exports = { promise, reject, use }
