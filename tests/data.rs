//! From bytes to a regular series, on files as people have them.
#![cfg(not(target_arch = "wasm32"))]

#[path = "data/accounts.rs"]
mod accounts;
#[path = "data/choices.rs"]
mod choices;
#[path = "data/common.rs"]
mod common;
#[path = "data/hostile.rs"]
mod hostile;
#[path = "data/large.rs"]
mod large;
#[path = "data/numbers.rs"]
mod numbers;
#[path = "data/parts.rs"]
mod parts;
#[path = "data/real.rs"]
mod real;
#[path = "data/several.rs"]
mod several;
#[path = "data/shapes.rs"]
mod shapes;
#[path = "data/trials.rs"]
mod trials;
