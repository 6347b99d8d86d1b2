//! From bytes to a regular series, on realistic files.

mod accounts;
mod ahead;
mod choices;
mod common;
mod hostile;
mod large;
mod numbers;
mod parts;
mod real;
mod several;
mod shapes;
mod trials;
