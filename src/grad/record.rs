//! The tape's record of an operation, and the context of its backward pass.

use crate::Real;
use crate::grad::gradient::Gradient;
use crate::grad::pool::Pool;
use crate::math::kernels::{Packed, add_scaled};

/// A matrix on the tape: an index, valid until the next [`Tape::reset`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Var(u32);

impl Var {
    pub(super) fn index(self) -> usize {
        self.0 as usize
    }

    /// The node at this index.
    pub(super) fn at(index: usize) -> Self {
        Self(u32::try_from(index).unwrap_or_else(|_| unreachable!("a tape of 2³² nodes")))
    }
}

/// Largest number of inputs of one operation (a GRU scan: sequence, four parameters, initial state).
const INPUTS: usize = 8;

/// The operation behind a node: its inputs, and everything that its backward pass needs.
#[derive(Debug, Clone, Copy)]
pub struct Record {
    pub(super) inputs: [Option<Var>; INPUTS],
    /// Sizes, offsets and switches, defined by the operation.
    pub sizes: [usize; 4],
    /// Factors and thresholds of the operation.
    pub reals: [Real; 2],
    pub(super) auxiliaries: usize,
    pub(super) backward: fn(&mut Context<'_>),
}

impl Record {
    /// A record with the given inputs (at most 8) and backward pass.
    pub fn new<const N: usize>(inputs: [Option<Var>; N], backward: fn(&mut Context<'_>)) -> Self {
        const { assert!(N <= INPUTS) };
        let mut all = [None; INPUTS];
        all[..N].copy_from_slice(&inputs);
        Self { inputs: all, sizes: [0; 4], reals: [0.0; 2], auxiliaries: 0, backward }
    }

    /// The same with sizes.
    #[must_use]
    pub fn with_sizes<const N: usize>(mut self, sizes: [usize; N]) -> Self {
        self.sizes[..N].copy_from_slice(&sizes);
        self
    }

    /// The same for an operation with `count` auxiliary outputs, pushed right before it by [`Tape::push_auxiliary`].
    #[must_use]
    pub fn with_auxiliaries(mut self, count: usize) -> Self {
        self.auxiliaries = count;
        self
    }

    /// The same with factors.
    #[must_use]
    pub fn with_reals<const N: usize>(mut self, reals: [Real; N]) -> Self {
        self.reals[..N].copy_from_slice(&reals);
        self
    }
}

/// A node without its values.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node {
    pub(super) rows: usize,
    pub(super) cols: usize,
    /// Whether a gradient with respect to it is needed.
    pub(super) tracked: bool,
    pub(super) record: Option<Record>,
}

/// The context of one operation's backward pass: its inputs, outputs and gradients.
pub struct Context<'a> {
    /// The operation's record.
    pub record: Record,
    pub(super) me: usize,
    pub(super) nodes: &'a [Node],
    pub(super) values: &'a [Vec<Real>],
    pub(super) upstream: &'a mut Gradient,
    pub(super) grads: &'a mut [Gradient],
    pub(super) pool: &'a mut Pool,
    pub(super) watched: bool,
}

impl<'a> Context<'a> {
    /// The operation's `k`-th input.
    pub fn input(&self, k: usize) -> Option<Var> {
        self.record.inputs[k]
    }

    /// The `k`-th input, if a gradient with respect to it is needed.
    pub fn wanted(&self, k: usize) -> Option<Var> {
        self.record.inputs[k].filter(|input| self.nodes[input.index()].tracked)
    }

    /// Rows and columns of `var`.
    pub fn shape(&self, var: Var) -> (usize, usize) {
        let node = &self.nodes[var.index()];
        (node.rows, node.cols)
    }

