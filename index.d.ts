/// <reference types="node" />
// offloop: password hashing, bulk CSV export and image resizing, off the event loop and off libuv's threads.
// Written by hand; this is the contract.
import type { KeyObject } from 'node:crypto'
import type { Readable, Transform } from 'node:stream'

// ---- jobs ------------------------------------------------------------------------------------------

/**
 * Which of the pool's two queues a job waits in. `'interactive'` goes first and runs at a higher thread
 * priority: what somebody waits for. `'bulk'` gives way: what takes long.
 */
export type Lane = 'interactive' | 'bulk'

/**
 * Options that every job takes.
 *
 * Options are read as Node's own functions read them: inherited ones and getters, a class's say, count. What is an
 * object's own and no option is refused.
 */
export interface JobOptions {
  /**
   * Gives the job up: its promise rejects at once with `signal.reason`. A job that waits leaves the queue; one
   * that runs stops as soon as it looks. Any number of jobs may share a signal; they add one listener to it.
   */
  signal?: AbortSignal
  /**
   * Milliseconds from the call, the time in the queue included, after which the promise rejects with
   * `ERR_DEADLINE`. Fractions count; 0 is late at once. Default: none.
   */
  timeoutMs?: number
  /** Default: `'interactive'` for passwords, `'bulk'` for exports and images. */
  priority?: Lane
}

// ---- passwords -------------------------------------------------------------------------------------

/**
 * A password. A string counts as its UTF-8 bytes; a lone surrogate in it counts as U+FFFD, as `TextEncoder`
 * has it. It is not normalised: call `password.normalize('NFKC')` first where users type on different
 * systems. Bytes are taken as they are, NUL included, and copied within the call. At most 1 MiB
 * (1,048,576 bytes); empty is allowed.
 *
 * offloop's own copy is overwritten after use. JavaScript strings cannot be; where that matters, pass a
 * Buffer and `fill(0)` it after the call, at once: the call has copied it when it returns.
 */
export type Secret = string | Uint8Array

/**
 * Argon2 (RFC 9106). Where nothing speaks for another, `'argon2id'`.
 *
 * Stored as a PHC string: `$argon2id$v=19$m=19456,t=2,p=1$<salt>$<hash>`.
 */
export interface Argon2Policy {
  algorithm: 'argon2id' | 'argon2i' | 'argon2d'
  /** Memory in KiB, from 8 a lane to 4,194,304 (4 GiB). Default 19,456 (19 MiB), as OWASP recommends. */
  memoryKiB?: number
  /** Passes over the memory, 1 to 65,535. Default 2. */
  passes?: number
  /**
   * Lanes, 1 to 255. Default 1. They are part of the hash, not of the speed: all lanes of a hash are
   * computed on one thread, so that many logins at once share the pool fairly.
   */
  lanes?: number
  /** Length of the hash in bytes, 4 to 1,024. Default 32; below 16 is for test vectors. */
  hashLength?: number
}

/**
 * bcrypt, stored as `$2b$<cost>$<salt><hash>`, 60 characters.
 *
 * `'bcrypt-sha256'` is bcrypt of HMAC-SHA-256 of the password, so that all of a long one counts; stored as passlib's
 * `$bcrypt-sha256$v=2,t=2b,r=<cost>$<salt>$<hash>`.
 */
export interface BcryptPolicy {
  algorithm: 'bcrypt' | 'bcrypt-sha256'
  /** Base-2 logarithm of the rounds, 4 to 31: each step doubles the time. Default 12. */
  cost?: number
  /**
   * Only for `'bcrypt'`: what hashing does with a password over 72 bytes, which is what bcrypt reads, or holding NUL,
   * which it cannot tell from the end. Default `'reject'`: fails with `ERR_PASSWORD_LENGTH`. `'truncate'` takes the
   * first 72 bytes, NULs as they come, as the bcrypt packages of npm do; implementations in C, PHP's among
   * them, stop at the first NUL and cannot verify a hash of a password that holds one. With a pepper nothing is too long.
   */
  longPassword?: 'reject' | 'truncate'
}

/** How new passwords are hashed. Default `{ algorithm: 'argon2id' }`: 19 MiB, 2 passes, 1 lane. */
export type PasswordPolicy = Argon2Policy | BcryptPolicy

/**
 * A secret kept apart from the stored hashes, so that these alone are of no use to a thief: a ring of keys by their ids.
 *
 * The password is replaced by HMAC-SHA-256 of it in base64 before the scheme hashes it. New hashes get the key
 * `current`, whose id is recorded: in argon2's strings as `keyid`, before all others as `$hmac-sha256$keyid=<id>`. Stored
 * hashes are verified with the key that they name, or without one if they name none; what has another key than
 * `current` needs a rehash, so keys are rotated by adding one, making it current, and dropping the old one once
 * {@link inspectHash} finds it nowhere.
 *
 * A key of less than 32 random bytes is a weak one. Keys are copied within the call, and the copies wiped.
 *
 * @example
 * const pepper = { current: '2026', keys: { 2025: oldKey, 2026: newKey } }
 * await hashPassword(password, { pepper })
 */
export interface Pepper {
  /** The id of the key that new hashes get. */
  current: string
  /** The keys, each of 1 to 65,536 bytes, by ids of 1 to 64 bytes. */
  keys: Record<string, Secret | KeyObject>
}

/** Options of {@link hashPassword}. Unknown options are refused. */
export interface HashPasswordOptions extends JobOptions {
  /** Default `{ algorithm: 'argon2id' }`. */
  policy?: PasswordPolicy
  /**
   * The salt: 8 to 1,024 bytes for argon2, exactly 16 for bcrypt. Only for test vectors and migrations:
   * without it, 16 fresh bytes come from the operating system.
   */
  salt?: Uint8Array
  /**
   * argon2 only: what the hash is bound to beside the password, at most 1,024 bytes; a user's id, so that one user's
   * hash is of no use in another's place. It is not recorded: verifying needs the same.
   */
  associatedData?: Uint8Array
  /** Default: none. */
  pepper?: Pepper
}

/**
 * The most that a stored hash may ask for. One that asks for more is refused with `ERR_COST_LIMIT` before
 * anything is allocated, so that a string from elsewhere cannot take the machine's memory, or minutes of its
 * time.
 *
 * Where `options.policy` costs more than a default, that is the default: hashes by the policy that new passwords are
 * hashed by are never refused, so pass it when verifying too. What {@link calibratePassword} gives is within the defaults.
 */
export interface CostLimits {
  /** argon2's memory in KiB, from 8. Default 2,097,152 (2 GiB); the pool's memory budget applies as well. */
  memoryKiB?: number
  /** argon2's passes, from 1. Default 16. */
  passes?: number
  /** argon2's lanes, 1 to 16,777,215. Default 64. */
  lanes?: number
  /** bcrypt's cost, 4 to 31. Default 16, some seconds. */
  bcryptCost?: number
  /**
   * PBKDF2's iterations, counted for each digest that a long hash is put together from, and phpass's, from 1. Default
   * 5,000,000, about a second.
   */
  pbkdf2Iterations?: number
  /**
   * scrypt's memory in KiB, from 1: its table of 128·r·N bytes, or sixteen times its blocks of 128·r·p bytes where they
   * are more; where its p tables come to more than 1 GiB together, all of them. Default 262,144 (256 MiB), twice what
   * OWASP asks for.
   */
  scryptMemoryKiB?: number
  /** scrypt's p, which multiplies its time, from 1. Default 16. */
  scryptParallelism?: number
}

/** Options of {@link verifyPassword}. Unknown options are refused. */
export interface VerifyPasswordOptions extends JobOptions {
  /** The most that the stored hash may ask for. */
  limits?: CostLimits
  /**
   * What the work for a null hash costs, what {@link checkPassword} judges by, and what a stored hash may cost at
   * least: the policy that new passwords are hashed by.
   */
  policy?: PasswordPolicy
  /**
   * What an argon2 hash was bound to. Where the string records it itself (`data=`, as the package argon2 writes), it
   * must be the same. Other schemes have none and ignore it.
   */
  associatedData?: Uint8Array
  /** Needed for hashes that name a key. */
  pepper?: Pepper
}

