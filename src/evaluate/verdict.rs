//! The winner and its lead, in one sentence and in the data's unit.

use crate::{
    baseline::Method,
    data::{Axis, Part},
    evaluate::{
        baselines::{Row, season_label},
        paired::counts,
        unit::{grouped, quantity},
    },
};

/// Differences below this share are called level, however certain: another seed moves the error by as much. Larger ones that may be
/// chance ([`counts`]) are called so, and have no winner.
pub const LEVEL: f64 = 0.01;

/// From this ratio on, the sentence says “… times the error of” instead of percent.
const TIMES: f64 = 2.0;

/// A baseline compared with the model.
struct Baseline {
    /// Its name, as in “better than …”.
    name: String,
    mae: f64,
    /// The model's error divided by the baseline's.
    ratio: f64,
    /// Chance of such a difference; `None` with too few windows.
    chance: Option<f64>,
}

impl Baseline {
    fn is_level(&self) -> bool {
        (1.0 - LEVEL..=1.0 + LEVEL).contains(&self.ratio)
    }

    /// Whether the lead is more than chance and level.
    fn wins(&self) -> bool {
        counts(self.chance) && self.ratio > 1.0 + LEVEL
    }

    /// “18 % better than the last value (2.99 °C)”, “perhaps by chance 3 % better than …”.
    fn phrase(&self, unit: Option<&str>) -> String {
        let percent = (100.0 * (self.ratio - 1.0).abs()).round();
        let comparison = if self.is_level() {
            "about as good as".to_owned()
        } else if !self.ratio.is_finite() {
            "worse than".to_owned()
        } else if self.ratio >= TIMES {
            format!("{:.1} times the error of", self.ratio)
        } else if self.ratio > 1.0 {
            format!("{percent} % worse than")
        } else {
            format!("{percent} % better than")
        };
        let perhaps = match self.chance {
            Some(_) if !counts(self.chance) && !self.is_level() => "perhaps by chance ",
            _ => "",
        };
        format!("{perhaps}{comparison} {} ({})", self.name, quantity(self.mae, unit))
    }
}

/// The sentence for a table whose first row is the model's; `of` names the errors' subject where needed. Mean absolute errors are
/// compared, because they are in the data's unit. Baselines that clearly beat the model come first. Only those rows count that are to be
/// compared.
pub fn sentence(
    rows: &[Row],
    (part, windows): (Part, usize),
    (unit, of): (Option<&str>, &str),
    axis: &Axis,
    season: usize,
) -> String {
    let Some((model, baselines)) = rows.split_first() else { return String::new() };
    let mae = model.scores.mae;
    if !mae.is_finite() {
        return format!("The {} gives no usable numbers on the {} part.", model.label, part.label());
    }
    let baselines: Vec<Baseline> = baselines
        .iter()
        .filter(|row| row.compared && row.scores.mae.is_finite())
        .map(|row| Baseline {
            name: match row.id {
                "last" => "repeating the last value".to_owned(),
                "seasonal" => {
                    let label = season_label(axis, season);
                    // “Repeating the day before”, but “repeating the value 36 hours before”.
                    let value = if label.starts_with("the ") { "" } else { "the value " };
                    format!("repeating {value}{label}")
                }
                id => Method::of(id).map_or_else(
                    || format!("the {}", changed_first(&row.label, |first| first.to_lowercase().collect())),
                    |method| method.phrase().to_owned(),
                ),
            },
            mae: row.scores.mae,
            // Both without error: level.
            ratio: if mae == row.scores.mae { 1.0 } else { mae / row.scores.mae },
            chance: row.chance,
        })
        .collect();
    let off = format!(
        "the {} has a mean absolute error of {}{of} on {} {} window{}",
        model.label,
        quantity(mae, unit),
        grouped(windows as f64),
        part.label(),
        if windows == 1 { "" } else { "s" }
    );
    let phrases = |chosen: &dyn Fn(&Baseline) -> bool| {
        listed(
            &baselines
                .iter()
                .filter(|baseline| chosen(baseline))
                .map(|baseline| baseline.phrase(unit))
                .collect::<Vec<_>>(),
        )
    };
    let best = baselines.iter().filter(|baseline| baseline.wins()).min_by(|a, b| a.mae.total_cmp(&b.mae));
    match best {
        None if baselines.is_empty() => format!("{}.", capital(&off)),
        None => {
            let untold = baselines.iter().any(|baseline| baseline.chance.is_none() && !baseline.is_level());
            let few = if untold { "; so few windows cannot rule out chance" } else { "" };
            format!("{}: {}{few}.", capital(&off), phrases(&|_| true))
        }
        Some(best) => {
            let worse = phrases(&Baseline::wins);
            let rest = phrases(&|baseline| !baseline.wins());
            let but = if rest.is_empty() { String::new() } else { format!(", but {rest}") };
            format!("{} wins: {off}, {worse}{but}.", capital(&best.name))
        }
    }
}

