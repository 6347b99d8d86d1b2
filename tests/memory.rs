//! What training holds in memory, with and without gradient checkpoints. One test alone, since the counter is the whole
//! process's.
#![cfg(not(target_arch = "wasm32"))]

mod common;

use std::alloc::System;

use cap::Cap;
use common::{noisy_sine, settings};
use unrolled::Session;
use unrolled::arch::registry::{self, Make};
use unrolled::arch::{Architecture, Plan};
use unrolled::grad::Tape;
use unrolled::knob::{Raw, Settings};
use unrolled::math::Rng;
use unrolled::nn::{Builder, Pass, State};

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);

/// What is there whatever the window's length and is not foretold: weights, packed and copied, their gradients, the batch.
const ASIDE: usize = 500_000;

/// Whether a state after two steps is larger than after one.
fn state_grows(architecture: &Architecture) -> bool {
    let Make::Layer(make) = architecture.make else { return false };
    let checked = Settings::check(&unrolled::session::catalog().knobs, &Raw::new(), &Raw::new()).unwrap();
    let plan = Plan::new(&checked, (2, 2, 0), (24, 12, 6)).unwrap();
    let mut builder = Builder::new(Rng::new(1, 0), 1.0);
    let block = make(&mut builder, 0, 2, &plan, &checked);
    let params = builder.finish();
    let size = |steps: usize| -> usize {
        let mut tape = Tape::new(false);
        let mut pass = Pass::new(&mut tape, &params, 1);
        let x = pass.tape.filled(2, steps, 0.5);
        let (_, state) = block.forward(&mut pass, x, &State::default());
        state.iter().flatten().map(|var| pass.tape.value(*var).len()).sum()
    };
    let by = (size(9) - size(8), size(8) - size(7));
    assert_eq!(by.0, block.state_grows_by(), "{}", architecture.id);
    assert_eq!(by.0, by.1, "{}", architecture.id);
    by.0 > 0
}

#[test]
fn checkpoints_need_less_memory_and_say_how_much() {
    for architecture in registry::ALL {
        let grows = state_grows(architecture);
        let of = |checkpoints: bool| {
            let mut raw = settings(
                r#"{"window": 168, "horizon": 24, "segment": 1, "hidden": 32, "layers": 2, "batch_size": 32, "shards": 1}"#,
            );
            raw.insert("architecture".into(), architecture.id.into());
            raw.insert("checkpoints".into(), checkpoints.into());
            let mut session = Session::new(noisy_sine(900));
            let foretold = session.configure(&raw).unwrap().memory_bytes;
            let before = ALLOCATOR.allocated();
            // What a step allocates stays for the next one.
            session.part(0, &mut Vec::new()).unwrap();
            (ALLOCATOR.allocated() - before, foretold)
        };
        let ((whole, whole_foretold), (kept, kept_foretold)) = (of(false), of(true));
        let mega = |bytes: usize| bytes as f64 / 1e6;
        println!(
            "{:<14} 168 steps, two layers of 32, batch 32: {:.1} MB (foretold: {:.1}); with checkpoints {:.1} MB (foretold: {:.1})",
            architecture.id,
            mega(whole),
            mega(whole_foretold),
            mega(kept),
            mega(kept_foretold)
        );
        // A model that does not stream reads its window as a whole, and has nothing to cut; a state that grows with the window is
        // held as often as there are stretches. Without checkpoints the top layer already keeps no gradient of its steps.
        let share = if grows { 1.5 } else { 2.5 };
        let less = share * (kept as f64) < whole as f64;
        assert!(!architecture.streams || less, "{}: {kept} of {whole} bytes", architecture.id);
        for (bytes, foretold) in [(whole, whole_foretold), (kept, kept_foretold)] {
            assert!(
                bytes < 2 * foretold + ASIDE && foretold < 4 * bytes,
                "{}: {bytes} bytes, {foretold} foretold",
                architecture.id
            );
        }
    }
}
