//! The tape: nodes in creation order, their values and gradients in buffers that are reused from step to step.

use std::ops::Range;

use crate::Real;
use crate::math::kernels::Packed;

/// A matrix on the tape: an index, good until the next [`Tape::reset`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Var(u32);

impl Var {
    fn index(self) -> usize {
        self.0 as usize
    }
}

/// Most inputs that one operation has (a GRU scan: sequence, four parameters, initial state).
const INPUTS: usize = 8;

/// How a node came about: its inputs and what its backward pass needs to know.
#[derive(Debug, Clone, Copy)]
pub struct Record {
    inputs: [Option<Var>; INPUTS],
    /// Sizes, offsets and switches of the operation; their meaning is the operation's.
    pub sizes: [usize; 4],
    /// Factors and thresholds of the operation.
    pub reals: [Real; 2],
    companions: usize,
    backward: fn(&mut Sweep<'_>),
}

impl Record {
    /// A record with the given inputs (at most 8) and backward pass.
    pub fn new<const N: usize>(inputs: [Option<Var>; N], backward: fn(&mut Sweep<'_>)) -> Self {
        const { assert!(N <= INPUTS) };
        let mut all = [None; INPUTS];
        all[..N].copy_from_slice(&inputs);
        Self { inputs: all, sizes: [0; 4], reals: [0.0; 2], companions: 0, backward }
    }

    /// The same with sizes.
    #[must_use]
    pub fn with_sizes<const N: usize>(mut self, sizes: [usize; N]) -> Self {
        self.sizes[..N].copy_from_slice(&sizes);
        self
    }

    /// The same for an operation with `count` by-products, pushed right before it by [`Tape::push_companion`].
    #[must_use]
    pub fn with_companions(mut self, count: usize) -> Self {
        self.companions = count;
        self
    }

    /// The same with factors.
    #[must_use]
    pub fn with_reals<const N: usize>(mut self, reals: [Real; N]) -> Self {
        self.reals[..N].copy_from_slice(&reals);
        self
    }
}

/// A node without its numbers.
#[derive(Debug, Clone, Copy)]
struct Node {
    rows: usize,
    cols: usize,
    /// Whether a gradient with respect to it can be of use to anyone.
    tracked: bool,
    record: Option<Record>,
}

/// Buffers that are not in use, handed out again so that a training step allocates nothing once it has run a few times.
#[derive(Debug, Default)]
struct Pool {
    buffers: Vec<Vec<Real>>,
    packed: Vec<Packed>,
}

impl Pool {
    /// A buffer of `len` numbers with whatever it held before: the smallest that has room, or else the largest, so that
    /// neither a step that repeats itself nor one whose stretches differ holds more than it needs.
    fn take(&mut self, len: usize) -> Vec<Real> {
        let key = |buffer: &Vec<Real>| match buffer.capacity() {
            room if room >= len => (0, room),
            short => (1, usize::MAX - short),
        };
        let best = (0..self.buffers.len()).min_by_key(|&k| key(&self.buffers[k]));
        let mut buffer = best.map_or_else(Vec::new, |k| self.buffers.swap_remove(k));
        if buffer.capacity() < len {
            // What it held is of no use: it need not be copied along.
            buffer.clear();
            buffer.reserve_exact(len);
        }
        buffer.resize(len, 0.0);
        buffer
    }

    fn give(&mut self, buffer: Vec<Real>) {
        self.buffers.push(buffer);
    }
}

/// Operations in the order they were done, with every intermediate matrix.
#[derive(Debug, Default)]
pub struct Tape {
    nodes: Vec<Node>,
    values: Vec<Vec<Real>>,
    grads: Vec<Gradient>,
    /// By their ids; a network has few.
    params: Vec<Option<Var>>,
    pool: Pool,
    recording: bool,
    watched: bool,
}

/// The gradient of one node: that of some of its numbers, in a row; all others' are zero. Empty: none flowed.
///
/// A loss on a sequence's last step alone gives the steps before it no gradient of their own, and room for it would be as
/// large as the sequence.
#[derive(Debug, Default)]
struct Gradient {
    /// First number that has one.
    start: usize,
    values: Vec<Real>,
}

impl Gradient {
    fn clear(&mut self) {
        self.start = 0;
        self.values.clear();
    }

    fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// That of all `len` numbers.
    fn whole(&mut self, len: usize) -> &mut Vec<Real> {
        let held = self.values.len();
        self.values.resize(len, 0.0);
        if self.start > 0 {
            self.values.copy_within(..held, self.start);
            self.values[..self.start].fill(0.0);
            self.start = 0;
        }
        &mut self.values
    }

    /// The same if there is any; nothing otherwise.
    fn whole_if_any(&mut self, len: usize) -> &[Real] {
        if self.values.is_empty() { &[] } else { self.whole(len) }
    }

    /// That of `range`, out of `len` numbers.
    fn part(&mut self, range: Range<usize>, len: usize) -> &mut [Real] {
        if self.values.is_empty() {
            self.start = range.start;
            self.values.resize(range.len(), 0.0);
        }
        let held = self.start..self.start + self.values.len();
        if held.start <= range.start && range.end <= held.end {
            return &mut self.values[range.start - held.start..range.end - held.start];
        }
        &mut self.whole(len)[range]
    }
}

impl Tape {
    /// An empty tape. Without `recording` (inference) nothing can be differentiated and no gradient is kept.
    pub fn new(recording: bool) -> Self {
        Self { recording, ..Self::default() }
    }

    /// Forgets all nodes and keeps their memory.
    pub fn reset(&mut self) {
        self.pool.buffers.append(&mut self.values);
        self.nodes.clear();
        self.params.clear();
        for grad in &mut self.grads {
            grad.clear();
        }
    }

    /// Whether operations are recorded.
    pub fn recording(&self) -> bool {
        self.recording
    }

    /// Makes the gradient with respect to a constant wanted, if operations are recorded; to be called before it is used.
    pub fn want(&mut self, var: Var) {
        self.nodes[var.index()].tracked = self.recording;
    }

    /// Rows and columns of `var`.
    pub fn shape(&self, var: Var) -> (usize, usize) {
        let node = &self.nodes[var.index()];
        (node.rows, node.cols)
    }

    /// Values of `var`, column-major.
    pub fn value(&self, var: Var) -> &[Real] {
        &self.values[var.index()]
    }

    /// The one value of a `[1 × 1]` matrix.
    pub fn scalar(&self, var: Var) -> Real {
        self.value(var)[0]
    }

    /// Gradient of the loss with respect to `var`; empty where none flowed. For a scan's outputs this is, after
    /// [`Tape::backward`] of a [watched](Tape::watch) tape, the whole gradient at each step, what flows through later steps
    /// included; otherwise only a part of it may be there.
    pub fn grad(&self, var: Var) -> &[Real] {
        self.grads.get(var.index()).map_or(&[], |grad| &grad.values)
    }

    /// Whether the gradient with respect to every node is wanted whole, to be looked at after [`Tape::backward`]. It costs
    /// room for a gradient at each step of a sequence of which the loss reads the last alone.
    pub fn watch(&mut self, watched: bool) {
        self.watched = watched;
    }

    /// A matrix of constants `[rows × cols]`.
    pub fn constant(&mut self, rows: usize, cols: usize, values: &[Real]) -> Var {
        let mut buffer = self.buffer(rows * cols);
        buffer.copy_from_slice(values);
        self.push(rows, cols, buffer, None)
    }

    /// A matrix of constants that are all the same.
    pub fn filled(&mut self, rows: usize, cols: usize, value: Real) -> Var {
        let mut buffer = self.buffer(rows * cols);
        buffer.fill(value);
        self.push(rows, cols, buffer, None)
    }

    /// A matrix that gradients are wanted of: a parameter `id`, copied once per pass however often it is used.
    pub fn param(&mut self, id: usize, rows: usize, cols: usize, values: &[Real]) -> Var {
        if let Some(&Some(var)) = self.params.get(id) {
            return var;
        }
        let var = self.leaf(rows, cols, values);
        if self.params.len() <= id {
            self.params.resize(id + 1, None);
        }
        self.params[id] = Some(var);
        var
    }

    /// A matrix that gradients are wanted of.
    pub fn leaf(&mut self, rows: usize, cols: usize, values: &[Real]) -> Var {
        let var = self.constant(rows, cols, values);
        self.want(var);
        var
    }

    /// The parameters used since the last [`Tape::reset`].
    pub fn params(&self) -> impl Iterator<Item = (usize, Var)> {
        self.params.iter().enumerate().filter_map(|(id, var)| Some((id, (*var)?)))
    }

