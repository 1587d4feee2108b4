//! The core has what its fuzz targets need where it is fuzzed; cargo-fuzz says the same.

fn main() {
    println!("cargo::rustc-cfg=fuzzing");
    println!("cargo::rustc-check-cfg=cfg(fuzzing)");
}
