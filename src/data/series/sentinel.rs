//! Numbers that stand for a missing value (-999, 9999, -200): an extreme, repeated value far outside the rest.
//!
//! Which numbers do is found by looking, and so in the training part alone: [`Series::looked_at`](crate::data::Series::looked_at)
//! settles it for a split. A series carries what was set aside, so that another split can settle it anew. What only later rows
//! show is asked about ([`crate::data::questions`]), for a person may know what no choice may look at.

/// Sentinels that one column may have; weather files have two (no value, variable).
const MOST: usize = 3;

/// Distinct values that the rest must have: a column of flags has an extreme value, too.
const FEWEST_REST: usize = 5;

/// How it stands with the numbers of a series that mean “no value”.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sentinels {
    /// Those that the file's comments name: less is asked of them.
    pub said: Vec<f64>,
    /// What was found and is missing from the columns now: column, row, and the number that stood there.
    pub aside: Vec<(u32, u32, f64)>,
}

/// Sentinel values of each column, found by looking. What is one in a column is sought in the others, too.
pub(crate) fn of_columns(columns: &[impl AsRef<[f64]>], said: &[f64]) -> Vec<Vec<f64>> {
    let mut known: Vec<f64> = columns.iter().flat_map(|column| find(column.as_ref(), &[])).collect();
    known.extend(said);
    columns.iter().map(|column| find(column.as_ref(), &known)).collect()
}

/// Rows before a moment that are looked at where its own rows must be told apart.
pub(crate) const BEFORE: usize = 1000;

/// The values of one moment, those from `from` on, behind [`BEFORE`] or fewer of the rows before it, without those that stand for
/// “no value” by all that was known then: a mean of 20 and -999 would be neither. `said`: those that the file's comments name.
/// Where all are the same, they are left for later.
pub(crate) fn of_moment(values: &[f64], from: usize, said: &[f64]) -> Vec<f64> {
    let group = &values[from..];
    let differ = group.iter().any(|value| !value.is_nan() && *value != group[0]);
    if !differ || !group.iter().any(|&value| is_usual(value) || said.contains(&value)) {
        return group.to_vec();
    }
    let found = find(values, said);
    group.iter().copied().filter(|value| !found.contains(value)).collect()
}

/// Sentinel values of one column, found by looking; `known`: those of other columns, for which less is asked.
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
        // Most extremes are none of these, which saves a look at all the others.
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
        // A value that people are known to write for “missing” needs less distance than just any round one.
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

/// A whole number that ends in 0, 9 or 8: what a program writes, rather than what a sensor reads.
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
        // A column of flags, and one that is 9999 by itself.
        assert_eq!(find(&[0.0, 1.0, 0.0, 1000.0, 1000.0], &[]), [0.0; 0]);
        assert_eq!(find(&(9990..10010).map(f64::from).collect::<Vec<_>>(), &[]), [0.0; 0]);
        // -200 among counts up to 1500 is believed only because it is a sentinel elsewhere.
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
        // A number that nobody would take for one, where the file says that it is.
        assert_eq!(moment(&[20.0, -9.0, 21.0, -9.0]), [20.0, 21.0]);
        assert_eq!(moment(&[20.0, -8.0, 21.0, -8.0]), [20.0, -8.0, 21.0, -8.0]);
    }
}
