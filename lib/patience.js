'use strict'

// The line of those who wait for a place in the queue: jobs of the drop-ins, whose callers have never heard of a full
// one. They are let in in the order of the calls, when a job of this environment ends; and, because the queue is the
// whole process's, after a pause, which grows while nobody is let in.

const { clearTimeout, setTimeout } = require('node:timers')

/** In milliseconds. */
const SHORTEST_PAUSE = 2
const LONGEST_PAUSE = 64

/** @type {Set<() => boolean>} */
const line = new Set()
let pause = SHORTEST_PAUSE
/** @type {NodeJS.Timeout | undefined} */
let timer
let waking = false
/** @type {Array<() => void>} */
let whenGone = []

/** Whether somebody waits, behind whom whoever comes now has to line up. */
function someoneWaits() {
  return line.size > 0
}

/** @param {() => boolean} letIn asks for a place; false if there is none yet */
function lineUp(letIn) {
  line.add(letIn)
  timer ??= setTimeout(wake, pause)
}

/** Lets in as many as there are places for. */
function wake() {
  // Whoever is let in, and is turned away for good, may end jobs.
  if (waking || line.size === 0) return
  waking = true
  const before = line.size
  try {
    for (const letIn of line) {
      if (!letIn()) break
      line.delete(letIn)
    }
  } finally {
    waking = false
  }
  pause = line.size < before ? SHORTEST_PAUSE : Math.min(2 * pause, LONGEST_PAUSE)
  clearTimeout(timer)
  timer = undefined
  if (line.size > 0) {
    timer = setTimeout(wake, pause)
    return
  }
  const told = whenGone
  whenGone = []
  for (const tell of told) tell()
}

/**
 * Calls back when nobody waits any more, at once if nobody does.
 * @param {() => void} tell
 */
function whenNobodyWaits(tell) {
  if (line.size === 0) tell()
  else whenGone.push(tell)
}

module.exports = { lineUp, someoneWaits, wake, whenNobodyWaits }
