//! The cuts of training on the series as one.

use serde::Serialize;

use crate::data::{Axis, Lane};

/// Largest number of listed cuts: more would overlap in the chart.
const MOST_MARKS: usize = 2000;

/// The lanes and chunks of a series, in numbers, in words and by their times.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Cuts {
    /// Rows of a chunk, except the last of a lane.
    pub chunk: usize,
    /// Number of lanes in a batch.
    pub side_by_side: usize,
    /// Number of all lanes.
    pub lanes: usize,
    /// Borders between chunks in a pass: values cross them, the gradient does not.
    pub borders: usize,
    /// Passes over the series in an epoch.
    pub passes: usize,
    /// All of this in words.
    pub sentence: String,
    /// Times of the first row of each lane, where the state is empty; none if there are too many to draw.
    pub starts: Vec<i64>,
    /// Times of the first row behind each border; none if there are too many to draw.
    pub cuts: Vec<i64>,
}

impl Cuts {
    /// The cuts of `lanes`, in batches of `count`, in chunks of `chunk` tokens of `segment` rows; `grows`: whether the state grows
    /// with every step.
    pub fn of(
        lanes: &[Lane],
        (chunk, segment, count): (usize, usize, usize),
        passes: usize,
        grows: bool,
        axis: &Axis,
    ) -> Self {
        let borders: usize = lanes.iter().map(|lane| lane.tokens.div_ceil(chunk) - 1).sum();
        let (side_by_side, chunk_rows) = (count.min(lanes.len()), chunk * segment);
        let starts = lanes.iter().map(|lane| lane.first);
        let cuts = lanes
            .iter()
            .flat_map(|lane| (1..lane.tokens.div_ceil(chunk)).map(move |border| lane.first + border * chunk_rows));
        let seen = borders + lanes.len() <= MOST_MARKS;
        let times = |rows: &mut dyn Iterator<Item = usize>| {
            let mut times: Vec<i64> = if seen { rows.map(|row| axis.at(row)).collect() } else { Vec::new() };
            times.sort_unstable();
            times
        };
        let s = |count: usize| if count == 1 { "" } else { "s" };
        let all = lanes.len();
        let short =
            if grows { " and is no longer than a forecast, because the state grows with every step" } else { "" };
        let moved = if segment > 1 {
            format!(" Each of the {passes} passes of an epoch begins at another row, up to {} later.", segment - 1)
        } else {
            format!(" An epoch is {passes} pass{}.", if passes == 1 { "" } else { "es" })
        };
        let sentence = format!(
            "Training reads the series as {all} stream{}, {side_by_side} in parallel, in chunks of {chunk_rows} \
             step{}. Each pass cuts the gradient at {borders} border{} between chunks; the state’s values carry \
             over. The state begins empty {all} time{}: at the start of each stream, which crosses no \
             gap{short}.{moved} Before a forecast the state is warmed up over the window, from empty.",
            s(all),
            s(chunk_rows),
            s(borders),
            s(all),
        );
        Self {
            chunk: chunk_rows,
            side_by_side,
            lanes: all,
            borders,
            passes,
            sentence,
            starts: times(&mut starts.into_iter()),
            cuts: times(&mut cuts.into_iter()),
        }
    }
}
