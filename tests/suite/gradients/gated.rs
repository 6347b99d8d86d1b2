//! Recurrences whose gates read the state: RNN, LSTM and both forms of the GRU.

use unrolled::Real;
use unrolled::grad::{Tape, Var, ops};
use unrolled::math::Rng;
use unrolled::scan::{self, Outputs, Walk, Weights, reference};

use super::{Matrix, NEAR, leaves, penalty, random, same_as_twin};

/// A recurrence with its number of gates, its function and its reference.
struct Scan {
    name: &'static str,
    gates: usize,
    cell: bool,
    fast: fn(&mut Tape, Var, Weights, Option<Var>, Option<Var>, Walk) -> Outputs,
    slow: fn(&mut Tape, Var, Weights, Option<Var>, Option<Var>, Walk) -> (Var, Option<Var>),
}

const SCANS: &[Scan] = &[
    Scan {
        name: "rnn",
        gates: 1,
        cell: false,
        fast: |t, x, w, h, _, walk| scan::rnn(t, x, w, h, walk),
        slow: |t, x, w, h, _, walk| (reference::rnn(t, x, w, h, walk), None),
    },
    Scan {
        name: "lstm",
        gates: 4,
        cell: true,
        fast: |t, x, w, h, c, walk| scan::lstm(t, x, w, h, c, walk),
        slow: |t, x, w, h, c, walk| {
            let (h, c) = reference::lstm(t, x, w, h, c, walk);
            (h, Some(c))
        },
    },
    Scan {
        name: "gru",
        gates: 3,
        cell: false,
        fast: |t, x, w, h, _, walk| scan::gru(t, x, w, h, walk),
        slow: |t, x, w, h, _, walk| (reference::gru(t, x, w, h, walk), None),
    },
    Scan {
        name: "gru, reset before",
        gates: 3,
        cell: false,
        fast: |t, x, w, h, _, walk| scan::gru_reset_before(t, x, w, h, walk),
        slow: |t, x, w, h, _, walk| (reference::gru_reset_before(t, x, w, h, walk), None),
    },
];

/// Sizes that do and do not fill the kernels' panels: features, hidden, batch, steps.
const SIZES: &[(usize, usize, usize, usize)] = &[(3, 5, 2, 4), (2, 8, 5, 3), (1, 13, 3, 1)];

/// Inputs of a scan: its sequence, four parameters and two states.
fn inputs_of(
    scan: &Scan,
    (features, hidden, batch, steps): (usize, usize, usize, usize),
    rng: &mut Rng,
) -> Vec<Matrix> {
    let rows = scan.gates * hidden;
    [
        (features, steps * batch),
        (rows, features),
        (rows, hidden),
        (rows, 1),
        (rows, 1),
        (hidden, batch),
        (hidden, batch),
    ]
    .iter()
    .map(|&(r, c)| random(r, c, rng))
    .collect()
}

fn weights(v: &[Var]) -> Weights {
    Weights { w_ih: v[1], w_hh: v[2], b_ih: v[3], b_hh: v[4] }
}

/// One matrix of all outputs of a scan: hidden states stacked on cell states.
fn joined(tape: &mut Tape, hidden: Var, cell: Option<Var>) -> Var {
    match cell {
        Some(cell) => ops::concat_rows(tape, hidden, cell),
        None => hidden,
    }
}

#[test]
fn every_scan_matches_central_differences_and_its_twin() {
    let mut rng = Rng::new(12, 0);
    for scan in SCANS {
        for &size in SIZES {
            for reverse in [false, true] {
                for given in [false, true] {
                    let mut inputs = inputs_of(scan, size, &mut rng);
                    inputs.truncate(match (given, scan.cell) {
                        (false, _) => 5,
                        (true, false) => 6,
                        (true, true) => 7,
                    });
                    let walk = Walk { batch: size.2, reverse };
                    let direction = if reverse { "reverse" } else { "forward" };
                    same_as_twin(
                        &format!("{} {size:?} {direction} {given}", scan.name),
                        &inputs,
                        &NEAR,
                        |t, v, fast| {
                            let (w, h, c) = (weights(v), v.get(5).copied(), v.get(6).copied());
                            let (hidden, cell) = if fast {
                                let out = (scan.fast)(t, v[0], w, h, c, walk);
                                (out.hidden, out.cell)
                            } else {
                                (scan.slow)(t, v[0], w, h, c, walk)
                            };
                            joined(t, hidden, cell)
                        },
                    );
                }
            }
        }
    }
}

