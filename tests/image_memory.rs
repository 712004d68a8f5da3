//! What a job allocates, counted: at no time more than its plan says, for every kind of file, whole and damaged.
//!
//! Only Rust's allocations are seen: what libwebp takes for encoding comes from C's `malloc`.

// clippy.toml lets tests fail loudly; their helpers, which it does not know for tests, may too.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]
#![allow(clippy::trivially_copy_pass_by_ref, reason = "byte string literals are references")]
#![allow(dead_code, unused_imports, reason = "the helpers are those of tests/image, which uses all of them")]

#[path = "image/choices.rs"]
mod choices;
#[path = "image/samples/mod.rs"]
mod samples;
#[path = "image/support.rs"]
mod support;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use image::{DynamicImage, ImageFormat};
use offloop::image::{
    ChromaSubsampling, FailOn, Fit, Format, Keep, Kernel, Limits, Plan, ResizeOptions, probe,
    resize_image_set,
};
use offloop::pool::Cancel;

use choices::{CHOICES, fail_on, options};
use samples::samples;
use support::*;

thread_local! {
    /// What this thread holds, and the most it has held, in bytes. A job runs on the thread that calls it.
    static HELD: Cell<(isize, isize)> = const { Cell::new((0, 0)) };
}

struct Counting;

impl Counting {
    fn count(change: isize) {
        // While a thread ends, its own cell may be gone already.
        let _ = HELD.try_with(|cell| {
            let (held, most) = cell.get();
            cell.set((held + change, most.max(held + change)));
        });
    }
}

// SAFETY: passes everything on to `System`.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        Self::count(layout.size() as isize);
        // SAFETY: the caller's promises are the ones that `System` asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        Self::count(layout.size() as isize);
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // Both may be there while one is copied to the other.
        Self::count(size as isize);
        // SAFETY: as above.
        let moved = unsafe { System.realloc(memory, layout, size) };
        Self::count(-(layout.size() as isize));
        moved
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        Self::count(-(layout.size() as isize));
        // SAFETY: as above.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Messages, headers and the like, which no plan counts.
const SMALL_CHANGE: u64 = 64 << 10;

/// What a call gives, and how much more than before it has had allocated at any one time.
fn counted<T>(call: impl FnOnce() -> T) -> (T, u64) {
    HELD.with(|cell| cell.set((0, 0)));
    let result = call();
    (result, HELD.with(|cell| cell.get().1) as u64)
}

/// Runs a job, if it may be run at all.
#[track_caller]
fn stays_within_its_plan(what: &str, data: &[u8], outputs: &[ResizeOptions], fail_on: FailOn) {
    let limits = Limits::default();
    let (metadata, most) = counted(|| probe(data));
    assert!(most <= SMALL_CHANGE + data.len() as u64, "{what}: {most} bytes for reading a header");
    let Ok(metadata) = metadata else { return };
    let (plan, most) = counted(|| Plan::for_set(&metadata, outputs, fail_on, &limits));
    assert!(most <= SMALL_CHANGE + data.len() as u64, "{what}: {most} bytes for planning");
    let Ok(plan) = plan else { return };
    let (_, most) = counted(|| resize_image_set(data, outputs, fail_on, &limits, &Cancel::new()));
    assert!(
        most <= plan.working_bytes() + SMALL_CHANGE,
        "{what}: {most} bytes, and the plan says {}; {outputs:?}, {fail_on:?}",
        plan.working_bytes()
    );
}

