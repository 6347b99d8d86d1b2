//! The backward pass, chunk by chunk from the last one.

use super::chunk::{Chunk, DecayBack, ENTERING, KEYS, MOST, NARROW, QUERIES, VALUES, WEIGHTS, WIDE, log_gate_slope};
use super::sizes::{
    CHUNK, EPSILON, FORGET_GATE, INPUT_GATE, K, KEPT, LAST, MEMORY0, Q, READ, STABILISER, STABILISER0, Sizes, V,
};
use crate::Real;
use crate::grad::Context;
use crate::math::kernels::{add_scaled, dot, exp, for_each, outer, scaled};
use crate::scan::slstm::LEAST;

/// Gradients of a chunk's inner values, in the order of its steps.
struct Back {
    /// Of the scores `[steps × steps]`, of `ĩ − b`, of `b`, of `m` through ε, of the queries over √d, and room for columns of their
    /// shape.
    all: [Vec<Real>; 6],
}

pub(super) fn backward(ctx: &mut Context<'_>) {
    let s = Sizes::of(ctx);
    let inputs = [Q, K, V, INPUT_GATE, FORGET_GATE].map(|k| ctx.input(k));
    let [Some(q), Some(k), Some(v), Some(i), Some(f)] = inputs else { return };
    let (d, size, chunks, n) = (s.head(), s.memory(), s.chunks(), CHUNK.min(s.steps));
    let sources = [q, k, v, i, f].map(|var| ctx.value(var));
    let (memory0, stabiliser0) = (ctx.input(MEMORY0), ctx.input(STABILISER0).map(|m| ctx.value(m)));
    let [stabilisers, reads, kept] = [STABILISER, READ, KEPT].map(|back| ctx.value(ctx.auxiliary(back)));
    let (out, dy) = (ctx.output(), ctx.take_upstream());
    let [mut d_memory, mut d_stabilisers] = [LAST, STABILISER].map(|back| ctx.take(ctx.auxiliary(back)));
    let mut grads = [q, k, v, i, f].map(|var| ctx.take(var));
    let packed = ctx.take_packed();
    let mut room = Chunk::new(s, |len| ctx.scratch(len), packed);
    let mut back = Back { all: [n * n, n, n, n, d * n, d * n].map(|len| ctx.scratch(len)) };
    for (view, d_memory) in d_memory.chunks_exact_mut(size).enumerate() {
        let mut dm = 0.0;
        for chunk in (0..chunks).rev() {
            let start = chunk * CHUNK;
            let m = match start {
                0 => stabiliser0.map_or(LEAST, |m| m[view]),
                _ => stabilisers[s.gate(view, start - 1)],
            };
            room.load(sources, (view, start), m);
            room.weigh();
            let memory = (chunk > 0 || memory0.is_some()).then(|| &kept[(view * chunks + chunk) * size..][..size]);
            back.divide(&mut room, reads, out, &dy, &mut d_stabilisers);
            back.within(&mut room, &mut grads);
            // An unused end of the memory has no gradient.
            if d_memory.iter().any(|g| *g != 0.0) {
                back.write(&mut room, memory, d_memory, &mut grads);
            }
            if let Some(memory) = memory {
                back.read(&mut room, memory, d_memory);
            }
            dm = back.gates(&room, sources, dm, &mut grads);
        }
        ctx.accumulate(STABILISER0, |grad, _| grad[view] += dm);
    }
    ctx.accumulate(MEMORY0, |grad, _| add_scaled(grad, &d_memory, 1.0));
    let (buffers, packed) = room.done();
    buffers.into_iter().chain(back.all).for_each(|buffer| ctx.give(buffer));
    ctx.give_packed(packed);
    for (var, grad) in [q, k, v, i, f].into_iter().zip(grads) {
        ctx.put(var, grad);
    }
    ctx.put(ctx.auxiliary(LAST), d_memory);
    ctx.put(ctx.auxiliary(STABILISER), d_stabilisers);
    ctx.keep(dy);
}

impl Back {
    /// From the gradients `dy` of the output to those of the reads (`WIDE`), of `b` of each step, and, through ε, of the
    /// stabiliser.
    fn divide(&mut self, room: &mut Chunk, reads: &[Real], out: &[Real], dy: &[Real], d_stabilisers: &mut [Real]) {
        let (s, d) = (room.s, room.s.head());
        for t in 0..room.steps {
            let (at, step) = (s.gate(room.view, room.start + t), s.first(room.view, room.start + t));
            let (read, dy) = (reads[at], &dy[step..step + d]);
            let divisor = room.divisor(t, read);
            let along = dot(dy, &out[step..step + d]);
            let d_divisor = -along / divisor;
            d_stabilisers[at] += EPSILON * d_divisor;
            self.all[3][t] = d_stabilisers[at];
            let above = read.abs() > exp(-room.all[MOST][t + 1]);
            // All reads have the factor exp(b_t), and so does the divisor, except for ε and the bound. Summed from the weights, the
            // two would cancel up to rounding.
            self.all[2][t] = if above { along * EPSILON / divisor } else { along };
            let wide = &mut room.all[WIDE][t * (d + 1)..][..d + 1];
            scaled(&mut wide[..d], dy, 1.0 / divisor);
            wide[d] = if above { d_divisor * read.signum() } else { 0.0 };
        }
    }