/**
 * Hashes a password into the string to store, on offloop's threads; the `'interactive'` lane by default.
 *
 * Rejects with
 * - `ERR_INVALID_ARG` (TypeError or RangeError): a wrong type, a value out of range, an unknown option, a
 *   detached buffer or one of shared memory;
 * - `ERR_PASSWORD_LENGTH`: a password that bcrypt cannot take whole, see {@link BcryptPolicy.longPassword};
 * - `ERR_MEMORY_BUDGET`: the policy's memory could never fit the pool's budget, or the system refused it;
 * - `ERR_QUEUE_FULL`, `ERR_DEADLINE`, `ERR_SHUTDOWN`, or `signal.reason`, as every job;
 * - `ERR_IO`: the operating system has no random bytes.
 *
 * An abort or a deadline rejects at once. bcrypt's thread is free within milliseconds; argon2's when it has filled a
 * quarter of its memory once more.
 *
 * @example
 * const { hashPassword } = require('offloop')
 * const stored = await hashPassword('correct horse battery staple')
 * // '$argon2id$v=19$m=19456,t=2,p=1$…'
 *
 * @example
 * await hashPassword(password, { policy: { algorithm: 'bcrypt', cost: 12 } }) // '$2b$12$…'
 */
export function hashPassword(password: Secret, options?: HashPasswordOptions): Promise<string>

/**
 * Whether `hash` is the password's hash. Compares in constant time; the `'interactive'` lane by default.
 *
 * `hash` is a string that {@link hashPassword} made, or another maker:
 * - argon2id, argon2i and argon2d of versions 0x10 and 0x13, with `m`, `t` and `p` in any order;
 * - bcrypt with the prefixes `$2$`, `$2a$`, `$2b$`, `$2y$` (PHP, Laravel), and `$2x$`, whose bug is reproduced. Of a
 *   password over 72 bytes bcrypt takes the first 72, as its maker did. (Two makers of `$2a$` did otherwise. npm's
 *   `bcrypt` counted a password's length modulo 256: what it made of 255 bytes and more verifies with
 *   `offloop/compat/bcrypt`, and may be no match here. And crypt_blowfish makes, for passwords that the bug of `$2x$`
 *   confuses, a `$2a$` that nothing else makes; it does not verify here, nor with OpenBSD);
 * - `$bcrypt-sha256$` of passlib, `$wp$2y$` of WordPress 6.8, `$P$` and `$H$` of phpass (as their makers, no password of
 *   more than 4096 bytes matches the latter three);
 * - scrypt as `$scrypt$` and `$7$`; PBKDF2 as `$pbkdf2$`, `$pbkdf2-sha256$` and `$pbkdf2-sha512$`;
 * - Django's `pbkdf2_sha256$`, `pbkdf2_sha1$`, `bcrypt$`, `bcrypt_sha256$`, `argon2$` and `scrypt$`;
 * - Spring's `{bcrypt}`, `{argon2}`, `{scrypt}` and `{pbkdf2}`, the latter three also with `@SpringSecurity_v5_8`.
 *
 * With `null` or `undefined`, for a user that does not exist, it does the work that `policy` costs and
 * answers `false`, so that the time taken does not tell who exists.
 *
 * Rejects with
 * - `ERR_HASH_FORMAT`: `hash` is a string, but no hash that offloop reads. The message says what is wrong and shows
 *   neither hash nor password;
 * - `ERR_COST_LIMIT`: the hash asks for more than {@link CostLimits} allow;
 * - `ERR_INVALID_ARG`: a wrong argument, and a hash that names a key that `pepper` does not hold;
 * - `ERR_MEMORY_BUDGET`, `ERR_QUEUE_FULL`, `ERR_DEADLINE`, `ERR_SHUTDOWN`, or `signal.reason`, as
 *   {@link hashPassword}.
 *
 * @example
 * const { verifyPassword } = require('offloop')
 * const user = await users.find(name)
 * const ok = await verifyPassword(password, user?.passwordHash)
 */
export function verifyPassword(
  password: Secret,
  hash: string | null | undefined,
  options?: VerifyPasswordOptions
): Promise<boolean>

/** Options of {@link checkPassword}. Unknown options are refused. */
export interface CheckPasswordOptions extends VerifyPasswordOptions {
  /** Hash a right password anew by `policy`, in the same job, where it needs it. Default: `false`. */
  rehash?: boolean
}

/** What {@link checkPassword} found. */
export interface PasswordCheck {
  /** Whether it was the password. */
  ok: boolean
  /**
   * The stored hash's scheme: `'argon2id'`, `'argon2i'`, `'argon2d'`, `'bcrypt'`, `'bcrypt-sha256'`,
   * `'django-bcrypt-sha256'`, `'wordpress-bcrypt'`, `'scrypt'`, `'pbkdf2-sha1'`, `'pbkdf2-sha256'`, `'pbkdf2-sha512'` or
   * `'phpass'`; null where there was no hash.
   */
  scheme: string | null
  /** Whether the password should be hashed anew. Never without `ok`. */
  needsRehash: boolean
  /**
   * Why not `ok`: `'no-hash'`, `'mismatch'`. Or why it should be hashed anew, where the policy would make another hash
   * today: `'algorithm'`, `'version'` (a form with known flaws), `'cost'` (higher or lower), `'salt'` (less than 16
   * bytes), `'pepper'` (another key than the current one); `'password-length'` if that could not be done because the
   * policy's bcrypt cannot take the password whole.
   */
  reason?: string
  /**
   * The new hash: to be stored instead. With `rehash: true`, where one was needed. Should there be no memory for it just
   * now, it is left out, and `needsRehash` stays true: the password was right all the same.
   */
  newHash?: string
}

/**
 * Verifies, judges by the policy and, with `rehash: true`, hashes anew, in one job. Else as {@link verifyPassword}, and
 * rejects for the same reasons.
 *
 * This is how a store of old hashes moves to a new policy, user by user, as they log in.
 *
 * @example
 * const user = await users.find(name)
 * const { ok, newHash } = await checkPassword(password, user?.passwordHash, { rehash: true })
 * if (user && newHash) await users.update(user.id, { passwordHash: newHash })
 */
export function checkPassword(
  password: Secret,
  hash: string | null | undefined,
  options?: CheckPasswordOptions
): Promise<PasswordCheck>

/** What a stored hash says of itself, see {@link inspectHash}. */
export interface HashFacts {
  /** As {@link PasswordCheck.scheme}. */
  scheme: string
  /**
   * Costs and lengths, never salt or hash. argon2: `version` (16 or 19), `memoryKiB`, `passes`, `lanes`, `saltLength`,
   * `hashLength`; bcrypt: `version` (`'2b'`), `cost`; scrypt: `cost` (the logarithm of N), `blockSize`, `parallelism`,
   * `saltLength`, `hashLength`; PBKDF2: `iterations`, `saltLength`, `hashLength`; phpass: `iterations`. And `keyId`, the
   * pepper's, where there is one.
   */
  params: Record<string, number | string>
  /** Whether the policy would make another hash today. */
  needsRehash: boolean
}

/**
 * Reads a stored hash, at once and without a password; null for a string that is none. For counting what a store holds
 * before a migration.
 *
 * Throws a TypeError or RangeError with `ERR_INVALID_ARG` for wrong arguments.
 *
 * @example
 * inspectHash('$2b$10$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW')
 * // { scheme: 'bcrypt', params: { version: '2b', cost: 10 }, needsRehash: true }
 */
export function inspectHash(hash: string, options?: { policy?: PasswordPolicy; pepper?: Pepper }): HashFacts | null

/** Options of {@link calibratePassword}. Unknown options are refused. */
export interface CalibratePasswordOptions extends JobOptions {
  /** How long one call may take, in milliseconds, 1 to 60,000. Default: 250. */
  targetMs?: number
  /** How many calls are in flight meanwhile, 1 to 1,024: the most logins expected at once. Default: the pool's threads. */
  concurrency?: number
  /**
   * The most memory for one hash in KiB, 7,168 to 4,194,304. Default: 65,536 (64 MiB, RFC 9106's second recommendation),
   * or less where half of the pool's memory budget does not hold that for each hash that runs at once. Never more than
   * seven eighths of the budget hold for them, whatever is allowed here, nor than 2 GiB.
   */
  maxMemoryKiB?: number
  /** Default: `'argon2id'`. */
  algorithm?: 'argon2id' | 'bcrypt'
}

