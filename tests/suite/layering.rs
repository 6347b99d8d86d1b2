//! The modules are layers, and a lower one never imports a higher one; the files have no circle. The test reads every file of
//! `src/`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::Visit;
use syn::{ItemMod, ItemUse, Macro, UseTree, Visibility};

/// Each layer, a module or a group of modules, and the layers that it may import. A row names only rows above it, so that no circle
/// can be written down.
const LAYERS: &[(&str, &[&str])] = &[
    ("error", &[]),
    // Numbers in texts and in saved files.
    ("exact", &[]),
    // Digests.
    ("digest", &[]),
    ("knob", &["error", "exact"]),
    ("math", &["error", "knob"]),
    // From bytes to windows. It knows no network.
    ("data::calendar", &["error"]),
    ("data::options", &["error", "data::calendar"]),
    ("data::notes", &["data::options"]),
    ("data::cell", &["exact", "data::calendar", "data::options", "data::notes"]),
    ("data::file", &["error", "exact", "data::options", "data::notes", "data::cell"]),
    ("data::meaning", &["error", "math", "data::calendar", "data::options", "data::notes", "data::cell", "data::file"]),
    (
        "data::series",
        &["error", "exact", "knob", "math", "data::calendar", "data::options", "data::notes", "data::cell"],
    ),
    ("data::windows", &["error", "exact", "knob", "data::calendar", "data::options", "data::notes", "data::series"]),
    (
        "data::table",
        &[
            "error",
            "data::calendar",
            "data::options",
            "data::notes",
            "data::cell",
            "data::file",
            "data::meaning",
            "data::series",
            "data::windows",
        ],
    ),
    ("data::reader", &["error", "data::options", "data::file", "data::table"]),
    // Statistical forecasts of one series.
    ("baseline", &["error", "math"]),
    // Evaluation of any forecaster.
    ("evaluate", &["error", "exact", "knob", "math", "data"]),
    // The common ground of compared models, and the rows that they have learnt from.
    ("experiment", &["error", "digest", "data", "evaluate"]),
    // The networks, from arithmetic to architectures.
    ("grad", &["error", "knob", "math"]),
    ("scan", &["error", "knob", "math", "grad"]),
    ("nn", &["error", "knob", "math", "grad", "scan"]),
    // A forecaster reads windows of a series.
    ("arch", &["error", "exact", "knob", "math", "grad", "scan", "nn", "data"]),
    // Both together.
    ("train", &["error", "knob", "math", "grad", "scan", "nn", "arch", "data", "evaluate"]),
    ("forecast", &["error", "knob", "math", "grad", "scan", "nn", "arch", "data", "evaluate"]),
    (
        "export",
        &["error", "exact", "digest", "knob", "math", "grad", "scan", "nn", "arch", "data", "evaluate", "experiment"],
    ),
    (
        "session",
        &[
            "error",
            "digest",
            "knob",
            "math",
            "grad",
            "scan",
            "nn",
            "arch",
            "data",
            "evaluate",
            "experiment",
            "train",
            "forecast",
            "export",
        ],
    ),
    // Conversions between JavaScript and the session, and nothing else.
    ("wasm", &["error", "knob", "data", "evaluate", "train", "session"]),
];

/// A module: its path below the crate's root, such as `["data", "series"]`.
type Module = Vec<String>;

/// All files of the crate and what each imports.
struct Source {
    modules: BTreeSet<Module>,
    /// Re-exports: the module behind each `pub use`, by module and name.
    given: BTreeMap<(Module, String), Module>,
    imports: BTreeMap<Module, BTreeSet<Module>>,
}

