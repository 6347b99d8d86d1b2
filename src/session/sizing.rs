//! Models of equal size, to be compared: the hidden size that gives an architecture about as many parameters as another has.

use super::model::Model;
use crate::arch::stacked::HIDDEN;
use crate::data::Series;
use crate::error::Result;
use crate::knob::{Kind, Raw};

/// The settings `raw` with the number of hidden units that brings their model nearest to `target` parameters; of two that are
/// equally near, the smaller. A model whose size does not depend on hidden units keeps its settings.
///
/// # Errors
/// As for a model of these settings.
pub fn sized(series: &Series, raw: &Raw, target: usize) -> Result<Raw> {
    let model = Model::new(series, raw, None)?;
    let Kind::Integer { min, max } = HIDDEN.kind else { return Ok(raw.clone()) };
    if !model.reads(HIDDEN.key) {
        return Ok(raw.clone());
    }
    let with = |hidden: i64| {
        let mut raw = raw.clone();
        raw.insert(HIDDEN.key.to_owned(), hidden.into());
        raw
    };
    let count = |hidden: i64| model.parameters_of(&with(hidden));

    // The number of parameters grows with the hidden size. The search begins with small models, since large ones take long to
    // make. `low` has at most `target` parameters or is the smallest, `high` has more or is the largest.
    let (mut low, mut high) = (min, min);
    while high < max && count(high)? <= target {
        low = high;
        high = (2 * high).min(max);
    }
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if count(middle)? <= target {
            low = middle;
        } else {
            high = middle;
        }
    }
    let nearest = if count(high)?.abs_diff(target) < count(low)?.abs_diff(target) { high } else { low };
    Ok(with(nearest))
}
