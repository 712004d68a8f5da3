/// <reference types="node" />
// Takes the place of the package argon2 0.4x: the same names, options, defaults and strings, computed on offloop's
// threads. Where offloop's own functions refuse a job because the queue is full, these wait.
//
// Narrower than the package's: hashes of 4 to 1,024 bytes, salts of 8 to 1,024, secrets and associated data of at most
// 1,024, 4 GiB of memory, 65,535 passes, 255 lanes; more is refused with `ERR_INVALID_ARG`, and more memory than the
// pool's budget holds with `ERR_MEMORY_BUDGET`. All lanes of a hash are computed by one thread.

export const argon2d: 0
export const argon2i: 1
export const argon2id: 2

/** What `hash` takes unless told otherwise. */
export const defaults: {
  readonly hashLength: 32
  readonly memoryCost: 65536
  readonly parallelism: 4
  readonly timeCost: 3
  readonly type: 2
  readonly version: 19
}

/** The ranges of the costs, as versions up to 0.31 exported them. */
export const limits: Readonly<
  Record<'hashLength' | 'memoryCost' | 'timeCost' | 'parallelism', { readonly min: number; readonly max: number }>
>

export interface HashOptions {
  /** In bytes. Default: 32. */
  hashLength?: number
  /** Passes. Default: 3. */
  timeCost?: number
  /** In KiB. Default: 65,536. */
  memoryCost?: number
  /** Lanes. Default: 4. */
  parallelism?: number
  /** Default: `argon2id`. */
  type?: 0 | 1 | 2
  /** 0x13, or 0x10. Default: 0x13. */
  version?: number
  /** Default: 16 random bytes. */
  salt?: Buffer
  /** Recorded in the string, as `data`. */
  associatedData?: Buffer
  /** Not recorded: verifying needs the same. */
  secret?: Buffer
  /**
   * The order of the parameters in the string: `'m,t,p'` as the PHC format asks, or `'m,p,t'` as the package argon2 0.45
   * writes. All versions read both. Default: `'m,t,p'`.
   */
  order?: 'm,t,p' | 'm,p,t'
}

/** The hash's bytes. */
export function hash(password: Buffer | string, options: HashOptions & { raw: true }): Promise<Buffer>
/** The string to store. */
export function hash(password: Buffer | string, options?: HashOptions & { raw?: boolean }): Promise<string>

/** Whether the costs or the version differ from `options`, whose defaults are those of `hash`. */
export function needsRehash(
  digest: string,
  options?: { timeCost?: number; memoryCost?: number; parallelism?: number; version?: number }
): boolean

/** Whether it is the password's hash. False for strings of other schemes; rejects for what is no string of any. */
export function verify(digest: string, password: Buffer | string, options?: { secret?: Buffer }): Promise<boolean>
