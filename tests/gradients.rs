//! Every gradient against central differences, and every scan against its plain twin.
//!
//! The bounds of the differences hold in `f64` (`cargo test --features f64`); in `f32` rounding hides them, so that there
//! only the twins are compared.

use unrolled::Real;
use unrolled::grad::{Tape, Var, check::worst_relative_error, ops};
use unrolled::math::Rng;
use unrolled::scan::{self, Minimal, MlstmInputs, Outputs, SelectiveInputs, SlstmInputs, Walk, Weights, twin};
use unrolled::{narrow, wide};

/// Largest relative error that a gradient may have, in f64.
const TOLERANCE: f64 = 1e-6;

const KEY: ops::DropoutKey = ops::DropoutKey { seed: 1, step: 2, layer: 3, first_sample: 0, first_step: 0 };

type Matrix = (usize, usize, Vec<Real>);

fn random(rows: usize, cols: usize, rng: &mut Rng) -> Matrix {
    (rows, cols, (0..rows * cols).map(|_| narrow(0.6 * rng.normal())).collect())
}

fn report(name: &str, error: f64) {
    println!("{name:<34} largest relative error {error:.1e}");
    if cfg!(feature = "f64") {
        assert!(error < TOLERANCE, "{name}: {error:e}");
    }
}

