//! Errors of a forecast against the values that came.

use serde_json::{Value, json};

use unrolled::evaluate::interval::SHOWN;

use crate::rivals;
use crate::sets::{One, Set};

/// A forecast's errors.
pub struct Measured {
    /// The forecast itself; none of a stored one.
    pub values: Vec<f64>,
    /// Mean absolute error over the horizon, divided by the mean absolute difference of the past from itself one season before
    /// (MASE; Hyndman and Koehler 2006).
    pub mase: f64,
    /// Whether that is more than the seasonal naive forecast's.
    pub worse: bool,
    /// Its range's, where it has one.
    pub range: Option<Range>,
    /// Seconds that it took.
    pub seconds: f64,
}

/// The quality of a range of 80 %.
#[derive(Clone, Copy)]
pub struct Range {
    /// Share of the values that came inside it.
    pub coverage: f64,
    /// Its mean width, in the unit of MASE.
    pub width: f64,
    /// Its mean interval score (Winkler 1972; Gneiting and Raftery 2007), in the unit of MASE: the width, and `2/α` times the
    /// distance of each value that came outside.
    pub score: f64,
}

impl Measured {
    pub fn to_json(&self) -> Value {
        let range = self.range.map(|Range { coverage, width, score }| json!([coverage, width, score]));
        let Self { values, mase, worse, seconds, .. } = self;
        json!({ "mase": mase, "worse": worse, "range": range, "seconds": seconds, "values": values })
    }
}

/// The mean absolute difference of a past from itself one season before. A past that repeats itself exactly has none.
fn scale(set: &Set, past: &[f64]) -> f64 {
    let pairs = past.iter().zip(&past[set.season..]);
    pairs.map(|(before, after)| (after - before).abs()).sum::<f64>() / (past.len() - set.season) as f64
}

/// The errors of `values` and of their range.
pub fn measured(
    set: &Set,
    one: &One,
    values: Vec<f64>,
    range: Option<&(Vec<f64>, Vec<f64>)>,
    seconds: f64,
) -> Measured {
    let scale = scale(set, &one.past);
    let mean = |sum: f64| sum / set.horizon as f64 / scale;
    let mase = |values: &[f64]| mean(one.came.iter().zip(values).map(|(came, value)| (came - value).abs()).sum());
    // Beyond a model's own horizon the range ends.
    let whole = range.filter(|(lower, _)| lower.iter().all(|bound| bound.is_finite()));
    let range = whole.map(|(lower, upper)| {
        let (mut inside, mut width, mut missed) = (0.0, 0.0, 0.0);
        for ((lower, upper), came) in lower.iter().zip(upper).zip(&one.came) {
            inside += f64::from(u8::from((lower..=upper).contains(&came)));
            width += upper - lower;
            missed += (lower - came).max(came - upper).max(0.0);
        }
        let alpha = 1.0 - SHOWN;
        Range { coverage: inside / set.horizon as f64, width: mean(width), score: mean(width + 2.0 / alpha * missed) }
    });
    let worse = mase(&values) > mase(&rivals::seasonal(set, &one.past).values);
    Measured { mase: mase(&values), worse, range, seconds, values }
}
