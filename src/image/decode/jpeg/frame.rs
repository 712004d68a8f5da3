//! The frame: the image's size, its components, and how they become samples.

use super::flaw::Flaw;
use super::idct::{Side, Steps};
use super::{Model, Scale};

/// What a frame header says (ITU-T T.81, B.2.2), and what follows from it.
pub(super) struct Frame {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) progressive: bool,
    pub(super) model: Model,
    /// Blocks that the largest sampling factors span: the size of an interleaved unit.
    pub(super) across: u32,
    pub(super) down: u32,
    /// Interleaved units a row, and rows of them.
    pub(super) units_x: u32,
    pub(super) units_y: u32,
    pub(super) components: Vec<Component>,
}

pub(super) struct Component {
    pub(super) id: u8,
    /// Blocks of an interleaved unit.
    pub(super) h: u32,
    pub(super) v: u32,
    /// Which quantisation table.
    pub(super) table: u8,
    /// Its values, as they are when the component's first scan begins.
    pub(super) steps: Option<Box<Steps>>,
    /// Blocks that hold samples of the image.
    pub(super) blocks_x: u32,
    pub(super) blocks_y: u32,
    /// Samples a side that a block becomes.
    pub(super) side: Side,
    /// Samples of the component as decoded.
    pub(super) width: u32,
    pub(super) height: u32,
    /// Samples of the component as decoded in a row of units, and in all of them.
    pub(super) stride: usize,
    pub(super) unit_rows: usize,
}

/// What the application segments say of colours.
#[derive(Clone, Copy, Default)]
pub(super) struct Hints {
    pub(super) jfif: bool,
    /// Adobe's transform: 0 none, 1 luma and chroma, 2 the same and black.
    pub(super) adobe: Option<u8>,
}

impl Frame {
    /// `None` if the header is not what the probe allows.
    pub(super) fn read(progressive: bool, segment: &[u8]) -> Option<Self> {
        let &[8, y1, y0, x1, x0, count, ref rest @ ..] = segment else { return None };
        let (width, height) =
            (u32::from(u16::from_be_bytes([x1, x0])), u32::from(u16::from_be_bytes([y1, y0])));
        let given = rest.as_chunks::<3>().0.get(..usize::from(count))?;
        if width == 0 || height == 0 || !matches!(count, 1 | 3 | 4) {
            return None;
        }
        // The one component of a gray image is never interleaved, whatever its factors.
        let factors =
            |byte: u8| if count == 1 { (1, 1) } else { (u32::from(byte >> 4), u32::from(byte & 15)) };
        if given.iter().any(|&[_, byte, table]| {
            let (h, v) = factors(byte);
            !(1..=4).contains(&h) || !(1..=4).contains(&v) || table > 3
        }) {
            return None;
        }
        let across = given.iter().map(|component| factors(component[1]).0).max()?;
        let down = given.iter().map(|component| factors(component[1]).1).max()?;
        let components = given
            .iter()
            .map(|&[id, byte, table]| {
                let (h, v) = factors(byte);
                Component {
                    id,
                    h,
                    v,
                    table,
                    steps: None,
                    blocks_x: (width * h).div_ceil(8 * across),
                    blocks_y: (height * v).div_ceil(8 * down),
                    side: Side::Eight,
                    width: 0,
                    height: 0,
                    stride: 0,
                    unit_rows: 0,
                }
            })
            .collect();
        Some(Self {
            width,
            height,
            progressive,
            model: Model::Gray,
            across,
            down,
            units_x: width.div_ceil(8 * across),
            units_y: height.div_ceil(8 * down),
            components,
        })
    }