#[test]
fn every_operation_matches_central_differences() {
    let mut rng = Rng::new(11, 0);
    let mut shapes = |sizes: &[(usize, usize)]| -> Vec<Matrix> {
        sizes.iter().map(|&(rows, cols)| random(rows, cols, &mut rng)).collect()
    };
    type Build = fn(&mut Tape, &[Var]) -> Var;
    let cases: &[(&str, &[(usize, usize)], Build)] = &[
        ("add", &[(3, 4), (3, 4)], |t, v| ops::add(t, v[0], v[1])),
        ("add to itself", &[(3, 4)], |t, v| ops::add(t, v[0], v[0])),
        ("sub", &[(3, 4), (3, 4)], |t, v| ops::sub(t, v[0], v[1])),
        ("mul", &[(3, 4), (3, 4)], |t, v| ops::mul(t, v[0], v[1])),
        ("square", &[(3, 4)], |t, v| ops::mul(t, v[0], v[0])),
        ("scale", &[(3, 4)], |t, v| ops::scale(t, v[0], -1.7)),
        ("add_column", &[(3, 4), (3, 1)], |t, v| ops::add_column(t, v[0], v[1])),
        ("sum", &[(3, 4)], |t, v| ops::sum(t, v[0])),
        ("tanh", &[(3, 4)], |t, v| ops::tanh(t, v[0])),
        ("sigmoid", &[(3, 4)], |t, v| ops::sigmoid(t, v[0])),
        ("relu", &[(3, 4)], |t, v| {
            // Moved away from the kink, where there is no derivative to compare with.
            let squared = ops::mul(t, v[0], v[0]);
            let shift = t.filled(3, 4, 0.1);
            let positive = ops::add(t, squared, shift);
            ops::relu(t, positive)
        }),
        ("dropout", &[(3, 40)], |t, v| ops::dropout(t, v[0], 0.3, KEY, 5)),
        ("linear", &[(13, 5), (5, 9), (13, 1)], |t, v| ops::linear(t, v[0], v[1], Some(v[2]))),
        ("linear without bias", &[(8, 3), (3, 6)], |t, v| ops::linear(t, v[0], v[1], None)),
        ("slice_columns", &[(3, 7)], |t, v| ops::slice_columns(t, v[0], 2, 3)),
        ("slice_rows", &[(7, 3)], |t, v| ops::slice_rows(t, v[0], 2, 4)),
        ("concat_rows", &[(2, 3), (4, 3)], |t, v| ops::concat_rows(t, v[0], v[1])),
        ("concat_columns", &[(3, 2), (3, 4)], |t, v| ops::concat_columns(t, v[0], v[1])),
        ("div", &[(3, 4), (3, 4)], |t, v| {
            let squared = ops::mul(t, v[1], v[1]);
            let shift = t.filled(3, 4, 0.5);
            let positive = ops::add(t, squared, shift);
            ops::div(t, v[0], positive)
        }),
        ("repeat_columns", &[(3, 4)], |t, v| ops::repeat_columns(t, v[0], 3)),
        ("lookup", &[(4, 3)], |t, v| ops::lookup(t, v[0], 1..4, 2, 13)),
        ("stack_steps", &[(2, 12)], |t, v| ops::stack_steps(t, v[0], 3)),
        ("softmax", &[(7, 3)], |t, v| ops::softmax(t, v[0])),
        // Two samples, two queries and three places each.
        ("dot_scores", &[(5, 4), (5, 6)], |t, v| ops::dot_scores(t, v[0], v[1], 2)),
        ("additive_scores", &[(5, 4), (5, 6), (5, 1)], |t, v| ops::additive_scores(t, v[0], v[1], v[2], 2)),
        ("weighted_sums", &[(3, 4), (5, 6)], |t, v| ops::weighted_sums(t, v[0], v[1], 2)),
        ("exp", &[(3, 5)], |t, v| ops::exp(t, v[0])),
        ("softplus", &[(3, 5)], |t, v| ops::softplus(t, v[0])),
        ("silu", &[(3, 5)], |t, v| ops::silu(t, v[0])),
        ("gelu", &[(3, 5)], |t, v| ops::gelu(t, v[0])),
        ("layer_norm", &[(7, 5), (7, 1), (7, 1)], |t, v| ops::layer_norm(t, v[0], v[1], v[2], 1e-5)),
        ("group_norm", &[(9, 5), (9, 1)], |t, v| ops::group_norm(t, v[0], v[1], 3, 1e-5)),
        ("linear_blocks", &[(6, 4), (12, 7)], |t, v| ops::linear_blocks(t, v[0], v[1])),
        ("rms_norm", &[(7, 5), (7, 1)], |t, v| ops::rms_norm(t, v[0], v[1], 1e-5)),
        ("depthwise", &[(5, 14), (5, 3), (5, 1)], |t, v| ops::depthwise(t, v[0], v[1], v[2], 2)),
        ("attention, causal", &[(6, 10), (6, 10), (6, 10)], |t, v| {
            let look = ops::Look { heads: 2, batch: 2, causal: true };
            ops::attention(t, v[0], v[1], v[2], look).out
        }),
        ("attention, causal, with a past", &[(6, 6), (6, 14), (6, 14)], |t, v| {
            let look = ops::Look { heads: 3, batch: 2, causal: true };
            ops::attention(t, v[0], v[1], v[2], look).out
        }),
        ("attention to all keys", &[(6, 6), (6, 14), (6, 14)], |t, v| {
            let look = ops::Look { heads: 1, batch: 2, causal: false };
            ops::attention(t, v[0], v[1], v[2], look).out
        }),
        ("attention to itself", &[(8, 10)], |t, v| {
            let look = ops::Look { heads: 2, batch: 2, causal: true };
            ops::attention(t, v[0], v[0], v[0], look).out
        }),
        ("add_places", &[(3, 8), (5, 3)], |t, v| ops::add_places(t, v[0], v[1], 2, 2)),
        ("loss: mean squared", &[(3, 4), (3, 4)], |t, v| ops::loss(t, ops::Loss::Mse, v[0], v[1])),
        ("loss: Huber", &[(3, 4), (3, 4)], |t, v| ops::loss(t, ops::Loss::Huber, v[0], v[1])),
        ("loss: mean absolute", &[(3, 4), (3, 4)], |t, v| ops::loss(t, ops::Loss::Mae, v[0], v[1])),
    ];
    for (name, sizes, build) in cases {
        report(name, worst_relative_error(&shapes(sizes), 4, 3, build));
    }
}

