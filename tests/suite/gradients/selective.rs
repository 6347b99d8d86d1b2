//! The selective scan of a state-space model.

use unrolled::grad::{Tape, Var, ops};
use unrolled::math::Rng;
use unrolled::scan::{self, SelectiveInputs, reference};

use super::{Matrix, NEAR, random, same_as_twin};

/// Channels, state, batch and steps of selective scans, with whole and broken chunks of steps and of lanes.
const SELECTIVE: &[(usize, usize, usize, usize)] = &[(5, 3, 2, 4), (8, 2, 3, 8), (3, 4, 1, 19), (13, 1, 2, 1)];

fn selective_leaves((channels, state, batch, steps): (usize, usize, usize, usize), rng: &mut Rng) -> Vec<Matrix> {
    let columns = steps * batch;
    [(channels, columns), (channels, columns), (channels, state), (state, columns), (state, columns), (channels, 1)]
        .into_iter()
        .chain([(channels * state, batch)])
        .map(|(rows, cols)| random(rows, cols, rng))
        .collect()
}

type RunSelective = fn(&mut Tape, SelectiveInputs, Option<Var>, usize) -> (Var, Var);

/// All outputs of a scan as one column; its step sizes are made positive first, as its callers do.
fn selective(tape: &mut Tape, v: &[Var], batch: usize, run: RunSelective) -> Var {
    let delta = ops::softplus(tape, v[1]);
    let inputs = SelectiveInputs { u: v[0], delta, a_log: v[2], b: v[3], c: v[4], d: v[5] };
    let (out, last) = run(tape, inputs, v.get(6).copied(), batch);
    let flat = |tape: &mut Tape, x: Var| {
        let (rows, cols) = tape.shape(x);
        let columns: Vec<Var> = (0..cols).map(|k| ops::slice_columns(tape, x, k, 1)).collect();
        assert!(rows > 0 && cols > 0);
        columns.into_iter().reduce(|a, b| ops::concat_rows(tape, a, b)).unwrap()
    };
    let (out, last) = (flat(tape, out), flat(tape, last));
    ops::concat_rows(tape, out, last)
}

#[test]
fn the_selective_scan_matches_central_differences_and_its_twin() {
    let mut rng = Rng::new(15, 0);
    for &size in SELECTIVE {
        for given in [false, true] {
            let mut inputs = selective_leaves(size, &mut rng);
            inputs.truncate(if given { 7 } else { 6 });
            same_as_twin(&format!("selective {size:?} {given}"), &inputs, &NEAR, |t, v, fast| {
                selective(t, v, size.2, if fast { scan::selective } else { reference::selective })
            });
        }
    }
}