/// Whether `layer` holds `module`: `data` holds all of `data::series`.
fn holds(layer: &str, module: &str) -> bool {
    module.strip_prefix(layer).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

#[test]
fn the_table_of_layers_has_no_circle() {
    for (row, (layer, imports)) in LAYERS.iter().enumerate() {
        for import in *imports {
            assert!(
                LAYERS[..row].iter().any(|(above, _)| holds(import, above)),
                "{layer} names {import}, which is not a row above it"
            );
            assert!(
                !LAYERS[row..].iter().any(|(below, _)| holds(import, below)),
                "{layer} names {import}, some of which is not above it"
            );
        }
    }
}

#[test]
fn no_layer_imports_a_higher_one() {
    let source = Source::read();
    let layer_of = |module: &Module| LAYERS.iter().find(|(layer, _)| holds(layer, &module.join("::")));
    let mut breaches = Vec::new();
    for (module, imports) in &source.imports {
        // The root, and `data`, which only re-export.
        if module.is_empty() || *module == ["data"] {
            assert!(imports.is_empty(), "{}: imports {imports:?}", module.join("::"));
            continue;
        }
        let Some((layer, allowed)) = layer_of(module) else {
            breaches.push(format!("{} has no row in the table", module.join("::")));
            continue;
        };
        for import in imports {
            let import = import.join("::");
            if !holds(layer, &import) && !allowed.iter().any(|allowed| holds(allowed, &import)) {
                breaches.push(format!("{}: {layer} may not import {import}", module.join("::")));
            }
        }
    }
    assert!(breaches.is_empty(), "\n{}", breaches.join("\n"));
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let source = Source::read();
    let read: usize = source.imports.values().map(BTreeSet::len).sum();
    assert!(read > source.modules.len(), "of {} files {read} imports are too few to be all", source.modules.len());
    assert_eq!(circles(&source.imports), BTreeMap::new(), "these import each other");
}

#[test]
fn imports_are_read_from_every_way_to_write_them() {
    let source = Source::of(&[
        (&[], "pub mod error; pub use error::Error;"),
        (&["error"], "pub struct Error;"),
        (&["math"], "pub struct Mat; // crate::train is only mentioned here"),
        (&["data"], "pub use series::split::Part; pub use self::series::Series;"),
        (&["data", "series"], "pub mod split; pub struct Series;"),
        (&["data", "series", "split"], "pub enum Part {}"),
        (&["nn"], "pub fn linear() {} pub fn norm() {}"),
        (&["knob"], ""),
        (&["train"], "use crate::{Error, data::{Part, Series as S}, knob}; pub(in crate::nn) fn g() {}"),
        (&["train", "step"], "use super::super::math::Mat; mod tests { use super::*; use super::super::other; }"),
        (&["train", "other"], "fn f() { println!(\"crate::data {}\", crate::nn::linear()); }"),
        (&["session"], "fn f(_: crate::math::Mat) -> crate::error::Error { crate::nn::norm() }"),
    ]);
    let of = |module: &[&str]| -> Vec<String> {
        let module: Module = module.iter().map(|&name| name.to_owned()).collect();
        source.imports[&module].iter().map(|import| import.join("::")).collect()
    };
    assert_eq!(of(&["train"]), ["data::series", "data::series::split", "error", "knob"]);
    assert_eq!(of(&["train", "step"]), ["math", "train::other"]);
    assert_eq!(of(&["train", "other"]), ["nn"]);
    assert_eq!(of(&["session"]), ["error", "math", "nn"]);
    assert_eq!(of(&["data"]), [""; 0]);
}

#[test]
fn circles_are_found_and_what_only_leads_to_them_is_none() {
    let graph = |edges: &[(&str, &[&str])]| -> BTreeMap<Module, BTreeSet<Module>> {
        let module = |name: &str| vec![name.to_owned()];
        edges.iter().map(|(from, to)| (module(from), to.iter().map(|to| module(to)).collect())).collect()
    };
    assert!(circles(&graph(&[("a", &["b", "c"]), ("b", &["c"]), ("c", &[])])).is_empty());
    let found = circles(&graph(&[("a", &["b"]), ("b", &["c"]), ("c", &["b", "d"]), ("d", &[])]));
    assert_eq!(found.keys().map(|module| module[0].as_str()).collect::<Vec<_>>(), ["b", "c"]);
}

/// The files in circles, with their imports among each other.
fn circles(imports: &BTreeMap<Module, BTreeSet<Module>>) -> BTreeMap<Module, BTreeSet<Module>> {
    let mut left = imports.clone();
    loop {
        let before = left.len();
        // A file that imports none of the remaining ones is in no circle, nor is one that none of them imports.
        let names: BTreeSet<Module> = left.keys().cloned().collect();
        left.values_mut().for_each(|imports| imports.retain(|import| names.contains(import)));
        left.retain(|_, imports| !imports.is_empty());
        let imported: BTreeSet<Module> = left.values().flatten().cloned().collect();
        left.retain(|module, _| imported.contains(module));
        if left.len() == before {
            return left;
        }
    }
}

impl Source {
    /// The crate's own.
    fn read() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut files = Vec::new();
        gather(&root, &mut Vec::new(), &mut files);
        assert!(!files.is_empty(), "no source file was read");
        let files: Vec<(Vec<&str>, &str)> =
            files.iter().map(|(module, text)| (module.iter().map(String::as_str).collect(), text.as_str())).collect();
        Self::of(&files.iter().map(|(module, text)| (module.as_slice(), *text)).collect::<Vec<_>>())
    }

    fn of(files: &[(&[&str], &str)]) -> Self {
        let owned = |module: &[&str]| -> Module { module.iter().map(|&name| name.to_owned()).collect() };
        let mut source = Source {
            modules: files.iter().map(|(module, _)| owned(module)).collect(),
            given: BTreeMap::new(),
            imports: BTreeMap::new(),
        };
        let mut named = BTreeMap::new();
        for (module, text) in files {
            let parsed = syn::parse_file(text).unwrap_or_else(|error| panic!("{}: {error}", module.join("::")));
            let mut paths = Paths { inside: 0, used: Vec::new(), given: Vec::new() };
            paths.visit_file(&parsed);
            for (path, name) in paths.given {
                source.given.insert((owned(module), name), path);
            }
            named.insert(owned(module), paths.used);
        }
        for (module, paths) in named {
            let found = paths.iter().filter_map(|(path, inside)| source.file_of(&module, path, *inside));
            let imports = found.filter(|file| *file != module && !file.is_empty()).collect();
            source.imports.insert(module, imports);
        }
        source
    }

    /// The file of a path written in `module`, at this depth of inline modules; `None` for a path outside the crate.
    fn file_of(&self, module: &Module, path: &[String], inside: usize) -> Option<Module> {
        let mut rest = path;
        let mut at = module.clone();
        match path.first()?.as_str() {
            "crate" => (at, rest) = (Module::new(), &path[1..]),
            "self" => rest = &path[1..],
            "super" => {
                // The first ones lead out of modules that are written in the file itself.
                let up = path.iter().take_while(|part| *part == "super").count();
                (0..up.saturating_sub(inside)).for_each(|_| drop(at.pop()));
                rest = &path[up..];
            }
            first => {
                let child = [at.as_slice(), &[first.to_owned()]].concat();
                self.modules.contains(&child).then_some(())?;
            }
        }
        while let Some((first, after)) = rest.split_first() {
            let child = [at.as_slice(), std::slice::from_ref(first)].concat();
            if self.modules.contains(&child) {
                (at, rest) = (child, after);
            } else if let Some(given) = self.given.get(&(at.clone(), first.clone())) {
                return self.file_of(&at, given, 0).or(Some(at));
            } else {
                break;
            }
        }
        Some(at)
    }
}

