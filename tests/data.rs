//! From bytes to a regular series, on files as people have them.
#![cfg(not(target_arch = "wasm32"))]

#[path = "data/choices.rs"]
mod choices;
#[path = "data/common.rs"]
mod common;
#[path = "data/hostile.rs"]
mod hostile;
#[path = "data/large.rs"]
mod large;
#[path = "data/real.rs"]
mod real;
#[path = "data/shapes.rs"]
mod shapes;
#[path = "data/trials.rs"]
mod trials;
#[path = "data/numbers.rs"]
mod numbers;