    /// The operation's own value.
    pub fn output(&self) -> &'a [Real] {
        &self.values[self.me]
    }

    /// Rows and columns of the operation's own value.
    pub fn output_shape(&self) -> (usize, usize) {
        let node = &self.nodes[self.me];
        (node.rows, node.cols)
    }

    /// The value of `var`.
    pub fn value(&self, var: Var) -> &'a [Real] {
        &self.values[var.index()]
    }

    /// The auxiliary output pushed `back` nodes before the operation itself (1: right before it).
    pub fn auxiliary(&self, back: usize) -> Var {
        Var::at(self.me - back)
    }

    /// Takes the gradient of the operation's own value; zeros without one. Return it by [`Context::keep`] or [`Context::give`].
    pub fn take_upstream(&mut self) -> Vec<Real> {
        self.upstream.whole(self.values[self.me].len());
        std::mem::take(&mut self.upstream.values)
    }

    /// Takes the gradient of the range of the operation's own value, or of its auxiliary output `back` nodes before it, that has
    /// one: the index of its first number, and the values. All of them if the tape is [watched](Tape::watch). Return it by
    /// [`Context::keep_part`].
    pub fn take_part(&mut self, back: usize) -> (usize, Vec<Real>) {
        let (place, watched) = (self.me - back, self.watched);
        let len = self.values[place].len();
        let grad = if back == 0 { &mut *self.upstream } else { &mut self.grads[place] };
        if watched {
            grad.whole(len);
        }
        (std::mem::take(&mut grad.start), std::mem::take(&mut grad.values))
    }

    /// Returns a gradient from [`Context::take_part`].
    pub fn keep_part(&mut self, back: usize, (start, values): (usize, Vec<Real>)) {
        let place = self.me - back;
        *(if back == 0 { &mut *self.upstream } else { &mut self.grads[place] }) = Gradient { start, values };
    }

    /// Returns the operation's own gradient, unchanged or completed.
    pub fn keep(&mut self, grad: Vec<Real>) {
        *self.upstream = Gradient { start: 0, values: grad };
    }

    /// Takes the present gradient of `var`, zeros without one; return it by [`Context::put`].
    pub fn take(&mut self, var: Var) -> Vec<Real> {
        let grad = &mut self.grads[var.index()];
        grad.whole(self.values[var.index()].len());
        std::mem::take(&mut grad.values)
    }

    /// Returns the gradient of `var` after adding to it.
    pub fn put(&mut self, var: Var, grad: Vec<Real>) {
        self.grads[var.index()] = Gradient { start: 0, values: grad };
    }

    /// Adds to the gradient of the `k`-th input, if it is needed: `add(present gradient, upstream gradient)`.
    pub fn accumulate(&mut self, k: usize, add: impl FnOnce(&mut [Real], &[Real])) {
        if let Some((grad, up)) = self.of_input(k) {
            add(grad, up);
        }
    }

    /// The gradient of the `k`-th input, if it is needed, and the upstream gradient.
    // Not inlined, since every operation calls it.
    #[inline(never)]
    fn of_input(&mut self, k: usize) -> Option<(&mut [Real], &[Real])> {
        let var = self.wanted(k)?;
        let up = self.upstream.whole_if_any(self.values[self.me].len());
        Some((self.grads[var.index()].whole(self.values[var.index()].len()), up))
    }

    /// Adds the upstream gradient to the `k`-th input's from number `start` on, over the length of the operation's own value, if it
    /// is needed.
    pub fn accumulate_part(&mut self, k: usize, start: usize) {
        if let Some(var) = self.wanted(k) {
            let up = self.upstream.whole(self.values[self.me].len());
            let (grad, len) = (&mut self.grads[var.index()], self.values[var.index()].len());
            // Readers of the gradient of a leaf expect all of it.
            if self.watched || self.nodes[var.index()].record.is_none() {
                grad.whole(len);
            }
            let to = grad.part(start..start + up.len(), len);
            add_scaled(to, up, 1.0);
        }
    }

    /// A scratch buffer with arbitrary content.
    pub fn scratch(&mut self, len: usize) -> Vec<Real> {
        self.pool.take(len)
    }

    /// A packed matrix to reuse, to be returned by [`Context::give_packed`].
    pub fn take_packed(&mut self) -> Packed {
        self.pool.take_packed()
    }

    /// Returns a packed matrix.
    pub fn give_packed(&mut self, packed: Packed) {
        self.pool.give_packed(packed);
    }

    /// A scratch buffer of zeros.
    pub fn zeros(&mut self, len: usize) -> Vec<Real> {
        self.pool.zeros(len)
    }

    /// Returns a scratch buffer.
    pub fn give(&mut self, buffer: Vec<Real>) {
        self.pool.give(buffer);
    }
}
