//! The losses of 200 optimiser steps of job S, from the same weights and batches as PyTorch's in f64
//! (`scripts/reference/losses.py`): in f32 at most three times as far from it as PyTorch's own f32 run. `make bench` does the same
//! in browsers, and for job M, which takes a minute.

#[path = "../../examples/bench/losses.rs"]
mod job;

use crate::stored::Stored;
use job::Case;

/// Largest distance from f64, as a multiple of PyTorch's own in f32.
const FACTOR: f64 = 3.0;

#[test]
fn two_hundred_steps_stay_as_close_to_f64_as_pytorch_does() {
    let file = Stored::open("losses");
    for architecture in ["lstm", "gru", "rnn"] {
        let name = format!("s_{architecture}");
        let case = Case {
            architecture: architecture.to_owned(),
            hidden: 64,
            layers: 1,
            window: 24,
            horizon: 1,
            batch: 32,
            bound: 0.125,
        };
        let exact = file.doubles(&name);
        let far = |found: &[f64]| {
            assert_eq!(found.len(), exact.len());
            found.iter().zip(&exact).map(|(f, e)| (f - e).abs()).fold(0.0, f64::max)
        };
        let (ours, theirs) = (far(&case.losses().expect("a case")), far(&file.doubles(&format!("{name}.f32"))));
        println!("{name:<8} losses differ by {ours:.1e} from PyTorch in f64; its own f32 by {theirs:.1e}");
        let bound = if cfg!(feature = "f64") { 1e-9 } else { FACTOR * theirs };
        assert!(ours <= bound, "{name}: {ours:e} {bound:e}");
    }
}
