use super::*;
use crate::error::Code;
use crate::image::orientation::Orientation;
use crate::image::pixels::{Embedded, Layout};

fn smooth(layout: Layout, width: u32, height: u32) -> Pixels {
    let mut pixels = Pixels::new(layout, width, height).unwrap();
    let channels = layout.channels();
    let value = |at: usize| {
        let (x, y) = (at / channels % width as usize, at / channels / width as usize);
        (x * 5 + y * 3 + at % channels * 30) as u8
    };
    if layout.is_wide() {
        pixels.words_mut().iter_mut().enumerate().for_each(|(at, word)| *word = u16::from(value(at)) * 257);
    } else {
        pixels.data_mut().iter_mut().enumerate().for_each(|(at, byte)| *byte = value(at));
    }
    pixels
}

fn fast() -> ResizeOptions {
    ResizeOptions { effort: Some(0), ..Default::default() }
}

fn encoded(picture: &Picture, options: &ResizeOptions) -> Vec<u8> {
    encode(picture, options, &Cancel::new()).unwrap()
}

/// The boxes of a body: their types and bodies.
fn boxes(mut data: &[u8]) -> Vec<(&[u8], &[u8])> {
    let mut found = Vec::new();
    while !data.is_empty() {
        let size = u32::from_be_bytes(data[..4].try_into().unwrap()) as usize;
        found.push((&data[4..8], &data[8..size]));
        data = &data[size..];
    }
    found
}

fn find(data: &[u8], kind: [u8; 4]) -> Option<&[u8]> {
    boxes(data).into_iter().find(|(found, _)| **found == kind).map(|(_, body)| body)
}

fn word(data: &[u8], at: usize) -> usize {
    usize::from(u16::from_be_bytes([data[at], data[at + 1]]))
}

fn long(data: &[u8], at: usize) -> usize {
    u32::from_be_bytes(data[at..at + 4].try_into().unwrap()) as usize
}

/// An item as a reader finds it: type, properties in order, bytes, and what it says about which item.
#[derive(Debug)]
struct Found<'a> {
    kind: &'a [u8],
    content_type: &'a [u8],
    properties: Vec<(&'a [u8], &'a [u8])>,
    essential: Vec<bool>,
    data: &'a [u8],
    reference: Option<(&'a [u8], usize)>,
}

/// A reader of the few structures that an image has (ISO/IEC 14496-12, 8.11).
fn items(file: &[u8]) -> Vec<Found<'_>> {
    let top = boxes(file);
    assert_eq!(top.iter().map(|(kind, _)| *kind).collect::<Vec<_>>(), [&b"ftyp"[..], b"meta", b"mdat"]);
    assert_eq!(&top[0].1[..4], b"avif");
    let meta = &top[1].1[4..];
    assert_eq!(&find(meta, *b"hdlr").unwrap()[8..12], b"pict");
    assert_eq!(word(find(meta, *b"pitm").unwrap(), 4), 1);
    let places = find(meta, *b"iloc").unwrap();
    assert_eq!(&places[..6], [0, 0, 0, 0, 0x44, 0]);
    let information = find(meta, *b"iinf").unwrap();
    let mut found: Vec<Found<'_>> = boxes(&information[6..])
        .into_iter()
        .enumerate()
        .map(|(index, (kind, body))| {
            assert_eq!((kind, body[0], word(body, 4)), (&b"infe"[..], 2, index + 1));
            let place = &places[8 + index * 14..];
            assert_eq!((word(place, 0), word(place, 4)), (index + 1, 1));
            let (start, length) = (long(place, 6), long(place, 10));
            let content_type = body[13..].split(|&byte| byte == 0).next().unwrap();
            Found {
                kind: &body[8..12],
                content_type,
                properties: Vec::new(),
                essential: Vec::new(),
                data: &file[start..start + length],
                reference: None,
            }
        })
        .collect();
    assert_eq!(word(information, 4), found.len());
    let properties = find(meta, *b"iprp").unwrap();
    let all = boxes(find(properties, *b"ipco").unwrap());
    let associations = find(properties, *b"ipma").unwrap();
    let mut at = 8;
    for _ in 0..long(associations, 4) {
        let (id, count) = (word(associations, at), usize::from(associations[at + 2]));
        for byte in &associations[at + 3..at + 3 + count] {
            found[id - 1].properties.push(all[usize::from(byte & 0x7F) - 1]);
            found[id - 1].essential.push(byte & 0x80 != 0);
        }
        at += 3 + count;
    }
    assert_eq!(at, associations.len());
    if let Some(references) = find(meta, *b"iref") {
        for (kind, body) in boxes(&references[4..]) {
            assert_eq!(word(body, 2), 1);
            found[word(body, 0) - 1].reference = Some((kind, word(body, 4)));
        }
    }
    found
}