#[test]
fn a_query_meets_its_own_sample_alone() {
    // Three places of two samples: the second sample's queries may change nothing of the first's.
    let mut rng = Rng::new(15, 0);
    let (keys, v) = (random(4, 6, &mut rng).2, random(4, 1, &mut rng).2);
    let mut queries = random(4, 2, &mut rng).2;
    let run = |queries: &[Real]| -> (Vec<Real>, Vec<Real>) {
        let mut tape = Tape::new(false);
        let (k, q) = (tape.constant(4, 6, &keys), tape.constant(4, 2, queries));
        let v = tape.constant(4, 1, &v);
        let (dot, additive) = (ops::dot_scores(&mut tape, q, k, 2), ops::additive_scores(&mut tape, q, k, v, 2));
        let scores = ops::add(&mut tape, dot, additive);
        let weights = ops::softmax(&mut tape, scores);
        let context = ops::weighted_sums(&mut tape, weights, k, 2);
        (tape.value(weights).to_vec(), tape.value(context).to_vec())
    };
    let (weights, context) = run(&queries);
    for sample in 0..2 {
        assert!(wide((weights[sample * 3..][..3].iter().sum::<Real>() - 1.0).abs()) < 1e-6);
        for row in 0..4 {
            let mean: Real =
                (0..3).map(|place| weights[sample * 3 + place] * keys[(place * 2 + sample) * 4 + row]).sum();
            assert!(wide((mean - context[sample * 4 + row]).abs()) < 1e-6, "sample {sample}, row {row}");
        }
    }
    queries[4..].iter_mut().for_each(|q| *q += 1.0);
    let (moved, moved_context) = run(&queries);
    assert_eq!((&weights[..3], &context[..4]), (&moved[..3], &moved_context[..4]));
    assert_ne!(&weights[3..], &moved[3..]);
}

/// A recurrence with its gates' number, as it is called and as its twin is.
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
        slow: |t, x, w, h, _, walk| (twin::rnn(t, x, w, h, walk), None),
    },
    Scan {
        name: "lstm",
        gates: 4,
        cell: true,
        fast: |t, x, w, h, c, walk| scan::lstm(t, x, w, h, c, walk),
        slow: |t, x, w, h, c, walk| {
            let (h, c) = twin::lstm(t, x, w, h, c, walk);
            (h, Some(c))
        },
    },
    Scan {
        name: "gru",
        gates: 3,
        cell: false,
        fast: |t, x, w, h, _, walk| scan::gru(t, x, w, h, walk),
        slow: |t, x, w, h, _, walk| (twin::gru(t, x, w, h, walk), None),
    },
    Scan {
        name: "gru, reset before",
        gates: 3,
        cell: false,
        fast: |t, x, w, h, _, walk| scan::gru_reset_before(t, x, w, h, walk),
        slow: |t, x, w, h, _, walk| (twin::gru_reset_before(t, x, w, h, walk), None),
    },
];

/// Sizes that do and do not fill the kernels' panels: features, hidden, batch, steps.
const SIZES: &[(usize, usize, usize, usize)] = &[(3, 5, 2, 4), (2, 8, 5, 3), (1, 13, 3, 1)];

