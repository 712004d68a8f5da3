// What users of the package argon2 write, old versions' included: it compiles with the one line changed.
import * as argon2 from 'offloop/compat/argon2'
import type { HashOptions, NumericLimit, OptionLimits, Options, VerifyOptions } from 'offloop/compat/argon2'

// As of versions up to 0.31.
const settings: Options & { raw?: false } = { type: argon2.argon2id, memoryCost: 65536, timeCost: 3, parallelism: 4, saltLength: 16, hashLength: 32 }
const limits: OptionLimits = argon2.limits
const range: NumericLimit = limits.memoryCost
const fromDefaults: Options = { ...argon2.defaults, timeCost: Math.max(range.min, 4) }
export const stored: Promise<string> = argon2.hash('password', settings)
export const raw: Promise<Buffer> = argon2.hash(Buffer.from('password'), { ...fromDefaults, raw: true })
export const verified: Promise<boolean> = argon2.verify('$argon2id$', 'password', settings)
export const stale: boolean = argon2.needsRehash('$argon2id$', settings)

// As of 0.4x.
const hashing: HashOptions = { secret: Buffer.from('key'), associatedData: Buffer.from('user 7'), salt: Buffer.alloc(16), type: 2, version: 0x13 }
const verifying: VerifyOptions = { secret: Buffer.from('key') }
export const string: Promise<string> = argon2.hash('password', hashing)
export const unsure: Promise<string> = argon2.hash('password', { ...hashing, raw: false })
export const checked: Promise<boolean> = argon2.verify('$argon2id$', Buffer.from('password'), verifying)

/** Settings that may be missing, under `exactOptionalPropertyTypes`. */
export function hash(password: string, timeCost: number | undefined, salt: Buffer | undefined, secret: Buffer | undefined, saltLength?: number): Promise<string> {
  return argon2.hash(password, { timeCost, salt, secret, saltLength, hashLength: undefined, memoryCost: undefined, parallelism: undefined, type: undefined, version: undefined, associatedData: undefined, raw: undefined })
}
export const length: 16 = argon2.defaults.saltLength

// @ts-expect-error: no option of any version
export const unknown = argon2.hash('password', { iterations: 3 })
// @ts-expect-error: bytes are no string
export const wrong: Promise<string> = argon2.hash('password', { raw: true })
