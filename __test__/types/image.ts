// What users of the image functions write: every option with each of its values, sets typed by their length, and what
// the compiler refuses.
import { imageMetadata, resizeImage, resizeImageSet } from 'offloop'
import type {
  ImageColor, ImageFormat, ImageInput, ImageInputFormat, ImageLimits, ImageMetadata, ImageMetadataOptions, ImageResult, ImageTimings,
  ResizeImageOptions, ResizeImageOutput, ResizeImageSetOptions
} from 'offloop'

declare const upload: Buffer

// Every option.
export const limits: Required<ImageLimits> = { inputBytes: 1, inputPixels: 1, frames: 1, inputSide: 1, aspectRatio: 1.5, metadataBytes: 1, scans: 1 }
export const output: Required<ResizeImageOutput> = {
  width: 1, height: 1, fit: 'cover', position: 'attention', kernel: 'lanczos3', withoutEnlargement: true, linear: true,
  background: { r: 0, g: 0, b: 0, alpha: 0.5 }, padding: { top: 1, right: 1, bottom: 1, left: 1 }, autoOrient: false, rotate: 270, flip: true, flop: true,
  trim: { background: '#fff', threshold: 20 }, extract: { left: 0, top: 0, width: 1, height: 1 },
  format: 'avif', quality: 50, lossless: false, nearLossless: true, alphaQuality: 90, effort: 2, progressive: true, chromaSubsampling: '4:4:4',
  compressionLevel: 9, filter: 'paeth', palette: true, colors: 16, dither: 0.5, animated: false, keepMetadata: { exif: true, icc: true, xmp: true }
}
export const settings: Required<ResizeImageSetOptions> = {
  limits, failOn: 'truncated', transfer: true, timings: true, signal: AbortSignal.timeout(1000), timeoutMs: 1000, priority: 'interactive'
}
export const all: Required<ResizeImageOptions> = { ...output, ...settings }
export const asked: Required<ImageMetadataOptions> = { limits, signal: AbortSignal.timeout(1000), timeoutMs: 1000, priority: 'bulk' }

// Each value of those that have names.
export const fits: Required<ResizeImageOutput>['fit'][] = ['cover', 'contain', 'fill', 'inside', 'outside']
export const positions: Required<ResizeImageOutput>['position'][] = [
  'center', 'top', 'right', 'bottom', 'left', 'top-left', 'top-right', 'bottom-left', 'bottom-right', 'attention', { x: 0, y: 1 }
]
export const kernels: Required<ResizeImageOutput>['kernel'][] = ['nearest', 'bilinear', 'catmull-rom', 'mitchell', 'lanczos3']
export const turns: Required<ResizeImageOutput>['rotate'][] = [0, 90, 180, 270]
export const filters: Required<ResizeImageOutput>['filter'][] = ['adaptive', 'none', 'sub', 'up', 'average', 'paeth']
export const formats: ImageFormat[] = ['jpeg', 'png', 'webp', 'avif', 'gif']
export const inputFormats: ImageInputFormat[] = ['jpeg', 'png', 'webp', 'gif', 'tiff', 'bmp']
export const failures: Required<ResizeImageOptions>['failOn'][] = ['error', 'truncated', 'none']
export const colors: ImageColor[] = ['red', '#abc', { r: 1, g: 2, b: 3 }, { r: 1, g: 2, b: 3, alpha: 0 }]
export const short: ResizeImageOutput[] = [{ padding: 4 }, { padding: {} }, { trim: true }, { trim: {} }, { keepMetadata: true }, { keepMetadata: { icc: true } }]
export const inputs: ImageInput[] = [upload, new Uint8Array(1), new ArrayBuffer(1), 'upload.jpg']

// Results.
export async function one(): Promise<number> {
  const { data, format, width, height, frames, delays, timings }: ImageResult = await resizeImage(upload, { width: 1, timings: true })
  const bytes: Buffer = data
  const written: ImageFormat = format
  const spent: ImageTimings | undefined = timings
  return bytes.length + written.length + width + height + frames + (delays?.[0] ?? 0) + (spent?.totalMs ?? 0)
}

export async function facts(): Promise<string> {
  const found: ImageMetadata = await imageMetadata('upload.gif', asked)
  const { format, density = 72, loop = 1, delays = [] } = found
  // What is read is not all written.
  const again: ImageFormat = format === 'tiff' || format === 'bmp' ? 'png' : format
  return `${again} ${density + loop + delays.length}`
}

// A set's results are as many as its outputs.
export async function sets(): Promise<unknown> {
  const [large, small]: [ImageResult, ImageResult] = await resizeImageSet(upload, [{ width: 800, format: 'webp' }, { width: 80, position: { x: 0.5, y: 0 } }])
  const ladder = [{ width: 800 }, { width: 80, format: 'avif' }] as const satisfies readonly ResizeImageOutput[]
  const fixed: [ImageResult, ImageResult] = await resizeImageSet(upload, ladder, settings)
  const wanted: ResizeImageOutput[] = short
  const any: ImageResult[] = await resizeImageSet('upload.jpg', wanted, { priority: 'interactive' })
  const mapped: ImageResult[] = await resizeImageSet(upload, [1, 2].flatMap((width) => [{ width, format: 'jpeg' }, { width, format: 'png' }]))
  // One call's options serve the other's outputs.
  const options: ResizeImageOptions = { width: 1 }
  const { signal: _1, timeoutMs: _2, priority: _3, limits: _4, failOn: _5, transfer: _6, timings: _7, ...rest } = options
  return [large.data, small.data, fixed, any, mapped, await resizeImageSet(upload, [rest])]
}

export function refused(): void {
  // @ts-expect-error a misspelt option
  void resizeImage(upload, { widht: 1 })
  // @ts-expect-error no options
  void resizeImage(upload)
  // @ts-expect-error a format that is only read
  void resizeImage(upload, { format: 'tiff' })
  // @ts-expect-error an angle that is no quarter
  void resizeImage(upload, { rotate: 45 })
  // @ts-expect-error half a region
  void resizeImage(upload, { extract: { width: 1, height: 1 } })
  // @ts-expect-error a misspelt option in a set
  void resizeImageSet(upload, [{ width: 1 }, { widht: 1 }])
  // @ts-expect-error what is the whole set's
  void resizeImageSet(upload, [{ width: 1, timeoutMs: 1 }])
  // @ts-expect-error what is an output's
  void resizeImageSet(upload, [{ width: 1 }], { width: 1 })
  // @ts-expect-error no list
  void resizeImageSet(upload, { width: 1 })
  // @ts-expect-error an option of resizing
  void imageMetadata(upload, { failOn: 'none' })
}
