//! Buffers that are not in use.

use crate::Real;
use crate::math::kernels::Packed;

/// Buffers that are not in use, handed out again so that a training step allocates nothing once it has run a few times.
#[derive(Debug, Default)]
pub(super) struct Pool {
    pub(super) buffers: Vec<Vec<Real>>,
    packed: Vec<Packed>,
}

impl Pool {
    /// A buffer of `len` numbers with whatever it held before: the smallest that has room, or else the largest, so that
    /// neither a step that repeats itself nor one whose stretches differ holds more than it needs.
    pub(super) fn take(&mut self, len: usize) -> Vec<Real> {
        let key = |buffer: &Vec<Real>| match buffer.capacity() {
            room if room >= len => (0, room),
            short => (1, usize::MAX - short),
        };
        let best = (0..self.buffers.len()).min_by_key(|&k| key(&self.buffers[k]));
        let mut buffer = best.map_or_else(Vec::new, |k| self.buffers.swap_remove(k));
        if buffer.capacity() < len {
            // Its old content is of no use, so it is not copied along.
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

    /// Takes a buffer back.
    pub(super) fn give(&mut self, buffer: Vec<Real>) {
        self.buffers.push(buffer);
    }

    /// A matrix to pack into.
    pub(super) fn take_packed(&mut self) -> Packed {
        self.packed.pop().unwrap_or_default()
    }

    /// Takes a packed matrix back.
    pub(super) fn give_packed(&mut self, packed: Packed) {
        self.packed.push(packed);
    }
}
