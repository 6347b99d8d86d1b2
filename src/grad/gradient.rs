//! Storage of a node's gradient.

use std::ops::Range;

use crate::Real;

/// The gradient of one node: of a contiguous range of its numbers; all others' are zero. Empty without a gradient.
///
/// A loss on a sequence's last step gives earlier steps no gradient of their own, so they need no memory as large as the sequence.
#[derive(Debug, Default)]
pub(super) struct Gradient {
    /// Index of the first number with a gradient.
    pub(super) start: usize,
    pub(super) values: Vec<Real>,
}

impl Gradient {
    /// Empties it and keeps its memory.
    pub(super) fn clear(&mut self) {
        self.start = 0;
        self.values.clear();
    }

    /// Whether there is no gradient.
    pub(super) fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The gradient of all `len` numbers.
    pub(super) fn whole(&mut self, len: usize) -> &mut Vec<Real> {
        let held = self.values.len();
        self.values.resize(len, 0.0);
        if self.start > 0 {
            self.values.copy_within(..held, self.start);
            self.values[..self.start].fill(0.0);
            self.start = 0;
        }
        &mut self.values
    }

    /// The same if there is a gradient; empty otherwise.
    pub(super) fn whole_if_any(&mut self, len: usize) -> &[Real] {
        if self.values.is_empty() { &[] } else { self.whole(len) }
    }

    /// The gradient of `range`, out of `len` numbers.
    pub(super) fn part(&mut self, range: Range<usize>, len: usize) -> &mut [Real] {
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
