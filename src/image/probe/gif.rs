//! GIF headers: the blocks, without their pixels (the specification of 89a; Netscape's extension for loops;
//! ICC.1 annex B.7 for profiles; Adobe's XMP specification, part 3).

use std::ops::Range;

use super::super::format::Format;
use super::super::metadata::{Metadata, Payload};
use super::u16_le;
use crate::error::{Error, Result};

/// The most frames that are counted; a file of more is refused.
const MAX_FRAMES: usize = 1 << 16;

/// The most pieces of at most 255 bytes that are walked: 128 MiB of full ones.
const MAX_PIECES: usize = 1 << 19;

/// The most that a byte of LZW codes can say: strings of up to 4,096 pixels in twelve bits.
const MAX_LZW_RATIO: u64 = 2731;

const NAME: usize = 11;

fn corrupt(what: impl std::fmt::Display) -> Error {
    super::corrupt(Format::Gif, what)
}

/// What becomes of a frame before the next one is drawn (section 23).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in super::super) enum Disposal {
    /// It stays.
    #[default]
    Keep,
    /// Its area becomes transparent, as browsers do; nobody shows the background colour.
    Background,
    /// Its area becomes what it was before.
    Previous,
}

#[derive(Clone, Copy, Debug, Default)]
struct Control {
    disposal: Disposal,
    delay_ms: u32,
    transparent: Option<u8>,
}

/// A frame: where it lies and where its parts are.
#[derive(Clone, Debug)]
pub(in super::super) struct Frame {
    pub(in super::super) left: u32,
    pub(in super::super) top: u32,
    pub(in super::super) width: u32,
    pub(in super::super) height: u32,
    pub(in super::super) interlaced: bool,
    /// Three bytes a colour; empty where the frame has no palette and the file none for all.
    pub(in super::super) palette: Range<usize>,
    pub(in super::super) transparent: Option<u8>,
    pub(in super::super) disposal: Disposal,
    pub(in super::super) delay_ms: u32,
    pub(in super::super) code_size: u8,
    /// Pieces of LZW codes, each after its length.
    pub(in super::super) data: Range<usize>,
    /// Whether the pieces come to their end.
    whole: bool,
}

/// What comes next in a file.
pub(in super::super) enum Block {
    Frame(Frame),
    /// An application's name, the place of its pieces.
    Application([u8; NAME], Range<usize>),
    /// The trailer.
    End,
    /// The end of the file, or something that is no block.
    CutShort,
}

/// Goes from block to block.
pub(in super::super) struct Walker<'a> {
    bytes: &'a [u8],
    at: usize,
    pieces: usize,
    control: Control,
    palette: Range<usize>,
    /// The canvas.
    pub(in super::super) size: (u32, u32),
}

impl<'a> Walker<'a> {
    pub(in super::super) fn new(bytes: &'a [u8]) -> Result<Self> {
        let short = || corrupt("it ends within its header");
        let side = |at| u16_le(bytes, at).map(u32::from).ok_or_else(short);
        let flags = *bytes.get(10).ok_or_else(short)?;
        // After the flags, the background colour and the aspect ratio, which nobody heeds.
        let palette = palette(flags, 13);
        if palette.end > bytes.len() || bytes.len() < 13 {
            return Err(short());
        }
        Ok(Self {
            bytes,
            at: palette.end,
            pieces: 0,
            control: Control::default(),
            palette,
            size: (side(6)?, side(8)?),
        })
    }

    pub(in super::super) fn next(&mut self) -> Result<Block> {
        loop {
            let Some(&introducer) = self.bytes.get(self.at) else { return Ok(Block::CutShort) };
            match introducer {
                // Stray ends of pieces.
                0 => {
                    self.at += 1;
                    self.count()?;
                }
                0x21 => {
                    let Some(&label) = self.bytes.get(self.at + 1) else { return Ok(Block::CutShort) };
                    let start = self.at + 2;
                    let (end, whole) = self.skip_pieces(start)?;
                    self.at = end;
                    if !whole {
                        return Ok(Block::CutShort);
                    }
                    match label {
                        0xF9 => self.control = control(&self.bytes[start..end]).unwrap_or_default(),
                        0xFF if self.bytes[start] as usize == NAME => {
                            let name: [u8; NAME] = std::array::from_fn(|index| self.bytes[start + 1 + index]);
                            return Ok(Block::Application(name, start + 1 + NAME..end));
                        }
                        _ => {}
                    }
                }
                0x2C => return self.frame(),
                0x3B => return Ok(Block::End),
                _ => return Ok(Block::CutShort),
            }
        }
    }

    fn frame(&mut self) -> Result<Block> {
        let Some(header) = self.bytes.get(self.at + 1..self.at + 10) else { return Ok(Block::CutShort) };
        let field = |at| u16_le(header, at).map_or(0, u32::from);
        let flags = header[8];
        let own = palette(flags, self.at + 10);
        let Some(&code_size) = self.bytes.get(own.end) else { return Ok(Block::CutShort) };
        let start = own.end + 1;
        let (left, top, width, height) = (field(0), field(2), field(4), field(6));
        let (end, whole) = self.skip_pieces(start)?;
        self.at = end;
        let Control { disposal, delay_ms, transparent } = std::mem::take(&mut self.control);
        Ok(Block::Frame(Frame {
            left,
            top,
            width,
            height,
            interlaced: flags & 0x40 != 0,
            palette: if own.is_empty() { self.palette.clone() } else { own },
            transparent,
            disposal,
            delay_ms,
            code_size,
            data: start..end,
            whole,
        }))
    }

