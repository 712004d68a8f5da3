//! What a frame consists of: components, their sizes, and how their blocks make up units (ITU-T T.81,
//! annex A.1 and A.2).

/// How much smaller chroma is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::image) enum Subsampling {
    /// 4:4:4: as large as luma.
    None,
    /// 4:2:0: half as wide and half as high.
    Both,
}

impl Subsampling {
    /// How many luma samples one of chroma stands for, across and down.
    pub(super) fn factors(self) -> (u32, u32) {
        match self {
            Subsampling::None => (1, 1),
            Subsampling::Both => (2, 2),
        }
    }

    /// The size of chroma beside luma of this size.
    pub(super) fn chroma_size(self, (width, height): (u32, u32)) -> (u32, u32) {
        let (across, down) = self.factors();
        (width.div_ceil(across), height.div_ceil(down))
    }
}

/// A component, luma or chroma.
pub(super) struct Component {
    /// Its blocks in a unit, across and down.
    pub(super) across: u32,
    pub(super) down: u32,
    /// Its blocks that hold samples. The last units may have more, of which nothing is to be seen.
    pub(super) blocks_wide: u32,
    pub(super) blocks_high: u32,
    /// Which tables it uses: 0 for luma, 1 for chroma.
    pub(super) tables: u8,
}

pub(super) struct Frame {
    pub(super) width: u16,
    pub(super) height: u16,
    pub(super) components: Vec<Component>,
    /// Units across and down.
    pub(super) units_wide: u32,
    pub(super) units_high: u32,
}

impl Frame {
    /// `chroma` is `None` for gray.
    pub(super) fn new(width: u16, height: u16, chroma: Option<Subsampling>) -> Self {
        let size = (u32::from(width), u32::from(height));
        let component = |(across, down), (width, height): (u32, u32), tables| Component {
            across,
            down,
            blocks_wide: width.div_ceil(8),
            blocks_high: height.div_ceil(8),
            tables,
        };
        let (across, down) = chroma.map_or((1, 1), Subsampling::factors);
        let mut components = vec![component((across, down), size, 0)];
        if let Some(subsampling) = chroma {
            let size = subsampling.chroma_size(size);
            components.extend((0..2).map(|_| component((1, 1), size, 1)));
        }
        Self {
            width,
            height,
            components,
            units_wide: size.0.div_ceil(8 * across),
            units_high: size.1.div_ceil(8 * down),
        }
    }

    pub(super) fn is_gray(&self) -> bool {
        self.components.len() == 1
    }
}
