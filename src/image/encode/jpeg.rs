//! JPEG, through jpeg-encoder.

use jpeg_encoder::{ChromaSubsamplingMethod, ColorType, Encoder, EncodingError, SamplingFactor};

use super::super::format::Format;
use super::super::options::{ChromaSubsampling, ResizeOptions};
use super::super::pixels::{Layout, Picture, out_of_memory};
use super::sink::Sink;
use crate::error::{Error, Result};
use crate::pool::Cancel;

pub(super) fn encode(picture: &Picture, options: &ResizeOptions, cancel: &Cancel) -> Result<Vec<u8>> {
    let pixels = picture.first()?;
    let color = match pixels.layout() {
        Layout::L8 => ColorType::Luma,
        Layout::Rgb8 => ColorType::Rgb,
        layout => return Err(Error::internal(format!("JPEG cannot hold {layout:?}"))),
    };
    let (Ok(width), Ok(height)) = (u16::try_from(pixels.width()), u16::try_from(pixels.height())) else {
        return Err(Error::internal("a JPEG's sides were not checked"));
    };
    let mut data = Vec::new();
    let mut encoder = Encoder::new(Sink::new(&mut data, cancel), options.quality_for(Format::Jpeg));
    encoder.set_progressive(options.progressive);
    // The encoder can only fit tables to an image by writing each channel as a scan of its own, which not
    // every decoder reads in baseline files. Progressive ones have such scans anyway.
    encoder.set_optimized_huffman_tables(options.progressive);
    encoder.set_sampling_factor(match options.chroma_for(Format::Jpeg) {
        ChromaSubsampling::Quarter => SamplingFactor::R_4_2_0,
        ChromaSubsampling::Full => SamplingFactor::R_4_4_4,
    });
    // The default takes one pixel of four, which gives coloured edges.
    encoder.set_chroma_subsampling_method(ChromaSubsamplingMethod::Average);
    encoder.encode(pixels.data(), width, height, color).map_err(|error| failed(&error))?;
    Ok(data)
}

fn failed(error: &EncodingError) -> Error {
    match error {
        EncodingError::IoError(error) if error.kind() == std::io::ErrorKind::OutOfMemory => out_of_memory(0),
        other => Error::internal(format!("encoding JPEG failed: {other}")),
    }
}
