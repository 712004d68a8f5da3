//! WebP, through libwebp's encoder: the one module with C behind it.
//!
//! libwebp is given a configuration that it has itself initialised and validated, pixels whose length is
//! checked against their size here, and two callbacks. What it allocates is freed when [`NativePicture`] is
//! dropped, on every path.

use std::ffi::{c_int, c_void};
use std::mem::MaybeUninit;

use libwebp_sys::{
    WEBP_MAX_DIMENSION, WebPConfig, WebPEncCSP, WebPEncode, WebPEncodingError, WebPPicture, WebPPictureFree,
    WebPPictureImportRGB, WebPPictureImportRGBA, WebPPictureInit, WebPPreset, WebPValidateConfig,
};

use super::super::super::format::Format;
use super::super::super::options::ResizeOptions;
use super::super::super::pixels::out_of_memory;
use crate::error::{Code, Error, Result};
use crate::pool::Cancel;

/// Interleaved samples of eight bits: red, green, blue, and perhaps alpha.
pub(super) struct Samples<'a> {
    pub(super) data: &'a [u8],
    pub(super) alpha: bool,
    pub(super) width: u32,
    pub(super) height: u32,
}

/// An image as lossy WebP stores it: luma, and chroma at half its size (rounded up), BT.601 in studio range
/// (luma 16 to 235, chroma 16 to 240), rows without gaps.
#[derive(Clone, Copy, Debug)]
pub(super) struct StudioPlanes<'a> {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) luma: &'a [u8],
    pub(super) blue: &'a [u8],
    pub(super) red: &'a [u8],
}

/// A configuration.
pub(super) struct Encoder {
    config: WebPConfig,
}

impl Encoder {
    pub(super) fn new(options: &ResizeOptions) -> Result<Self> {
        Ok(Self { config: config(options)? })
    }

    fn is_lossless(&self) -> bool {
        self.config.lossless != 0
    }

    /// A file.
    pub(super) fn encode(&self, samples: &Samples<'_>, cancel: &Cancel) -> Result<Vec<u8>> {
        cancel.check()?;
        let mut picture = NativePicture::new()?;
        picture.import(samples, self.is_lossless())?;
        picture.encode(&self.config, cancel)
    }

    /// A file of luma and chroma as they are; the configuration is a lossy one.
    pub(super) fn encode_planes(&self, planes: &StudioPlanes<'_>, cancel: &Cancel) -> Result<Vec<u8>> {
        let mut picture = NativePicture::new()?;
        picture.borrow(planes)?;
        picture.encode(&self.config, cancel)
    }
}

