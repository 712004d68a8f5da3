//! WebP, through libwebp's encoder: the one module with C behind it.
//!
//! libwebp is given a configuration that it has itself initialised and validated, pixels whose length is
//! checked against their size here, and two callbacks. What it allocates is freed when [`NativePicture`] is
//! dropped, on every path.

use std::ffi::{c_int, c_void};
use std::mem::MaybeUninit;

use libwebp_sys::{
    WebPConfig, WebPEncode, WebPEncodingError, WebPPicture, WebPPictureFree, WebPPictureImportRGB,
    WebPPictureImportRGBA, WebPPictureInit, WebPPreset, WebPValidateConfig,
};

use super::super::format::Format;
use super::super::options::ResizeOptions;
use super::super::pixels::{Layout, Picture, Pixels, out_of_memory};
use crate::error::{Code, Error, Result};
use crate::pool::Cancel;

pub(super) fn encode(picture: &Picture, options: &ResizeOptions, cancel: &Cancel) -> Result<Vec<u8>> {
    let pixels = picture.first()?;
    let config = config(options)?;
    let mut picture = NativePicture::new()?;
    picture.import(pixels, options.lossless)?;
    picture.encode(&config, cancel)
}

fn config(options: &ResizeOptions) -> Result<WebPConfig> {
    let refused = || Error::internal("libwebp refused its configuration");
    // For lossless images libwebp takes quality for effort, so what the caller meant for lossy ones must
    // not slow it down or speed it up: 75 is libwebp's own default.
    let quality = if options.lossless { 75.0 } else { f32::from(options.quality_for(Format::WebP)) };
    let mut config =
        WebPConfig::new_with_preset(WebPPreset::WEBP_PRESET_DEFAULT, quality).map_err(|()| refused())?;
    config.method = c_int::from(options.effort_for(Format::WebP));
    config.lossless = c_int::from(options.lossless);
    // Lossless means that the colours of transparent pixels are kept as well.
    config.exact = c_int::from(options.lossless);
    // Threads of its own would be outside the pool.
    config.thread_level = 0;
    // SAFETY: `config` was initialised by libwebp and is only read.
    if unsafe { WebPValidateConfig(&raw const config) } == 0 {
        return Err(refused());
    }
    Ok(config)
}

/// A `WebPPicture` that has been initialised, and is freed when dropped.
struct NativePicture(WebPPicture);

impl Drop for NativePicture {
    fn drop(&mut self) {
        // SAFETY: `WebPPictureInit` has initialised it, and its memory is freed nowhere else. Freeing a
        // picture that holds no pixels is allowed.
        unsafe { WebPPictureFree(&raw mut self.0) }
    }
}

/// What the callbacks see.
struct Context<'a> {
    data: Vec<u8>,
    cancel: &'a Cancel,
}

impl NativePicture {
    fn new() -> Result<Self> {
        let mut picture = MaybeUninit::<WebPPicture>::zeroed();
        // SAFETY: the memory is writable and large enough. libwebp compares the version of the header that
        // the bindings were made from with its own, and then fills the structure.
        let initialised = unsafe { WebPPictureInit(picture.as_mut_ptr()) };
        if !initialised {
            return Err(Error::internal("libwebp is another version than its bindings"));
        }
        // SAFETY: it was zeroed, which is a valid value of every field, and then initialised.
        Ok(Self(unsafe { picture.assume_init() }))
    }

    /// Copies the pixels in, converting them to luma and chroma for lossy encoding.
    fn import(&mut self, pixels: &Pixels, lossless: bool) -> Result<()> {
        let unfit = || Error::internal("WebP pixels were not checked");
        let (Ok(width), Ok(height), Ok(stride)) = (
            c_int::try_from(pixels.width()),
            c_int::try_from(pixels.height()),
            c_int::try_from(pixels.stride()),
        ) else {
            return Err(unfit());
        };
        debug_assert_eq!(pixels.data().len(), pixels.stride() * pixels.height() as usize);
        self.0.width = width;
        self.0.height = height;
        self.0.use_argb = c_int::from(lossless);
        let (picture, data) = (&raw mut self.0, pixels.data().as_ptr());
        let done = match pixels.layout() {
            // SAFETY: the picture is initialised and holds no pixels yet; `Pixels` guarantees `height` rows
            // of `stride` = 3 × `width` bytes, which libwebp only reads.
            Layout::Rgb8 => unsafe { WebPPictureImportRGB(picture, data, stride) },
            // SAFETY: as above, with 4 × `width`.
            Layout::Rgba8 => unsafe { WebPPictureImportRGBA(picture, data, stride) },
            _ => return Err(unfit()),
        };
        if done == 0 { Err(self.failed()) } else { Ok(()) }
    }

    fn encode(mut self, config: &WebPConfig, cancel: &Cancel) -> Result<Vec<u8>> {
        cancel.check()?;
        let mut context = Context { data: Vec::new(), cancel };
        let pointer = (&raw mut context).cast::<c_void>();
        self.0.writer = Some(write);
        self.0.custom_ptr = pointer;
        self.0.progress_hook = Some(progress);
        self.0.user_data = pointer;
        // SAFETY: config and picture are valid. The callbacks are called on this thread before the function
        // returns (`thread_level` is 0), one at a time, and `context` lives longer than that.
        let done = unsafe { WebPEncode(config, &raw mut self.0) };
        if done == 0 {
            cancel.check()?;
            return Err(self.failed());
        }
        Ok(context.data)
    }