/**
 * Finds the policy that costs as much as may be on this host: hashes under that load, for a few seconds, until the
 * median of a call's duration is just below `targetMs`. For argon2id it takes more memory first, then more passes.
 *
 * Never above the defaults of {@link CostLimits} (2 GiB, 16 passes, bcrypt's cost 16), so that what the policy makes
 * verifies without options. More in flight than the pool's queue holds wait their turn.
 *
 * How long it takes goes with `targetMs`: up to six settings are tried, each with four hashes one after the other, or
 * one or two where a call takes over two seconds. With the defaults that is a few seconds; with a `targetMs` of a minute
 * it may be ten, so set `timeoutMs`.
 *
 * Never below OWASP's minimum, even if that takes longer than `targetMs`; so compare `measuredMs`. Call it on an
 * otherwise idle host of the kind that will serve, and write the policy into the configuration: calibrating at each start
 * would have every host make other hashes.
 *
 * `timeoutMs` counts for the whole. Rejects as {@link hashPassword}.
 *
 * @example
 * const { policy, measuredMs } = await calibratePassword({ targetMs: 250, concurrency: 8 })
 * console.log(policy, measuredMs)
 */
export function calibratePassword(
  options?: CalibratePasswordOptions
): Promise<{ policy: PasswordPolicy; measuredMs: number }>

// ---- images ----------------------------------------------------------------------------------------

/**
 * An image's bytes, or the path of a file, which is read off the event loop. What it is, its first bytes tell, never its
 * name.
 *
 * Bytes are copied at the call, so they may be changed or reused at once; see
 * {@link ResizeImageOptions.transfer}. Shared memory (a `SharedArrayBuffer`) is refused.
 */
export type ImageInput = Uint8Array | ArrayBuffer | string

/** A format that is written. All but AVIF are read too. */
export type ImageFormat = 'jpeg' | 'png' | 'webp' | 'avif' | 'gif'

/** A format that is read. */
export type ImageInputFormat = 'jpeg' | 'png' | 'webp' | 'gif' | 'tiff' | 'bmp'

/**
 * A colour in sRGB: `'#rgb'`, `'#rgba'`, `'#rrggbb'`, `'#rrggbbaa'`; one of black, silver, gray, white, maroon, red,
 * purple, fuchsia, green, lime, olive, yellow, navy, blue, teal, aqua, orange and transparent; or `r`, `g` and `b` from 0
 * to 255 and `alpha` from 0 (transparent) to 1 (opaque, and the default).
 */
export type ImageColor = string | { r: number; g: number; b: number; alpha?: number }

/**
 * How large an input may be. Checked on what its headers say, before anything is allocated for its pixels; what is over
 * is refused with `ERR_IMAGE_LIMIT`.
 *
 * The defaults suit uploads from strangers. Lower `inputPixels` to what your users send: a decoded pixel takes up to
 * eight bytes.
 */
export interface ImageLimits {
  /** The size of the file in bytes, 1 to 4,294,967,295. Default: 67,108,864 (64 MiB). */
  inputBytes?: number
  /**
   * Width × height in pixels, times the frames where the output has them all, 1 to 4,294,967,295. Default: 268,402,689
   * (0x3FFF²).
   */
  inputPixels?: number
  /** Frames of an animation, where the output has them all, 1 to 65,535. Default: 256. */
  frames?: number
  /** The longer of width and height in pixels, 1 to 4,294,967,295. Default: 65,535. */
  inputSide?: number
  /**
   * The longer side divided by the shorter one, 1 (squares only) to 4,294,967,295; fractions count. Default: 1,000. What
   * is thinner makes a thumbnail of one pixel's height, or a far too large one with `'cover'`.
   */
  aspectRatio?: number
  /**
   * Bytes of each of the colour profile, the EXIF block and the XMP packet, as stored, 1 to 4,294,967,295. Default:
   * 4,194,304 (4 MiB). What has more than that once it is unpacked is not read, whatever is allowed here.
   */
  metadataBytes?: number
  /** Scans of a progressive JPEG, each of which goes over the whole image, 1 to 65,535. Default: 100; usual are 10. */
  scans?: number
}

/**
 * One output of {@link resizeImageSet}: its geometry and how it is written. {@link resizeImage} takes these and the
 * options of the job at once. Unknown options are refused; those that the output's format has no use for are checked and
 * then ignored, so that one set of options can serve several formats.
 *
 * What is asked for is done in this order: `autoOrient`, `rotate`, `flip` and `flop`, `trim`, `extract`, resizing,
 * `padding`.
 */
export interface ResizeImageOutput {
  /**
   * Width of the output in pixels, before `padding`, 1 to 2,147,483,647. Default: follows from `height` and the aspect
   * ratio, but with `fit: 'fill'` it stays as it is; with neither, the image keeps its size.
   */
  width?: number
  /** Height of the output in pixels, as `width`. */
  height?: number
  /**
   * How the image is fitted when both `width` and `height` are given. Default: `'cover'`.
   *
   * - `'cover'`: covers both sides; what is over is cut off.
   * - `'contain'`: fits inside both; the rest is `background`.
   * - `'fill'`: stretches to both, whatever the aspect ratio.
   * - `'inside'`: as large as fits inside both.
   * - `'outside'`: as small as covers both, without cutting.
   *
   * Sizes are rounded to the nearest pixel, as sharp rounds them, and are at least 1.
   */
  fit?: 'cover' | 'contain' | 'fill' | 'inside' | 'outside'
  /**
   * With `'cover'`, which part is kept; with `'contain'`, where the image lies. Other fits ignore it. Default: `'center'`.
   *
   * `{ x, y }` is a focal point, each from 0 to 1 from the upper left corner of the image as it is shown:
   * `'cover'` keeps it as near to the middle as the edges allow, `'contain'` shares out the empty space by it.
   *
   * `'attention'` has `'cover'` keep the part that draws the eye: strong edges, saturated colours, skin. It looks at
   * pixels only and knows no faces. `'contain'` takes it as `'center'`.
   */
  position?:
    | 'center'
    | 'top'
    | 'right'
    | 'bottom'
    | 'left'
    | 'top-left'
    | 'top-right'
    | 'bottom-left'
    | 'bottom-right'
    | 'attention'
    | { x: number; y: number }
  /** The interpolation kernel. Default: `'lanczos3'`. `'nearest'` is for pixel art. */
  kernel?: 'nearest' | 'bilinear' | 'catmull-rom' | 'mitchell' | 'lanczos3'
  /** Never make the image larger than it is. The canvas of `'contain'` still gets its size. Default: `false`. */
  withoutEnlargement?: boolean
  /**
   * Resize in linear light: fine light detail on dark ground keeps its brightness. Slower, and not what browsers and other
   * resizers do by default. Default: `false`.
   */
  linear?: boolean
  /**
   * What `'contain'` and `padding` fill empty space with, and what lies under transparent pixels in a JPEG, which ignores
   * alpha. Where a colour profile is kept, its numbers are taken as that profile's. Default: opaque black.
   */
  background?: ImageColor
  /**
   * Pixels of `background` added around the resized image, 0 to 2,147,483,647: on all sides, or on those that are named.
   * They come on top of `width` and `height`. Default: 0.
   *
   * @example
   * // 80 × 100
   * await resizeImage(upload, { width: 80, height: 80, padding: { top: 10, bottom: 10 }, background: 'white' })
   */
  padding?: number | { top?: number; right?: number; bottom?: number; left?: number }
  /** Turn the pixels as EXIF says, before all else. Default: `true`. */
  autoOrient?: boolean
  /** Turn the image by so many degrees, clockwise, as it is shown after `autoOrient`. Default: 0. */
  rotate?: 0 | 90 | 180 | 270
  /** Turn the image upside down (mirrored at a horizontal line), after `rotate`. Default: `false`. */
  flip?: boolean
  /** Mirror the image (at a vertical line), after `rotate`. Default: `false`. */
  flop?: boolean
  /**
   * Cut off borders of one colour. An image that is nothing but border stays whole. What is left may have another shape,
   * and its output more pixels: up to twice those of the input, or of the output without trimming, and 65,536 more;
   * beyond, it is `ERR_IMAGE_LIMIT`. Default: `false`.
   *
   * `background` is the border's colour, by default that of the upper left pixel; `threshold`, 0 to 255, how far a channel
   * of a border's pixel may be from it, by default 10.
   */
  trim?: boolean | { background?: ImageColor; threshold?: number }
  /**
   * Take only this part of the image, in pixels as it is shown after turning and trimming, and resize that. All four are
   * needed: `left` and `top` from 0, `width` and `height` from 1. A part that reaches beyond the image is
   * `ERR_INVALID_ARG`.
   *
   * @example
   * await resizeImage(upload, { extract: { left: 40, top: 30, width: 400, height: 300 }, width: 200 })
   */
  extract?: { left: number; top: number; width: number; height: number }
  /** The format written. Default: the input's; PNG for TIFF and BMP, which are not written. */
  format?: ImageFormat
  /**
   * JPEG, lossy and near-lossless WebP, AVIF: 1 (small) to 100 (good). Default: 80, for AVIF 50; the numbers of different
   * formats do not compare.
   */
  quality?: number
  /** WebP without loss. Not together with `nearLossless`. Default: `false`. */
  lossless?: boolean
  /**
   * WebP of nearly no loss: pixels are changed slightly where that saves bytes, then written without loss; `quality` says
   * how slightly. Not together with `lossless`. Default: `false`.
   */
  nearLossless?: boolean
  /**
   * Lossy WebP and AVIF: the quality of their alpha, 1 to 100. Default: 100; for AVIF halfway between `quality` and 100.
   */
  alphaQuality?: number
  /**
   * How much time to spend. WebP: 0 (fast) to 6 (small), default 4. AVIF: 0 (fast) to 9 (small), default 4. GIF: 1 to 10,
   * default 7; from 7 on, each frame of an animation has colours of its own, below, all share the same. What is outside
   * of the format's range is refused.
   */
  effort?: number
  /** Progressive JPEG. Default: `false`. */
  progressive?: boolean
  /**
   * How densely JPEG and AVIF store colour: `'4:2:0'`, for every fourth pixel, or `'4:4:4'`, for each. Default: `'4:2:0'`,
   * for AVIF `'4:4:4'`.
   */
  chromaSubsampling?: '4:2:0' | '4:4:4'
  /** PNG: 0 (none) to 9 (small). Default: 6. */
  compressionLevel?: number
  /** PNG: how rows are made ready for compression; `'adaptive'` chooses for each row. Default: `'adaptive'`. */
  filter?: 'adaptive' | 'none' | 'sub' | 'up' | 'average' | 'paeth'
  /** PNG with a palette of at most `colors` colours: far smaller where there are few. Default: `false`. */
  palette?: boolean
  /** PNG with a palette and GIF: the most colours, 2 to 256. Default: 256. */
  colors?: number
  /** PNG with a palette and GIF: how strongly missing colours are mimicked by patterns, 0 (not) to 1. Default: 1. */
  dither?: number
  /**
   * Whether an animation stays one, where the format written is WebP or GIF: each frame is resized. Other formats, and
   * `false`, take its first frame. Default: `true`.
   */
  animated?: boolean
  /**
   * What is kept of the input's metadata, all or some of it; what the format written cannot hold is left out. Default:
   * `false`, nothing: where a photo was taken is nobody's business, and pixels are in sRGB.
   *
   * `exif`: the EXIF block, its orientation reset where the pixels were turned (in an AVIF always, whose container says
   * how it is to be turned). `icc`: the colour profile; pixels then keep
   * their profile's colours instead of being converted to sRGB, but for CMYK, whose profile fits no output. `xmp`: the XMP
   * packet.
   */
  keepMetadata?: boolean | { exif?: boolean; icc?: boolean; xmp?: boolean }
}

