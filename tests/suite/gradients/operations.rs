//! The operations of the tape, one by one.

use unrolled::Real;
use unrolled::grad::{Tape, Var, check::worst_relative_error, ops};
use unrolled::math::Rng;
use unrolled::wide;

use super::{Matrix, random, report};

const KEY: ops::DropoutKey = ops::DropoutKey { seed: 1, step: 2, layer: 3, first_sample: 0, first_step: 0 };

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
            // Moved away from the kink, where there is no derivative.
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
        ("mean_steps", &[(3, 8)], |t, v| ops::mean_steps(t, v[0], 2)),
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
    // Three places of two samples: the second sample's queries must not affect the first's.
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
