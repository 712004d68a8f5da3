//! Links the addon the way Node loads it; nothing to do without the `node` feature.

fn main() {
    #[cfg(feature = "node")]
    napi_build::setup();
}
