//! The training part as one long series, cut into lanes that are read in parallel.

use std::ops::Range;

use crate::data::{Batch, Frame};

/// A run of rows without a gap, cut into tokens and read from start to end with a carried state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lane {
    /// First row.
    pub first: usize,
    /// Tokens.
    pub tokens: usize,
}

/// How to cut lanes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// Smallest number of lanes.
    pub count: usize,
    /// Largest number of tokens of a lane; `None`: any number.
    pub longest: Option<usize>,
    /// Rows of a token. All lanes may be shifted by less than one token, so that every row can be a token's first.
    pub segment: usize,
    /// Rows behind each token that are forecast from it.
    pub ahead: usize,
}

impl Frame {
    /// Cuts `rows` into lanes of about equal length, the longest first. No lane crosses a gap, nor a filled value that something
    /// would be learnt from. The rows forecast from its tokens lie in the same run without gaps, and in `rows`; runs too short for
    /// that have no lane.
    pub fn lanes(&self, rows: Range<usize>, cut: Cut) -> Vec<Lane> {
        let Cut { count, longest, segment, ahead } = cut;
        let behind = segment - 1 + ahead;
        let stretches: Vec<Lane> = self
            .stretches_in(rows)
            .map(|stretch| Lane { first: stretch.start, tokens: stretch.len().saturating_sub(behind) / segment })
            .filter(|stretch| stretch.tokens > 0)
            .collect();
        let total: usize = stretches.iter().map(|stretch| stretch.tokens).sum();
        let length = total.div_ceil(count.max(1)).min(longest.unwrap_or(total)).max(1);
        let mut lanes = Vec::new();
        for Lane { first, tokens } in stretches {
            let pieces = tokens.div_ceil(length);
            let bound = |piece: usize| tokens * piece / pieces;
            lanes.extend(
                (0..pieces).map(|piece| Lane {
                    first: first + bound(piece) * segment,
                    tokens: bound(piece + 1) - bound(piece),
                }),
            );
        }
        // Whole numbers share one instance of the sort with other lists.
        let mut order: Vec<i64> =
            lanes.iter().zip(0..).map(|(lane, place)| place - ((lane.tokens as i64) << 32)).collect();
        order.sort_unstable();
        order.into_iter().map(|key| lanes[(key & 0xffff_ffff) as usize]).collect()
    }

    /// The runs of rows within `rows` that may be learnt from, in order.
    fn stretches_in(&self, rows: Range<usize>) -> impl Iterator<Item = Range<usize>> + '_ {
        let mut next = rows.start;
        std::iter::from_fn(move || {
            let first = (next..rows.end).find(|&row| self.known.is_learnt(row))?;
            next = (first..rows.end).find(|&row| !self.known.is_learnt(row)).unwrap_or(rows.end);
            Some(first..next)
        })
    }

    /// As [`Frame::gather`], for pieces that each give their first so many rows; the rest is 0.
    pub fn gather_pieces(
        &self,
        pieces: impl ExactSizeIterator<Item = Range<usize>>,
        (window, horizon): (usize, usize),
        out: &mut Batch,
    ) {
        let (features, size, steps) = (self.features, pieces.len(), window + horizon);
        out.reshape(features, window, horizon, size);
        out.values.fill(0.0);
        for (sample, rows) in pieces.enumerate() {
            for (step, row) in rows.take(steps).enumerate() {
                let at = (step * size + sample) * features;
                out.values[at..at + features].copy_from_slice(self.row(row));
            }
        }
    }
}
