'use strict'

// Values that no argument should be taken aback by. Each is made anew: some can be used once.

const boom = new Error('boom')

/** A proxy that throws whatever is done with it. */
function revoked(target = {}) {
  const { proxy, revoke } = Proxy.revocable(target, {})
  revoke()
  return proxy
}

/** An object all of whose traps throw. */
function hostile(target = {}) {
  const throws = () => {
    throw boom
  }
  const traps = ['get', 'has', 'ownKeys', 'getOwnPropertyDescriptor', 'getPrototypeOf', 'set', 'deleteProperty', 'isExtensible']
  return new Proxy(target, Object.fromEntries(traps.map((trap) => [trap, throws])))
}

function detached(length = 16) {
  const bytes = new Uint8Array(length)
  structuredClone(bytes.buffer, { transfer: [bytes.buffer] })
  return bytes
}

function detachedBuffer(length = 16) {
  const buffer = new ArrayBuffer(length)
  structuredClone(buffer, { transfer: [buffer] })
  return buffer
}

/** A view of memory that is there no more, though its buffer is. */
function outOfBounds(...place) {
  const buffer = new ArrayBuffer(16, { maxByteLength: 16 })
  const bytes = new Uint8Array(buffer, ...place)
  buffer.resize(4)
  return bytes
}

const shared = () => new Uint8Array(new SharedArrayBuffer(16))

/** What is no plain object: no options, and not the object in them either. */
const NO_OBJECTS = {
  null: () => null,
  'a number': () => 1,
  NaN: () => NaN,
  'a string': () => 'options',
  'an empty string': () => '',
  true: () => true,
  'a BigInt': () => 1n,
  'a symbol': () => Symbol('s'),
  'a function': () => () => {},
  'an array': () => [],
  'a revoked proxy': () => revoked(),
  'a revoked proxy of an array': () => revoked([]),
  'a proxy whose traps throw': () => hostile()
}

/** What is no number at all. */
const NO_NUMBERS = {
  null: () => null,
  'a string': () => '5',
  'an empty string': () => '',
  true: () => true,
  'a BigInt': () => 5n,
  'a symbol': () => Symbol('s'),
  'an object': () => ({}),
  'an object that becomes a number': () => ({ valueOf: () => 5 }),
  'a Number': () => Object(5),
  'an array': () => [5],
  'a revoked proxy': () => revoked(),
  'a function': () => () => 5
}

/** Numbers that no count, size or time is. */
const NO_COUNTS = { NaN: () => NaN, '-1': () => -1, Infinity: () => Infinity, '-Infinity': () => -Infinity, huge: () => 1e300 }

/** Numbers that are no integers. */
const NO_INTEGERS = { ...NO_COUNTS, 'a fraction': () => 5.5, '2 ** 53': () => 2 ** 53, 'the least number': () => 5e-324 }

/** What is no bytes that can be read. */
const NO_BYTES = {
  null: () => null,
  'a number': () => 5,
  NaN: () => NaN,
  'a BigInt': () => 5n,
  'a symbol': () => Symbol('s'),
  'an object': () => ({}),
  'an array': () => [1, 2, 3],
  'a function': () => () => {},
  'a DataView': () => new DataView(new ArrayBuffer(16)),
  'a Uint16Array': () => new Uint16Array(16),
  'a String': () => Object('text'),
  'a detached view': () => detached(),
  'a view beyond its buffer': () => outOfBounds(2, 8),
  'a view of the rest of its buffer, which ends before': () => outOfBounds(8),
  'a view of shared memory': shared,
  'a Buffer of shared memory': () => Buffer.from(new SharedArrayBuffer(16)),
  'a revoked proxy': () => revoked(),
  'a revoked proxy of bytes': () => revoked(new Uint8Array(16)),
  'a proxy of bytes': () => new Proxy(new Uint8Array(16), {}),
  'a proxy whose traps throw': () => hostile(),
  'an object with the prototype of bytes': () => Object.create(Uint8Array.prototype)
}

const NO_BOOLEANS = { null: () => null, 0: () => 0, 1: () => 1, 'a string': () => 'true', 'an object': () => ({}), 'a Boolean': () => Object(true) }

const NO_NAMES = { null: () => null, 'a number': () => 1, 'a symbol': () => Symbol('s'), 'an array': () => ['a'], 'an empty string': () => '', 'another name': () => 'constructor', 'a long name': () => 'x'.repeat(1e6), 'a revoked proxy': () => revoked(), 'a String': () => Object('bulk') }

const NO_SIGNALS = {
  null: () => null,
  'a number': () => 5,
  'an AbortController': () => new AbortController(),
  'an EventTarget': () => new EventTarget(),
  'an object': () => ({}),
  'a revoked proxy': () => revoked(),
  'a proxy whose traps throw': () => hostile(),
  'an object whose getter throws': () => ({ get aborted() { throw boom } }),
  'a signal that cannot be listened to': () => ({ aborted: false, addEventListener() { throw boom }, removeEventListener() {} })
}

module.exports = { boom, revoked, hostile, detached, detachedBuffer, outOfBounds, shared, NO_OBJECTS, NO_NUMBERS, NO_COUNTS, NO_INTEGERS, NO_BYTES, NO_BOOLEANS, NO_NAMES, NO_SIGNALS }
