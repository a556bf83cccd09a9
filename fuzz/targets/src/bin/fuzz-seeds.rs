//! Writes the seeds of all fuzz targets to `fuzz/corpus`, where cargo-fuzz looks for them.
#![forbid(unsafe_code)]

use fuzz_targets::{TARGETS, seeds};
use std::path::Path;
use std::{fs, io};

fn main() -> io::Result<()> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus");
    for (name, _) in TARGETS {
        let folder = corpus.join(name);
        fs::create_dir_all(&folder)?;
        let seeds = seeds::of(name);
        for (number, seed) in seeds.iter().enumerate() {
            fs::write(folder.join(format!("seed-{number:03}")), seed)?;
        }
        println!("{name}: {} seeds", seeds.len());
    }
    Ok(())
}
