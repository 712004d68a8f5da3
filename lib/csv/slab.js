'use strict'

// A batch being packed: flat arrays that are used again, batch after batch and export after export. Whoever
// takes a batch copies it, so nothing that runs elsewhere ever reads them.

const v8 = require('node:v8')

/**
 * Cells a batch: an eighth of a millisecond of packing. With more, the garbage collector copies more strings
 * that are not handed over yet: with 16,384 and twenty exports its pauses took half as long again.
 */
const BATCH_CELLS = 8192
const MAX_ROWS = 4096
/** Slabs kept for the next export. More are left to the garbage collector. */
const KEPT = 8

/** Since Node 22.15. It looks at the representation only, not at the characters. */
const isOneByteRepresentation = /** @type {{ isStringOneByteRepresentation?: (text: string) => boolean }} */ (
  /** @type {unknown} */ (v8)
).isStringOneByteRepresentation

/** @type {(text: string) => boolean} */
const isOneByte = isOneByteRepresentation ?? ((text) => !/[\u0100-\uffff]/.test(text))

/**
 * The memory. A cell of row `at` and column `c` stands at `c * capacity + at` in each array; what is not its
 * kind's is left as it was.
 */
function memoryOf(/** @type {number} */ cells) {
  const buffer = new ArrayBuffer(cells * 13)
  return {
    cells,
    /** All of it: what is handed over. */
    bytes: new Uint8Array(buffer),
    words: new Float64Array(buffer, 0, cells),
    integers: new BigInt64Array(buffer, 0, cells),
    lengths: new Uint32Array(buffer, cells * 8, cells),
    tags: new Uint8Array(buffer, cells * 12, cells)
  }
}

/** @type {Array<ReturnType<typeof memoryOf>>} */
const kept = []

class Slab {
  /** @param {number} columns */
  constructor(columns) {
    /** The rows that a batch takes. */
    this.capacity = capacityOf(columns)
    this.columns = columns
    this.memory = columns <= BATCH_CELLS ? kept.pop() ?? memoryOf(BATCH_CELLS) : memoryOf(columns)
    const { words, integers, lengths, tags } = this.memory
    this.words = words
    this.integers = integers
    this.lengths = lengths
    this.tags = tags
    /** @type {string[]} the texts of each column, end to end */
    this.texts = Array.from({ length: columns }, () => '')
    this.rows = 0
    this.characters = 0
  }

  /** Which columns' texts hold more than Latin-1. */
  wide() {
    const wide = new Uint8Array(this.columns)
    for (let column = 0; column < this.columns; column++) {
      const text = this.texts[column]
      if (text !== '' && !isOneByte(text)) wide[column] = 1
    }
    return wide
  }

  clear() {
    this.rows = 0
    this.characters = 0
    this.texts.fill('')
  }

  /** Gives the memory to the next export. */
  release() {
    this.clear()
    if (this.memory.cells === BATCH_CELLS && kept.length < KEPT) kept.push(this.memory)
    this.memory = NONE
    this.words = NONE.words
    this.integers = NONE.integers
    this.lengths = NONE.lengths
    this.tags = NONE.tags
  }
}

const NONE = memoryOf(0)

/** @param {number} columns */
function capacityOf(columns) {
  return Math.max(1, Math.min(MAX_ROWS, Math.floor(BATCH_CELLS / columns)))
}

module.exports = { Slab, capacityOf }
