//! One driver for the recurrent cells with PyTorch's parameters. It goes over the steps, multiplies the weights with input and
//! state, and accumulates the weights' gradients; a [`Cell`] gives its equations, forward and backward.

mod carried;
mod gru;
mod gru_reset_before;
mod lstm;
mod rnn;
pub(super) mod steps;
mod walk;

use std::ops::Range;

use self::carried::StateGradients;
use self::steps::{B_HH, B_IH, C0, H0, InputGradients, Projection, StepProduct, W_HH};
use self::walk::Steps;
use crate::Real;
use crate::grad::{Context, Record, Tape, Var};
use crate::math::kernels::{Packed, add_scaled, outer};

pub use gru::gru;
pub use gru_reset_before::gru_reset_before;
pub use lstm::lstm;
pub use rnn::rnn;
pub use walk::{Outputs, Walk, Weights};

/// Largest number of products and of kept matrices of a cell.
const MOST: usize = 2;

/// A recurrent cell of `n` hidden units: its sizes, and its equations for one sample at one step.
trait Cell {
    /// Number of gates, of `n` rows each in the weights' rows.
    const GATES: usize;
    /// Whether the gates are kept for the backward pass. Otherwise the one gate is the hidden state itself.
    const KEEPS_GATES: bool = true;
    /// Number of matrices `[n × (steps · batch)]` for the backward pass besides gates and hidden states, at most two. The first is
    /// the cell state, if there is one.
    const KEPT: usize;
    /// The products with `w_hh` in a step, in their order; the first reads the previous hidden state.
    const PRODUCTS: &'static [Product];
    /// Whether `W_hh h + b_hh` stays separate from `W_ih x + b_ih`, instead of being added to it.
    const APART: bool = false;
    /// The state that reaches the next step without `w_hh`.
    const SKIP: Option<Skip>;