impl<'a> Found<'a> {
    fn property(&self, kind: [u8; 4]) -> &'a [u8] {
        self.properties.iter().find(|(found, _)| **found == kind).unwrap().1
    }
}

#[test]
fn boxes_say_what_the_pictures_are() {
    // Layout, chroma; channels, bits; the third byte of av1C: deep, monochrome, subsampled in both directions.
    for (layout, chroma, channels, bits, flags) in [
        (Layout::Rgb8, ChromaSubsampling::Full, 3, 8, 0),
        (Layout::Rgb8, ChromaSubsampling::Quarter, 3, 8, 0b1100),
        (Layout::Rgba8, ChromaSubsampling::Full, 3, 8, 0),
        (Layout::L8, ChromaSubsampling::Full, 1, 8, 0b1_1100),
        (Layout::La8, ChromaSubsampling::Quarter, 1, 8, 0b1_1100),
        (Layout::Rgb16, ChromaSubsampling::Full, 3, 10, 0b100_0000),
        (Layout::La16, ChromaSubsampling::Full, 1, 10, 0b101_1100),
        (Layout::Rgba16, ChromaSubsampling::Quarter, 3, 10, 0b100_1100),
    ] {
        let options = ResizeOptions { chroma_subsampling: Some(chroma), ..fast() };
        let data = encoded(&Picture::still(smooth(layout, 33, 18)), &options);
        let items = items(&data);
        assert_eq!(items.len(), if layout.has_alpha() { 2 } else { 1 });
        for (index, item) in items.iter().enumerate() {
            let channels = if index == 0 { channels } else { 1 };
            let flags = if index == 0 { flags } else { flags & 0b100_0000 | 0b1_1100 };
            assert_eq!(item.kind, b"av01");
            assert_eq!(item.property(*b"ispe")[4..], [0, 0, 0, 33, 0, 0, 0, 18]);
            let mut depths = vec![channels];
            depths.extend(std::iter::repeat_n(bits, usize::from(channels)));
            assert_eq!(item.property(*b"pixi")[4..], depths);
            let configuration = item.property(*b"av1C");
            assert_eq!((configuration[0], configuration[2]), (0x81, flags), "{layout:?} {chroma:?}");
            // 4:4:4 needs the High profile.
            let full = channels == 3 && chroma == ChromaSubsampling::Full;
            assert_eq!(configuration[1] >> 5, u8::from(full));
            let named = item.properties.iter().position(|(kind, _)| kind == b"av1C").unwrap();
            assert!(item.essential[named]);
            // A sequence header comes first, and says the same of itself.
            assert_eq!(item.data[0], 0x0A);
            assert_eq!(item.data[2] >> 5, configuration[1] >> 5);
        }
        // BT.709 primaries, sRGB transfer, BT.601 matrix, full range.
        assert_eq!(items[0].property(*b"colr"), b"nclx\0\x01\0\x0D\0\x06\x80");
        if let Some(alpha) = items.get(1) {
            assert_eq!(alpha.reference, Some((&b"auxl"[..], 1)));
            assert_eq!(&alpha.property(*b"auxC")[4..], b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0");
        }
    }
}

#[test]
fn any_size_can_be_encoded() {
    for (width, height) in [(1, 1), (2, 7), (15, 16), (65, 1), (130, 67)] {
        for chroma in [ChromaSubsampling::Full, ChromaSubsampling::Quarter] {
            let options = ResizeOptions { chroma_subsampling: Some(chroma), ..fast() };
            let data = encoded(&Picture::still(smooth(Layout::Rgb8, width, height)), &options);
            let extent = items(&data)[0].property(*b"ispe");
            assert_eq!((long(extent, 4), long(extent, 8)), (width as usize, height as usize));
        }
    }
}

#[test]
fn metadata_is_there_to_be_found() {
    let mut icc = vec![3; 400];
    icc[16..20].copy_from_slice(b"RGB ");
    let exif = b"MM\0*\0\0\0\x08\0\0\0\0\0\0".to_vec();
    let embedded = Embedded {
        icc: Some(icc.clone().into()),
        exif: Some(exif.clone().into()),
        xmp: Some(b"<x/>"[..].into()),
        ..Embedded::default()
    };
    let picture = Picture { embedded, ..Picture::still(smooth(Layout::Rgba8, 20, 20)) };
    let data = encoded(&picture, &fast());
    let items = items(&data);
    assert_eq!(items.len(), 4);
    let profiles: Vec<_> = items[0].properties.iter().filter(|(kind, _)| kind == b"colr").collect();
    assert_eq!(profiles[1].1, [&b"prof"[..], &icc].concat());
    assert_eq!((items[2].kind, items[2].reference), (&b"Exif"[..], Some((&b"cdsc"[..], 1))));
    assert_eq!(items[2].data, [&[0; 4], &exif[..]].concat());
    assert_eq!((items[3].kind, items[3].content_type), (&b"mime"[..], &b"application/rdf+xml"[..]));
    assert_eq!((items[3].data, items[3].reference), (&b"<x/>"[..], Some((&b"cdsc"[..], 1))));
}

#[test]
fn the_container_says_how_the_picture_is_turned() {
    for (orientation, turns, mirrored) in [
        (1, None, None),
        (2, None, Some(1)),
        (3, Some(2), None),
        (4, None, Some(0)),
        (5, Some(1), Some(0)),
        (6, Some(3), None),
        (7, Some(3), Some(0)),
        (8, Some(1), None),
    ] {
        let orientation = Orientation::from_exif(orientation).unwrap();
        let embedded = Embedded { orientation, ..Embedded::default() };
        let picture = Picture { embedded, ..Picture::still(smooth(Layout::Rgb8, 20, 20)) };
        let data = encoded(&picture, &fast());
        let found = |kind: &[u8; 4]| {
            let items = items(&data);
            let place = items[0].properties.iter().position(|(name, _)| name == kind)?;
            assert!(items[0].essential[place]);
            Some(items[0].properties[place].1[0])
        };
        assert_eq!((found(b"irot"), found(b"imir")), (turns, mirrored), "{orientation:?}");
    }
}

#[test]
fn quality_and_effort_reach_the_encoder() {
    let picture = Picture::still(smooth(Layout::Rgb8, 64, 64));
    let size = |quality, effort| {
        let options = ResizeOptions { quality: Some(quality), effort: Some(effort), ..Default::default() };
        encoded(&picture, &options).len()
    };
    assert!(size(20, 0) < size(60, 0) && size(60, 0) < size(95, 0));
    assert_ne!(encoded(&picture, &fast()), encoded(&picture, &ResizeOptions { effort: Some(5), ..fast() }));
    for quality in [1, 100] {
        assert!(size(quality, 0) > 0);
    }
}

#[test]
fn alpha_may_be_coarser() {
    let picture = Picture::still(smooth(Layout::Rgba8, 64, 64));
    let alpha = |alpha_quality| {
        items(&encoded(&picture, &ResizeOptions { alpha_quality: Some(alpha_quality), ..fast() }))[1]
            .data
            .len()
    };
    assert!(alpha(10) < alpha(100));
    let unsaid = items(&encoded(&picture, &fast()))[1].data.len();
    assert!(alpha(50) < unsaid && unsaid < alpha(100));
}

#[test]
fn a_cancelled_job_says_so() {
    let cancel = Cancel::new();
    cancel.cancel();
    let picture = Picture::still(smooth(Layout::Rgb8, 16, 16));
    assert_eq!(encode(&picture, &fast(), &cancel).unwrap_err().code(), Code::Cancelled);
}

#[test]
fn ink_is_an_error() {
    let ink = Picture::still(Pixels::new(Layout::Cmyk8, 2, 2).unwrap());
    assert_eq!(encode(&ink, &fast(), &Cancel::new()).unwrap_err().code(), Code::Internal);
}