fn leaves(scan: &Scan, (features, hidden, batch, steps): (usize, usize, usize, usize), rng: &mut Rng) -> Vec<Matrix> {
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

/// One matrix that depends on all that a scan gives out: hidden states above cell states.
fn joined(tape: &mut Tape, hidden: Var, cell: Option<Var>) -> Var {
    match cell {
        Some(cell) => ops::concat_rows(tape, hidden, cell),
        None => hidden,
    }
}

#[test]
fn every_scan_matches_central_differences() {
    let mut rng = Rng::new(12, 0);
    for scan in SCANS {
        for &size in SIZES {
            for reverse in [false, true] {
                for given in [false, true] {
                    let mut inputs = leaves(scan, size, &mut rng);
                    inputs.truncate(if !given {
                        5
                    } else if scan.cell {
                        7
                    } else {
                        6
                    });
                    let walk = Walk { batch: size.2, reverse };
                    let error = worst_relative_error(&inputs, 3, 5, |t, v| {
                        let out = (scan.fast)(t, v[0], weights(v), v.get(5).copied(), v.get(6).copied(), walk);
                        joined(t, out.hidden, out.cell)
                    });
                    report(&format!("{} {size:?} {}", scan.name, if reverse { "reverse" } else { "" }), error);
                }
            }
        }
    }
}

#[test]
fn every_scan_equals_its_twin() {
    let tolerance = if cfg!(feature = "f64") { 1e-12 } else { 2e-5 };
    let mut rng = Rng::new(13, 0);
    for scan in SCANS {
        for &size in SIZES {
            for reverse in [false, true] {
                let inputs = leaves(scan, size, &mut rng);
                let walk = Walk { batch: size.2, reverse };
                let run = |fast: bool| -> Vec<Vec<Real>> {
                    let mut tape = Tape::new(true);
                    let v: Vec<Var> = inputs.iter().map(|(r, c, x)| tape.leaf(*r, *c, x)).collect();
                    let (h, c) = (Some(v[5]), Some(v[6]));
                    let (hidden, cell) = if fast {
                        let out = (scan.fast)(&mut tape, v[0], weights(&v), h, c, walk);
                        (out.hidden, out.cell)
                    } else {
                        (scan.slow)(&mut tape, v[0], weights(&v), h, c, walk)
                    };
                    let out = joined(&mut tape, hidden, cell);
                    // A penalty that weighs each entry differently.
                    let squared = ops::mul(&mut tape, out, out);
                    let loss = ops::sum(&mut tape, squared);
                    tape.backward(loss);
                    let mut all = vec![tape.value(out).to_vec()];
                    all.extend(v.iter().map(|v| tape.grad(*v).to_vec()));
                    all
                };
                for (k, (fast, slow)) in run(true).iter().zip(run(false)).enumerate() {
                    assert_eq!(fast.len(), slow.len(), "{} {size:?}: matrix {k}", scan.name);
                    let scale = slow.iter().fold(1e-3, |m: f64, x| m.max(wide(x.abs())));
                    for (f, s) in fast.iter().zip(&slow) {
                        let error = wide((f - s).abs()) / scale;
                        assert!(error < tolerance, "{} {size:?} reverse {reverse}: matrix {k}: {f} {s}", scan.name);
                    }
                }
            }
        }
    }
}

/// Every form of the minGRU and the minLSTM, in the order of [`forms`].
fn forms() -> impl Iterator<Item = Minimal> {
    let both = [false, true];
    both.into_iter().flat_map(move |lstm| {
        both.into_iter().flat_map(move |positive| both.map(|parallel| Minimal { lstm, positive, parallel }))
    })
}

/// Pre-activations and an initial state: hidden, batch, steps. Numbers of steps that do and do not fill a tree.
const MINIMAL_SIZES: &[(usize, usize, usize)] = &[(5, 2, 1), (5, 3, 2), (8, 1, 3), (13, 2, 7), (3, 2, 12), (4, 1, 16)];

#[test]
fn minimal_recurrences_match_central_differences() {
    let mut rng = Rng::new(15, 0);
    for form in forms() {
        for &(hidden, batch, steps) in MINIMAL_SIZES {
            for given in [1, 2] {
                let inputs = [random(form.gates() * hidden, steps * batch, &mut rng), random(hidden, batch, &mut rng)];
                let error = worst_relative_error(&inputs[..given], 3, 5, |t, v| {
                    scan::minimal(t, v[0], v.get(1).copied(), form, batch).hidden
                });
                report(&format!("{form:?} {steps} steps"), error);
            }
        }
    }
}

#[test]
fn minimal_recurrences_equal_their_twin_scanned_either_way() {
    let tolerance = if cfg!(feature = "f64") { 1e-12 } else { 2e-5 };
    let mut rng = Rng::new(16, 0);
    for form in forms() {
        for &(hidden, batch, steps) in MINIMAL_SIZES {
            let z = random(form.gates() * hidden, steps * batch, &mut rng);
            let h0 = random(hidden, batch, &mut rng);
            let run = |which: Option<bool>| -> Vec<Vec<Real>> {
                let mut tape = Tape::new(true);
                let [z, h] = [&z, &h0].map(|(r, c, x)| tape.leaf(*r, *c, x));
                let out = match which {
                    Some(parallel) => scan::minimal(&mut tape, z, Some(h), Minimal { parallel, ..form }, batch).hidden,
                    None => twin::minimal(&mut tape, z, Some(h), form, batch),
                };
                let squared = ops::mul(&mut tape, out, out);
                let loss = ops::sum(&mut tape, squared);
                tape.backward(loss);
                [tape.value(out), tape.grad(z), tape.grad(h)].map(<[Real]>::to_vec).to_vec()
            };
            let expected = run(None);
            for parallel in [false, true] {
                for (k, (found, expected)) in run(Some(parallel)).iter().zip(&expected).enumerate() {
                    let scale = expected.iter().fold(1e-3, |m: f64, x| m.max(wide(x.abs())));
                    assert_eq!(found.len(), expected.len());
                    for (f, e) in found.iter().zip(expected) {
                        let error = wide((f - e).abs()) / scale;
                        assert!(error < tolerance, "{form:?} parallel {parallel}, {steps} steps, matrix {k}: {f} {e}");
                    }
                }
            }
        }
    }
}

/// Channels, state, batch and steps of selective scans: with whole and broken chunks of steps and of lanes.
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

/// Everything that a scan gives as one column; its step sizes made positive first, as its callers do.
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
    let tolerance = if cfg!(feature = "f64") { 1e-12 } else { 2e-5 };
    let mut rng = Rng::new(15, 0);
    for &size in SELECTIVE {
        for given in [false, true] {
            let mut inputs = selective_leaves(size, &mut rng);
            inputs.truncate(if given { 7 } else { 6 });
            let error = worst_relative_error(&inputs, 3, 5, |t, v| selective(t, v, size.2, scan::selective));
            report(&format!("selective {size:?}"), error);
            let run = |run: RunSelective| -> Vec<Vec<Real>> {
                let mut tape = Tape::new(true);
                let v: Vec<Var> = inputs.iter().map(|(r, c, x)| tape.leaf(*r, *c, x)).collect();
                let out = selective(&mut tape, &v, size.2, run);
                let squared = ops::mul(&mut tape, out, out);
                let loss = ops::sum(&mut tape, squared);
                tape.backward(loss);
                let mut all = vec![tape.value(out).to_vec()];
                all.extend(v.iter().map(|v| tape.grad(*v).to_vec()));
                all
            };
            for (k, (fast, slow)) in run(scan::selective).iter().zip(run(twin::selective)).enumerate() {
                assert_eq!(fast.len(), slow.len(), "{size:?}: matrix {k}");
                let scale = slow.iter().fold(1e-3, |m: f64, x| m.max(wide(x.abs())));
                for (f, s) in fast.iter().zip(&slow) {
                    assert!(wide((f - s).abs()) / scale < tolerance, "{size:?}: matrix {k}: {f} {s}");
                }
            }
        }
    }
}

