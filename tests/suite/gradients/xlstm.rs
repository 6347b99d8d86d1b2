//! The recurrences of the xLSTM.

use unrolled::grad::ops;
use unrolled::math::Rng;
use unrolled::scan::{self, MlstmInputs, SlstmInputs, reference};
use unrolled::{narrow, wide};

use super::{Matrix, Near, random, same_as_twin};

/// Their exponentials are stabilised differently from their references'.
const NEAR_EXPONENTIALS: Near = Near { tolerance: if cfg!(feature = "f64") { 1e-11 } else { 5e-5 }, least: 1e-2 };

/// A matrix times a factor, plus a shift.
fn moved((rows, cols, x): Matrix, factor: f64, shift: f64) -> Matrix {
    (rows, cols, x.into_iter().map(|x| narrow(factor * wide(x) + shift)).collect())
}

/// Hidden units, heads, batch and steps.
const XLSTM: &[(usize, usize, usize, usize)] =
    &[(6, 2, 3, 5), (8, 1, 1, 4), (5, 5, 2, 3), (12, 3, 2, 70), (4, 2, 1, 1)];

#[test]
fn slstm_matches_central_differences_and_its_twin() {
    let mut rng = Rng::new(17, 0);
    for &(hidden, heads, batch, steps) in XLSTM {
        for (exponential, given) in [(false, false), (false, true), (true, false), (true, true)] {
            let d = hidden / heads;
            let mut inputs: Vec<Matrix> = (0..4).map(|_| random(hidden, steps * batch, &mut rng)).collect();
            // Also gates that are far from their middle.
            inputs[0] = moved(inputs[0].clone(), 3.0, -0.5);
            inputs[1] = moved(inputs[1].clone(), 2.0, 0.5);
            inputs.push(random(4 * hidden, d, &mut rng));
            inputs.push(random(4 * hidden, 1, &mut rng));
            if given {
                inputs.push(random(hidden, batch, &mut rng));
                inputs.push(random(hidden, batch, &mut rng));
                // As a normaliser is after a step.
                inputs.push(moved(random(hidden, batch, &mut rng), 0.2, 2.0));
            }
            let stabiliser = random(hidden, batch, &mut rng);
            same_as_twin(
                &format!("slstm {hidden} {heads} {batch} {steps} {exponential} {given}"),
                &inputs,
                &NEAR_EXPONENTIALS,
                |t, v, fast| {
                    // The gradient of a memory is that at its stabiliser.
                    let memory = given.then(|| {
                        let m = t.constant(hidden, batch, &stabiliser.2);
                        let above = ops::concat_rows(t, v[7], v[8]);
                        ops::concat_rows(t, above, m)
                    });
                    let all = SlstmInputs { gates: [v[0], v[1], v[2], v[3]], r: v[4], bias: v[5], exponential };
                    let h0 = given.then(|| v[6]);
                    if fast {
                        scan::slstm(t, all, h0, memory, batch).hidden
                    } else {
                        reference::slstm(t, all, h0, memory, batch).0
                    }
                },
            );
        }
    }
}

#[test]
fn mlstm_matches_central_differences_and_its_twin() {
    let mut rng = Rng::new(18, 0);
    for &(rows, heads, batch, steps) in XLSTM {
        for (exponential, given) in [(false, false), (false, true), (true, false), (true, true)] {
            let d = rows / heads;
            // The bound on the normaliser has a kink, and below it a spike that differences jump over: over many steps the
            // normaliser must stay above it, and exponential gates must not let the stabiliser rise.
            let above = if steps > 32 { 1.0 } else { 0.0 };
            let mut drawn = |rows: usize, columns: usize, factor: f64, shift: f64| {
                moved(random(rows, columns, &mut rng), factor, shift)
            };
            let columns = steps * batch;
            let mut inputs = vec![
                drawn(rows, columns, 1.0 - 0.5 * above, above),
                drawn(rows, columns, 1.0 - 0.5 * above, above),
                drawn(rows, columns, 1.0, 0.0),
                drawn(heads, columns, 3.0 - 2.0 * above, 2.0 * above - 0.5),
                drawn(heads, columns, 2.0, if exponential { -1.5 } else { 0.5 }),
            ];
            if given {
                inputs.push(drawn(heads * d * (d + 1), batch, 1.0 - 0.5 * above, above));
            }
            let stabiliser = random(heads, batch, &mut rng);
            same_as_twin(
                &format!("mlstm {rows} {heads} {batch} {steps} {exponential} {given}"),
                &inputs,
                &NEAR_EXPONENTIALS,
                |t, v, fast| {
                    let m = given.then(|| t.constant(heads, batch, &stabiliser.2));
                    let all =
                        MlstmInputs { q: v[0], k: v[1], v: v[2], input_gate: v[3], forget_gate: v[4], exponential };
                    let memory = v.get(5).copied();
                    if fast {
                        scan::mlstm(t, all, memory, m, batch).hidden
                    } else {
                        reference::mlstm(t, all, memory, m, batch)
                    }
                },
            );
        }
    }
}
