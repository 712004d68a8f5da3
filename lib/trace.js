'use strict'

// diagnostics_channel tracing: `tracing:offloop:job:start`, `:end`, `:asyncStart`, `:asyncEnd`, `:error`, with
// `{ operation, lane }` as the message, `result` never in it, because it may be a hash. Costs a property
// read a job when nobody listens.

const { tracingChannel } = require('node:diagnostics_channel')

const channel = tracingChannel('offloop:job')

/**
 * @typedef {{ operation: string, lane: 'interactive' | 'bulk', error?: unknown }} Context
 */

/** Whether anybody listens. */
function isTraced() {
  return (
    channel.start.hasSubscribers ||
    channel.end.hasSubscribers ||
    channel.asyncStart.hasSubscribers ||
    channel.asyncEnd.hasSubscribers ||
    channel.error.hasSubscribers
  )
}

/**
 * Runs the call that submits a job.
 * @template T
 * @param {Context} context
 * @param {() => T} submit
 * @returns {T}
 */
function traceSubmit(context, submit) {
  return channel.start.runStores(context, () => {
    try {
      return submit()
    } finally {
      channel.end.publish(context)
    }
  })
}

/**
 * Tells what became of a job, before its promise is settled.
 * @param {Context} context
 * @param {{ error: unknown } | undefined} failure
 */
function traceSettled(context, failure) {
  if (failure !== undefined) {
    context.error = failure.error
    channel.error.publish(context)
  }
  channel.asyncStart.publish(context)
  channel.asyncEnd.publish(context)
}

module.exports = { isTraced, traceSubmit, traceSettled }
