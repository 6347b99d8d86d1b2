//! `glue WASM FOLDER`: writes the JavaScript and the types for a wasm with `#[wasm_bindgen]` items, and the matching wasm, like
//! `wasm-pack build --target web` and `wasm-bindgen --target web`. Building those two takes minutes; the library behind them is
//! built while the core compiles.

use std::process::ExitCode;

use wasm_bindgen_cli_support::Bindgen;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [wasm, folder] = &args[..] else {
        eprintln!("usage: glue WASM FOLDER");
        return ExitCode::from(2);
    };
    let mut bindgen = Bindgen::new();
    let written = bindgen.web(true).and_then(|bindgen| {
        // Those programs' default: the JavaScript finds the wasm next to itself.
        bindgen.typescript(true).omit_default_module_path(false).input_path(wasm).generate(folder)
    });
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("glue: {error:#}");
            ExitCode::FAILURE
        }
    }
}