/** What is decided once for an input, whatever becomes of it. Unknown options are refused. */
export interface ResizeImageSetOptions extends JobOptions {
  /** How large the input may be. */
  limits?: ImageLimits
  /**
   * What makes a damaged image fail with `ERR_IMAGE_CORRUPT`. Default: `'error'`. A header that cannot be read always does.
   *
   * - `'error'`: any damage, and a file that ends early.
   * - `'truncated'`: a file that ends early. Other damage is passed over as far as that is possible.
   * - `'none'`: neither. What is missing is gray in a JPEG or lossy WebP, else transparent or black.
   */
  failOn?: 'error' | 'truncated' | 'none'
  /**
   * Take the input's memory instead of copying it: its ArrayBuffer is detached, and every view of it becomes
   * empty, whatever part of it the input was. Memory that cannot be detached, as that of small Buffers from
   * Node's pool, is copied. Nothing is detached unless the job is admitted: not when an argument is wrong, the
   * header is refused, the queue is full or `signal` is aborted already. Only for bytes. Default: `false`.
   */
  transfer?: boolean
  /** Add {@link ImageResult.timings}. Default: `false`. */
  timings?: boolean
}

/** Options of {@link resizeImage}. Unknown options are refused. */
export interface ResizeImageOptions extends ResizeImageOutput, ResizeImageSetOptions {}

/**
 * Where a resize's time and memory went. In a set, decoding and resizing are those of all its outputs, the rest is each
 * output's own.
 */
export interface ImageTimings {
  /** Milliseconds from the call until the work began, reading a file included; 0 for a result that is `shared`. */
  queueMs: number
  /** Milliseconds of decoding. */
  decodeMs: number
  /** Milliseconds of resizing. */
  resizeMs: number
  /** Milliseconds of converting colours, turning and padding. */
  colorMs: number
  /** Milliseconds of encoding. */
  encodeMs: number
  /** Milliseconds from the call until the result was there, waiting for other jobs in between included. */
  totalMs: number
  /**
   * The way that the pixels went: `'planar'` where luma and chroma were kept apart all the way, otherwise how they were
   * laid out. For reading, not for comparing: new ways come with new versions.
   */
  path: string
  /** The scale at which the input was decoded: `'1/1'`, or less where a JPEG needs not be decoded whole, as `'1/2'`. */
  decodeScale: string
  /** The most bytes that pixels, codecs and outputs held at a time; codecs count with what they may need at most. */
  peakBytes: number
  /** Whether the work was another call's, with the same bytes and options at the same time. */
  shared: boolean
}

/** An encoded image. */
export interface ImageResult {
  /** The file's bytes. */
  data: Buffer
  /** Its format. */
  format: ImageFormat
  /** Its width in pixels. */
  width: number
  /** Its height in pixels. */
  height: number
  /** Its frames: 1 but for an animation. */
  frames: number
  /** How long each frame of an animation is shown, in milliseconds; absent for a still image. */
  delays?: number[]
  /** Where time and memory went, with `timings: true`. */
  timings?: ImageTimings
}

/**
 * Resizes a JPEG, PNG, WebP, GIF, TIFF or BMP image and writes it as JPEG, PNG, WebP, AVIF or GIF, on offloop's threads.
 *
 * The pixels are turned upright, converted to sRGB where a profile says that they are something else, CMYK among them, and
 * weighted by their alpha, so that the colour of transparent ones does not bleed. Sixteen bits a channel are kept where a
 * PNG is written. Gray stays gray in JPEG and PNG. Animations stay animations in WebP and GIF. Metadata is stripped unless
 * `keepMetadata` says otherwise.
 *
 * Calls with the same bytes, options and lane that are under way at the same time, in one thread of JavaScript, are as a
 * rule computed once; each gets a Buffer of its own, and giving one up leaves the others.
 *
 * The job's lane is `'bulk'` unless `priority` says otherwise. An abort or a deadline rejects at once, and the work stops
 * within milliseconds, but for AVIF, whose encoder finishes its frame first.
 *
 * Rejects with
 * - `ERR_INVALID_ARG` (TypeError or RangeError) for wrong arguments;
 * - `ERR_IMAGE_FORMAT` for what is none of the formats, and for kinds of them that are not read, as JPEG with arithmetic
 *   coding, lossless or of more than 8 bits;
 * - `ERR_IMAGE_CORRUPT` for an image that is damaged or cut short, see {@link ResizeImageSetOptions.failOn};
 * - `ERR_IMAGE_LIMIT` for an input over `limits`, and for an output of more than 268,402,689 pixels or with a side
 *   longer than the format holds (JPEG, AVIF and GIF 65,535, WebP 16,383);
 * - `ERR_MEMORY_BUDGET` for an image that needs more memory than the pool has or the system gives;
 * - `ERR_IO` for a file that cannot be read; and the pool's `ERR_QUEUE_FULL`, `ERR_DEADLINE` and `ERR_SHUTDOWN`.
 *
 * @example
 * ```js
 * const { data } = await resizeImage('upload.jpg', { width: 320, height: 320, format: 'webp' })
 * await writeFile('thumbnail.webp', data)
 * ```
 *
 * @example
 * ```js
 * // An avatar around the face that the user pointed at, from an upload that may be anything.
 * const { data, format } = await resizeImage(upload, {
 *   width: 256,
 *   height: 256,
 *   position: { x: 0.4, y: 0.3 },
 *   format: 'jpeg',
 *   background: 'white',
 *   limits: { inputPixels: 50_000_000 },
 *   timeoutMs: 10_000
 * })
 * ```
 */