/// All `.rs` files below a folder, each with its module.
fn gather(folder: &Path, module: &mut Module, files: &mut Vec<(Module, String)>) {
    for entry in fs::read_dir(folder).expect("src/ can be listed") {
        let path = entry.expect("src/ can be listed").path();
        let name = path.file_stem().expect("an entry has a name").to_string_lossy().into_owned();
        if path.is_dir() {
            module.push(name);
            gather(&path, module, files);
            module.pop();
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let mut of = module.clone();
            // These stand for their folder.
            if !matches!(name.as_str(), "mod" | "lib") {
                of.push(name);
            }
            files.push((of, fs::read_to_string(&path).expect("a source file can be read")));
        }
    }
}

/// The paths that a file writes down.
struct Paths {
    /// Depth of inline modules.
    inside: usize,
    used: Vec<(Vec<String>, usize)>,
    given: Vec<(Vec<String>, String)>,
}

impl Paths {
    fn tree(tree: &UseTree, before: &[String], found: &mut Vec<(Vec<String>, String)>) {
        let with = |name: String| [before, &[name]].concat();
        match tree {
            UseTree::Path(path) => Self::tree(&path.tree, &with(path.ident.to_string()), found),
            UseTree::Group(group) => group.items.iter().for_each(|tree| Self::tree(tree, before, found)),
            UseTree::Name(name) if name.ident == "self" => found.push((before.to_vec(), String::new())),
            UseTree::Name(name) => found.push((with(name.ident.to_string()), name.ident.to_string())),
            UseTree::Rename(name) => found.push((with(name.ident.to_string()), name.rename.to_string())),
            UseTree::Glob(_) => found.push((before.to_vec(), String::new())),
        }
    }

    /// Paths in a macro's input, which is not parsed.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        for token in tokens {
            match token {
                TokenTree::Ident(ident) if !path.is_empty() || matches!(&*ident.to_string(), "crate" | "super") => {
                    path.push(ident.to_string());
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' && !path.is_empty() => {}
                other => {
                    self.used.extend((!path.is_empty()).then(|| (std::mem::take(&mut path), self.inside)));
                    if let TokenTree::Group(group) = other {
                        self.tokens(group.stream());
                    }
                }
            }
        }
        self.used.extend((!path.is_empty()).then_some((path, self.inside)));
    }
}

impl<'ast> Visit<'ast> for Paths {
    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        let mut found = Vec::new();
        Self::tree(&item.tree, &[], &mut found);
        match item.vis {
            // A re-export is no use.
            Visibility::Public(_) => self.given.extend(found),
            _ => self.used.extend(found.into_iter().map(|(path, _)| (path, self.inside))),
        }
    }

    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        self.inside += 1;
        syn::visit::visit_item_mod(self, item);
        self.inside -= 1;
    }

    fn visit_visibility(&mut self, _: &'ast Visibility) {}

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let parts: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if matches!(parts[0].as_str(), "crate" | "super" | "self") && parts.len() > 1 {
            self.used.push((parts, self.inside));
        }
        syn::visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, item: &'ast Macro) {
        self.tokens(item.tokens.clone());
        syn::visit::visit_macro(self, item);
    }
}
