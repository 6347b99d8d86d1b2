//! What statsforecast makes of the same series: stored errors (`scripts/reference/forecasts.py`).

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;

use serde::Deserialize;

use crate::rivals;
use crate::score::{Measured, Range, measured};
use crate::sets::{One, Set};

/// The method whose errors we know too.
const NAIVE: &str = "SeasonalNaive";
/// Rounding of its stored errors, as shares: MASE has six digits, coverage is a count, width and score have three digits.
const ROUNDING: [f64; 4] = [1e-5, 0.0, 6e-3, 6e-3];

#[derive(Deserialize)]
pub struct Outside {
    methods: Vec<String>,
    sets: BTreeMap<String, Stored>,
}

#[derive(Deserialize)]
struct Stored {
    horizon: usize,
    seconds: Vec<f64>,
    series: BTreeMap<String, Vec<Option<Cell>>>,
}

/// MASE, values that came inside the range, its width, and its interval score.
#[derive(Deserialize, Clone, Copy)]
struct Cell(f64, usize, f64, f64);

impl Outside {
    pub fn read() -> Result<Self, Box<dyn Error>> {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/forecasts.json");
        Ok(serde_json::from_str(&std::fs::read_to_string(file)?)?)
    }

    /// The methods that all of `some` series are stored of, and a line for each that is left out.
    ///
    /// # Errors
    /// Stored errors of the seasonal naive forecast that are not those of these series.
    pub fn usable(&self, set: &Set, some: &[&One]) -> Result<(Vec<&str>, Vec<String>), String> {
        let stored = self.sets.get(set.name).ok_or_else(|| format!("no errors of {} are stored", set.name))?;
        let (mut usable, mut notes) = (Vec::new(), Vec::new());
        for (at, method) in self.methods.iter().enumerate() {
            let has = |one: &&&One| stored.series.get(&one.id).is_some_and(|cells| cells[at].is_some());
            match some.iter().filter(has).count() {
                count if count == some.len() => usable.push(&**method),
                count => notes.push(format!("{method} of statsforecast: {count} of these series are stored; left out")),
            }
        }
        if usable.contains(&NAIVE) {
            some.iter().try_for_each(|one| self.same(set, one))?;
        }
        usable.retain(|&method| method != NAIVE);
        Ok((usable, notes))
    }

    /// Whether our seasonal naive forecast and its range have the stored errors.
    fn same(&self, set: &Set, one: &One) -> Result<(), String> {
        let made = rivals::seasonal(set, &one.past);
        let (ours, stored) =
            (measured(set, one, made.values, made.range.as_ref(), 0.0), self.measured(set, one, NAIVE));
        let numbers =
            |of: &Measured| of.range.map_or([of.mase; 4], |range| [of.mase, range.coverage, range.width, range.score]);
        let (ours, stored) = (numbers(&ours), numbers(&stored));
        if (0..4).all(|at| (ours[at] - stored[at]).abs() <= ROUNDING[at] * stored[at]) {
            return Ok(());
        }
        Err(format!(
            "{}: the seasonal naive forecast of {} has the errors {ours:?}, and {stored:?} are stored; is this another file?",
            set.name, one.id
        ))
    }

    /// The stored errors of a method that [`Outside::usable`] names.
    pub fn measured(&self, set: &Set, one: &One, method: &str) -> Measured {
        let stored = &self.sets[set.name];
        let cell = |method: &str| {
            let at = self.methods.iter().position(|name| name == method).expect("it was found there");
            (at, stored.series[&one.id][at].expect("all of these are stored"))
        };
        let (at, Cell(mase, inside, width, score)) = cell(method);
        let count = stored.series.values().filter(|cells| cells[at].is_some()).count();
        Measured {
            values: Vec::new(),
            mase,
            worse: mase > cell(NAIVE).1.0,
            range: Some(Range { coverage: inside as f64 / stored.horizon as f64, width, score }),
            seconds: stored.seconds[at] / count as f64,
        }
    }
}
