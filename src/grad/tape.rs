//! The tape: nodes in creation order, their values and gradients in buffers that are reused from step to step.

use crate::Real;
use crate::grad::gradient::Gradient;
use crate::grad::pool::Pool;
use crate::grad::record::{Context, Node, Record, Var};
use crate::math::kernels::{Packed, add_scaled};

/// Operations in their order, with every intermediate matrix.
#[derive(Debug, Default)]
pub struct Tape {
    nodes: Vec<Node>,
    values: Vec<Vec<Real>>,
    grads: Vec<Gradient>,
    /// By id; a network has few.
    params: Vec<Option<Var>>,
    pool: Pool,
    recording: bool,
    watched: bool,
}

impl Tape {
    /// An empty tape. Without `recording` (inference) nothing can be differentiated and no gradient is kept.
    pub fn new(recording: bool) -> Self {
        Self { recording, ..Self::default() }
    }

    /// Removes all nodes and keeps their memory.
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

    /// Requests the gradient with respect to a constant, if operations are recorded; call it before the constant is used.
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

    /// Gradient of the loss with respect to `var`; empty without one. For a scan's outputs this is, after [`Tape::backward`] of a
    /// [watched](Tape::watch) tape, the whole gradient at each step, including the flow through later steps; otherwise only a part
    /// of it may be there.
    pub fn grad(&self, var: Var) -> &[Real] {
        self.grads.get(var.index()).map_or(&[], |grad| &grad.values)
    }

    /// Sets whether the whole gradient with respect to every node is needed after [`Tape::backward`]. It costs memory for a
    /// gradient at each step of a sequence even if the loss reads only the last.
    pub fn watch(&mut self, watched: bool) {
        self.watched = watched;
    }

    /// A matrix of constants `[rows × cols]`.
    pub fn constant(&mut self, rows: usize, cols: usize, values: &[Real]) -> Var {
        let mut buffer = self.buffer(rows * cols);
        buffer.copy_from_slice(values);
        self.push(rows, cols, buffer, None)
    }

    /// A matrix of equal constants.
    pub fn filled(&mut self, rows: usize, cols: usize, value: Real) -> Var {
        let mut buffer = self.buffer(rows * cols);
        buffer.fill(value);
        self.push(rows, cols, buffer, None)
    }

    /// A matrix that needs a gradient: a parameter `id`, copied once per pass however often it is used.
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

    /// A matrix that needs a gradient.
    pub fn leaf(&mut self, rows: usize, cols: usize, values: &[Real]) -> Var {
        let var = self.constant(rows, cols, values);
        self.want(var);
        var
    }

    /// The parameters used since the last [`Tape::reset`].
    pub fn params(&self) -> impl Iterator<Item = (usize, Var)> {
        self.params.iter().enumerate().filter_map(|(id, var)| Some((id, (*var)?)))
    }

    /// A buffer for a new node's value, with arbitrary content.
    pub fn buffer(&mut self, len: usize) -> Vec<Real> {
        self.pool.take(len)
    }

    /// A scratch buffer with arbitrary content, to be returned by [`Tape::give`].
    pub fn scratch(&mut self, len: usize) -> Vec<Real> {
        self.pool.take(len)
    }

    /// The same, filled with zeros.
    pub fn zeros(&mut self, len: usize) -> Vec<Real> {
        self.pool.zeros(len)
    }

    /// Returns a scratch buffer.
    pub fn give(&mut self, buffer: Vec<Real>) {
        self.pool.give(buffer);
    }

    /// A packed matrix to reuse, to be returned by [`Tape::give_packed`].
    pub fn take_packed(&mut self) -> Packed {
        self.pool.take_packed()
    }

    /// Returns a packed matrix.
    pub fn give_packed(&mut self, packed: Packed) {
        self.pool.give_packed(packed);
    }

    /// Adds a node with its value; `record` is its operation (`None`: constants and auxiliary outputs).
    pub fn push(&mut self, rows: usize, cols: usize, value: Vec<Real>, record: Option<Record>) -> Var {
        debug_assert_eq!(value.len(), rows * cols);
        let tracked = self.recording
            && record.is_some_and(|record| record.inputs.iter().flatten().any(|input| self.tracked(*input)));
        let var = Var::at(self.nodes.len());
        self.nodes.push(Node { rows, cols, tracked, record: record.filter(|_| tracked) });
        self.values.push(value);
        var
    }

    /// Adds an auxiliary output of the operation pushed next: a node with a value for other operations, whose gradient that
    /// operation's backward pass reads. `inputs` decide whether it needs a gradient.
    pub fn push_auxiliary(&mut self, rows: usize, cols: usize, value: Vec<Real>, inputs: &[Option<Var>]) -> Var {
        let tracked = self.recording && inputs.iter().flatten().any(|input| self.tracked(*input));
        let var = self.push(rows, cols, value, None);
        self.nodes[var.index()].tracked = tracked;
        var
    }

    /// Whether a gradient flows to `var`.
    pub fn tracked(&self, var: Var) -> bool {
        self.nodes[var.index()].tracked
    }

    /// Computes the gradients of `loss`, a `[1 × 1]` matrix, with respect to everything it depends on.
    pub fn backward(&mut self, loss: Var) {
        self.backward_from(&[(loss, &[1.0])]);
    }

    /// Computes the gradients of Σ ⟨seed, var⟩ over the given pairs.
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
            add_scaled(grad, seed, 1.0);
        }
        for me in (0..count).rev() {
            let Some(record) = self.nodes[me].record else { continue };
            let (below, from) = self.grads.split_at_mut(me);
            if from[0].is_empty() && below[me - record.auxiliaries..].iter().all(Gradient::is_empty) {
                continue;
            }
            (record.backward)(&mut Context {
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