/// `a`, `a and b`, `a, b and c`.
fn listed(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

fn capital(text: &str) -> String {
    changed_first(text, |first| first.to_uppercase().collect())
}

fn changed_first(text: &str, change: fn(char) -> String) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| change(first) + letters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Step;
    use crate::evaluate::Scores;

    fn row(id: &'static str, mae: f64) -> Row {
        let scores = Scores {
            mse_scaled: 0.0,
            mae_scaled: 0.0,
            mae,
            rmse: mae,
            mase: 1.0,
            per_step_mae: vec![],
            per_step_rmse: vec![],
        };
        Row { id, label: "LSTM".to_owned(), scores, chance: Some(0.001), compared: true, note: String::new() }
    }

    fn said(model: f64, last: f64, seasonal: f64, ridge: f64) -> String {
        said_of("ridge", model, last, seasonal, [ridge, ridge + 0.1])
    }

    fn said_of(linear: &str, model: f64, last: f64, seasonal: f64, ridges: [f64; 2]) -> String {
        said_by(Some(0.001), linear, [model, last, seasonal, ridges[0], ridges[1]])
    }

    /// `chance`: of the linear models' differences.
    fn said_by(chance: Option<f64>, linear: &str, [model, last, seasonal, plain, centred]: [f64; 5]) -> String {
        let axis = Axis { start: 0, step: Step::Milliseconds(3_600_000), len: 100, utc: true };
        let rows = [
            row("model", model),
            row("last", last),
            row("seasonal", seasonal),
            Row { label: "Linear model".to_owned(), chance, ..row("ridge", plain) },
            Row { label: "Linear model from the last value".to_owned(), chance, ..row("ridge-centred", centred) },
        ];
        let rows = rows.map(|row| Row { compared: !row.id.starts_with("ridge") || row.id == linear, ..row });
        sentence(&rows, (Part::Test, 1723), (Some("°C"), ""), &axis, 24)
    }

    #[test]
    fn winning() {
        assert_eq!(
            said(2.44, 2.989, 3.573, 2.512),
            "The LSTM has a mean absolute error of 2.44 °C on 1,723 test windows: 18 % better than repeating the \
             last value (2.99 °C), 32 % better than repeating the day before (3.57 °C) and 3 % better than the \
             linear model (2.51 °C)."
        );
    }

    #[test]
    fn a_season_is_called_by_its_length() {
        let of = |step, season| season_label(&Axis { start: 0, step, len: 100, utc: true }, season);
        let hours = Step::Milliseconds(3_600_000);
        for (step, season, label) in [
            (hours, 1, "the hour before"),
            (hours, 24, "the day before"),
            (hours, 36, "36 hours before"),
            (hours, 48, "2 days before"),
            (hours, 168, "the week before"),
            (hours, 336, "14 days before"),
            (Step::Milliseconds(900_000), 3, "45 minutes before"),
            (Step::Milliseconds(1), 7, "7 rows before"),
            (Step::Milliseconds(86_400_000), 365, "the year before"),
            (Step::Months(1), 12, "the year before"),
            (Step::Months(1), 123, "123 months before"),
            (Step::Months(3), 4, "the year before"),
            (Step::Rows, 5, "5 rows before"),
            (Step::Rows, 1, "the row before"),
        ] {
            assert_eq!(of(step, season), label);
        }
        let rows = [row("model", 2.0), row("seasonal", 4.0)];
        let axis = Axis { start: 0, step: Step::Months(1), len: 500, utc: true };
        let said = sentence(&rows, (Part::Test, 9), (None, ""), &axis, 123);
        assert!(said.contains("better than repeating the value 123 months before (4.00)"), "{said}");
    }

    #[test]
    fn a_statistical_baseline_has_a_name_in_a_sentence() {
        let axis = Axis { start: 0, step: Step::Months(1), len: 500, utc: true };
        for (id, begins) in [
            ("theta", "The theta method wins: the LSTM"),
            ("ets", "Exponential smoothing wins: the LSTM"),
            ("mstl", "MSTL wins: the LSTM"),
        ] {
            let rows = [row("model", 2.0), row("last", 4.0), row(id, 1.0)];
            let said = sentence(&rows, (Part::Test, 9), (None, ""), &axis, 12);
            let name = Method::of(id).unwrap().phrase();
            assert!(
                said.starts_with(begins) && said.contains(&format!("2.0 times the error of {name} (1.00)")),
                "{said}"
            );
        }
    }

    #[test]
    fn losing_to_one() {
        assert_eq!(
            said(2.60, 2.989, 3.573, 2.512),
            "The linear model wins: the LSTM has a mean absolute error of 2.60 °C on 1,723 test windows, 4 % worse \
             than the linear model (2.51 °C), but 13 % better than repeating the last value (2.99 °C) and 27 % \
             better than repeating the day before (3.57 °C)."
        );
    }

    #[test]
    fn the_linear_model_is_the_chosen_one_by_its_name_even_where_the_other_scores_better() {
        let plain = said_of("ridge", 2.44, 2.989, 3.573, [2.512, 2.3]);
        assert!(plain.ends_with("and 3 % better than the linear model (2.51 °C)."), "{plain}");
        let centred = said_of("ridge-centred", 2.44, 2.989, 3.573, [2.3, 2.512]);
        assert!(centred.ends_with("and 3 % better than the linear model from the last value (2.51 °C)."), "{centred}");
    }

    #[test]
    fn nobody_wins_by_what_may_be_chance() {
        let said = |model| said_by(Some(0.051), "ridge", [model, 2.989, 3.573, 2.512, 9.0]);
        let (better, worse) = (said(2.44), said(2.6));
        assert!(better.ends_with("and perhaps by chance 3 % better than the linear model (2.51 °C)."), "{better}");
        assert!(worse.starts_with("The LSTM has a mean absolute error of 2.60 °C on 1,723 test windows: "), "{worse}");
        assert!(worse.ends_with("and perhaps by chance 4 % worse than the linear model (2.51 °C)."), "{worse}");
        // Level errors need no test.
        assert!(said(2.51).ends_with("and about as good as the linear model (2.51 °C)."));
        assert!(said_by(Some(0.05), "ridge", [2.6, 2.989, 3.573, 2.512, 9.0]).starts_with("The linear model wins: "));
        // Too few windows are mentioned once.
        let few = said_by(None, "ridge", [2.6, 2.989, 3.573, 2.512, 9.0]);
        assert!(
            few.starts_with("The LSTM has a mean absolute error of 2.60 °C on 1,723 test windows: 13 % better than"),
            "{few}"
        );
        let end = "and 4 % worse than the linear model (2.51 °C); so few windows cannot rule out chance.";
        assert!(few.ends_with(end), "{few}");
    }

    #[test]
    fn losing_to_all_and_by_far() {
        assert_eq!(
            said(9.0, 2.989, 3.573, 2.512),
            "The linear model wins: the LSTM has a mean absolute error of 9.00 °C on 1,723 test windows, 3.0 times \
             the error of repeating the last value (2.99 °C), 2.5 times the error of repeating the day before (3.57 \
             °C) and 3.6 times the error of the linear model (2.51 °C)."
        );
    }

    #[test]
    fn level_exact_and_unusable() {
        assert!(said(2.5, 2.989, 3.573, 2.512).contains("about as good as the linear model"));
        assert!(said(1.0, 0.0, 3.0, 3.0).starts_with("Repeating the last value wins: "));
        assert!(said(0.0, 0.0, 0.0, 0.0).contains("about as good as repeating the last value (0 °C)"));
        assert!(said(f64::NAN, 1.0, 1.0, 1.0).contains("no usable numbers"));
    }
}
