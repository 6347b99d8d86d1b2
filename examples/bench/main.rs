//! The native measurements of `make bench`. One job a line on standard input, as JSON; one answer a line on standard output. The
//! jobs themselves (settings, sizes, repeats) are in `scripts/bench/`.

#[cfg(not(target_arch = "wasm32"))]
mod losses;
#[cfg(not(target_arch = "wasm32"))]
mod native;
#[cfg(not(target_arch = "wasm32"))]
mod scans;
#[cfg(not(target_arch = "wasm32"))]
mod single;

#[cfg(not(target_arch = "wasm32"))]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    native::serve()
}

/// In a browser `web.rs` has the same jobs.
#[cfg(target_arch = "wasm32")]
fn main() {}
