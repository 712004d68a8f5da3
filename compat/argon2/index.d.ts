/// <reference types="node" />
// Takes the place of the package argon2 0.4x: the same names, options, defaults, messages and strings, computed on
// offloop's threads. What versions up to 0.31 had beside, `defaults`, `limits`, `saltLength` and their types, is there
// too. Where offloop's own functions refuse a job because the queue is full, these wait.
//
// Narrower than the package's: passwords of at most 1 MiB (1,048,576 bytes); hashes of 4 to 1,024 bytes, salts of 8 to
// 1,024, secrets and associated data of at most 1,024, 4 GiB of memory, 65,535 passes, 255 lanes, versions 16 and 19;
// more is refused with `ERR_INVALID_ARG`. All lanes of a hash are computed by one thread.
//
// Memory is taken from the pool's budget, a quarter of what the process may use unless `configurePool` says otherwise;
// one hash gets seven eighths of it at most, and more is refused with `ERR_MEMORY_BUDGET`. In a container of 256 MiB that
// is 56 MiB: the default `memoryCost` of 64 MiB does not fit there, nor do stored hashes made with it. Set
// `configurePool({ memoryBytes: 96 * 1024 * 1024 })`, or a lower `memoryCost`.

export const argon2d: 0
export const argon2i: 1
export const argon2id: 2

/** What `hash` takes unless told otherwise. */
export const defaults: {
  readonly hashLength: 32
  readonly memoryCost: 65536
  readonly parallelism: 4
  readonly saltLength: 16
  readonly timeCost: 3
  readonly type: 2
  readonly version: 19
}

export interface NumericLimit {
  max: number
  min: number
}

export interface OptionLimits {
  hashLength: NumericLimit
  memoryCost: NumericLimit
  timeCost: NumericLimit
  parallelism: NumericLimit
}

/** The ranges of the costs, as versions up to 0.31 exported them. */
export const limits: OptionLimits

export interface HashOptions {
  /** In bytes. Default: 32. */
  hashLength?: number | undefined
  /** Passes. Default: 3. */
  timeCost?: number | undefined
  /** In KiB. Default: 65,536. */
  memoryCost?: number | undefined
  /** Lanes. Default: 4. */
  parallelism?: number | undefined
  /** Default: `argon2id`. */
  type?: 0 | 1 | 2 | undefined
  /** 0x13, or 0x10. Default: 0x13. */
  version?: number | undefined
  /** Default: `saltLength` random bytes. Copied at the call, as are the two below. */
  salt?: Buffer | undefined
  /** The length of a random salt in bytes, as versions up to 0.31 had it. Default: 16. */
  saltLength?: number | undefined
  /** Recorded in the string, as `data`. */
  associatedData?: Buffer | undefined
  /** Not recorded: verifying needs the same. */
  secret?: Buffer | undefined
  /**
   * The order of the parameters in the string: `'m,t,p'` as the PHC format asks, or `'m,p,t'` as the package argon2 0.45
   * writes. All versions read both. Default: `'m,t,p'`.
   */
  order?: 'm,t,p' | 'm,p,t' | undefined
}

/**
 * All that any of the functions takes. An `undefined` cost, type or version does not stand for the default, but is the
 * package's error: leave it out instead.
 */
export interface Options extends HashOptions {
  /** Whether {@link hash} gives the bytes alone. */
  raw?: boolean | undefined
}

export interface VerifyOptions {
  /** What the hash was made with. */
  secret?: Buffer | undefined
}

/** The hash's bytes. */
export function hash(password: Buffer | string, options: Options & { raw: true }): Promise<Buffer>
/** The string to store. */
export function hash(password: Buffer | string, options?: Options): Promise<string>

/**
 * Whether the costs or the version differ from `options`, whose defaults are those of `hash`. Throws a TypeError for a
 * string that cannot be read; true for a hash of another scheme.
 */
export function needsRehash(digest: string, options?: Options): boolean

/**
 * Whether it is the password's hash; of the options, `secret` counts. False for strings of other schemes; rejects with a
 * TypeError for a string that cannot be read.
 */
export function verify(digest: string, password: Buffer | string, options?: Options): Promise<boolean>