#[test]
fn the_gradient_at_each_step_is_the_whole_gradient() {
    // d loss / d h_t of an RNN whose loss reads the last state only: W_hhᵀ diag(1 − h²) from step to step.
    let mut rng = Rng::new(14, 0);
    let scan = &SCANS[0];
    let inputs = inputs_of(scan, (2, 3, 1, 3), &mut rng);
    let mut tape = Tape::new(true);
    let v = leaves(&mut tape, &inputs);
    let out = scan::rnn(&mut tape, v[0], weights(&v), Some(v[5]), Walk::forward(1));
    let last = ops::slice_columns(&mut tape, out.hidden, 2, 1);
    let loss = ops::sum(&mut tape, last);
    tape.watch(true);
    tape.backward(loss);
    let (h, w) = (tape.value(out.hidden), &inputs[2].2);
    let mut expected = vec![1.0; 3];
    for step in [2, 1] {
        let back: Vec<Real> = (0..3).map(|k| expected[k] * (1.0 - h[step * 3 + k] * h[step * 3 + k])).collect();
        expected = (0..3).map(|j| (0..3).map(|k| w[j * 3 + k] * back[k]).sum()).collect();
        let found = &tape.grad(out.hidden)[(step - 1) * 3..step * 3];
        for (f, e) in found.iter().zip(&expected) {
            assert!((f - e).abs() < 1e-5, "step {step}: {f} {e}");
        }
    }
}

#[test]
fn a_loss_on_some_steps_needs_no_gradient_at_all_of_them() {
    // The steps that the loss reads: one, several, and overlapping ones.
    let read: &[&[(usize, usize)]] =
        &[&[(4, 1)], &[(0, 1)], &[(2, 1)], &[(1, 2)], &[(3, 1), (1, 1)], &[(1, 2), (2, 1)], &[]];
    let mut rng = Rng::new(17, 0);
    for scan in SCANS {
        for reverse in [false, true] {
            let (hidden, batch, steps) = (5, 3, 5);
            let inputs = inputs_of(scan, (2, hidden, batch, steps), &mut rng);
            for parts in read {
                let run = |watched: bool| {
                    let mut tape = Tape::new(true);
                    let v = leaves(&mut tape, &inputs);
                    let walk = Walk { batch, reverse };
                    let out = (scan.fast)(&mut tape, v[0], weights(&v), Some(v[5]), Some(v[6]), walk);
                    let mut loss = tape.constant(1, 1, &[0.0]);
                    for &(first, count) in *parts {
                        let part = ops::slice_columns(&mut tape, out.hidden, first * batch, count * batch);
                        let sum = penalty(&mut tape, part);
                        loss = ops::add(&mut tape, loss, sum);
                    }
                    if let (Some(cell), true) = (out.cell, parts.is_empty()) {
                        loss = penalty(&mut tape, cell);
                    }
                    tape.watch(watched);
                    tape.backward(loss);
                    let held = tape.grad(out.hidden).len();
                    (v.iter().map(|v| tape.grad(*v).to_vec()).collect::<Vec<_>>(), held)
                };
                let ((part, some), (whole, all)) = (run(false), run(true));
                assert_eq!(part, whole, "{} reverse {reverse}: {parts:?}", scan.name);
                if !parts.is_empty() {
                    assert_eq!(all, hidden * batch * steps);
                    assert!(
                        parts.len() > 1 || some == parts[0].1 * hidden * batch,
                        "{}: {some} numbers held",
                        scan.name
                    );
                    assert!(part[1].iter().any(|g| *g != 0.0), "{} {parts:?}: no gradient", scan.name);
                }
            }
        }
    }
}