    /// The equations that follow product number `product`.
    fn forward(product: usize, step: Forward<'_>);

    /// Their derivatives: the inputs of the backward pass of product number `product`.
    fn backward(product: usize, step: Backward<'_>);
}

/// One product of a step with rows of `w_hh`.
struct Product {
    /// Gates of its rows.
    gates: Range<usize>,
    reads: Operand,
}

/// Input of a product.
enum Operand {
    /// The previous hidden state.
    HiddenBefore,
    /// The kept matrix with this index, at the step.
    Kept(usize),
}

/// A state whose gradient reaches the previous step without `w_hh`.
#[derive(PartialEq)]
enum Skip {
    Hidden,
    Cell,
}

/// Inputs and outputs of one sample's step. A cell's missing ones are empty.
struct Forward<'a> {
    /// Pre-activations `[GATES · n]`, to be replaced by the gates, or by the hidden state where the gates are not kept.
    gates: &'a mut [Real],
    /// `W_hh h + b_hh` `[GATES · n]` where it stays separate.
    state_share: &'a [Real],
    hidden_before: &'a [Real],
    cell_before: &'a [Real],
    /// The kept matrices at this step.
    kept: [&'a mut [Real]; MOST],
    hidden: &'a mut [Real],
}

/// Inputs and outputs of one sample's step of the backward pass.
struct Backward<'a> {
    /// The gates, or the hidden state where the gates are not kept.
    gates: &'a [Real],
    kept: [&'a [Real]; MOST],
    hidden_before: &'a [Real],
    cell_before: &'a [Real],
    /// Complete.
    d_hidden: &'a [Real],
    /// To be completed.
    d_cell: &'a mut [Real],
    /// Gradient of the next product's input.
    d_read: &'a [Real],
    /// Gradient of the pre-activations, to be filled: `[GATES · n]`.
    d_gates: &'a mut [Real],
    /// The same for the state's share, where that stays separate.
    d_share: &'a mut [Real],
    /// To be filled with the gradient that reaches the previous state without `w_hh`.
    d_skip: &'a mut [Real],
}

/// Runs `x` `[features × (steps · batch)]` from the states `h0` and `c0` `[hidden × batch]` (zero if `None`).
fn run<C: Cell>(tape: &mut Tape, x: Var, weights: Weights, [h0, c0]: [Option<Var>; 2], walk: Walk) -> Outputs {
    let s = Steps::new(tape, x, &weights, walk);
    let (n, columns, rows) = (s.hidden, s.count * s.batch, C::GATES * s.hidden);
    let mut gates = if C::KEEPS_GATES { tape.buffer(rows * columns) } else { Vec::new() };
    let [mut first, mut second] = [0, 1].map(|k| if k < C::KEPT { tape.buffer(n * columns) } else { Vec::new() });
    let mut states = tape.buffer(n * columns);
    let mut share = tape.scratch(if C::APART { rows * s.batch } else { 0 });
    let biases = [weights.b_ih, weights.b_hh];
    let projection = Projection::new(tape, &weights, if C::APART { &biases[..1] } else { &biases }, s.batch);
    let products: [Option<StepProduct>; MOST] = std::array::from_fn(|k| {
        let Range { start, end } = C::PRODUCTS.get(k)?.gates;
        Some(StepProduct::new(tape, weights.w_hh, (start * n, (end - start) * n), s.batch))
    });
    let zeros = tape.zeros(n * s.batch);
    // A product adds nothing for a state of zeros.
    let no_state = if C::SKIP == Some(Skip::Hidden) { &zeros[..] } else { &[] };
    let (first_h, first_c) = (h0.map_or(no_state, |h0| tape.value(h0)), c0.map_or(&zeros[..], |c0| tape.value(c0)));
    for step in s.order() {
        let (hidden_before, h) = steps::before_and_at(s, &mut states, first_h, step);
        let (z, h) = if C::KEEPS_GATES { (&mut gates[s.block(rows, step)], h) } else { (h, &mut [][..]) };
        let (cell_before, first) = match C::SKIP {
            Some(Skip::Cell) => steps::before_and_at(s, &mut first, first_c, step),
            _ => (&[][..], if C::KEPT > 0 { &mut first[s.block(n, step)] } else { &mut [] }),
        };
        let second = if C::KEPT > 1 { &mut second[s.block(n, step)] } else { &mut [] };
        projection.step(tape, x, z, s.batch, step);
        if C::APART {
            share.chunks_exact_mut(rows).for_each(|column| column.copy_from_slice(tape.value(weights.b_hh)));
        }
        for (k, (product, Product { gates, reads })) in products.iter().flatten().zip(C::PRODUCTS).enumerate() {
            let operand = match reads {
                Operand::HiddenBefore => hidden_before,
                Operand::Kept(0) => &*first,
                Operand::Kept(_) => &*second,
            };
            product.add(tape, operand, if C::APART { &mut share } else { &mut z[gates.start * n..] }, rows);
            for one in samples::<C>(s) {
                let wide = C::GATES * one.start..C::GATES * one.end;
                C::forward(
                    k,
                    Forward {
                        gates: &mut z[wide.clone()],
                        state_share: if C::APART { &share[wide] } else { &[] },
                        hidden_before: part(hidden_before, &one),
                        cell_before: part(cell_before, &one),
                        kept: [part_mut(first, &one), part_mut(second, &one)],
                        hidden: part_mut(h, &one),
                    },
                );
            }
        }
    }
    products.into_iter().flatten().for_each(|product| product.done(tape));
    projection.done(tape);
    tape.give(zeros);
    tape.give(share);

    let inputs = [Some(x), Some(weights.w_ih), Some(weights.w_hh), Some(weights.b_ih), Some(weights.b_hh), h0, c0];
    let gates = C::KEEPS_GATES.then(|| tape.push_auxiliary(rows, columns, gates, &inputs));
    if C::KEPT > 1 {
        tape.push_auxiliary(n, columns, second, &inputs);
    }
    let first = (C::KEPT > 0).then(|| tape.push_auxiliary(n, columns, first, &inputs));
    let auxiliaries = C::KEPT + usize::from(C::KEEPS_GATES);
    let record = Record::new(inputs, backward::<C>).with_sizes(s.sizes()).with_auxiliaries(auxiliaries);
    let hidden = tape.push(n, columns, states, Some(record));
    Outputs { hidden, cell: first.filter(|_| C::SKIP == Some(Skip::Cell)), gates }
}

/// Rows of a step's blocks `[n × batch]` for one call of a cell's equations: those of one sample; all rows where a sample's gates
/// have as many rows as its state, so that nothing lies between them.
fn samples<C: Cell>(s: Steps) -> impl Iterator<Item = Range<usize>> {
    let (all, one) = (s.hidden * s.batch, if C::GATES == 1 { s.hidden * s.batch } else { s.hidden });
    (0..all).step_by(one).map(move |start| start..start + one)
}

/// `range` of `of`; empty if `of` is.
#[inline(always)]
fn part<'a>(of: &'a [Real], range: &Range<usize>) -> &'a [Real] {
    if of.is_empty() { of } else { &of[range.clone()] }
}

