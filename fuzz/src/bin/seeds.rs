//! Writes what fuzzing begins with into `corpus/`, where cargo-fuzz looks for it: the samples of the crate's tests, each
//! with a few choices of options. `cargo run --manifest-path fuzz/Cargo.toml --bin seeds`

#![allow(dead_code, unused_imports, reason = "the helpers are those of tests/image, which uses all of them")]

#[path = "../../../tests/image/choices.rs"]
mod choices;
#[path = "../../../tests/image/samples/mod.rs"]
mod samples;
#[path = "../../../tests/image/support.rs"]
mod support;

use std::path::Path;
use std::{fs, io};

use choices::CHOICES;

fn main() -> io::Result<()> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let mut random = support::Random::new(1);
    let mut count = 0;
    for (i, sample) in samples::samples().iter().enumerate() {
        for target in [sample.format, "any"] {
            let folder = corpus.join(format!("image_{target}"));
            fs::create_dir_all(&folder)?;
            for variant in 0..3 {
                let mut choices = [0; CHOICES];
                if variant > 0 {
                    choices.fill_with(|| random.next() as u8);
                }
                fs::write(folder.join(format!("seed-{i}-{variant}")), [&choices[..], &sample.data].concat())?;
                count += 1;
            }
        }
    }
    println!("{count} files in {}", corpus.display());
    Ok(())
}
