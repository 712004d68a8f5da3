/// <reference types="node" />
// Takes the place of the package bcrypt 6: the same names, arguments, messages and hashes, computed on offloop's threads.
// Where offloop's own functions refuse a job because the queue is full, these wait.

/** A salt, `$2b$10$` and 22 characters. `rounds`: the cost, 4 to 31, 10 unless given; below and above count as those. */
export function genSaltSync(rounds?: number, minor?: 'a' | 'b'): string
/** The same, with a promise or a callback. */
export function genSalt(rounds?: number, minor?: 'a' | 'b'): Promise<string>
export function genSalt(callback: (err: Error | undefined, salt: string) => any): void
export function genSalt(rounds: number, callback: (err: Error | undefined, salt: string) => any): void
export function genSalt(
  rounds: number,
  minor: 'a' | 'b',
  callback: (err: Error | undefined, salt: string) => any
): void

/**
 * Hashes on the calling thread, which does nothing else meanwhile: for scripts.
 *
 * Of a password the first 72 bytes count, NULs as they come; the salt's prefix, `$2a$` or `$2b$`, is the hash's.
 */
export function hashSync(data: string | Buffer, saltOrRounds: string | number): string
/** Hashes on offloop's threads. */
export function hash(data: string | Buffer, saltOrRounds: string | number): Promise<string>
export function hash(
  data: string | Buffer,
  saltOrRounds: string | number,
  callback: (err: Error | undefined, encrypted: string) => any
): void

/** Compares on the calling thread: for scripts. False for a string that is no `$2a$` or `$2b$` hash. */
export function compareSync(data: string | Buffer, encrypted: string): boolean
/** Compares on offloop's threads. False for a string that is no `$2a$` or `$2b$` hash. */
export function compare(data: string | Buffer, encrypted: string): Promise<boolean>
export function compare(
  data: string | Buffer,
  encrypted: string,
  callback: (err: Error | undefined, same: boolean) => any
): void

/** A hash's cost. */
export function getRounds(encrypted: string): number
