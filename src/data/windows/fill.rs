//! Filling short runs of missing values, so that windows may cross them, without knowledge from beyond a window's end.
//!
//! A filled value is read and never forecast: losses and errors use measured values. [`crate::data::windows::known`] decides which
//! windows remain.

use serde::Serialize;

use crate::knob::{Group, Knob, Settings, choices};

/// Default number of filled steps: a quarter of a day by the hour. A straight line over more would hide a daily cycle.
pub const USUAL_LONGEST: usize = 6;

choices! {
    /// Treatment of missing values: [`GAPS`].
    #[derive(Serialize)]
    #[serde(rename_all = "lowercase")]
    pub enum Gaps {
        Leave("leave", "leave open", "No window crosses a missing value."),
        Hold("hold", "carry the last value forward",
            "Repeats the last value in the first missing steps of each gap. It is known at that time, so windows and \
            the forecast may begin and end anywhere."),
        Interpolate("interpolate", "draw a straight line",
            "A line from the value before a short gap to the value after it. The line needs the later value, so no \
            window ends inside a filled gap; where a model learns at every step, no window holds one."),
    }
}

/// Treatment of missing values.
pub const GAPS: Knob<Gaps> = Knob::choice(Group::Data, "gaps", "Missing values", "leave").help(
    "How to fill steps without a value. Filled values are read as inputs; they are never targets, and no error \
           counts them.",
);

/// The number of missing values in a row that are filled.
pub const LONGEST_FILL: Knob<usize> =
    Knob::integer(Group::Data, "longest_fill", "Fill at most", 1..=1000, USUAL_LONGEST as i64)
        .help(
            "Most missing steps in a row to fill. In a longer gap, carrying forward fills the first ones up to this \
           number; a line fills none.",
        )
        .unit("steps")
        .when(GAPS.is(&["hold", "interpolate"]));

/// How missing values are filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fill {
    /// The method.
    pub gaps: Gaps,
    /// Missing values in a row that are filled, at most.
    pub longest: usize,
}

impl Default for Fill {
    fn default() -> Self {
        Self { gaps: Gaps::Leave, longest: USUAL_LONGEST }
    }
}

impl Fill {
    /// The values of the knobs [`GAPS`] and [`LONGEST_FILL`].
    pub fn of(settings: &Settings) -> Self {
        Self { gaps: settings.get(&GAPS), longest: settings.get(&LONGEST_FILL) }
    }

    /// Fills `values`; returns the filled rows, in order.
    ///
    /// Carrying a value forward takes no look ahead, not even at the length of the gap. A line uses the value at the gap's end, so
    /// each row that it fills is open until then.
    pub(crate) fn fill(self, values: &mut [f64]) -> Vec<u32> {
        let mut filled = Vec::new();
        let mut at = if self.gaps == Gaps::Leave { values.len() } else { 0 };
        while at < values.len() {
            if !values[at].is_nan() {
                at += 1;
                continue;
            }
            let from = at;
            while at < values.len() && values[at].is_nan() {
                at += 1;
            }
            // Nothing is known before the first value.
            let Some(before) = from.checked_sub(1).map(|row| values[row]) else { continue };
            let steps = at - from;
            if self.gaps == Gaps::Hold {
                let to = from + steps.min(self.longest);
                values[from..to].fill(before);
                filled.extend((from..to).filter_map(|row| u32::try_from(row).ok()));
                continue;
            }
            // After the last value a line has no second end.
            let Some(after) = values.get(at).copied().filter(|_| steps <= self.longest) else { continue };
            for (step, value) in values[from..at].iter_mut().enumerate() {
                let share = (step + 1) as f64 / (steps + 1) as f64;
                *value = before * (1.0 - share) + after * share;
            }
            filled.extend((from..at).filter_map(|row| u32::try_from(row).ok()));
        }
        filled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_runs_are_filled() {
        const N: f64 = f64::NAN;
        let with = |gaps: Gaps, longest: usize| {
            let mut values = [N, 1.0, N, N, 4.0, N, N, N, 8.0, N];
            let filled = Fill { gaps, longest }.fill(&mut values);
            (filled, values.map(|value| if value.is_nan() { -1.0 } else { value }))
        };
        assert_eq!(with(Gaps::Interpolate, 2), (vec![2, 3], [-1.0, 1.0, 2.0, 3.0, 4.0, -1.0, -1.0, -1.0, 8.0, -1.0]));
        assert_eq!(with(Gaps::Hold, 2), (vec![2, 3, 5, 6, 9], [-1.0, 1.0, 1.0, 1.0, 4.0, 4.0, 4.0, -1.0, 8.0, 8.0]));
        assert_eq!(with(Gaps::Leave, 9).0, [0_u32; 0]);
    }
}