    fn failed(&self) -> Error {
        match self.0.error_code {
            WebPEncodingError::VP8_ENC_ERROR_OUT_OF_MEMORY
            | WebPEncodingError::VP8_ENC_ERROR_BITSTREAM_OUT_OF_MEMORY
            | WebPEncodingError::VP8_ENC_ERROR_BAD_WRITE => out_of_memory(0),
            WebPEncodingError::VP8_ENC_ERROR_PARTITION0_OVERFLOW
            | WebPEncodingError::VP8_ENC_ERROR_PARTITION_OVERFLOW
            | WebPEncodingError::VP8_ENC_ERROR_FILE_TOO_BIG => Error::new(
                Code::ImageLimit,
                "the output has more detail than a lossy WebP can hold; ask for a smaller size, a lower quality or lossless: true",
            ),
            other => Error::internal(format!("encoding WebP failed: {other:?}")),
        }
    }
}

/// Takes a piece of the output.
unsafe extern "C" fn write(data: *const u8, size: usize, picture: *const WebPPicture) -> c_int {
    // SAFETY: libwebp passes the picture it is encoding, whose `custom_ptr` `encode` has set to a context
    // that is alive and that nobody else is using.
    let context = unsafe { &mut *(*picture).custom_ptr.cast::<Context<'_>>() };
    if size == 0 {
        return 1;
    }
    if context.data.try_reserve(size).is_err() {
        return 0;
    }
    // SAFETY: libwebp passes `size` readable bytes, more than none.
    context.data.extend_from_slice(unsafe { std::slice::from_raw_parts(data, size) });
    1
}

/// Called every so often; 0 stops the encoder.
unsafe extern "C" fn progress(_percent: c_int, picture: *const WebPPicture) -> c_int {
    // SAFETY: as in `write`, of `user_data`, which is only read.
    let context = unsafe { &*(*picture).user_data.cast::<Context<'_>>() };
    c_int::from(!context.cancel.is_cancelled())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(layout: Layout, width: u32, height: u32) -> Pixels {
        let mut state = 1_u32;
        let length = width as usize * height as usize * layout.channels();
        let data = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        });
        Pixels::from_vec(layout, width, height, data.take(length).collect()).unwrap()
    }

    fn lossless() -> ResizeOptions {
        ResizeOptions { lossless: true, effort: Some(0), ..Default::default() }
    }

    #[test]
    fn lossless_is_exact_even_under_full_transparency() {
        let mut pixels = noise(Layout::Rgba8, 33, 17);
        pixels.data_mut()[3] = 0;
        let data = encode(&Picture::still(pixels.duplicate().unwrap()), &lossless(), &Cancel::new()).unwrap();
        let mut decoder = image_webp::WebPDecoder::new(std::io::Cursor::new(data)).unwrap();
        let mut found = vec![0; decoder.output_buffer_size().unwrap()];
        decoder.read_image(&mut found).unwrap();
        assert_eq!(found, pixels.data());
    }

    #[test]
    fn effort_and_quality_reach_the_encoder() {
        let pixels = noise(Layout::Rgb8, 64, 64);
        let size = |quality, effort| {
            let options =
                ResizeOptions { quality: Some(quality), effort: Some(effort), ..Default::default() };
            encode(&Picture::still(pixels.duplicate().unwrap()), &options, &Cancel::new()).unwrap().len()
        };
        assert!(size(20, 4) < size(90, 4));
        assert_ne!(size(80, 0), size(80, 6));
    }

    #[test]
    fn the_progress_hook_stops_the_encoder() {
        // Cancelled after `NativePicture::encode` has looked, as from another thread: by the callbacks' own flag.
        let pixels = noise(Layout::Rgb8, 256, 256);
        for lossless in [false, true] {
            let options = ResizeOptions { lossless, ..Default::default() };
            let mut picture = NativePicture::new().unwrap();
            picture.import(&pixels, lossless).unwrap();
            let cancel = Cancel::new();
            let mut context = Context { data: Vec::new(), cancel: &cancel };
            picture.0.writer = Some(write);
            picture.0.progress_hook = Some(progress);
            picture.0.custom_ptr = (&raw mut context).cast();
            picture.0.user_data = (&raw mut context).cast();
            cancel.cancel();
            // SAFETY: as in `NativePicture::encode`.
            let done = unsafe { WebPEncode(&config(&options).unwrap(), &raw mut picture.0) };
            assert_eq!(done, 0);
            assert_eq!(picture.0.error_code, WebPEncodingError::VP8_ENC_ERROR_USER_ABORT);
            assert!(context.data.is_empty());
        }
    }

    #[test]
    fn a_cancelled_job_says_so() {
        let cancel = Cancel::new();
        cancel.cancel();
        let error = encode(&Picture::still(noise(Layout::Rgb8, 8, 8)), &ResizeOptions::default(), &cancel)
            .unwrap_err();
        assert_eq!(error.code(), Code::Cancelled);
    }

    #[test]
    fn what_libwebp_cannot_hold_is_an_error() {
        let wide = Pixels::new(Layout::Rgb8, 20_000, 1).unwrap();
        assert!(encode(&Picture::still(wide), &ResizeOptions::default(), &Cancel::new()).is_err());
        let gray = Pixels::new(Layout::L8, 4, 4).unwrap();
        assert_eq!(
            encode(&Picture::still(gray), &ResizeOptions::default(), &Cancel::new()).unwrap_err().code(),
            Code::Internal
        );
    }

    #[test]
    fn bindings_and_library_agree() {
        // 1.6.0: what the bindings' structures were generated from.
        // SAFETY: takes nothing and answers a number.
        assert_eq!(unsafe { libwebp_sys::WebPGetEncoderVersion() }, 0x01_06_00);
        assert_eq!(libwebp_sys::WEBP_ENCODER_ABI_VERSION, libwebp_sys::WEBP_DECODER_ABI_VERSION);
    }
}
