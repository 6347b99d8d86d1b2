//! The chance that a forecast's truth crosses a value, from the same errors as its ranges.

use serde::Serialize;

use crate::evaluate::interval::Ranges;
use crate::evaluate::limits::Limits;
use crate::evaluate::spread::{LEAST, Spread};

/// The chances that one target crosses a value within the horizon.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Crossing {
    /// The value, in the target's unit.
    pub value: f64,
    /// Chance of more than the value at each step of the horizon; of less, or as much, the rest.
    pub above: Vec<f64>,
    /// Chance of more at any step of the horizon; `None` where too few past forecasts have a whole horizon.
    pub ever_above: Option<f64>,
    /// Chance of less, or as much, at any step.
    pub ever_below: Option<f64>,
    /// All of it in words.
    pub sentence: String,
}

/// Chances for target number `target` of the scaled forecast `predicted` `[horizon]` from `row` on, whose values end at `limits`, in its unit.
/// `value` is the value in its unit, and scaled; `name` is the target's. `None` where too few errors are known.
pub fn crossing(
    ranges: &Ranges<'_>,
    (target, name, row): (usize, &str, usize),
    predicted: &[f64],
    limits: &Limits,
    (value, scaled): (f64, f64),
) -> Option<Crossing> {
    let spread = Spread::known(ranges.past, target, row)?;
    // Never 0 nor 1: so few errors cannot tell; but beyond a limit of the values there is nothing.
    let beyond =
        [limits.upper.is_some_and(|limit| value >= limit.at), limits.lower.is_some_and(|limit| value < limit.at)];
    let (none, all) = match beyond {
        [true, _] => (0.0, 0.0),
        [_, true] => (1.0, 1.0),
        _ => (spread.least_chance(), 1.0 - spread.least_chance()),
    };
    let at = |(step, &predicted): (usize, &f64)| {
        (1.0 - spread.law(step).below(scaled - predicted, spread.least_chance())).clamp(none, all)
    };
    let above: Vec<f64> = predicted.iter().enumerate().map(at).collect();
    // From whole past forecasts, whose errors at neighbouring steps go together; no less than at one step, no more than at all.
    let ever = |sign: f64, each: &mut dyn Iterator<Item = f64>| -> Option<f64> {
        let paths = spread.paths()?;
        let crosses = |path: &[f64]| {
            path.iter().zip(predicted).any(|(error, predicted)| sign * (predicted + error - scaled) > 0.0)
        };
        let share: f64 = paths.iter().filter(|(path, _)| crosses(path)).map(|(_, weight)| weight).sum();
        let (most, sum) = each.fold((0.0_f64, 0.0), |(most, sum), chance| (most.max(chance), sum + chance));
        let highest = if most == 0.0 { 0.0 } else { 1.0 - spread.least_chance() };
        Some(share.max(most).min(sum).min(highest.max(most)))
    };
    let ever_above = ever(1.0, &mut above.iter().copied());
    let ever_below = ever(-1.0, &mut above.iter().map(|chance| 1.0 - chance));
    let sentence = sentence((name, value), &above, [ever_above, ever_below]);
    Some(Crossing { value, above, ever_above, ever_below, sentence })
}

/// A chance in percent.
fn percent(chance: f64) -> String {
    match (100.0 * chance).round() {
        _ if chance == 0.0 || chance == 1.0 => format!("{:.0} %", 100.0 * chance),
        rounded if rounded < 1.0 => "less than 1 %".to_owned(),
        rounded if rounded > 99.0 => "more than 99 %".to_owned(),
        rounded => format!("{rounded:.0} %"),
    }
}

fn sentence((name, value): (&str, f64), above: &[f64], ever: [Option<f64>; 2]) -> String {
    let (steps, last) = (above.len(), above.last().copied().unwrap_or(f64::NAN));
    let at_end = format!("The chance that {name} is above {value} at step {steps} is {}", percent(last));
    match ever {
        _ if steps == 1 => format!("{at_end}."),
        [Some(above), Some(below)] => format!(
            "{at_end}. That it is above {value} at any of the {steps} steps: {}; at or below it at any: {}.",
            percent(above),
            percent(below)
        ),
        _ => format!(
            "{at_end}. The chance at any of the {steps} steps is not known: that takes the errors of at least {LEAST} past forecasts over \
             the whole horizon."
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chances_are_said_in_whole_percent_and_never_as_certain_unless_they_are() {
        let said = |last: f64, ever| sentence(("load", 1.5), &[0.5, last], ever);
        assert_eq!(
            said(0.124, [Some(0.6), Some(0.999)]),
            "The chance that load is above 1.5 at step 2 is 12 %. That it is above 1.5 at any of the 2 steps: 60 %; at or below it at \
             any: more than 99 %."
        );
        assert!(said(0.001, [None, None]).contains("is less than 1 %. The chance at any of the 2 steps is not known"));
        assert!(said(0.0, [Some(0.0), Some(1.0)]).contains("any of the 2 steps: 0 %; at or below it at any: 100 %."));
    }
}