export function resizeImage(input: ImageInput, options: ResizeImageOptions): Promise<ImageResult>

/**
 * Makes several images of one input, which is read and decoded once: 1 to 64 outputs, each with geometry and encoding of
 * its own, results in the order asked for. It is one job: it waits once, and if one output fails, all do.
 *
 * A smaller output may be resized from a larger one that was resized before, where it is none the worse for it.
 *
 * The memory of the decoded image and of all results is held until the last output is done. Else as {@link resizeImage},
 * and rejects for the same reasons.
 *
 * @example
 * ```js
 * const [large, medium, small] = await resizeImageSet('photo.jpg', [
 *   { width: 1600, format: 'webp' },
 *   { width: 800, format: 'webp' },
 *   { width: 160, height: 160, position: 'attention', format: 'jpeg' }
 * ])
 * await writeFile('small.jpg', small.data)
 * ```
 *
 * @example
 * ```js
 * // What goes into srcset: every size in two formats.
 * const images = await resizeImageSet(upload, [480, 960, 1920].flatMap((width) => [
 *   { width, withoutEnlargement: true, format: 'avif', effort: 2 },
 *   { width, withoutEnlargement: true, format: 'jpeg', progressive: true }
 * ]), { timeoutMs: 60_000 })
 * for (const { data, format, width } of images) await writeFile(`photo-${width}.${format}`, data)
 * ```
 */
export function resizeImageSet<Outputs extends readonly ResizeImageOutput[] | []>(
  input: ImageInput,
  outputs: Outputs & readonly ResizeImageOutput[],
  options?: ResizeImageSetOptions
): Promise<{ -readonly [index in keyof Outputs]: ImageResult }>

/** What an image's header says. */
export interface ImageMetadata {
  /** The format. */
  format: ImageInputFormat
  /** Width in pixels as stored, before orientation. */
  width: number
  /** Height in pixels as stored, before orientation. */
  height: number
  /** EXIF orientation, 1 to 8; 1 where nothing is said. From 5 on, width and height change places when shown. */
  orientation: number
  /** Frames of an animation, 1 for a still image. */
  frames: number
  /** Channels of the decoded image, alpha included: 1 to 4. */
  channels: number
  /** Bits a channel as stored; with a palette, bits an index. */
  bitDepth: number
  /** Whether pixels may be transparent. */
  hasAlpha: boolean
  /** `'gray'`, `'rgb'` or `'cmyk'`: what the samples are, whatever profile `icc` may hold. */
  colorSpace: 'gray' | 'rgb' | 'cmyk'
  /** Pixels an inch for printing, across, where the file says. */
  density?: number
  /** How often an animation plays, 0 for ever; absent for a still image. */
  loop?: number
  /** How long each frame of an animation is shown, in milliseconds; absent for a still image. */
  delays?: number[]
  /** The colour profile, if there is one that can be read and has at most 4 MiB. */
  icc?: Buffer
  /** The EXIF block from its TIFF header on, if there is one. */
  exif?: Buffer
  /** The XMP packet, if there is one. */
  xmp?: Buffer
  /** Progressive JPEG, interlaced PNG or GIF; absent for other formats. */
  progressive?: boolean
  /** As `'4:2:0'`; for JPEG with colour and lossy WebP. */
  chromaSubsampling?: string
}

/** Options of {@link imageMetadata}. Unknown options are refused. */
export interface ImageMetadataOptions extends JobOptions {
  /** How large the input may be. */
  limits?: ImageLimits
}

/**
 * Reads what an image says about itself. No pixel is decoded.
 *
 * Of bytes, within the call and without copying them, so that `timeoutMs` and `priority` say nothing there: as a rule in
 * microseconds, since the header is enough; but a progressive JPEG is looked through whole for its scans, an animation for
 * its frames. Only a PNG whose profile or XMP packet could be large once it is unpacked is copied and read on offloop's
 * threads, in the lane `'bulk'` unless `priority` says otherwise. Of a file, on those threads too, where the whole file is
 * read.
 *
 * Rejects with `ERR_INVALID_ARG`, `ERR_IMAGE_FORMAT`, `ERR_IMAGE_CORRUPT` and `ERR_IMAGE_LIMIT` as
 * {@link resizeImage} does, though kinds that cannot be decoded can be described; for files with `ERR_IO`, and where
 * the pool reads with its codes too.
 *
 * @example
 * ```js
 * const { width, height, orientation } = await imageMetadata(upload)
 * const shown = orientation >= 5 ? { width: height, height: width } : { width, height }
 * ```
 */
export function imageMetadata(input: ImageInput, options?: ImageMetadataOptions): Promise<ImageMetadata>

// ---- CSV -------------------------------------------------------------------------------------------

/** Values of one column: an array, anything with a length and indices, or a typed array. */
export type CsvColumnValues = ArrayLike<unknown> | BigInt64Array | BigUint64Array

/**
 * Columns instead of rows: an array or typed array each, all of one length. The quickest source where the data is at
 * hand this way, as in numerical code and Arrow: a typed array is copied as it stands, with no look at its cells.
 *
 * The keys are the columns' names, and what `columns` of the options refers to. There is no row object, so a column
 * cannot have a `value` function. Columns of different lengths are `ERR_CSV_SOURCE`, also when one changes its length
 * before the export is done; what typed arrays hold must not change before then either.
 *
 * @example
 * await exportCsv({ columns: { id: new Uint32Array([1, 2]), price: new Float64Array([9.5, 12]), name: ['tea', 'mate'] } })
 */
export interface CsvColumnSource {
  columns: Record<string, CsvColumnValues>
}

/**
 * Where the rows of an export come from: an array, a `Set` or generator, an async generator or web stream, an
 * object-mode `Readable`, or columns. A row is an object or an array.
 *
 * Rows of arrays and synchronous iterables are read one after the other, so an iterable may use one row
 * object again and again. Asynchronous iterables are asked up to 256 rows ahead and must give a new object
 * a row. An array must keep its length until the export is done.
 *
 * If an export fails or is aborted, its source is told: `return()` of the iterator is called, the stream is
 * destroyed. An export that is refused (`ERR_INVALID_ARG`, `ERR_QUEUE_FULL`) leaves its source untouched.
 */
export type CsvSource<R extends object = any> = Iterable<R> | AsyncIterable<R> | Readable | CsvColumnSource

/**
 * A column of an export. It has at least a `key` or a `value`; for array rows, which go by place, a
 * `header` is enough.
 */
export interface CsvColumn<R extends object = any> {
  /**
   * The property of the row: `'name'`. A key with dots reaches inside: `'user.name'`; a property of the row
   * with that very name, dots and all, wins. What a row does not have is written as nothing. Not used for
   * array rows.
   */
  key?: string
  /** What the header row says. Default: the key. Without either, a header row is refused. */
  header?: string
  /**
   * Computes the cell instead. Called on the event loop, once a row; `index` counts the rows of the source
   * from 0. What it throws rejects the export with `ERR_CSV_VALUE` and is its `cause`.
   */
  value?: (row: R, index: number) => unknown
  /**
   * How this column's values are written. Each field that is given wins over `format` of the options, which wins over
   * the dialect; `number.decimals` and `number.decimalSeparator` count as one field each.
   */
  format?: CsvFormat
}

/**
 * A date by a pattern. The letters are those of Unicode's TR35, as date-fns and Luxon take them; names are English:
 *
 * | letters | written | letters | written |
 * |---|---|---|---|
 * | `yyyy` | 2026, at least four digits | `H` `HH` | hour, 0 to 23 |
 * | `yy` | 26 | `h` `hh` | hour, 1 to 12 |
 * | `y` | 2026, as many digits as it has | `a` | AM, PM |
 * | `M` `MM` | 3, 03 | `m` `mm` | minute |
 * | `MMM` `MMMM` | Mar, March | `s` `ss` | second |
 * | `d` `dd` | day of the month | `S` `SS` `SSS` | tenths, hundredths, thousandths of the second |
 * | `EEE` `EEEE` | Tue, Tuesday | `XXX` `XX` `X` | +01:00, +0100, +01; `Z` in UTC |
 * | `VV` | Europe/Zurich | `xxx` `xx` `x` | the same, but `+00:00`, `+0000`, `+00` in UTC |
 *
 * Other ASCII letters stand in `'single quotes'` and `''` is an apostrophe; a letter that is none of these is
 * `ERR_INVALID_ARG`. The year before 1 is 0.
 */
