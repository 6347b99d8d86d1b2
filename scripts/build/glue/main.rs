//! `glue WASM FOLDER`: writes the JavaScript and the types around a wasm that rustc made of `#[wasm_bindgen]` items, and the
//! wasm that goes with them, as `wasm-pack build --target web` and `wasm-bindgen --target web` do. Those two are built in
//! minutes; the library that does their work is built while the core compiles.

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
        // As those programs do where no option says otherwise: the JavaScript finds the wasm beside itself.
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