    /// Decides on the model as libjpeg does, whose reading of the segments is the one that files are made for.
    pub(super) fn settle_model(&mut self, hints: Hints) {
        let ids: Vec<u8> = self.components.iter().map(|component| component.id).collect();
        let inverted = hints.adobe.is_some();
        self.model = match (ids.len(), hints) {
            (1, _) => Model::Gray,
            (3, Hints { jfif: false, adobe: Some(0) }) => Model::Rgb,
            (3, Hints { jfif: false, adobe: None }) if ids == *b"RGB" => Model::Rgb,
            (3, _) => Model::Ycc,
            (_, Hints { adobe: None | Some(0), .. }) => Model::Cmyk { inverted },
            _ => Model::Ycck { inverted },
        };
    }

    /// Decides how many samples blocks become. `alike`: each component's blocks the same number; otherwise
    /// components with fewer samples are scaled down less, where the scale [evens](Scale::evens_chroma) them and as
    /// long as they have no more than the others, which is both better and cheaper than enlarging them later.
    pub(super) fn settle_sides(&mut self, scale: Scale, alike: bool) {
        let (across, down) = (self.across, self.down);
        for component in &mut self.components {
            let mut side = scale.side();
            if !alike {
                let has_room = |by: u32, factor: u32, most: u32| most.is_multiple_of(factor * by);
                let mut by = 2;
                while let Some(twice) = side.twice()
                    && has_room(by, component.h, across)
                    && has_room(by, component.v, down)
                {
                    side = twice;
                    by *= 2;
                }
            }
            component.side = side;
            let side = side as u32;
            component.width = (self.width * component.h * side).div_ceil(across * 8);
            component.height = (self.height * component.v * side).div_ceil(down * 8);
            component.stride = (self.units_x * component.h * side) as usize;
            component.unit_rows = (component.v * side) as usize;
        }
    }

    pub(super) fn size(&self, scale: Scale) -> (u32, u32) {
        (scale.of(self.width), scale.of(self.height))
    }
}

/// A scan header (T.81, B.2.3).
pub(super) struct Scan {
    pub(super) parts: Vec<Part>,
    /// The first and the last coefficient, and the bits by which values are shifted: before this scan (0 if it
    /// is their first), and after it. Only progressive scans use them.
    pub(super) first: usize,
    pub(super) last: usize,
    pub(super) high: u32,
    pub(super) low: u32,
}

/// A component's part in a scan.
pub(super) struct Part {
    pub(super) component: usize,
    /// Which Huffman codes, for means and for the rest.
    pub(super) dc: usize,
    pub(super) ac: usize,
}

impl Scan {
    pub(super) fn read(frame: &Frame, segment: &[u8]) -> Result<Self, Flaw> {
        const DAMAGED: Flaw = Flaw::Damage("a scan header makes no sense");
        let (&count, rest) = segment.split_first().ok_or(DAMAGED)?;
        let count = usize::from(count);
        if !(1..=4).contains(&count) || rest.len() < count * 2 + 3 {
            return Err(DAMAGED);
        }
        let (given, spectrum) = rest.split_at(count * 2);
        let mut parts: Vec<Part> = Vec::with_capacity(count);
        for &[id, tables] in given.as_chunks::<2>().0 {
            let component = frame
                .components
                .iter()
                .enumerate()
                .position(|(index, component)| {
                    component.id == id && parts.iter().all(|part| part.component != index)
                })
                .ok_or(DAMAGED)?;
            let (dc, ac) = (usize::from(tables >> 4), usize::from(tables & 15));
            if dc > 3 || ac > 3 {
                return Err(DAMAGED);
            }
            parts.push(Part { component, dc, ac });
        }
        let scan = Self {
            parts,
            first: spectrum[0].into(),
            last: spectrum[1].into(),
            high: (spectrum[2] >> 4).into(),
            low: (spectrum[2] & 15).into(),
        };
        if frame.progressive {
            let means = scan.first == 0;
            let spectrum_is_one = if means { scan.last == 0 } else { (scan.first..64).contains(&scan.last) };
            let bits_follow = scan.low <= 13 && (scan.high == 0 || scan.high == scan.low + 1);
            if !spectrum_is_one || !bits_follow || (!means && scan.parts.len() > 1) {
                return Err(DAMAGED);
            }
        }
        Ok(scan)
    }
}