export interface CsvDatePattern {
  /** For example `'dd.MM.yyyy HH:mm'` or `"yyyy-MM-dd'T'HH:mm:ssXXX"`. At most 256 characters. */
  pattern: string
  /** The IANA name of a time zone, such as `'Europe/Zurich'`. Default: `'UTC'`. */
  timeZone?: string
}

/** How each kind of value is written. What is not given is as the dialect has it. */
export interface CsvFormat {
  /** Numbers, BigInts and decimals alike. */
  number?: {
    /**
     * Digits after the decimal point, 0 to 100. Numbers are rounded as `Number.prototype.toFixed` does it, by which
     * `1e+21` and more, `NaN` and `Infinity` stay as they are; BigInts and decimals exactly, half away from zero.
     * Default: as many as there are.
     */
    decimals?: number
    /**
     * What stands in place of the decimal point: a single character, no letter, digit or sign. May be the delimiter;
     * such numbers are quoted. Default: `'.'`.
     */
    decimalSeparator?: string
  }
  /**
   * `'iso'`: as `Date.prototype.toISOString`, `2026-03-01T12:30:00.000Z`. `'date'`: the day in UTC, `2026-03-01`.
   * `'epoch-ms'`: milliseconds since 1970, `1772368200000`. Or a pattern. Default: `'iso'`; in the `excel` dialect
   * `{ pattern: 'yyyy-MM-dd HH:mm:ss' }`.
   */
  date?: 'iso' | 'date' | 'epoch-ms' | CsvDatePattern
  /**
   * The texts of `true` and `false`, each of at most 1,024 characters. Default: `['true', 'false']`; in the `excel`
   * dialect `['TRUE', 'FALSE']`.
   */
  boolean?: readonly [trueText: string, falseText: string]
  /**
   * The text of `null`, at most 1,024 characters; a string that is the same is quoted, so that they can be told apart.
   * Default: nothing.
   */
  null?: string
  /** The text of `undefined`, and of what a row lacks; else as `null`. Default: the text of `null`. */
  undefined?: string
  /**
   * Bytes: `'base64'`, with padding, or `'hex'`, lower case. Default: `'base64'`; in the `postgres` dialect hex after
   * `\x`, as its `bytea` has it.
   */
  bytes?: 'base64' | 'hex'
}

/**
 * A dialect is a set of defaults, no more: each option that is given wins over it.
 *
 * | | `'rfc4180'` | `'excel'` | `'tsv'` | `'postgres'` |
 * |---|---|---|---|---|
 * | `delimiter` | comma | comma | tab | comma |
 * | `lineEnding` | CRLF | CRLF | LF | LF |
 * | `bom` | no | yes, but in latin1 | no | no |
 * | `formulas` | `'keep'` | `'escape'` | `'keep'` | `'keep'` |
 * | dates | ISO 8601 | `yyyy-MM-dd HH:mm:ss`, UTC | ISO 8601 | ISO 8601 |
 * | booleans | true, false | TRUE, FALSE | true, false | true, false |
 * | bytes | base64 | base64 | base64 | `\x` and hex |
 * | `null` and `undefined` | nothing | nothing | nothing | nothing, and never in quotes |
 * | the empty string | nothing | nothing | nothing | `""` |
 *
 * - `'rfc4180'` is what nearly everything reads: pandas, DuckDB, databases, scripts.
 * - `'excel'` opens by a double-click where the system's list separator is a comma. Where it is a semicolon, as in most
 *   of Europe, add `delimiter: ';'` and `format: { number: { decimalSeparator: ',' } }`. Excel shows only 15 digits of a
 *   number and drops leading zeros, whatever is in the file.
 * - `'tsv'` quotes fields that need it, as Excel and pandas read it. It is not PostgreSQL's text format, which has
 *   backslashes.
 * - `'postgres'` is for `COPY … FROM … WITH (FORMAT csv, HEADER)`: null and the empty string come back as they were, years
 *   before 1 are written as BC and those after 9999 without a sign,
 *   and a row of `\.` alone, which ends the input of older versions, is quoted. With `format: { null: 'NULL' }` say
 *   `NULL 'NULL'` there. A string with NUL in it is written; the server refuses it.
 */
export type CsvDialect = 'rfc4180' | 'excel' | 'tsv' | 'postgres'

/**
 * How an export looks and behaves.
 *
 * Without options the output is UTF-8 CSV by RFC 4180: quoted is what holds the delimiter, a quote, CR or LF, and
 * nothing else; a quote is doubled; every line ends with `lineEnding`, the last one too. A row of one empty cell is
 * written `""`, because many readers skip an empty line.
 *
 * | value | written as, unless `format` says otherwise |
 * |---|---|
 * | `null`, `undefined`, a missing property or a missing cell of an array row | nothing |
 * | string | itself; a lone surrogate as U+FFFD |
 * | number | as JavaScript prints it: `0.1`, `1e+21`, `NaN`; `-0` as `0` |
 * | BigInt | its digits, however many |
 * | boolean | `true`, `false` |
 * | `Date` | ISO 8601, UTC, with milliseconds, as `toISOString()`; an invalid one: `ERR_CSV_VALUE` |
 * | a decimal of decimal.js, big.js, bignumber.js, Prisma (`Prisma.Decimal`): an object whose `toFixed()` answers the text of a decimal number | that text, so never exponential |
 * | `Buffer`, `Uint8Array` and other views, `ArrayBuffer` | its bytes in base64 |
 * | an object with `toJSON()` | what that returns: a string as it is, an object as JSON |
 * | `Map` | JSON: an object if every key is a string, else an array of `[key, value]` |
 * | `Set` | JSON: an array |
 * | another object or array | JSON, as by `JSON.stringify()`; a `Map` or `Set` in it as above, a BigInt in it as a string of its digits, because most readers of JSON would round the number |
 * | symbol, function, `Promise`; an object whose `toJSON` throws, or that holds itself | `ERR_CSV_VALUE`; use a column's `value` |
 *
 * A cell holds at most 2^28 characters, an export at most 65,536 columns.
 */