/// Large enough for what grows with the pixels to outgrow all else.
fn large() -> Vec<(&'static str, Vec<u8>)> {
    let (width, height) = (900, 700);
    let rgb = image::RgbImage::from_raw(width, height, samples::texture(width, height, 3)).unwrap();
    let rgb = DynamicImage::from(rgb);
    let rgba = image::RgbaImage::from_raw(width, height, samples::texture(width, height, 4)).unwrap();
    let rgba = DynamicImage::from(rgba);
    let jpeg = |progressive: bool, color: jpeg_encoder::ColorType, channels: u32| {
        let mut data = Vec::new();
        let mut encoder = jpeg_encoder::Encoder::new(&mut data, 85);
        encoder.set_progressive(progressive);
        encoder.set_sampling_factor(jpeg_encoder::SamplingFactor::R_4_2_0);
        encoder
            .encode(&samples::texture(width, height, channels), width as u16, height as u16, color)
            .unwrap();
        data
    };
    vec![
        ("a JPEG", jpeg(false, jpeg_encoder::ColorType::Rgb, 3)),
        ("a progressive JPEG", jpeg(true, jpeg_encoder::ColorType::Rgb, 3)),
        ("a CMYK JPEG", jpeg(false, jpeg_encoder::ColorType::Cmyk, 4)),
        ("a gray JPEG", jpeg(false, jpeg_encoder::ColorType::Luma, 1)),
        ("a PNG", file(&rgb, ImageFormat::Png)),
        ("a PNG of 16 bits", file(&DynamicImage::from(rgba.to_rgba16()), ImageFormat::Png)),
        ("a PNG with much EXIF", png_with(&file(&rgb, ImageFormat::Png), &[(b"eXIf", vec![0; 3 << 20])])),
        ("a PNG with alpha", file(&rgba, ImageFormat::Png)),
        ("a lossless WebP", file(&rgba, ImageFormat::WebP)),
        ("a lossy WebP", run(&file(&rgb, ImageFormat::Png), &to(Format::WebP)).unwrap().data),
        ("a GIF", file(&rgba, ImageFormat::Gif)),
        ("a TIFF", file(&rgb, ImageFormat::Tiff)),
        ("a BMP", file(&rgb, ImageFormat::Bmp)),
    ]
}

#[test]
fn large_images() {
    for (what, data) in large() {
        for format in [Format::Jpeg, Format::Png, Format::WebP, Format::Gif] {
            for (width, kernel) in
                [(None, Kernel::Lanczos3), (Some(300), Kernel::Lanczos3), (Some(1400), Kernel::Nearest)]
            {
                let options = ResizeOptions { width, kernel, effort: Some(1), ..to(format) };
                stays_within_its_plan(what, &data, &[options], FailOn::Error);
            }
        }
        for options in [
            ResizeOptions { width: Some(500), height: Some(500), fit: Fit::Contain, ..to(Format::Png) },
            ResizeOptions { width: Some(400), linear: true, flop: true, ..to(Format::Jpeg) },
            ResizeOptions { width: Some(400), progressive: true, ..to(Format::Jpeg) },
            ResizeOptions { width: Some(400), palette: true, ..to(Format::Png) },
            ResizeOptions { width: Some(64), effort: Some(0), ..to(Format::Avif) },
        ] {
            stays_within_its_plan(what, &data, &[options], FailOn::Error);
        }
    }
}

#[test]
fn many_sizes_of_one() {
    for (what, data) in large() {
        let outputs: Vec<_> = [640, 480, 320, 160]
            .into_iter()
            .flat_map(|width| {
                [(Format::Jpeg, None), (Format::WebP, Some(0))].map(|(format, effort)| ResizeOptions {
                    width: Some(width),
                    effort,
                    ..to(format)
                })
            })
            .collect();
        stays_within_its_plan(what, &data, &outputs, FailOn::Error);
        // One size in ways that cannot share their pixels.
        let outputs: Vec<_> =
            [(Format::WebP, None), (Format::Jpeg, None), (Format::Jpeg, Some(ChromaSubsampling::Full))]
                .map(|(format, chroma_subsampling)| ResizeOptions {
                    width: Some(1500),
                    effort: (format == Format::WebP).then_some(0),
                    chroma_subsampling,
                    ..to(format)
                })
                .into();
        stays_within_its_plan(what, &data, &outputs, FailOn::Error);
    }
}