/// Compares a scan with its twin, value and every gradient, and the scan with central differences.
fn same_as_twin(name: &str, inputs: &[Matrix], run: impl Fn(&mut Tape, &[Var], bool) -> Var) {
    let tolerance = if cfg!(feature = "f64") { 1e-11 } else { 5e-5 };
    let all = |fast: bool| -> Vec<Vec<Real>> {
        let mut tape = Tape::new(true);
        let v: Vec<Var> = inputs.iter().map(|(r, c, x)| tape.leaf(*r, *c, x)).collect();
        let out = run(&mut tape, &v, fast);
        let squared = ops::mul(&mut tape, out, out);
        let loss = ops::sum(&mut tape, squared);
        tape.backward(loss);
        // Where none flowed, it is zero.
        let grads = v.iter().zip(inputs).map(|(v, (_, _, x))| match tape.grad(*v) {
            [] => vec![0.0; x.len()],
            grad => grad.to_vec(),
        });
        std::iter::once(tape.value(out).to_vec()).chain(grads).collect()
    };
    for (k, (fast, slow)) in all(true).iter().zip(all(false)).enumerate() {
        let scale = slow.iter().fold(1e-2, |m: f64, x| m.max(wide(x.abs())));
        assert_eq!(fast.len(), slow.len(), "{name}: matrix {k}");
        for (f, s) in fast.iter().zip(&slow) {
            assert!(wide((f - s).abs()) / scale < tolerance, "{name}: matrix {k}: {f} {s}");
        }
    }
    report(name, worst_relative_error(inputs, 3, 5, |t, v| run(t, v, true)));
}