export interface ExportCsvOptions<R extends object = any> extends JobOptions {
  /**
   * The columns, in order; a string is a `key`. What rows have besides is not exported, and what a row lacks is written
   * as `undefined` is.
   *
   * Default, for object rows: the keys of the first row, taken literally. A later row with a key that the first had not
   * is `ERR_CSV_COLUMN`, with the row and the key, so that nothing is lost in silence; one that lacks some gets empty
   * cells. For array rows: as many columns as the first row is long, without a header row. For columns: all of them.
   *
   * Array rows that are shorter are filled up with nothing; longer ones reject with `ERR_CSV_COLUMN`.
   */
  columns?: ReadonlyArray<string | CsvColumn<R>>
  /** Whether the first line names the columns. Default: true. */
  header?: boolean
  /** What the other options are by default. Default: `'rfc4180'`. */
  dialect?: CsvDialect
  /**
   * What stands between two fields: 1 to 16 characters (UTF-16 units), such as `';'`, `'||'` or `'→'`, without quote,
   * escape, CR and LF. Default: the dialect's, a comma or a tab.
   */
  delimiter?: string
  /** What stands around a field that needs it: a single character other than CR and LF. Default: `'"'`. */
  quote?: string
  /**
   * What stands, in a quoted field, before a quote and before itself: a single character other than CR and LF. Default:
   * the quote, which is therefore doubled. `'\\'` is what MySQL and BigQuery's `\"` want.
   */
  escape?: string
  /** Default: the dialect's. */
  lineEnding?: '\r\n' | '\n'
  /**
   * Whether the output starts with the encoding's byte order mark, by which Excel recognises UTF-8. An empty output has
   * none. latin1 has none: there, `true` is `ERR_INVALID_ARG`. Default: the dialect's.
   */
  bom?: boolean
  /**
   * Which fields are quoted.
   * - `'minimal'`: what holds the delimiter, a quote, an escape, CR or LF, and what would be misread otherwise: a row
   *   that is one empty field, a string equal to the text of null or undefined, a field whose end makes a delimiter of several
   *   characters come too early.
   * - `'all'`: every field; but null and undefined are bare in the `postgres` dialect.
   * - `'strings'`: every string, with JSON, bytes and the header; numbers, dates, booleans and null as by `'minimal'`.
   *   By it, readers such as R and Python's `QUOTE_NONNUMERIC` tell texts from numbers.
   * - `'none'`: none. A cell that needs quotes is `ERR_CSV_VALUE`, with its row and column.
   *
   * Default: `'minimal'`.
   */
  quoting?: 'minimal' | 'all' | 'strings' | 'none'
  /**
   * `'utf8'`, `'utf16le'` (with `bom: true` and `delimiter: '\t'` what Excel calls "Unicode text"), or `'latin1'`: ISO
   * 8859-1, U+0000 to U+00FF, a byte each; it has no `€` and no `“`. In it, a cell with another character is
   * `ERR_CSV_VALUE`, unless there is a `replacement`. Default: `'utf8'`.
   */
  encoding?: 'utf8' | 'utf16le' | 'latin1'
  /**
   * Only for latin1: what is written in place of each character that it has not; of latin1 itself, at most 16
   * characters, may be empty. `'?'` is usual. Default: none, such a cell is `ERR_CSV_VALUE`.
   */
  replacement?: string
  /** How each kind of value is written, in all columns. Default: the dialect's. */
  format?: CsvFormat
  /**
   * What becomes of strings that a spreadsheet would take for formulas: what strangers typed, opened in Excel or
   * LibreOffice, runs there (OWASP: CSV injection).
   * - `'keep'`: they are written as they are.
   * - `'escape'`: an apostrophe is put before them. A reader that is no spreadsheet gets it as part of the text.
   * - `'reject'`: `ERR_CSV_VALUE`, with the row and the column.
   *
   * As OWASP has it, a formula is what starts with `=`, `+`, `-`, `@`, tab, CR or LF, or with the full-width `＝`, `＋`,
   * `－` or `＠`; also after leading NULs, which some readers drop, and whatever follows, further lines included. A plain
   * number in a string is none: `'-5'`, `'+41.5'`, `'-1,5e3'`. Concerned are strings, JSON, bytes and the header; never
   * numbers, BigInts, decimals, dates, booleans and the texts that `format` sets. It is about whole fields: who opens
   * the file with another delimiter sees other fields.
   *
   * Default: `'keep'`; in the `excel` dialect `'escape'`.
   */
  formulas?: 'keep' | 'escape' | 'reject'
  /**
   * Compresses the output, on the workers, while it is made. `'gzip'` or `{ gzip: level }`, 0 to 9, default 6: one
   * member, whose blocks are compressed in parallel; everything reads it, browsers with `Content-Encoding: gzip`. The
   * levels 1 to 6 are alike for tables: about as small as zlib's level 6, at several times its speed; repetitive text is
   * compressed by zlib's algorithm at the level asked for. `'zstd'` or `{ zstd: level }`, 1 to 22, default 3: one frame,
   * on one worker at a time, and quicker to read than gzip. `bytes` and `sha256` are those of the compressed output.
   * Default: no compression.
   */
  compress?: 'gzip' | 'zstd' | { gzip: number } | { zstd: number }
  /**
   * Reads the finished output back with another implementation, off the event loop, decompressed and decoded, and
   * compares its rows and their fields, by number, with what was packed; a file is read from the disk again, its
   * checksum compared too. What differs is `ERR_CSV_VALUE`, whose message says which row is the first. A file is then
   * not put in its place; a stream is destroyed before its end, though its reader has the bytes by then. Delimiter,
   * quote and escape must be single ASCII characters (`ERR_INVALID_ARG`). Default: false.
   */
  verify?: boolean
  /**
   * The longest that packing holds the event loop at a stretch, in milliseconds, from 0.1 to 1000. It is
   * over all exports together: the least of those that run counts, and they share it. A slice aims at half of
   * it, to leave room for the garbage collector; a single row whose getter or `value` takes
   * longer cannot be interrupted. Default: 4.
   */
  maxBlockMs?: number
  /**
   * Told of the rows (without the header) and bytes that have reached the destination, at most every 100 ms.
   * What it throws, or rejects with, rejects the export.
   */
  onProgress?: (progress: { rows: number; bytes: number }) => void
}

/** What an export wrote. */
export interface CsvSummary {
  /** Rows of the source, without the header. */
  rows: number
  /** Bytes written, compressed ones if they are. */
  bytes: number
  /** SHA-256 of those bytes, in hexadecimal. */
  sha256: string
  /** The longest that this export held the event loop at a stretch, in milliseconds. */
  longestBlockMs: number
}

/**
 * Exports rows to a `Buffer` of CSV. An empty source gives the header row if there are `columns`, else an
 * empty buffer. For large exports, {@link exportCsvStream} and {@link exportCsvFile} need less memory.
 *
 * An array of few cells, some 4,000, is packed and formatted at once, within the call: that takes a fraction of a
 * millisecond, less than the way to a worker and back. Such an export is not seen in `poolStats()`. With
 * `compress` or `verify`, all go to the workers.
 *
 * Rejects with `ERR_INVALID_ARG` (a `TypeError` or `RangeError`); with `signal.reason`; or with an
 * {@link OffloopError}: `ERR_CSV_VALUE` (a cell that cannot be written as asked, or whose getter throws; `row`,
 * `column`, `cause`; for the header only `column`; from `verify` neither), `ERR_CSV_COLUMN` (a row with a key or cell for
 * which there is no column, no columns to be had), `ERR_CSV_SOURCE` (the iterator or stream failed or was closed early,
 * something that is no row, an array that changed its length; `row`, `cause`), `ERR_QUEUE_FULL`, `ERR_DEADLINE`,
 * `ERR_MEMORY_BUDGET`, `ERR_SHUTDOWN`. `row` is the 0-based index of the source row, `column` the header or key of the
 * column.
 *
 * @example
 * const csv = await exportCsv([{ id: 1, name: 'Ada' }, { id: 2, name: 'Bo' }])
 * csv.toString() // 'id,name\r\n1,Ada\r\n2,Bo\r\n'
 *
 * @example
 * // For a spreadsheet in Zurich.
 * const sheet = await exportCsv(rows, {
 *   dialect: 'excel',
 *   delimiter: ';',
 *   format: {
 *     number: { decimalSeparator: ',' },
 *     date: { pattern: 'dd.MM.yyyy HH:mm', timeZone: 'Europe/Zurich' }
 *   },
 *   columns: ['id', { key: 'price', format: { number: { decimals: 2 } } }]
 * })
 */
export function exportCsv<R extends object>(rows: CsvSource<R>, options?: ExportCsvOptions<R>): Promise<Buffer>

/**
 * Exports rows to a stream of CSV bytes, at its reader's pace: about a mebibyte waits for the reader, and
 * the source is not read on until that is taken. Destroying the stream ends the export and its source.
 *
 * A wrong argument throws (`ERR_INVALID_ARG`). Everything else that goes wrong destroys the stream with the
 * error and rejects `summary` with it: the errors of {@link exportCsv}; an `AbortError` (`ABORT_ERR`) if the
 * stream was destroyed without one. `summary` need not be looked at: unobserved, its failure is no unhandled
 * rejection.
 *
 * @example
 * const csv = exportCsvStream(db.iterate('select * from orders'), { columns: ['id', 'customer.name'], compress: 'gzip' })
 * await pipeline(csv, response)
 * const { rows, sha256 } = await csv.summary
 */
export function exportCsvStream<R extends object>(
  rows: CsvSource<R>,
  options?: ExportCsvOptions<R>
): Readable & { readonly summary: Promise<CsvSummary> }

/**
 * Exports rows to a file, which is there whole or not at all: the bytes go to a temporary file beside `path`
 * (`.name.<random>.tmp`), which is synced and then renamed over it. On a failure it is removed, and what was
 * at `path` stays. A file that is replaced keeps its permissions. A symbolic link at `path` is replaced, not
 * followed; a device, pipe or socket is refused. A relative path counts from the
 * folder of the process at the time of the call.
 *
 * Rejects as {@link exportCsv} does, and with `ERR_IO` if the file cannot be written: a missing folder, no
 * permission, a folder at `path`, a full disk; `cause.code` is the system's.
 *
 * @example
 * const summary = await exportCsvFile(rows, 'orders.csv', {
 *   columns: [{ key: 'id', header: 'Order' }, { header: 'Total', value: (row) => row.net + row.tax }],
 *   onProgress: ({ rows }) => console.log(rows)
 * })
 */
