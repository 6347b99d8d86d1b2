//! The native tests, in one binary, which is linked once for every build of the library. A test that needs its own process, or a
//! browser, has a file of its own next to this folder.
#![cfg(not(target_arch = "wasm32"))]

#[path = "../common/mod.rs"]
mod common;
mod stored;

mod automatic;
mod baselines;
mod checkpoints;
mod conformance;
mod data;
mod encoder_decoder;
mod ensemble;
mod equations;
mod evaluate;
mod experiment;
mod floors;
mod forecasters;
mod gradients;
mod inside;
mod layering;
mod line;
mod losses;
mod parallel;
mod ranges;
mod reference;
mod saved_models;
mod sequences;
mod session;
mod shuffle;
mod sizing;
mod state_dict;
mod statistical;
mod truncated;
mod windows;

#[test]
fn every_file_of_the_suite_is_a_module_of_it() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite");
    let main = include_str!("main.rs");
    for entry in std::fs::read_dir(folder).expect("the folder of this file can be read") {
        let path = entry.expect("its entries can be read").path();
        let name = path.file_stem().expect("an entry has a name").to_string_lossy().into_owned();
        assert!(
            name == "main" || main.contains(&format!("\nmod {name};")),
            "{name} is not a module of main.rs, so it never runs"
        );
    }
}
