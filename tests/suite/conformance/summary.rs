//! A layer that leaves out what its last step does not need gives the same summary, state and gradients as one that does not.

use super::{layer, shapes};
use unrolled::arch::registry::{self, Make};
use unrolled::grad::{Tape, Var};
use unrolled::math::Rng;
use unrolled::nn::{Pass, State};
use unrolled::{Real, narrow, wide};

/// Rounding, as sums are taken in another order: of values around 1, and of gradients that are sums of them.
const CLOSE: f64 = if cfg!(feature = "f64") { 1e-12 } else { 2e-4 };

#[test]
fn a_summary_is_that_of_the_whole_output_with_the_same_gradients() {
    let (inputs, batch, steps) = (3, 3, 7);
    let mut alone = 0;
    for architecture in registry::ALL {
        let Make::Layer(make) = architecture.make else { continue };
        for json in &shapes(architecture) {
            let (block, params) = layer(architecture, make, json, (0, inputs));
            let mut rng = Rng::new(9, 0);
            let mut draw = |count: usize| -> Vec<Real> { (0..count).map(|_| narrow(rng.normal())).collect() };
            let (before, x, weights) =
                (draw(inputs * batch * 2), draw(inputs * batch * steps), draw(block.features() * batch));
            // Output, states, and the gradients of Σ weights · output with respect to the input and the parameters.
            let mut run = |carried: bool, whole: bool| -> Vec<Vec<Real>> {
                let mut tape = Tape::new(true);
                let mut pass = Pass::new(&mut tape, &params, batch);
                let mut state = State::default();
                if carried {
                    let first = pass.tape.constant(inputs, batch * 2, &before);
                    (_, state) = block.forward(&mut pass, first, &state);
                }
                let input = pass.tape.leaf(inputs, batch * steps, &x);
                let (out, after) = if whole {
                    let (out, after) = block.forward(&mut pass, input, &state);
                    (block.readout(&mut pass, out), after)
                } else {
                    alone += usize::from(block.last_alone(&mut pass, input, &state).is_some());
                    block.summarise(&mut pass, input, &state)
                };
                let mut found: Vec<Vec<Real>> = vec![tape.value(out).to_vec()];
                found.extend(after.iter().flatten().map(|var: &Var| tape.value(*var).to_vec()));
                tape.backward_from(&[(out, &weights)]);
                found.push(tape.grad(input).to_vec());
                let mut grads = vec![0.0; params.len()];
                params.collect_into(&tape, &mut grads);
                found.push(grads);
                found
            };
            for carried in [false, architecture.streams] {
                let (summary, whole) = (run(carried, false), run(carried, true));
                assert_eq!(summary.len(), whole.len(), "{} {json}", architecture.id);
                for (a, b) in summary.iter().zip(&whole) {
                    assert_eq!(a.len(), b.len(), "{} {json}", architecture.id);
                    let size = b.iter().map(|b| wide(b.abs())).fold(1.0, f64::max);
                    let off = a.iter().zip(b).map(|(a, b)| wide((a - b).abs())).fold(0.0, f64::max);
                    assert!(off < CLOSE * size, "{} {json}: {off:e} of {size:e}", architecture.id);
                }
            }
        }
    }
    assert!(alone > 0, "no layer leaves anything out");
}