export function exportCsvFile<R extends object>(
  rows: CsvSource<R>,
  path: string,
  options?: ExportCsvOptions<R>
): Promise<CsvSummary>

/**
 * An export as a `Transform`: rows are written to it, bytes of CSV come out. For `stream.pipeline`, `stream.compose` and
 * `pipe`, where the rows come from a stream already, or pass through other transforms first.
 *
 * The writable side takes a row a chunk, an object or an array, a new one each; some 500 wait, then `write()` answers
 * false. The readable side is that of {@link exportCsvStream}: about a mebibyte of bytes waits for the reader, and
 * while it does no more rows are packed. `summary` is too.
 *
 * The export starts when the transform is first written to, read from or ended, and `timeoutMs` counts from there; one
 * that is never used keeps nothing open. Destroying it ends the export. Whatever goes wrong destroys it with the error
 * (the errors of {@link exportCsv}), so that `pipeline` ends the source and the destination too.
 *
 * A wrong option throws (`ERR_INVALID_ARG`).
 *
 * @example
 * await pipeline(
 *   db.iterate('select * from orders'),
 *   createCsvTransform({ columns: ['id', { key: 'customer.name', header: 'Customer' }] }),
 *   response
 * )
 */
export function createCsvTransform<R extends object>(
  options?: ExportCsvOptions<R>
): Transform & { readonly summary: Promise<CsvSummary> }

// ---- pool ------------------------------------------------------------------------------------------

/** The pool's settings. One pool serves the whole process, its worker_threads included. */
export interface PoolOptions {
  /**
   * Worker slots, 1 to 1,024: how many jobs run at once. Default: the CPUs that the process may use (affinity
   * and cgroup limits count), and one less where a CPU quota is the limit. Fixed once a job has begun.
   */
  threads?: number
  /**
   * The most jobs that may wait in a lane, 1 to 16,777,216; one number for both, or one each. More are refused at
   * once with `ERR_QUEUE_FULL`. Default: 65,536 each.
   */
  maxQueue?: number | { interactive?: number; bulk?: number }
  /**
   * The byte budget, from 1 MiB: what waiting inputs hold (at most half of it), argon2's memory and decoded
   * images. Jobs wait until theirs is free; one that could never fit is refused with `ERR_MEMORY_BUDGET`. Results
   * do not count. Default: a quarter of the memory that the process may use.
   */
  memoryBytes?: number
  /**
   * How much lower than the event loop's the workers' priority is, 0 to 20. Linux: up to 19 is added to the nice
   * value, and 20 is `SCHED_IDLE`, processor time that nothing else wants; elsewhere 1 to 19 is one step down and
   * 20 two. Default: 12 for interactive, 19 for bulk, which keeps the event loop and libuv's threads free. Where
   * other threads of the same service keep every processor busy for long, as a cluster of saturated event loops
   * does, logins get little of it: set `interactive` to 5 there. Fixed once a job has begun.
   */
  niceness?: { interactive?: number; bulk?: number }
  /**
   * How many bcrypt hashes a thread computes side by side while more wait than there are threads, 1 to 8. Each takes
   * longer, all together much less. Default: `'auto'`: the processor is asked, in a few milliseconds, when a second one
   * first waits.
   */
  bcryptLanes?: number | 'auto'
}

/**
 * Changes the pool's settings; what is not named stays as it is. Setting what is set already does nothing, so
 * every module that needs settings may ask for them.
 *
 * Throws `ERR_INVALID_ARG`: a TypeError or RangeError for a wrong value, a RangeError when `threads` or
 * `niceness` would change after the first job.
 *
 * @example
 * configurePool({ threads: 4, maxQueue: 1024, memoryBytes: 512 * 1024 * 1024 })
 */
export function configurePool(options: PoolOptions): void

/** Durations in milliseconds; percentiles are at most 12.5 % too high, `max` is exact. */
export interface Histogram {
  count: number
  p50: number
  p90: number
  p99: number
  max: number
}

/** One lane's figures, since the pool started. */
export interface LaneStats {
  /** Jobs that wait. */
  queued: number
  /** Jobs that have begun and not ended. */
  running: number
  /** Jobs that ended well. */
  completed: number
  /** Jobs that ended with an error, a deadline included. */
  failed: number
  /** Jobs that were not admitted. */
  refused: number
  /** Jobs that were aborted, or whose environment went away. */
  cancelled: number
  /** From the call to the start. */
  waitMs: Histogram
  /** From the start to the end. */
  runMs: Histogram
}

/** What {@link poolStats} tells, over all environments of the process. */
export interface PoolStats {
  /** Worker slots. */
  threads: number
  interactive: LaneStats
  bulk: LaneStats
  memory: {
    /** The byte budget. */
    budget: number
    /** Bytes that waiting inputs and running jobs hold. */
    held: number
    /** The most that were held at once. */
    peak: number
    /**
     * Bytes kept for reuse beside those: argon2's memory, given back when a job needs it, and up to 64 MiB for
     * inputs. All are given back after some seconds without use.
     */
    idle: number
  }
  /** Whether the workers run at the priority asked for; absent before the first job. */
  nicenessApplied?: boolean
  /** How many bcrypt hashes a thread computes side by side; absent until it has been set or the processor been asked. */
  bcryptLanes?: number
}

/**
 * The pool's figures at this moment, over all environments of the process. Cheap, and waits for nobody.
 *
 * @example
 * const { interactive, memory } = poolStats()
 * if (interactive.waitMs.p99 > 500 || memory.held > 0.9 * memory.budget) shedLoad()
 */
export function poolStats(): PoolStats

/**
 * Takes no more jobs from this environment (the main thread, or one worker_thread): they reject with
 * `ERR_SHUTDOWN` from now on. Resolves when the jobs that are here have ended.
 *
 * With `timeoutMs`, rejects with `ERR_DEADLINE` when they have not ended by then, after rejecting each of them
 * with `ERR_SHUTDOWN`.
 *
 * @example
 * process.once('SIGTERM', async () => {
 *   await drainPool({ timeoutMs: 10_000 }).catch(console.error)
 *   process.exit()
 * })
 */
export function drainPool(options?: { timeoutMs?: number }): Promise<void>

// ---- errors ----------------------------------------------------------------------------------------

/**
 * What offloop rejects with when the arguments were right. Wrong arguments are a TypeError or RangeError with
 * `code: 'ERR_INVALID_ARG'`; an abort is `signal.reason`.
 *
 * | code | when |
 * |---|---|
 * | `ERR_QUEUE_FULL` | the lane's queue, or the share of memory for waiting inputs, is full; `retryable` |
 * | `ERR_DEADLINE` | `timeoutMs` has passed; `retryable` |
 * | `ERR_MEMORY_BUDGET` | the job could never fit the pool's memory budget |
 * | `ERR_SHUTDOWN` | `drainPool` was called |
 * | `ERR_HASH_FORMAT` | a stored string is no hash that offloop reads |
 * | `ERR_COST_LIMIT` | a stored hash asks for more than the limits allow |
 * | `ERR_PASSWORD_LENGTH` | a password that bcrypt cannot take whole |
 * | `ERR_IMAGE_FORMAT`, `ERR_IMAGE_CORRUPT`, `ERR_IMAGE_LIMIT` | images |
 * | `ERR_CSV_COLUMN`, `ERR_CSV_VALUE`, `ERR_CSV_SOURCE` | exports; with `row`, `column`, `cause` |
 * | `ERR_IO` | a file; with the system's `cause.code` |
 * | `ERR_INTERNAL` | a bug in offloop; please report it |
 */
export class OffloopError extends Error {
  constructor(
    code: string,
    message: string,
    details?: { cause?: unknown; row?: number; column?: string; retryable?: boolean }
  )
  /** What went wrong, to be matched on. */
  readonly code: string
  /** Whether the same call may succeed later. */
  readonly retryable: boolean
  /** Exports: the 0-based index of the source row. */
  readonly row?: number
  /** Exports: the header or key of the column. */
  readonly column?: string
}
