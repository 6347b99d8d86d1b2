//! Naive forecasts, the least that a network must beat.
//!
//! Both write scaled values of one target, `[horizon × starts.len()]`, one window's horizon contiguous.

use crate::{Real, data::Frame};

/// Repeats the last value of the window: `ŷ(t + h) = y(t)`.
pub fn last_value(frame: &Frame, target: usize, starts: &[u32], window: usize, horizon: usize, out: &mut [Real]) {
    for (&start, out) in starts.iter().zip(out.chunks_exact_mut(horizon)) {
        out.fill(frame.target_at(target, start as usize + window - 1));
    }
}

/// Repeats the last whole season before the horizon: `ŷ(t + h) = y(t + h − m·⌈h / m⌉)`, `h = 1, 2, …`.
///
/// A season longer than the window reaches back into earlier rows. Where the value is missing or lies before the series, the same
/// phase of the season before is taken, and finally the last value; returns the number of steps that used it.
pub fn seasonal_naive(
    frame: &Frame,
    target: usize,
    starts: &[u32],
    (window, horizon): (usize, usize),
    season: usize,
    out: &mut [Real],
) -> usize {
    let season = season.max(1);
    let mut fallbacks = 0;
    for (&start, out) in starts.iter().zip(out.chunks_exact_mut(horizon)) {
        let origin = start as usize + window;
        for (lead, out) in out.iter_mut().enumerate() {
            // Row of the same phase, far enough back to lie before the horizon.
            let phase = origin + lead % season;
            let found = (1..=phase / season)
                .map(|seasons| frame.target_at(target, phase - seasons * season))
                .find(|value| !value.is_nan());
            *out = found.unwrap_or_else(|| {
                fallbacks += 1;
                frame.target_at(target, origin - 1)
            });
        }
    }
    fallbacks
}