/// The same, mutable.
#[inline(always)]
fn part_mut<'a>(of: &'a mut [Real], range: &Range<usize>) -> &'a mut [Real] {
    if of.is_empty() { of } else { &mut of[range.clone()] }
}

fn backward<C: Cell>(ctx: &mut Context<'_>) {
    let s = Steps::of(ctx);
    let (n, rows, size) = (s.hidden, C::GATES * s.hidden, s.hidden * s.batch);
    let several = C::PRODUCTS.len() > 1;
    let states = ctx.output();
    let kept = [1, 2].map(|back| if back <= C::KEPT { ctx.value(ctx.auxiliary(back)) } else { &[][..] });
    let gates = if C::KEEPS_GATES { ctx.value(ctx.auxiliary(C::KEPT + 1)) } else { states };
    let mut dh = StateGradients::take(ctx, s, 0);
    let mut dc = (C::SKIP == Some(Skip::Cell)).then(|| StateGradients::take(ctx, s, 1));
    let mut dz = ctx.scratch(s.stretch_len(rows));
    let mut d_share = ctx.scratch(if C::APART { s.stretch_len(rows) } else { 0 });
    let mut d_skip = ctx.scratch(if C::SKIP.is_some() { size } else { 0 });
    let [mut d_read, mut gathered] = [n, rows].map(|rows| ctx.scratch(if several { rows * s.batch } else { 0 }));
    let mut share_sums = ctx.zeros(if C::APART { rows } else { 0 });
    let zeros = ctx.zeros(size);
    let [first_h, first_c] = [H0, C0].map(|which| ctx.input(which).map_or(&zeros[..], |first| ctx.value(first)));

    let mut transposed: [Packed; MOST] =
        std::array::from_fn(|k| if k < C::PRODUCTS.len() { ctx.take_packed() } else { Packed::default() });
    let mut inputs = InputGradients::new(ctx);
    if let Some(w_hh) = ctx.input(W_HH) {
        for (packed, Product { gates, .. }) in transposed.iter_mut().zip(C::PRODUCTS) {
            packed.pack_transposed(ctx.value(w_hh), rows, gates.start * n, gates.len() * n, n);
        }
    }
    for stretch in s.stretches() {
        for step in s.backwards(&stretch) {
            let (wide, at, here) = (s.block(rows, step), s.block(n, step), s.block(rows, step - stretch.start));
            let hidden_before = s.state_before(states, first_h, step);
            let cell_before = if dc.is_some() { s.state_before(kept[0], first_c, step) } else { &[] };
            let (gates, kept) = (&gates[wide], kept.map(|kept| part(kept, &at)));
            dh.enter(step);
            dc.iter_mut().for_each(|dc| dc.enter(step));
            for (k, (product, packed)) in C::PRODUCTS.iter().zip(&transposed).enumerate().rev() {
                let dh_now = &dh.values()[dh.at(step)];
                let dc_now = match &mut dc {
                    Some(dc) => {
                        let at = dc.at(step);
                        &mut dc.values_mut()[at]
                    }
                    None => &mut [],
                };
                let dz = &mut dz[here.clone()];
                for one in samples::<C>(s) {
                    let wide = C::GATES * one.start..C::GATES * one.end;
                    C::backward(
                        k,
                        Backward {
                            gates: &gates[wide.clone()],
                            kept: kept.map(|kept| part(kept, &one)),
                            hidden_before: &hidden_before[one.clone()],
                            cell_before: part(cell_before, &one),
                            d_hidden: &dh_now[one.clone()],
                            d_cell: part_mut(dc_now, &one),
                            d_read: part(&d_read, &one),
                            d_gates: &mut dz[wide.clone()],
                            d_share: if C::APART { &mut d_share[here.clone()][wide] } else { &mut [] },
                            d_skip: part_mut(&mut d_skip, &one),
                        },
                    );
                }
                let g = if several { gather(dz, &mut gathered, product, n, rows) } else { dz };
                let g = if C::APART { &d_share[here.clone()] } else { g };
                match product.reads {
                    Operand::Kept(_) => packed.times(g, &mut d_read, n, false),
                    Operand::HiddenBefore => {
                        if let Some(skip) = &C::SKIP {
                            let (which, to) = match (skip, &mut dc) {
                                (Skip::Cell, Some(dc)) => (C0, dc),
                                _ => (H0, &mut dh),
                            };
                            steps::with_state_before(ctx, which, to, step, |grad| add_scaled(grad, &d_skip, 1.0));
                        }
                        steps::to_state_before(ctx, packed, g, &mut dh, step, n);
                    }
                }
            }
        }
        let columns = stretch.len() * s.batch * rows;
        let dz = &dz[..columns];
        let share = if C::APART { &d_share[..columns] } else { dz };
        for Product { gates, reads } in C::PRODUCTS {
            let (first, count) = (gates.start * n, gates.len() * n);
            match *reads {
                Operand::HiddenBefore => {
                    steps::recurrent_gradient(ctx, s, &stretch, &share[first..], rows, (first, count), states);
                }
                Operand::Kept(k) => {
                    let read = &kept[k][stretch.start * size..stretch.end * size];
                    ctx.accumulate(W_HH, |grad, _| {
                        outer(&share[first..], rows, count, read, n, &mut grad[first..], rows);
                    });
                }
            }
        }
        if C::APART {
            steps::add_columns(&mut share_sums, share);
        }
        inputs.add(ctx, s, &stretch, dz);
    }
    inputs.done(ctx, if C::APART { &[B_IH] } else { &[B_IH, B_HH] });
    if C::APART {
        ctx.accumulate(B_HH, |grad, _| add_scaled(grad, &share_sums, 1.0));
    }
    for packed in transposed.into_iter().take(C::PRODUCTS.len()) {
        ctx.give_packed(packed);
    }
    for buffer in [zeros, share_sums, gathered, d_read, d_skip, d_share, dz] {
        ctx.give(buffer);
    }
    if let Some(dc) = dc {
        dc.done(ctx);
    }
    dh.done(ctx);
}

/// Copies the rows of `product` in each column of `dz` `[rows × batch]` next to each other into `to`.
fn gather<'a>(dz: &[Real], to: &'a mut [Real], Product { gates, .. }: &Product, n: usize, rows: usize) -> &'a [Real] {
    let count = gates.len() * n;
    let used = dz.len() / rows * count;
    for (to, from) in to.chunks_exact_mut(count).zip(dz.chunks_exact(rows)) {
        to.copy_from_slice(&from[gates.start * n..gates.end * n]);
    }
    &to[..used]
}