fn config(options: &ResizeOptions) -> Result<WebPConfig> {
    let refused = || Error::internal("libwebp refused its configuration");
    let lossless = options.lossless || options.near_lossless;
    // For lossless images libwebp takes quality for effort, so what the caller meant for lossy ones must
    // not slow it down or speed it up: 75 is libwebp's own default.
    let quality = if lossless { 75.0 } else { f32::from(options.quality_for(Format::WebP)) };
    let mut config =
        WebPConfig::new_with_preset(WebPPreset::WEBP_PRESET_DEFAULT, quality).map_err(|()| refused())?;
    config.method = c_int::from(options.effort_for(Format::WebP).min(6));
    config.lossless = c_int::from(lossless);
    if options.near_lossless {
        config.near_lossless = c_int::from(options.quality_for(Format::WebP));
    }
    // Lossless means that the colours of transparent pixels are kept as well.
    config.exact = c_int::from(options.lossless && !options.near_lossless);
    config.alpha_quality = c_int::from(options.alpha_quality.unwrap_or(100));
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

    /// Sets the size, both of whose sides WebP can say.
    fn resize(&mut self, width: u32, height: u32) -> Result<()> {
        let most = WEBP_MAX_DIMENSION;
        if width == 0 || height == 0 || width > most || height > most {
            return Err(unfit());
        }
        (self.0.width, self.0.height) = (width as c_int, height as c_int);
        Ok(())
    }

    /// Copies the pixels in, converting them to luma and chroma for lossy encoding.
    fn import(&mut self, samples: &Samples<'_>, lossless: bool) -> Result<()> {
        let &Samples { data, alpha, width, height } = samples;
        self.resize(width, height)?;
        let stride = width as usize * if alpha { 4 } else { 3 };
        if data.len() != stride * height as usize {
            return Err(unfit());
        }
        self.0.use_argb = c_int::from(lossless);
        let (picture, data, stride) = (&raw mut self.0, data.as_ptr(), stride as c_int);
        let done = if alpha {
            // SAFETY: the picture is initialised and holds no pixels yet; there are `height` rows of `stride` =
            // 4 × `width` bytes, as was just checked, which libwebp only reads.
            unsafe { WebPPictureImportRGBA(picture, data, stride) }
        } else {
            // SAFETY: as above, with 3 × `width`.
            unsafe { WebPPictureImportRGB(picture, data, stride) }
        };
        if done == 0 { Err(self.failed()) } else { Ok(()) }
    }

    /// Points at planes that live as long as the result is used. Encoding reads them only: libwebp changes a
    /// picture of its own accord where there is alpha, and here there is none.
    fn borrow(&mut self, planes: &StudioPlanes<'_>) -> Result<()> {
        let &StudioPlanes { width, height, luma, blue, red } = planes;
        self.resize(width, height)?;
        let (across, down) = (width.div_ceil(2) as usize, height.div_ceil(2) as usize);
        if luma.len() != width as usize * height as usize
            || blue.len() != across * down
            || red.len() != across * down
        {
            return Err(unfit());
        }
        self.0.use_argb = 0;
        self.0.colorspace = WebPEncCSP::WEBP_YUV420;
        self.0.y = luma.as_ptr().cast_mut();
        self.0.u = blue.as_ptr().cast_mut();
        self.0.v = red.as_ptr().cast_mut();
        self.0.y_stride = width as c_int;
        self.0.uv_stride = across as c_int;
        Ok(())
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

fn unfit() -> Error {
    Error::internal("WebP pixels were not checked")
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

    fn noise(channels: usize, width: u32, height: u32) -> Vec<u8> {
        let mut state = 1_u32;
        let length = width as usize * height as usize * channels;
        let next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        std::iter::repeat_with(next).take(length).collect()
    }

    #[test]
    fn the_progress_hook_stops_the_encoder() {
        // Cancelled after `NativePicture::encode` has looked, as from another thread: by the callbacks' own flag.
        let data = noise(3, 256, 256);
        for lossless in [false, true] {
            let options = ResizeOptions { lossless, ..Default::default() };
            let mut picture = NativePicture::new().unwrap();
            picture
                .import(&Samples { data: &data, alpha: false, width: 256, height: 256 }, lossless)
                .unwrap();
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
    fn what_libwebp_cannot_hold_is_an_error() {
        let encoder = Encoder::new(&ResizeOptions::default()).unwrap();
        let data = vec![0; 20_000 * 3];
        let mut samples = Samples { data: &data, alpha: false, width: 20_000, height: 1 };
        assert!(encoder.encode(&samples, &Cancel::new()).is_err());
        samples.width = 100;
        assert_eq!(encoder.encode(&samples, &Cancel::new()).unwrap_err().code(), Code::Internal);
    }

    #[test]
    fn bindings_and_library_agree() {
        // 1.6.0: what the bindings' structures were generated from.
        // SAFETY: takes nothing and answers a number.
        assert_eq!(unsafe { libwebp_sys::WebPGetEncoderVersion() }, 0x01_06_00);
        assert_eq!(libwebp_sys::WEBP_ENCODER_ABI_VERSION, libwebp_sys::WEBP_DECODER_ABI_VERSION);
    }
}
