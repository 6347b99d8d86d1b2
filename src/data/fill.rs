//! Filling short runs of missing values.

use crate::data::options::Gaps;

/// Fills runs of at most `longest` missing values; returns how many values were filled.
pub(crate) fn fill(values: &mut [f64], how: Gaps, longest: usize) -> usize {
    if how == Gaps::Leave {
        return 0;
    }
    let mut filled = 0;
    let mut at = 0;
    while at < values.len() {
        if !values[at].is_nan() {
            at += 1;
            continue;
        }
        let from = at;
        while at < values.len() && values[at].is_nan() {
            at += 1;
        }
        let steps = at - from;
        // Nothing is known before the first value; after the last there is no second end for a line.
        if from == 0 || steps > longest || (how == Gaps::Interpolate && at == values.len()) {
            continue;
        }
        let before = values[from - 1];
        let after = values.get(at).copied().unwrap_or(before);
        for (step, value) in values[from..at].iter_mut().enumerate() {
            *value = match how {
                Gaps::Interpolate => {
                    let share = (step + 1) as f64 / (steps + 1) as f64;
                    before * (1.0 - share) + after * share
                }
                _ => before,
            };
        }
        filled += steps;
    }
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_runs_are_filled() {
        const N: f64 = f64::NAN;
        let with = |how: Gaps, longest: usize| {
            let mut values = [N, 1.0, N, N, 4.0, N, N, N, 8.0, N];
            let filled = fill(&mut values, how, longest);
            (filled, values.map(|value| if value.is_nan() { -1.0 } else { value }))
        };
        assert_eq!(with(Gaps::Interpolate, 2), (2, [-1.0, 1.0, 2.0, 3.0, 4.0, -1.0, -1.0, -1.0, 8.0, -1.0]));
        assert_eq!(with(Gaps::Hold, 3), (6, [-1.0, 1.0, 1.0, 1.0, 4.0, 4.0, 4.0, 4.0, 8.0, 8.0]));
        assert_eq!(with(Gaps::Leave, 9).0, 0);
    }
}
