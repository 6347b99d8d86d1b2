//! The modules are layers, and a lower one never imports a higher one. Reads every `crate::…` path in `src/`.

use std::fs;
use std::path::{Path, PathBuf};

/// Each layer and the layers it may import. A row names only rows above it, so that no circle can be written down.
const LAYERS: &[(&str, &[&str])] = &[
    ("error", &[]),
    // Numbers in texts and in saved files.
    ("exact", &[]),
    ("knob", &["error", "exact"]),
    ("math", &["error", "knob"]),
    // What a person brings and how a forecast is judged: neither knows any network.
    ("data", &["error", "exact", "knob", "math"]),
    ("evaluate", &["error", "exact", "knob", "math", "data"]),
    // The networks, from arithmetic to what a person can pick.
    ("grad", &["error", "knob", "math"]),
    ("scan", &["error", "knob", "math", "grad"]),
    ("nn", &["error", "knob", "math", "grad", "scan"]),
    // A forecaster reads windows of a series.
    ("arch", &["error", "exact", "knob", "math", "grad", "scan", "nn", "data"]),
    // Both together.
    ("train", &["error", "knob", "math", "grad", "scan", "nn", "arch", "data", "evaluate"]),
    ("forecast", &["error", "knob", "math", "grad", "scan", "nn", "arch", "data", "evaluate"]),
    ("export", &["error", "exact", "knob", "math", "grad", "scan", "nn", "arch", "data", "evaluate"]),
    (
        "session",
        &["error", "knob", "math", "grad", "scan", "nn", "arch", "data", "evaluate", "train", "forecast", "export"],
    ),
    // Conversions between JS and the session, and nothing else.
    ("wasm", &["error", "knob", "data", "session"]),
];

#[test]
fn the_table_of_layers_has_no_circle() {
    for (row, (layer, imports)) in LAYERS.iter().enumerate() {
        for import in *imports {
            assert!(
                LAYERS[..row].iter().any(|(above, _)| above == import),
                "{layer} names {import}, which is not a row above it"
            );
        }
    }
}

#[test]
fn no_layer_imports_a_higher_one() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut breaches = Vec::new();
    let mut read = 0;
    for file in rust_files(&source) {
        let relative = file.strip_prefix(&source).expect("files are listed below the folder").to_owned();
        let Some(layer) = layer_of(&relative) else { continue };
        let Some((_, allowed)) = LAYERS.iter().find(|(name, _)| *name == layer) else {
            breaches.push(format!("{}: the layer {layer} has no row in the table", relative.display()));
            continue;
        };
        read += 1;
        for import in imports(&fs::read_to_string(&file).expect("a source file can be read")) {
            if import != layer && !allowed.contains(&import.as_str()) {
                breaches.push(format!("{}: {layer} may not import {import}", relative.display()));
            }
        }
    }
    assert!(read > 0, "no source file was read");
    assert!(breaches.is_empty(), "\n{}", breaches.join("\n"));
}

#[test]
fn imports_are_read_from_every_way_to_write_them() {
    let text = "
        use crate::math::Mat; // crate::train is only mentioned here
        use crate::{Error, data::{Series, split}, knob};
        /* crate::session */
        fn f() -> crate::Result<()> { crate::wide(crate::nn::linear()) }
        pub(crate) mod x { pub(in crate::grad) fn g() {} }
    ";
    assert_eq!(imports(text), ["math", "data", "knob", "nn", "grad"]);
}

/// All `.rs` files below a folder.
fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("src/ can be listed") {
        let path = entry.expect("src/ can be listed").path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// The layer a file belongs to: its top folder, or its own name. `lib.rs`, which names them all, belongs to none.
fn layer_of(relative: &Path) -> Option<String> {
    let top = Path::new(relative.components().next()?.as_os_str());
    let name = top.file_stem()?.to_str()?.to_owned();
    (name != "lib").then_some(name)
}

/// The layers that a file's `crate::…` paths name. What the crate's root itself gives (`crate::Result`) is none, and a
/// module that is missing in the table is found by its file.
fn imports(text: &str) -> Vec<String> {
    let code = without_comments(text);
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        match rest.strip_prefix('{') {
            Some(group) => found.extend(first_names(group)),
            None => found.push(identifier(rest)),
        }
    }
    found.retain(|name| LAYERS.iter().any(|(layer, _)| layer == name));
    found
}

/// The first name of each entry of a `{…}` group, up to its closing brace.
fn first_names(group: &str) -> Vec<String> {
    let (mut depth, mut start, mut names) = (0, 0, Vec::new());
    for (at, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                names.push(identifier(group[start..at].trim_start()));
                start = at + 1;
                if character == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    names
}

fn identifier(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// Comments become nothing. A `//` or `/*` inside a string would be taken for one, which at worst hides an import there.
fn without_comments(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("//").into_iter().chain(rest.find("/*")).min() {
        code.push_str(&rest[..at]);
        let end = if rest[at..].starts_with("//") {
            rest[at..].find('\n').map(|end| at + end)
        } else {
            rest[at..].find("*/").map(|end| at + end + 2)
        };
        rest = end.map_or("", |end| &rest[end..]);
    }
    code.push_str(rest);
    code
}
