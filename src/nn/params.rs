//! All parameters of a network in one flat store, with gradients in the same layout.
//!
//! The optimiser, clipping, counting, saving and exporting are one loop each over this store. Names and shapes are
//! PyTorch's; within the store a matrix is column-major, as everywhere here.

use crate::Real;
use crate::grad::Tape;
use crate::math::Rng;
use crate::math::kernels::add_scaled;
use crate::nn::Init;

/// One parameter within a [`Params`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParamId(usize);

/// Name, shape and position of one parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// Name in a PyTorch state dict: `rnn.weight_ih_l0`.
    pub name: String,
    /// Rows of the matrix.
    pub rows: usize,
    /// Columns of the matrix; 1 for a vector.
    pub cols: usize,
    /// Whether PyTorch has it as a vector `[rows]` rather than a matrix `[rows, cols]`.
    pub vector: bool,
    /// Whether it is the second of two bias vectors. Only their sum matters; PyTorch keeps both, papers count one.
    pub second_bias: bool,
    /// Whether AdamW's weight decay applies: to all parameters, as in `torch.optim.AdamW(model.parameters())`, except those that an
    /// architecture's authors exempt ([`Builder::decaying`]).
    pub decays: bool,
    /// Number of stacked blocks of equally many rows (gates).
    pub blocks: usize,
    /// Index of its first number in the store.
    pub offset: usize,
}

impl Slot {
    /// Number of values in it.
    pub fn len(&self) -> usize {
        self.rows * self.cols
    }

    /// Whether it has no values.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Shape in PyTorch.
    pub fn shape(&self) -> Vec<usize> {
        if self.vector { vec![self.rows] } else { vec![self.rows, self.cols] }
    }

    /// Index range in the store.
    pub fn range(&self) -> std::ops::Range<usize> {
        self.offset..self.offset + self.len()
    }
}

/// The flat store: values, gradients of the same layout, and the slots, which describe each parameter.
#[derive(Debug, Clone, Default)]
pub struct Params {
    /// All values.
    pub values: Vec<Real>,
    /// Gradients of the loss with respect to them, after [`Params::collect`].
    pub grads: Vec<Real>,
    slots: Vec<Slot>,
}

impl Params {
    /// Name, shape and position of every parameter, in the order of addition.
    pub fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// Number of values.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Values of one parameter, column-major.
    pub fn value(&self, id: ParamId) -> &[Real] {
        &self.values[self.slots[id.0].range()]
    }

    /// The same, to be set.
    pub fn value_mut(&mut self, id: ParamId) -> &mut [Real] {
        let range = self.slots[id.0].range();
        &mut self.values[range]
    }

    /// The parameter as a constant on `tape`, which has no gradient.
    pub fn fixed_on(&self, tape: &mut Tape, id: ParamId) -> crate::grad::Var {
        let slot = &self.slots[id.0];
        tape.constant(slot.rows, slot.cols, &self.values[slot.range()])
    }

    /// The parameter as a matrix on `tape`.
    pub fn on(&self, tape: &mut Tape, id: ParamId) -> crate::grad::Var {
        let slot = &self.slots[id.0];
        tape.param(id.0, slot.rows, slot.cols, &self.values[slot.range()])
    }

    /// Collects the gradients from `tape`; an unused parameter has gradient zero.
    pub fn collect(&mut self, tape: &Tape) {
        let mut grads = std::mem::take(&mut self.grads);
        grads.resize(self.values.len(), 0.0);
        self.collect_into(tape, &mut grads);
        self.grads = grads;
    }

    /// The same into `out`, `[parameters]`.
    pub fn collect_into(&self, tape: &Tape, out: &mut [Real]) {
        out.fill(0.0);
        self.add_to(tape, out);
    }

    /// Adds the gradients of `tape` to `out`, `[parameters]`.
    pub fn add_to(&self, tape: &Tape, out: &mut [Real]) {
        for (id, var) in tape.params() {
            // A parameter that the loss does not depend on, as in a stretch that only carries a state, has none.
            let grad = tape.grad(var);
            if !grad.is_empty() {
                add_scaled(&mut out[self.slots[id].range()], grad, 1.0);
            }
        }
    }

    /// Values of a slot in PyTorch's order (row-major).
    pub fn row_major(&self, slot: &Slot) -> impl Iterator<Item = Real> + use<'_> {
        let (rows, cols, offset) = (slot.rows, slot.cols, slot.offset);
        (0..rows * cols).map(move |k| self.values[offset + (k % cols) * rows + k / cols])
    }

    /// Sets the values of the `slot`-th parameter from PyTorch's order (row-major); their number must match.
    pub fn set_row_major(&mut self, slot: usize, values: impl IntoIterator<Item = Real>) {
        let Slot { rows, cols, offset, .. } = self.slots[slot];
        for (k, value) in values.into_iter().take(rows * cols).enumerate() {
            self.values[offset + (k % cols) * rows + k / cols] = value;
        }
    }
}

