//! Who won and by how much, in one sentence and in the data's unit.

use crate::{
    data::{Axis, Part, Step},
    evaluate::{
        compare::Row,
        paired::counts,
        unit::{grouped, quantity},
    },
};

/// Differences below this share are called level, however certain: retraining with another seed moves the error by as much. Larger
/// ones that may be chance ([`counts`]) are said to be so, and nobody wins by them.
pub const LEVEL: f64 = 0.01;

/// From this ratio on, “… times the error of” reads better than percent.
const TIMES: f64 = 2.0;

/// Milliseconds of a day.
const DAY: i64 = 86_400_000;

/// What a season of `season` rows before is called: “the day before”.
pub fn season_label(axis: &Axis, season: usize) -> String {
    let count = i64::try_from(season).unwrap_or(i64::MAX);
    let length = match axis.step {
        Step::Milliseconds(step) => Some(step.saturating_mul(count)),
        Step::Months(months) if i64::from(months) * count == 12 => return "the year before".to_owned(),
        _ => None,
    };
    match length {
        Some(3_600_000) => "the hour before".to_owned(),
        Some(DAY) => "the day before".to_owned(),
        Some(length) if length == 7 * DAY => "the week before".to_owned(),
        Some(length) if length == 365 * DAY => "the year before".to_owned(),
        _ => format!("{season} rows before"),
    }
}

/// A rival beside the model.
struct Rival {
    /// As in “better than …”.
    name: String,
    mae: f64,
    /// The model's error over the rival's.
    ratio: f64,
    /// Whether the difference is more than chance.
    counts: bool,
}

impl Rival {
    fn is_level(&self) -> bool {
        (1.0 - LEVEL..=1.0 + LEVEL).contains(&self.ratio)
    }

    /// More than chance and level.
    fn wins(&self) -> bool {
        self.counts && self.ratio > 1.0 + LEVEL
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
        let perhaps = if self.counts || self.is_level() { "" } else { "perhaps by chance " };
        format!("{perhaps}{comparison} {} ({})", self.name, quantity(self.mae, unit))
    }
}

/// The sentence for a table whose first row is the model's; `of` says of what the error is, where that is not plain. Mean absolute errors are compared, because they are in the
/// data's unit. What clearly beats the model is named first. Of the linear models the row `linear` counts, which was chosen by its validation
/// error, and it is called as in the table.
pub fn sentence(
    rows: &[Row],
    linear: Option<&str>,
    (part, windows): (Part, usize),
    (unit, of): (Option<&str>, &str),
    axis: &Axis,
    season: usize,
) -> String {
    let Some((model, rivals)) = rows.split_first() else { return String::new() };
    let mae = model.scores.mae;
    if !mae.is_finite() {
        return format!("The {} forecasts no usable numbers on the {} part.", model.label, part.label());
    }
    let linear = rivals.iter().filter(|row| Some(row.id) == linear);
    // With a season of one row, the seasonal naive is the last value again.
    let cheap = rivals.iter().filter(|row| row.id == "last" || (row.id == "seasonal" && season > 1));
    let rivals: Vec<Rival> = cheap
        .chain(linear)
        .filter(|row| row.scores.mae.is_finite())
        .map(|row| Rival {
            name: match row.id {
                "last" => "repeating the last value".to_owned(),
                "seasonal" => format!("repeating {}", season_label(axis, season)),
                _ => format!("the {}", changed_first(&row.label, |first| first.to_lowercase().collect())),
            },
            mae: row.scores.mae,
            // Both without error: level.
            ratio: if mae == row.scores.mae { 1.0 } else { mae / row.scores.mae },
            counts: counts(row.chance),
        })
        .collect();
    let off = format!(
        "on {} {} window{} the {} is off by {} on average{of}",
        grouped(windows as f64),
        part.label(),
        if windows == 1 { "" } else { "s" },
        model.label,
        quantity(mae, unit)
    );
    let phrases = |chosen: &dyn Fn(&Rival) -> bool| {
        listed(&rivals.iter().filter(|rival| chosen(rival)).map(|rival| rival.phrase(unit)).collect::<Vec<_>>())
    };
    let best = rivals.iter().filter(|rival| rival.wins()).min_by(|a, b| a.mae.total_cmp(&b.mae));
    match best {
        None if rivals.is_empty() => format!("{}.", capital(&off)),
        None => format!("{}: {}.", capital(&off), phrases(&|_| true)),
        Some(best) => {
            let worse = phrases(&Rival::wins);
            let rest = phrases(&|rival| !rival.wins());
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
        Row { id, label: "LSTM".to_owned(), scores, chance: Some(0.001), note: String::new() }
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
        sentence(&rows, Some(linear), (Part::Test, 1723), (Some("°C"), ""), &axis, 24)
    }

    #[test]
    fn winning() {
        assert_eq!(
            said(2.44, 2.989, 3.573, 2.512),
            "On 1,723 test windows the LSTM is off by 2.44 °C on average: 18 % better than repeating the last value \
             (2.99 °C), 32 % better than repeating the day before (3.57 °C) and 3 % better than the linear model \
             (2.51 °C)."
        );
    }

    #[test]
    fn losing_to_one() {
        assert_eq!(
            said(2.60, 2.989, 3.573, 2.512),
            "The linear model wins: on 1,723 test windows the LSTM is off by 2.60 °C on average, 4 % worse than the \
             linear model (2.51 °C), but 13 % better than repeating the last value (2.99 °C) and 27 % better than \
             repeating the day before (3.57 °C)."
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
        for chance in [Some(0.051), None] {
            let said = |model| said_by(chance, "ridge", [model, 2.989, 3.573, 2.512, 9.0]);
            let (better, worse) = (said(2.44), said(2.6));
            assert!(better.ends_with("and perhaps by chance 3 % better than the linear model (2.51 °C)."), "{better}");
            assert!(worse.starts_with("On 1,723 test windows the LSTM is off by 2.60 °C on average: "), "{worse}");
            assert!(worse.ends_with("and perhaps by chance 4 % worse than the linear model (2.51 °C)."), "{worse}");
            // What is level needs no test.
            assert!(said(2.51).ends_with("and about as good as the linear model (2.51 °C)."));
        }
        assert!(said_by(Some(0.05), "ridge", [2.6, 2.989, 3.573, 2.512, 9.0]).starts_with("The linear model wins: "));
    }

    #[test]
    fn losing_to_all_and_by_far() {
        assert_eq!(
            said(9.0, 2.989, 3.573, 2.512),
            "The linear model wins: on 1,723 test windows the LSTM is off by 9.00 °C on average, 3.0 times the error \
             of repeating the last value (2.99 °C), 2.5 times the error of repeating the day before (3.57 °C) and 3.6 \
             times the error of the linear model (2.51 °C)."
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
