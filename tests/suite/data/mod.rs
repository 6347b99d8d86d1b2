//! From bytes to a regular series, on files as people have them.

mod ahead;
mod choices;
mod common;
mod hostile;
mod large;
mod numbers;
mod real;
mod shapes;
mod trials;