    /// The gradients from step to step within the chunk.
    fn within(&mut self, room: &mut Chunk, [_, grad_k, grad_v, ..]: &mut [Vec<Real>; 5]) {
        let (s, d, n) = (room.s, room.s.head(), room.steps);
        let (first, stride) = (s.first(room.view, room.start), s.stride());
        let [scores, entering, _, _, queries, _] = &mut self.all;
        let (scores, wide) = (&mut scores[..n * n], &room.all[WIDE][..(d + 1) * n]);
        outer(wide, d + 1, d, &room.all[WEIGHTS][..n * n], n, &mut grad_v[first..], stride);
        room.packed.pack_transposed(&room.all[VALUES], d + 1, 0, d + 1, n);
        room.packed.times(wide, scores, n, false);
        entering.fill(0.0);
        for t in 0..n {
            let (seen, unseen) = scores[t * n..(t + 1) * n].split_at_mut(t + 1);
            let reads = [&room.all[ENTERING][..=t], &room.all[WEIGHTS][t * n..][..=t]];
            for_each(reads, [seen, &mut entering[..=t]], DecayBack(room.shift(t)));
            unseen.fill(0.0);
        }
        outer(&room.all[QUERIES], d, d, scores, n, &mut grad_k[first..], stride);
        room.packed.pack(&room.all[KEYS], d, 0, d, n);
        room.packed.times(scores, &mut queries[..d * n], d, false);
    }

    /// The gradients of the writes to the memory at the chunk's end; its gradient becomes that of the memory before.
    fn write(
        &mut self,
        room: &mut Chunk,
        memory: Option<&[Real]>,
        d_memory: &mut [Real],
        [_, grad_k, grad_v, ..]: &mut [Vec<Real>; 5],
    ) {
        let (s, d, n) = (room.s, room.s.head(), room.steps);
        let stride = s.stride();
        let [_, entering, left, _, _, columns] = &mut self.all;
        room.packed.pack(d_memory, d, 0, d, d + 1);
        room.packed.times(&room.all[VALUES][..(d + 1) * n], &mut columns[..d * n], d, false);
        let rest = room.of_before(n - 1);
        let mut at_end = memory.map_or(0.0, |memory| rest * dot(memory, d_memory));
        for t in 0..n {
            let (factor, column) = (room.of_step(t), &columns[t * d..][..d]);
            let along = factor * dot(&room.all[KEYS][t * d..][..d], column);
            entering[t] += along;
            at_end += along;
            add_scaled(&mut grad_k[s.first(room.view, room.start + t)..][..d], column, factor);
        }
        left[n - 1] += at_end;
        room.narrow(KEYS, Chunk::of_step);
        room.packed.pack_transposed(d_memory, d, 0, d, d);
        let first = s.first(room.view, room.start);
        room.packed.times(&room.all[NARROW][..d * n], &mut grad_v[first..], stride, true);
        d_memory.iter_mut().for_each(|g| *g *= rest);
    }

    /// The gradients of the reads from the `memory` before the chunk.
    fn read(&mut self, room: &mut Chunk, memory: &[Real], d_memory: &mut [Real]) {
        let (d, n) = (room.s.head(), room.steps);
        let [.., queries, columns] = &mut self.all;
        room.packed.pack(memory, d, 0, d, d + 1);
        room.packed.times(&room.all[WIDE][..(d + 1) * n], &mut columns[..d * n], d, false);
        for t in 0..n {
            let (factor, column) = (room.of_before(t), &columns[t * d..][..d]);
            add_scaled(&mut queries[t * d..][..d], column, factor);
        }
        room.narrow(QUERIES, Chunk::of_before);
        outer(&room.all[NARROW], d, d, &room.all[WIDE][..(d + 1) * n], d + 1, d_memory, d);
    }

    /// The gradients of the queries and the gates; `dm` is the gradient of the stabiliser at the chunk's end from later steps, and
    /// the result is that for the one before the chunk.
    fn gates(&self, room: &Chunk, sources: [&[Real]; 5], dm: Real, grads: &mut [Vec<Real>; 5]) -> Real {
        let (s, d) = (room.s, room.s.head());
        let [_, entering, left, most, queries, _] = &self.all;
        let [grad_q, _, _, grad_i, grad_f] = grads;
        let (mut dm, mut sum) = (dm, 0.0);
        for t in (0..room.steps).rev() {
            let (at, step) = (s.gate(room.view, room.start + t), s.first(room.view, room.start + t));
            add_scaled(&mut grad_q[step..step + d], &queries[t * d..][..d], s.scale());
            sum += left[t] - entering[t];
            dm += most[t];
            let (mut d_i, mut d_f) = (entering[t], sum);
            if room.all[MOST][t + 1] > sources[INPUT_GATE][at] {
                d_f += dm;
            } else {
                d_i += dm;
                dm = 0.0;
            }
            grad_i[at] += d_i;
            grad_f[at] += d_f * log_gate_slope(sources[FORGET_GATE][at], s.exponential);
        }
        dm
    }
}
