//! Unused buffers.

use crate::Real;
use crate::math::kernels::Packed;

/// Unused buffers, reused so that a training step allocates nothing after its first runs.
#[derive(Debug, Default)]
pub(super) struct Pool {
    pub(super) buffers: Vec<Vec<Real>>,
    packed: Vec<Packed>,
}

impl Pool {
    /// A buffer of `len` numbers with arbitrary content: the smallest with room, or else the largest, so that neither a repeated
    /// step nor one with varying stretches holds more than it needs.
    pub(super) fn take(&mut self, len: usize) -> Vec<Real> {
        let key = |buffer: &Vec<Real>| match buffer.capacity() {
            room if room >= len => (0, room),
            short => (1, usize::MAX - short),
        };
        let best = (0..self.buffers.len()).min_by_key(|&k| key(&self.buffers[k]));
        let mut buffer = best.map_or_else(Vec::new, |k| self.buffers.swap_remove(k));
        if buffer.capacity() < len {
            // The old content is not needed, so growing must not copy it.
            buffer.clear();
            buffer.reserve_exact(len);
        }
        buffer.resize(len, 0.0);
        buffer
    }

    /// The same, filled with zeros.
    pub(super) fn zeros(&mut self, len: usize) -> Vec<Real> {
        let mut buffer = self.take(len);
        buffer.fill(0.0);
        buffer
    }

    /// Returns a buffer to the pool.
    pub(super) fn give(&mut self, buffer: Vec<Real>) {
        self.buffers.push(buffer);
    }

    /// A packed matrix to reuse.
    pub(super) fn take_packed(&mut self) -> Packed {
        self.packed.pop().unwrap_or_default()
    }

    /// Returns a packed matrix to the pool.
    pub(super) fn give_packed(&mut self, packed: Packed) {
        self.packed.push(packed);
    }
}