/// A matrix with its numbers times a factor, and something added.
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
            // Gates that are far from their middle, too.
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
                        twin::slstm(t, all, h0, memory, batch).0
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
            // Next to the bound on the normaliser there is a kink, and below it a spike that differences jump over: over many
            // steps the normaliser must stay above it, and exponential gates must not let the stabiliser rise.
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
                |t, v, fast| {
                    let m = given.then(|| t.constant(heads, batch, &stabiliser.2));
                    let all =
                        MlstmInputs { q: v[0], k: v[1], v: v[2], input_gate: v[3], forget_gate: v[4], exponential };
                    let memory = v.get(5).copied();
                    if fast {
                        scan::mlstm(t, all, memory, m, batch).hidden
                    } else {
                        twin::mlstm(t, all, memory, m, batch)
                    }
                },
            );
        }
    }
}

#[test]
fn closed_gates_of_a_minimal_lstm_stay_numbers() {
    let mut tape = Tape::new(true);
    let z = tape.leaf(3, 2, &[-1e4, -1e4, 2.0, -1e4, -1e4, 2.0]);
    let form = Minimal { lstm: true, positive: false, parallel: true };
    let out = scan::minimal(&mut tape, z, None, form, 1).hidden;
    let loss = ops::sum(&mut tape, out);
    tape.backward(loss);
    assert!((wide(tape.value(out)[1]) - 1.5).abs() < 1e-6, "half of 2, and half of 2 again: {:?}", tape.value(out));
    assert!(tape.grad(z).iter().all(|g| g.is_finite()));
}

#[test]
fn the_gradient_at_each_step_is_the_whole_gradient() {
    // d loss / d h_t of an RNN whose loss reads the last state only: W_hhᵀ diag(1 − h²) from step to step.
    let mut rng = Rng::new(14, 0);
    let scan = &SCANS[0];
    let inputs = leaves(scan, (2, 3, 1, 3), &mut rng);
    let mut tape = Tape::new(true);
    let v: Vec<Var> = inputs.iter().map(|(r, c, x)| tape.leaf(*r, *c, x)).collect();
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
    // The steps that are read: of their own, together with others, and overlapping.
    let read: &[&[(usize, usize)]] =
        &[&[(4, 1)], &[(0, 1)], &[(2, 1)], &[(1, 2)], &[(3, 1), (1, 1)], &[(1, 2), (2, 1)], &[]];
    let mut rng = Rng::new(17, 0);
    for scan in SCANS {
        for reverse in [false, true] {
            let (hidden, batch, steps) = (5, 3, 5);
            let inputs = leaves(scan, (2, hidden, batch, steps), &mut rng);
            for parts in read {
                let run = |watched: bool| {
                    let mut tape = Tape::new(true);
                    let v: Vec<Var> = inputs.iter().map(|(r, c, x)| tape.leaf(*r, *c, x)).collect();
                    let walk = Walk { batch, reverse };
                    let out = (scan.fast)(&mut tape, v[0], weights(&v), Some(v[5]), Some(v[6]), walk);
                    let mut loss = tape.constant(1, 1, &[0.0]);
                    for &(first, count) in *parts {
                        let part = ops::slice_columns(&mut tape, out.hidden, first * batch, count * batch);
                        let squared = ops::mul(&mut tape, part, part);
                        let sum = ops::sum(&mut tape, squared);
                        loss = ops::add(&mut tape, loss, sum);
                    }
                    if let (Some(cell), true) = (out.cell, parts.is_empty()) {
                        let squared = ops::mul(&mut tape, cell, cell);
                        loss = ops::sum(&mut tape, squared);
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
