//! A recurrence as one scan and composed of the tape's operations, cell by cell: forward and backward.

use unrolled::grad::{Tape, Var};
use unrolled::math::Rng;
use unrolled::scan::{self, Walk, Weights, reference};
use unrolled::{Error, Real, Result, narrow};

/// One recurrent layer with random weights and a random sequence of one feature.
pub struct Scans {
    cell: String,
    hidden: usize,
    batch: usize,
    x: Vec<Real>,
    /// `w_ih`, `w_hh`, `b_ih`, `b_hh`, each with its rows and columns.
    weights: [(usize, usize, Vec<Real>); 4],
    /// Upstream gradient of every hidden state.
    seed: Vec<Real>,
    tape: Tape,
}

impl Scans {
    /// `cell` is `rnn`, `lstm`, `gru` or `gru_reset_before`.
    pub fn new(cell: &str, hidden: usize, window: usize, batch: usize) -> Result<Self> {
        let gates = match cell {
            "rnn" => 1,
            "lstm" => 4,
            "gru" | "gru_reset_before" => 3,
            _ => {
                return Err(Error::NotReady { problem: format!("“{cell}” has no reference implementation here.") });
            }
        };
        let mut rng = Rng::new(1, 0);
        let mut draw = |count: usize, scale: f64| -> Vec<Real> {
            (0..count).map(|_| narrow(scale * (2.0 * rng.uniform() - 1.0))).collect()
        };
        let rows = gates * hidden;
        let bound = 1.0 / (hidden as f64).sqrt();
        let weights = [(rows, 1), (rows, hidden), (rows, 1), (rows, 1)]
            .map(|(rows, cols)| (rows, cols, draw(rows * cols, bound)));
        let (x, seed) = (draw(window * batch, 1.0), draw(hidden * window * batch, 0.01));
        Ok(Self { cell: cell.to_owned(), hidden, batch, x, weights, seed, tape: Tape::new(true) })
    }

    /// Forward and backward once; returns a number that depends on both.
    pub fn run(&mut self, fused: bool) -> Real {
        let tape = &mut self.tape;
        tape.reset();
        let x = tape.constant(1, self.x.len(), &self.x);
        let [w_ih, w_hh, b_ih, b_hh]: [Var; 4] =
            std::array::from_fn(|k| tape.leaf(self.weights[k].0, self.weights[k].1, &self.weights[k].2));
        let (weights, walk) = (Weights { w_ih, w_hh, b_ih, b_hh }, Walk::forward(self.batch));
        let hidden = match (self.cell.as_str(), fused) {
            ("rnn", true) => scan::rnn(tape, x, weights, None, walk).hidden,
            ("rnn", false) => reference::rnn(tape, x, weights, None, walk),
            ("lstm", true) => scan::lstm(tape, x, weights, None, None, walk).hidden,
            ("lstm", false) => reference::lstm(tape, x, weights, None, None, walk).0,
            ("gru", true) => scan::gru(tape, x, weights, None, walk).hidden,
            ("gru", false) => reference::gru(tape, x, weights, None, walk),
            (_, true) => scan::gru_reset_before(tape, x, weights, None, walk).hidden,
            (_, false) => reference::gru_reset_before(tape, x, weights, None, walk),
        };
        tape.backward_from(&[(hidden, &self.seed)]);
        tape.value(hidden)[self.hidden - 1] + tape.grad(w_hh)[0]
    }
}
