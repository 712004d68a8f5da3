'use strict'

// A photo that was never taken: hills under a sky. Detail at every scale, each octave weaker than the one before it, as
// photos have it (Field, "Relations between the statistics of natural images", 1987); edges a lens would have softened;
// and a sensor's noise, which demosaicing has spread over neighbours.

/**
 * @param {number} width
 * @param {number} height
 * @param {{ alpha?: boolean }} [options] alpha: cut out with a soft edge, as a product on a page
 */
function scene(width, height, { alpha = false } = {}) {
  const channels = alpha ? 4 : 3
  const samples = Buffer.alloc(width * height * channels)
  const random = randomNumbers(1)
  const grid = Float32Array.from({ length: GRID * GRID }, () => random() * 2 - 1)
  const grain = new Float32Array(width + 2)
  for (let y = 0, at = 0; y < height; y++) {
    const v = y / width
    const row = texture(grid, width, v)
    for (let i = 0; i < grain.length; i++) grain[i] = grain[i] * 0.5 + (random() - 0.5) * 9
    for (let x = 0; x < width; x++, at += channels) {
      const u = x / width
      const detail = row[x]
      const noise = (grain[x] + grain[x + 1] + grain[x + 2]) / 3
      const depth = v - horizon(u)
      // How much of the pixel is land: a lens's edge of some pixels.
      const land = clamp(depth * width / 3 + 0.5, 0, 1)
      const light = 0.75 + 0.5 * Math.sin(u * 9 + v * 5)
      const ground = 100 + detail * 150 * light
      const cloud = clamp(detail * 1.4 + 0.2, 0, 1) * 60
      const warm = clamp(depth * 3, 0, 1)
      samples[at] = clamp(land * (ground * (0.9 + 0.3 * warm)) + (1 - land) * (95 + 120 * v + cloud) + noise, 0, 255)
      samples[at + 1] = clamp(land * (ground * 1.05) + (1 - land) * (140 + 90 * v + cloud * 0.8) + noise, 0, 255)
      samples[at + 2] = clamp(land * (ground * (0.8 - 0.3 * warm)) + (1 - land) * (205 - 20 * v + cloud * 0.4) + noise, 0, 255)
      if (alpha) samples[at + 3] = 255 * clamp((0.46 - Math.hypot(u - 0.5, (y / height - 0.5) * 0.9) + 0.04 * detail) * 30, 0, 1)
    }
  }
  return { samples, info: { width, height, channels } }
}

const GRID = 512
const OCTAVES = [4, 9, 19, 41, 83, 167, 331, 661, 1327]

/**
 * One row of fractal value noise.
 * @param {Float32Array} grid
 * @param {number} width
 * @param {number} v
 */
function texture(grid, width, v) {
  const row = new Float32Array(width)
  let weight = 0.34
  for (const [octave, frequency] of OCTAVES.entries()) {
    const y = v * frequency + octave * 17.3
    const top = Math.floor(y)
    const down = smooth(y - top)
    const upper = (top % GRID) * GRID
    const lower = ((top + 1) % GRID) * GRID
    for (let x = 0; x < width; x++) {
      const across = x / width * frequency + octave * 31.7
      const left = Math.floor(across)
      const right = smooth(across - left)
      const a = left % GRID
      const b = (left + 1) % GRID
      const above = grid[upper + a] + (grid[upper + b] - grid[upper + a]) * right
      const below = grid[lower + a] + (grid[lower + b] - grid[lower + a]) * right
      row[x] += weight * (above + (below - above) * down)
    }
    weight *= 0.8
  }
  return row
}

/** @param {number} u */
function horizon(u) {
  return 0.28 + 0.05 * Math.sin(u * 7) + 0.02 * Math.sin(u * 23 + 1) + 0.004 * Math.sin(u * 151)
}

/** @param {number} t */
function smooth(t) {
  return t * t * (3 - 2 * t)
}

/**
 * @param {number} value
 * @param {number} least
 * @param {number} most
 */
function clamp(value, least, most) {
  return value < least ? least : value > most ? most : value
}

/** @param {number} seed @returns {() => number} 0 to 1 */
function randomNumbers(seed) {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0
    return (state >>> 8) / (1 << 24)
  }
}

module.exports = { scene }