/// Adds parameters with their initial values.
#[derive(Debug)]
pub struct Builder {
    params: Params,
    rng: Rng,
    scale: f64,
    /// Names of the enclosing modules, each followed by a full stop.
    prefix: String,
    /// Number of values added so far, in 64 bits, since a counted model may be larger than any memory.
    len: u64,
    /// Number of rows of all matrices added so far, except those that are looked up.
    rows: u64,
    /// Whether parameters are only counted, without values.
    counts: bool,
    /// Whether a parameter of this name decays.
    decays: fn(&str) -> bool,
}

impl Builder {
    /// An empty store, seeded; all random initial weights are multiplied by `scale`.
    pub fn new(rng: Rng, scale: f64) -> Self {
        Self {
            params: Params::default(),
            rng,
            scale,
            prefix: String::new(),
            len: 0,
            rows: 0,
            counts: false,
            decays: |_| true,
        }
    }

    /// A builder that counts the parameters and holds no values.
    pub fn counting() -> Self {
        Self { counts: true, ..Self::new(Rng::new(0, 0), 0.0) }
    }

    /// Number of values added.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Number of rows of all matrices added, each a factor of matrix products.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Whether nothing has been added.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Adds the parameters of `build` as a module `name`: their names begin with that, as in a PyTorch state dict.
    pub fn within<T>(&mut self, name: &str, build: impl FnOnce(&mut Self) -> T) -> T {
        let outside = self.prefix.len();
        self.prefix += name;
        self.prefix.push('.');
        let built = build(self);
        self.prefix.truncate(outside);
        built
    }

    /// Adds the parameters of `build`; `rule` decides by their names which ones weight decay applies to.
    pub fn decaying<T>(&mut self, rule: fn(&str) -> bool, build: impl FnOnce(&mut Self) -> T) -> T {
        let outside = std::mem::replace(&mut self.decays, rule);
        let built = build(self);
        self.decays = outside;
        built
    }

    /// Adds a matrix `[rows × cols]`.
    pub fn matrix(&mut self, name: String, rows: usize, cols: usize, init: Init) -> ParamId {
        self.rows += rows as u64;
        self.add(name, rows, cols, false, false, &[(rows, init)])
    }

    /// Adds a matrix `[rows × cols]` whose rows are looked up by index, as `torch.nn.Embedding`.
    pub fn table(&mut self, name: String, rows: usize, cols: usize, init: Init) -> ParamId {
        self.add(name, rows, cols, false, false, &[(rows, init)])
    }

    /// Adds a matrix of stacked blocks of rows (gates), each with its own initial values.
    pub fn stacked(&mut self, name: String, cols: usize, blocks: &[(usize, Init)]) -> ParamId {
        let rows = blocks.iter().map(|(rows, _)| rows).sum();
        self.rows += rows as u64;
        self.add(name, rows, cols, false, false, blocks)
    }

    /// Adds a vector of blocks, each with its own initial values; `second` if it is the second of two biases.
    pub fn vector(&mut self, name: String, blocks: &[(usize, Init)], second: bool) -> ParamId {
        let rows = blocks.iter().map(|(rows, _)| rows).sum();
        self.add(name, rows, 1, true, second, blocks)
    }

    fn add(
        &mut self,
        name: String,
        rows: usize,
        cols: usize,
        vector: bool,
        second_bias: bool,
        blocks: &[(usize, Init)],
    ) -> ParamId {
        let offset = self.params.values.len();
        self.len = self.len.saturating_add((rows as u64).saturating_mul(cols as u64));
        if !self.counts {
            self.draw((rows, cols), blocks);
        }
        let name = format!("{}{name}", self.prefix);
        let decays = (self.decays)(&name);
        let blocks = if blocks.iter().all(|block| block.0 == blocks[0].0) { blocks.len() } else { 1 };
        self.params.slots.push(Slot { name, rows, cols, vector, second_bias, decays, blocks, offset });
        ParamId(self.params.slots.len() - 1)
    }

    /// Appends initial values of a matrix `[rows × cols]`.
    fn draw(&mut self, (rows, cols): (usize, usize), blocks: &[(usize, Init)]) {
        let offset = self.params.values.len();
        self.params.values.resize(offset + rows * cols, 0.0);
        let mut top = 0;
        for (height, init) in blocks {
            let block = init.draw(*height, cols, &mut self.rng, self.scale);
            for c in 0..cols {
                for r in 0..*height {
                    self.params.values[offset + c * rows + top + r] = crate::narrow(block[c * height + r]);
                }
            }
            top += height;
        }
    }

    /// The finished store.
    pub fn finish(mut self) -> Params {
        self.params.values.shrink_to_fit();
        self.params
    }
}
