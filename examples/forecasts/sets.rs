//! The sets of series, read from where they lie.

use std::path::Path;

use serde::Deserialize;

/// A set of series with one step.
pub struct Set {
    /// Name of its file without ending.
    pub name: &'static str,
    /// What it is called in a table.
    pub label: &'static str,
    /// Rows of a season, as the competition took it.
    pub season: usize,
    /// Rows of all its seasons.
    pub seasons: &'static [usize],
    /// Rows to forecast.
    pub horizon: usize,
    /// Rows that the ridge reads: a week of hours, and one row more than two years of months or quarters.
    pub lags: usize,
    /// What one press must find out by itself: the step between rows.
    pub step: Step,
}

/// The step between rows.
#[derive(Clone, Copy)]
pub enum Step {
    Hours,
    Months(usize),
}

pub const ALL: &[Set] = &[
    Set {
        name: "m4_hourly_odd",
        label: "M4 Hourly (odd)",
        season: 24,
        seasons: &[24, 168],
        horizon: 48,
        lags: 168,
        step: Step::Hours,
    },
    Set {
        name: "m3_monthly",
        label: "M3 monthly",
        season: 12,
        seasons: &[12],
        horizon: 18,
        lags: 25,
        step: Step::Months(1),
    },
    Set {
        name: "tourism_quarterly",
        label: "Tourism quarterly",
        season: 4,
        seasons: &[4],
        horizon: 8,
        lags: 9,
        step: Step::Months(3),
    },
];

/// One series: its past, and the values that came.
pub struct One {
    pub id: String,
    pub past: Vec<f64>,
    pub came: Vec<f64>,
}

#[derive(Deserialize)]
struct Stored {
    x: Vec<f64>,
    xx: Vec<f64>,
}

impl Set {
    /// Every series of the set, in the order of their numbers.
    pub fn read(&self, folder: &Path) -> Result<Vec<One>, String> {
        let file = folder.join(format!("{}.json", self.name));
        let name = file.display();
        let text = std::fs::read_to_string(&file).map_err(|error| format!("{name} cannot be read: {error}"))?;
        let stored: std::collections::BTreeMap<String, Stored> =
            serde_json::from_str(&text).map_err(|error| format!("{name}: {error}"))?;
        let mut all: Vec<One> =
            stored.into_iter().map(|(id, Stored { x, xx })| One { id, past: x, came: xx }).collect();
        if let Some(one) = all.iter().find(|one| one.came.len() != self.horizon || one.past.len() <= self.season) {
            return Err(format!("{name}: {} does not have a past and {} values after it", one.id, self.horizon));
        }
        all.sort_by_key(|one| (one.id.len(), one.id.clone()));
        Ok(all)
    }
}

impl Step {
    /// The past as a file with a column of times.
    pub fn csv(self, past: &[f64]) -> String {
        let mut text = "time,value\n".to_owned();
        for (row, value) in past.iter().enumerate() {
            let time = match self {
                Step::Hours => hour(row),
                Step::Months(months) => {
                    let month = row * months;
                    format!("{:04}-{:02}-01", 1950 + month / 12, 1 + month % 12)
                }
            };
            text += &format!("{time},{value}\n");
        }
        text
    }
}

/// The time so many hours after the start of 2015.
fn hour(hours: usize) -> String {
    let start = jiff::civil::date(2015, 1, 1).at(0, 0, 0, 0);
    let hours = i64::try_from(hours).expect("a few thousand");
    start.saturating_add(jiff::Span::new().hours(hours)).strftime("%Y-%m-%d %H:%M").to_string()
}
