//! What an image's header says, for JavaScript.

use std::sync::Arc;

use napi::bindgen_prelude::{Buffer, Either, Uint8ArraySlice};
use napi_derive::napi;

use super::bridge::{Ask, Bridge};
use super::image_input::of_file;
use super::image_options::ImageLimitsArgument;
use super::value::{Failure, ImageFacts, Value};
use crate::error::Result;
use crate::image::{Format, Limits, Metadata, Payload, probe};
use crate::pool::{Cx, Step};

/// The most bytes that DEFLATE makes of one: its longest match, of 258 bytes, may take two bits (RFC 1951, section
/// 3.2.5).
const MOST_INFLATED: u64 = 4 * 258;
/// No profile or packet is unpacked beyond this: see [`Payload::read`].
const MOST_PAYLOAD: u64 = 4 << 20;
/// What may be unpacked on the event loop at once; takes half a millisecond.
const AT_ONCE: u64 = 512 << 10;

/// The header, refused where it is over the limits.
fn look(file: &[u8], limits: &Limits) -> Result<Metadata> {
    limits.check_bytes(file.len() as u64)?;
    let metadata = probe(file)?;
    limits.check(&metadata)?;
    Ok(metadata)
}

/// At most so many bytes are made of the profile and the XMP packet. Only in a PNG are they packed.
fn most_unpacked(metadata: &Metadata) -> u64 {
    if metadata.format != Format::Png {
        return 0;
    }
    let unpacked = |payload: &Payload| payload.stored_bytes().saturating_mul(MOST_INFLATED).min(MOST_PAYLOAD);
    [&metadata.icc, &metadata.xmp].into_iter().flatten().map(unpacked).sum()
}

fn facts(metadata: &Metadata, file: &[u8]) -> ImageFacts {
    let read =
        |payload: &Option<Payload>| payload.as_ref().and_then(|payload| payload.read(file)).map(Buffer::from);
    ImageFacts {
        format: metadata.format.as_str().to_owned(),
        width: metadata.width,
        height: metadata.height,
        orientation: u32::from(metadata.orientation.value()),
        frames: metadata.frames,
        channels: u32::from(metadata.channels),
        bit_depth: u32::from(metadata.bit_depth),
        has_alpha: metadata.has_alpha,
        color_space: metadata.color_model.as_str().to_owned(),
        icc: read(&metadata.icc),
        exif: read(&metadata.exif),
        xmp: read(&metadata.xmp),
        progressive: metadata.progressive,
        chroma_subsampling: metadata.chroma_subsampling.map(str::to_owned),
        density: metadata.density,
        plays: metadata.plays,
        delays: (!metadata.delays.is_empty()).then(|| metadata.delays.clone()),
    }
}

#[napi]
impl Bridge {
    /// Of bytes: read in place, within the call. `None` where that might take longer than copying them would: then
    /// `image_facts_later` is to be called.
    #[napi]
    #[allow(clippy::unused_self, reason = "a method, as everything that JavaScript calls")]
    pub fn image_facts(
        &self,
        bytes: Uint8ArraySlice<'_>,
        limits: ImageLimitsArgument,
    ) -> Option<Either<ImageFacts, Failure>> {
        match look(&bytes, &limits.into()) {
            // A byte is unpacked in about twice the time that it is copied in.
            Ok(metadata) if most_unpacked(&metadata) > AT_ONCE.max(bytes.len() as u64 / 2) => None,
            Ok(metadata) => Some(Either::A(facts(&metadata, &bytes))),
            Err(error) => Some(Either::B(Failure::from(&error))),
        }
    }

    /// Of bytes, on a worker.
    #[napi]
    pub fn image_facts_later(
        &self,
        id: u32,
        lane: u32,
        timeout_ms: f64,
        bytes: Uint8ArraySlice<'_>,
        limits: ImageLimitsArgument,
    ) -> Option<Failure> {
        let unpacked = look(&bytes, &limits.into()).and_then(|metadata| {
            let spec = Ask::new(id, lane, timeout_ms).spec(bytes.len() as u64, most_unpacked(&metadata));
            let admission = self.admit(id, &spec)?;
            let pool = &self.environment.process.pool;
            let copy = pool.slabs().copy(&bytes);
            let environment = Arc::clone(&self.environment);
            let task = move |_: &mut Cx<'_>| {
                let facts = Box::new(facts(&metadata, &copy));
                let environment = Arc::clone(&environment);
                Ok(Step::Done(Box::new(move || environment.settle(id, Ok(Value::Facts(facts))))))
            };
            pool.enqueue(admission, Box::new(task));
            Ok(())
        });
        unpacked.err().map(|error| Failure::from(&error))
    }

    /// Of a file.
    #[napi]
    pub fn image_file_facts(
        &self,
        id: u32,
        lane: u32,
        timeout_ms: f64,
        path: String,
        limits: ImageLimitsArgument,
    ) -> Option<Failure> {
        let limits = Limits::from(limits);
        let environment = Arc::clone(&self.environment);
        let name = path.clone();
        let outcome = self.with_file(
            &Ask::new(id, lane, timeout_ms),
            path,
            limits,
            move |bytes, admission| match look(&bytes, &limits).map(|metadata| facts(&metadata, &bytes)) {
                Ok(facts) => {
                    admission.complete(|| environment.settle(id, Ok(Value::Facts(Box::new(facts)))));
                }
                Err(error) => admission.fail(of_file(error, &name)),
            },
        );
        outcome.err().map(|error| Failure::from(&error))
    }
}
