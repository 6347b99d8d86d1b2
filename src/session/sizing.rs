//! Models of equal size for comparison: the hidden size that gives an architecture about as many parameters as another.

use super::build::Fitted;
use super::catalog;
use super::model::Model;
use crate::arch::stacked::HIDDEN;
use crate::error::Result;
use crate::experiment::Experiments;
use crate::knob::{Kind, Raw};

/// The settings `raw` with the number of hidden units that brings their model nearest to `target` parameters; the smallest of
/// equally near ones. A model whose size does not depend on hidden units keeps its settings.
///
/// # Errors
/// As for a model of these settings.
pub fn sized(experiments: &Experiments, raw: &Raw, target: usize, limit: u64) -> Result<Raw> {
    let model = Model::new(experiments, raw, Fitted::default(), limit)?;
    let Kind::Integer { min, max } = HIDDEN.kind else { return Ok(raw.clone()) };
    if !model.reads(HIDDEN.key) {
        return Ok(raw.clone());
    }
    // All sizes are tried: where heads have to divide the hidden units, more units may have fewer parameters.
    let settings = catalog::checked(raw)?;
    let mut nearest = (u64::MAX, min);
    for hidden in min..=max {
        let off = model.parameters_of(&settings.with(&HIDDEN, &hidden.into())?)?.abs_diff(target as u64);
        if off < nearest.0 {
            nearest = (off, hidden);
        }
    }
    let mut raw = raw.clone();
    raw.insert(HIDDEN.key.to_owned(), nearest.1.into());
    Ok(raw)
}