    /// Where the pieces that begin at `at` end, and whether the piece of no bytes is there.
    fn skip_pieces(&mut self, mut at: usize) -> Result<(usize, bool)> {
        while let Some(&length) = self.bytes.get(at) {
            self.count()?;
            at += 1 + usize::from(length);
            if length == 0 {
                return Ok((at, true));
            }
        }
        Ok((self.bytes.len(), false))
    }

    fn count(&mut self) -> Result<()> {
        self.pieces += 1;
        if self.pieces > MAX_PIECES {
            Err(corrupt(format_args!("more than {MAX_PIECES} pieces")))
        } else {
            Ok(())
        }
    }
}

fn palette(flags: u8, at: usize) -> Range<usize> {
    if flags & 0x80 == 0 { at..at } else { at..at + (3 << ((flags & 7) + 1)) }
}

/// The graphic control extension: length, flags, delay in hundredths of a second, transparent index.
fn control(block: &[u8]) -> Option<Control> {
    let &[4, flags, low, high, index, ..] = block else { return None };
    let hundredths = u32::from(u16::from_le_bytes([low, high]));
    Some(Control {
        disposal: match (flags >> 2) & 7 {
            2 => Disposal::Background,
            // 4 is what some old writers meant by 3.
            3 | 4 => Disposal::Previous,
            _ => Disposal::Keep,
        },
        // Browsers show what asks for nearly no time for a tenth of a second.
        delay_ms: if hundredths <= 1 { 100 } else { hundredths * 10 },
        transparent: (flags & 1 == 1).then_some(index),
    })
}

/// The canvas: what the header says, or where the first frame reaches beyond it, as large as that needs, as
/// libvips has it. Later frames are cut.
pub(in super::super) fn canvas(screen: (u32, u32), first: &Frame) -> (u32, u32) {
    (screen.0.max(first.left + first.width), screen.1.max(first.top + first.height))
}

pub(super) fn probe(bytes: &[u8]) -> Result<Metadata> {
    let mut walker = Walker::new(bytes)?;
    let mut found = Metadata::new(Format::Gif, (0, 0), bytes);
    let mut plays = 1;
    let mut frames = 0;
    loop {
        match walker.next()? {
            Block::Frame(frame) => {
                if frames == 0 {
                    (found.width, found.height) = canvas(walker.size, &frame);
                    if found.width == 0 || found.height == 0 {
                        return Err(corrupt(format_args!(
                            "its header says {}x{} pixels",
                            found.width, found.height
                        )));
                    }
                    found.progressive = Some(frame.interlaced);
                    let whole = (frame.left, frame.top) == (0, 0)
                        && frame.width >= found.width
                        && frame.height >= found.height;
                    found.has_alpha |= !whole;
                }
                frames += 1;
                if frames > MAX_FRAMES {
                    return Err(corrupt(format_args!("more than {MAX_FRAMES} frames")));
                }
                found.delays.push(frame.delay_ms);
                // What is disposed of may show through.
                found.has_alpha |= frame.transparent.is_some() || frame.disposal != Disposal::Keep;
                let pixels = u64::from(frame.width) * u64::from(frame.height);
                found.piece_pixels = found.piece_pixels.max(pixels);
                found.truncated |= !frame.whole || pixels > frame.data.len() as u64 * MAX_LZW_RATIO;
            }
            Block::Application(name, data) => match &name {
                b"NETSCAPE2.0" | b"ANIMEXTS1.0" => {
                    if let Some([3, 1, low, high]) = bytes[data].first_chunk() {
                        // Repetitions after the first time; 0 is for ever.
                        let again = u32::from(u16::from_le_bytes([*low, *high]));
                        plays = if again == 0 { 0 } else { again + 1 };
                    }
                }
                b"ICCRGBG1012" if found.icc.is_none() => found.icc = joined(bytes, data),
                b"XMP DataXMP" if found.xmp.is_none() => found.xmp = xmp(data),
                _ => {}
            },
            Block::End => break,
            Block::CutShort => {
                found.truncated = true;
                break;
            }
        }
    }
    if frames == 0 {
        return Err(corrupt(if found.truncated {
            "it ends before its first frame"
        } else {
            "it holds no frame"
        }));
    }
    found.channels = if found.has_alpha { 4 } else { 3 };
    if frames > 1 {
        found.frames = frames as u32;
        found.plays = Some(plays);
    } else {
        found.delays = Vec::new();
    }
    Ok(found)
}

fn joined(bytes: &[u8], data: Range<usize>) -> Option<Payload> {
    // 255 bytes each: four times what is ever read.
    const MAX_PARTS: usize = 1 << 16;
    let mut parts = Vec::new();
    let mut at = data.start;
    while let Some(length @ 1..) = bytes.get(at).copied() {
        if parts.len() == MAX_PARTS {
            return None;
        }
        parts.push(at + 1..at + 1 + usize::from(length));
        at += 1 + usize::from(length);
    }
    (!parts.is_empty()).then(|| Payload::joined(parts))
}

/// The packet lies there as it is, its bytes taken for lengths, and after it 258 bytes from which every
/// such walk comes to its end.
fn xmp(data: Range<usize>) -> Option<Payload> {
    const TRAILER: usize = 258;
    let end = data.end.checked_sub(TRAILER).filter(|end| *end > data.start)?;
    Some(Payload::plain(data.start..end))
}