    /// A buffer for the value of a node to be pushed; its content is arbitrary.
    pub fn buffer(&mut self, len: usize) -> Vec<Real> {
        self.pool.take(len)
    }

    /// A buffer for an operation's own use, to be given back by [`Tape::give`]; its content is arbitrary.
    pub fn scratch(&mut self, len: usize) -> Vec<Real> {
        self.pool.take(len)
    }

    /// The same, filled with zeros.
    pub fn zeros(&mut self, len: usize) -> Vec<Real> {
        let mut buffer = self.pool.take(len);
        buffer.fill(0.0);
        buffer
    }

    /// Takes a scratch buffer back.
    pub fn give(&mut self, buffer: Vec<Real>) {
        self.pool.give(buffer);
    }

    /// A matrix to pack into, to be given back by [`Tape::give_packed`].
    pub fn take_packed(&mut self) -> Packed {
        self.pool.packed.pop().unwrap_or_default()
    }

    /// Takes a packed matrix back, so that its memory is used again.
    pub fn give_packed(&mut self, packed: Packed) {
        self.pool.packed.push(packed);
    }

    /// Adds a node with its value; `record` tells how it came about (`None`: constants and by-products).
    pub fn push(&mut self, rows: usize, cols: usize, value: Vec<Real>, record: Option<Record>) -> Var {
        debug_assert_eq!(value.len(), rows * cols);
        let tracked = self.recording
            && record.is_some_and(|record| record.inputs.iter().flatten().any(|input| self.tracked(*input)));
        let index = u32::try_from(self.nodes.len()).unwrap_or_else(|_| unreachable!("a tape of 2³² nodes"));
        self.nodes.push(Node { rows, cols, tracked, record: record.filter(|_| tracked) });
        self.values.push(value);
        Var(index)
    }

    /// Adds a by-product of the operation pushed next: a node with a value that others may use, whose gradient that
    /// operation's backward pass reads. `inputs` decide whether gradients matter at all.
    pub fn push_companion(&mut self, rows: usize, cols: usize, value: Vec<Real>, inputs: &[Option<Var>]) -> Var {
        let tracked = self.recording && inputs.iter().flatten().any(|input| self.tracked(*input));
        let var = self.push(rows, cols, value, None);
        self.nodes[var.index()].tracked = tracked;
        var
    }

    /// Whether a gradient flows to `var`.
    pub fn tracked(&self, var: Var) -> bool {
        self.nodes[var.index()].tracked
    }

    /// Fills in the gradients of `loss`, a `[1 × 1]` matrix, with respect to everything it was made from.
    pub fn backward(&mut self, loss: Var) {
        self.backward_from(&[(loss, &[1.0])]);
    }

    /// Fills in the gradients of Σ ⟨seed, var⟩ over the given pairs.
    pub fn backward_from(&mut self, seeds: &[(Var, &[Real])]) {
        let count = self.nodes.len();
        if self.grads.len() < count {
            self.grads.resize_with(count, Gradient::default);
        }
        for grad in &mut self.grads {
            grad.clear();
        }
        for (var, seed) in seeds {
            let grad = self.grads[var.index()].whole(seed.len());
            grad.iter_mut().zip(*seed).for_each(|(g, s)| *g += s);
        }
        for me in (0..count).rev() {
            let Some(record) = self.nodes[me].record else { continue };
            let (below, from) = self.grads.split_at_mut(me);
            if from[0].is_empty() && below[me - record.companions..].iter().all(Gradient::is_empty) {
                continue;
            }
            (record.backward)(&mut Sweep {
                record,
                me,
                nodes: &self.nodes,
                values: &self.values,
                upstream: &mut from[0],
                grads: below,
                pool: &mut self.pool,
                watched: self.watched,
            });
        }
    }
}

/// What an operation's backward pass sees and does.
pub struct Sweep<'a> {
    /// The operation's record.
    pub record: Record,
    me: usize,
    nodes: &'a [Node],
    values: &'a [Vec<Real>],
    upstream: &'a mut Gradient,
    grads: &'a mut [Gradient],
    pool: &'a mut Pool,
    watched: bool,
}

impl<'a> Sweep<'a> {
    /// The operation's `k`-th input.
    pub fn input(&self, k: usize) -> Option<Var> {
        self.record.inputs[k]
    }

