//! Sentinels, numbers that mean a missing value (-999, 9999, -200): an extreme, repeated value far outside the rest.
//!
//! Only the training part decides which numbers are sentinels: [`Series::looked_at`](crate::data::Series::looked_at) does it for a
//! split. A series keeps the numbers that were set aside, so that another split can decide anew. About numbers that only later rows
//! show, the reader asks ([`crate::data::questions`]), since a person may know what no choice may use.

/// Largest number of sentinels of one column; weather files have two (no value, variable).
const MOST: usize = 3;

/// Smallest number of distinct values in the rest: a column of flags has an extreme value, too.
const FEWEST_REST: usize = 5;

/// The sentinels of a series.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sentinels {
    /// Sentinels named by the file's comments, which need less evidence.
    pub said: Vec<f64>,
    /// Numbers found and missing from the columns now: column, row, number.
    pub aside: Vec<(u32, u32, f64)>,
}

/// Sentinels of each column, found from the values. A sentinel of one column is sought in the others, too.
pub(crate) fn of_columns(columns: &[impl AsRef<[f64]>], said: &[f64]) -> Vec<Vec<f64>> {
    let mut known: Vec<f64> = columns.iter().flat_map(|column| find(column.as_ref(), &[])).collect();
    known.extend(said);
    columns.iter().map(|column| find(column.as_ref(), &known)).collect()
}

/// Number of earlier rows that judge the rows of one moment.
pub(crate) const BEFORE: usize = 1000;

/// The values of one moment, those from `from` on, behind at most [`BEFORE`] of the rows before it, without numbers that those show
/// to be sentinels: a mean of 20 and -999 would be neither. `said`: sentinels named by the file's comments. Where all values are
/// the same number, it is left for later.
pub(crate) fn of_moment(values: &[f64], from: usize, said: &[f64]) -> Vec<f64> {
    let group = &values[from..];
    let differ = group.iter().any(|value| !value.is_nan() && *value != group[0]);
    if !differ || !group.iter().any(|&value| is_usual(value) || said.contains(&value)) {
        return group.to_vec();
    }
    let found = find(values, said);
    group.iter().copied().filter(|value| !found.contains(value)).collect()
}

/// Sentinels of one column, found from the values; `known`: sentinels of other columns, which need less evidence.
pub(crate) fn find(values: &[f64], known: &[f64]) -> Vec<f64> {
    let mut found = Vec::new();
    while found.len() < MOST {
        let Some(next) = one(values, &found, known) else { break };
        found.push(next);
    }
    found
}

fn one(values: &[f64], taken: &[f64], known: &[f64]) -> Option<f64> {
    let rest = || values.iter().copied().filter(|value| value.is_finite() && !taken.contains(value));
    let low = rest().fold(f64::INFINITY, f64::min);
    let high = rest().fold(f64::NEG_INFINITY, f64::max);
    [low, high].into_iter().filter(|extreme| extreme.is_finite()).find(|&extreme| {
        let (usual, round, elsewhere) = (is_usual(extreme), is_round(extreme), known.contains(&extreme));
        // Most extremes are none of these, which saves a pass over all the others.
        if !usual && !round && !elsewhere {
            return false;
        }
        let (mut count, mut near, mut far) = (0_usize, f64::INFINITY, f64::NEG_INFINITY);
        let mut distinct: Vec<f64> = Vec::new();
        for value in rest() {
            if value == extreme {
                count += 1;
                continue;
            }
            near = near.min(value);
            far = far.max(value);
            if distinct.len() < FEWEST_REST && !distinct.contains(&value) {
                distinct.push(value);
            }
        }
        if count == 0 || distinct.len() < FEWEST_REST {
            return false;
        }
        let spread = far - near;
        let away = if extreme == low { near - extreme } else { extreme - far };
        // A usual code for “missing” needs less distance than other round numbers.
        let strong = (usual && count >= 2 && away > 0.5 * spread)
            || (usual && away > 3.0 * spread)
            || (round && count >= 2 && away > 2.0 * spread);
        let elsewhere = elsewhere && count >= 2 && away > 0.05 * spread;
        strong || elsewhere
    })
}

/// Nines, powers of two, and fill values of well-known formats.
fn is_usual(value: f64) -> bool {
    const OTHERS: [f64; 10] =
        [-200.0, -500.0, -888.0, -8888.0, -32768.0, 32767.0, 65535.0, -2_147_483_648.0, 2_147_483_647.0, 1e20];
    let text = value.abs().to_string();
    let nines = text.trim_end_matches(".0").chars().all(|c| c == '9' || c == '.') && value.abs() >= 99.0;
    nines || OTHERS.contains(&value) || value.abs() >= 9e29
}

/// A whole number that ends in 0, 9 or 8: more likely from a program than from a sensor.
fn is_round(value: f64) -> bool {
    value.fract() == 0.0 && value.abs() >= 50.0 && matches!(value.abs() % 10.0, 0.0 | 8.0 | 9.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(extra: &[f64]) -> Vec<f64> {
        (0..100).map(|i| f64::from(i % 30) - 5.0).chain(extra.iter().copied()).collect()
    }

    #[test]
    fn sentinels_are_told_from_extremes() {
        assert_eq!(find(&with(&[-999.0, -999.0]), &[]), [-999.0]);
        assert_eq!(find(&with(&[-200.0, -200.0]), &[]), [-200.0]);
        assert_eq!(find(&with(&[-9999.0]), &[]), [-9999.0]);
        assert_eq!(find(&with(&[999.9, 999.9, -99.0, -99.0]), &[]), [999.9, -99.0]);
        assert_eq!(find(&with(&[-20.0, 60.0]), &[]), [0.0; 0]);
        // A column of flags, and a column of 9999 alone.
        assert_eq!(find(&[0.0, 1.0, 0.0, 1000.0, 1000.0], &[]), [0.0; 0]);
        assert_eq!(find(&(9990..10010).map(f64::from).collect::<Vec<_>>(), &[]), [0.0; 0]);
        // -200 among counts up to 1500 counts only because it is a sentinel elsewhere.
        let counts: Vec<f64> = (0..100).map(|i| f64::from(i * 15)).chain([-200.0; 5]).collect();
        assert_eq!(find(&counts, &[]), [0.0; 0]);
        assert_eq!(find(&counts, &[-200.0]), [-200.0]);
    }

    #[test]
    fn a_moment_is_told_apart_by_what_came_before_it() {
        let before: Vec<f64> = (0..100).map(|i| f64::from(i % 30) - 5.0).collect();
        let moment = |group: &[f64]| of_moment(&[before.clone(), group.to_vec()].concat(), 100, &[-9.0]);
        assert_eq!(moment(&[20.0, -999.0]), [20.0]);
        assert_eq!(moment(&[20.0, 999.0, 21.0]), [20.0, 21.0]);
        // Not alone, and not where the rest is no better.
        assert_eq!(moment(&[-999.0, -999.0]), [-999.0, -999.0]);
        assert_eq!(of_moment(&[20.0, -999.0], 0, &[]), [20.0, -999.0]);
        // An unlikely sentinel that the file's comments name.
        assert_eq!(moment(&[20.0, -9.0, 21.0, -9.0]), [20.0, 21.0]);
        assert_eq!(moment(&[20.0, -8.0, 21.0, -8.0]), [20.0, -8.0, 21.0, -8.0]);
    }
}