#[test]
fn metadata_that_is_kept() {
    let plain = file(&DynamicImage::new_rgb8(100, 100), ImageFormat::Png);
    // A few kilobytes that become four megabytes each.
    let mut profile = vec![0; 4_000_000];
    profile[16..20].copy_from_slice(b"RGB ");
    profile[36..40].copy_from_slice(b"acsp");
    let icc = [b"large\0\0", &deflate(&profile)[..]].concat();
    let xmp = [b"XML:com.adobe.xmp\0\x01\0\0\0", &deflate(&vec![b' '; 4_000_000])[..]].concat();
    let exif = [&exif(6)[..], &vec![0; 700_000]].concat();
    let data = png_with(&plain, &[(b"iCCP", icc), (b"iTXt", xmp), (b"eXIf", exif)]);
    let keep = Keep { exif: true, icc: true, xmp: true };
    for outputs in [1, 8] {
        for format in [Format::Jpeg, Format::Png, Format::WebP, Format::Avif] {
            let options = ResizeOptions { keep, width: Some(20), effort: Some(0), ..to(format) };
            stays_within_its_plan("with metadata", &data, &vec![options; outputs], FailOn::Error);
        }
    }
}

#[test]
fn every_sample_with_any_options() {
    let mut random = Random::new(77);
    for sample in samples() {
        for _ in 0..12 {
            let choices: [u8; CHOICES] = std::array::from_fn(|_| random.next() as u8);
            stays_within_its_plan(&sample.to_string(), &sample.data, &[options(&choices)], fail_on(&choices));
        }
    }
}

#[test]
fn damaged_files() {
    let mut random = Random::new(99);
    for sample in samples() {
        for _ in 0..200 {
            let mut data = sample.data.clone();
            let header = data.len().min(200);
            for _ in 0..=random.below(3) {
                let at = random.below(header);
                data[at] = random.next() as u8;
            }
            data.truncate(if random.below(3) == 0 { random.below(data.len()) } else { data.len() });
            let options = ResizeOptions { width: Some(9), ..to(Format::Png) };
            let fail_on = if random.below(2) == 0 { FailOn::Error } else { FailOn::None };
            stays_within_its_plan(&sample.to_string(), &data, &[options], fail_on);
        }
    }
}

/// A lossless WebP of 1024×1024 pixels, in whose 65,536 blocks as many groups of codes are used: each of a
/// hundred bytes, and of many times that as tables.
fn webp_of_many_codes() -> Vec<u8> {
    let (mut data, mut bits) = (vec![0x2F], 0);
    let mut put = |value: u32, count: u32| {
        for bit in 0..count {
            if bits % 8 == 0 {
                data.push(0);
            }
            *data.last_mut().unwrap() |= ((value >> bit & 1) as u8) << (bits % 8);
            bits += 1;
        }
    };
    // All 256 symbols have eight bits, which is said in a few of them; there are more symbols of green.
    let flat = |put: &mut dyn FnMut(u32, u32), green: bool| {
        put(8 << 1, 5);
        put(0, 32);
        put(0, 1);
        put(1, 3);
        if green { put(1 | 3 << 1 | 254 << 4, 12) } else { put(0, 1) }
    };
    let simple = |put: &mut dyn FnMut(u32, u32)| put(1, 4);
    put(1023 | 1023 << 14 | 1 << 28, 32);
    // Blocks of four pixels a side.
    put(0b100, 3);
    put(0, 4);
    flat(&mut put, true);
    flat(&mut put, false);
    for _ in 0..3 {
        simple(&mut put);
    }
    for block in 0..1_u32 << 16 {
        put((block & 0xFF).reverse_bits() >> 24, 8);
        put((block >> 8).reverse_bits() >> 24, 8);
    }
    for _ in 0..1 << 16 {
        flat(&mut put, true);
        for _ in 0..3 {
            flat(&mut put, false);
        }
        simple(&mut put);
    }
    data.resize(data.len() + data.len() % 2, 0);
    webp_of(&[riff_chunk(b"VP8L", &data)])
}

#[test]
fn a_webp_of_many_codes() {
    let data = webp_of_many_codes();
    for fail_on in [FailOn::Error, FailOn::None] {
        stays_within_its_plan("a WebP of many codes", &data, &[to(Format::Png)], fail_on);
    }
    let plan = Plan::new(&probe(&data).unwrap(), &to(Format::Png), &Limits::default()).unwrap();
    assert!(plan.working_bytes() < 100 << 20, "{}", plan.working_bytes());
    let refused =
        resize_image_set(&data, &[to(Format::Png)], FailOn::Error, &Limits::default(), &Cancel::new());
    assert_eq!(refused.map(drop).unwrap_err().code().as_str(), "ERR_IMAGE_LIMIT");
}