    /// The `k`-th input, if a gradient with respect to it is wanted.
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

    /// The by-product pushed `back` nodes before the operation itself (1: right before it).
    pub fn companion(&self, back: usize) -> Var {
        Var((self.me - back) as u32)
    }

    /// Takes the gradient that arrived at the operation's own value; zeros where none did. Give it back by
    /// [`Sweep::keep`] or [`Sweep::give`].
    pub fn take_upstream(&mut self) -> Vec<Real> {
        self.upstream.whole(self.values[self.me].len());
        std::mem::take(&mut self.upstream.values)
    }

    /// Takes the gradient of those numbers of the operation's own value, or of its by-product `back` nodes before it, to which
    /// one flowed: the place of the first, and as many as there are. All of them if the tape is [watched](Tape::watch). Give it
    /// back by [`Sweep::keep_part`].
    pub fn take_part(&mut self, back: usize) -> (usize, Vec<Real>) {
        let (place, watched) = (self.me - back, self.watched);
        let len = self.values[place].len();
        let grad = if back == 0 { &mut *self.upstream } else { &mut self.grads[place] };
        if watched {
            grad.whole(len);
        }
        (std::mem::take(&mut grad.start), std::mem::take(&mut grad.values))
    }

    /// Puts back what [`Sweep::take_part`] took.
    pub fn keep_part(&mut self, back: usize, (start, values): (usize, Vec<Real>)) {
        let place = self.me - back;
        *(if back == 0 { &mut *self.upstream } else { &mut self.grads[place] }) = Gradient { start, values };
    }

    /// Puts the operation's own gradient back, as it is or completed.
    pub fn keep(&mut self, grad: Vec<Real>) {
        *self.upstream = Gradient { start: 0, values: grad };
    }

    /// Takes the gradient gathered so far for `var`, zeros where there is none; to be put back by [`Sweep::put`].
    pub fn take(&mut self, var: Var) -> Vec<Real> {
        let grad = &mut self.grads[var.index()];
        grad.whole(self.values[var.index()].len());
        std::mem::take(&mut grad.values)
    }

    /// Puts the gradient of `var` back after adding to it.
    pub fn put(&mut self, var: Var, grad: Vec<Real>) {
        self.grads[var.index()] = Gradient { start: 0, values: grad };
    }

    /// Adds to the gradient of the `k`-th input, if it is wanted: `add(gradient so far, upstream gradient)`.
    pub fn accumulate(&mut self, k: usize, add: impl FnOnce(&mut [Real], &[Real])) {
        if let Some(var) = self.wanted(k) {
            let up = self.upstream.whole_if_any(self.values[self.me].len());
            add(self.grads[var.index()].whole(self.values[var.index()].len()), up);
        }
    }

    /// Adds the upstream gradient to that of the numbers from `start` on of the `k`-th input, as many as the operation's own
    /// value has, if it is wanted.
    pub fn accumulate_part(&mut self, k: usize, start: usize) {
        if let Some(var) = self.wanted(k) {
            let up = self.upstream.whole(self.values[self.me].len());
            let (grad, len) = (&mut self.grads[var.index()], self.values[var.index()].len());
            // Whoever reads the gradient of something that was not computed expects all of it.
            if self.watched || self.nodes[var.index()].record.is_none() {
                grad.whole(len);
            }
            let to = grad.part(start..start + up.len(), len);
            to.iter_mut().zip(up.iter()).for_each(|(g, u)| *g += u);
        }
    }

    /// A scratch buffer with arbitrary content.
    pub fn scratch(&mut self, len: usize) -> Vec<Real> {
        self.pool.take(len)
    }

    /// A matrix to pack into, to be given back by [`Sweep::give_packed`].
    pub fn take_packed(&mut self) -> Packed {
        self.pool.packed.pop().unwrap_or_default()
    }

    /// Takes a packed matrix back.
    pub fn give_packed(&mut self, packed: Packed) {
        self.pool.packed.push(packed);
    }

    /// A scratch buffer of zeros.
    pub fn zeros(&mut self, len: usize) -> Vec<Real> {
        let mut buffer = self.pool.take(len);
        buffer.fill(0.0);
        buffer
    }

    /// Gives a scratch buffer back.
    pub fn give(&mut self, buffer: Vec<Real>) {
        self.pool.give(buffer);
    }
}
