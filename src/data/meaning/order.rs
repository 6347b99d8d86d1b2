//! Day before month or month before day: the reading with the steady step decides.

use crate::data::calendar::step::odd_steps;
use crate::data::notes::counted;
use crate::data::options::DateOrder;

/// The time of an unreadable row; no calendar reaches so far back.
pub(crate) const UNREADABLE: i64 = i64::MIN;

/// Times of all rows in one reading; [`UNREADABLE`] where a row is unreadable in it.
#[derive(Debug)]
pub(crate) struct Reading {
    pub order: DateOrder,
    pub times: Vec<i64>,
}

/// The reading to take.
#[derive(Debug, PartialEq)]
pub(crate) struct Settled {
    /// Its index in the list.
    pub index: usize,
    /// The reason, in a sentence; empty with only one reading.
    pub why: String,
    /// Whether the steps do not decide, so that a person must.
    pub open: bool,
}

/// Chooses the reading; `likely` is taken where the steps do not decide.
pub(crate) fn settle(readings: &[Reading], likely: DateOrder) -> Settled {
    if readings.len() < 2 {
        return Settled { index: 0, why: String::new(), open: false };
    }
    // An unreadable row weighs as much as an odd step.
    let mut ranked: Vec<(usize, usize, usize)> = readings
        .iter()
        .enumerate()
        .map(|(index, reading)| {
            let times: Vec<i64> = reading.times.iter().copied().filter(|&time| time != UNREADABLE).collect();
            let odd = odd_steps(&times);
            (odd + reading.times.len() - times.len(), odd, index)
        })
        .collect();
    // Ranks differ at least by their index, so this never compares equals.
    let best = *ranked.iter().min().expect("two readings or more");
    ranked.retain(|&one| one != best);
    let second = *ranked.iter().min().expect("two readings or more");
    let words = |index: usize| readings[index].order.words();
    // Twice as many odd steps, and two more: a gap or two in both readings decide nothing.
    let clear = second.0 >= 2 * best.0 + 2 || (best.0 == 0 && second.0 > 0);
    if clear {
        let many = counted(second.1.max(second.0), "step", "steps");
        let why = format!(
            "Dates are read {}, which gives a regular step; read {}, {many} would not fit.",
            words(best.2),
            words(second.2)
        );
        return Settled { index: best.2, why, open: false };
    }
    let index = readings.iter().position(|reading| reading.order == likely).unwrap_or(best.2);
    let why =
        format!("The dates fit more than one order, and the steps do not decide; they were read {}.", words(index));
    Settled { index, why, open: true }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(order: DateOrder, times: &[i64]) -> Reading {
        Reading { order, times: times.to_vec() }
    }

    #[test]
    fn the_steadier_reading_wins() {
        let steady = reading(DateOrder::Dmy, &[0, 1, 2, 3, 4, 5]);
        let jumps = reading(DateOrder::Mdy, &[0, 1, 30, 31, 60, 61]);
        let settled = settle(&[jumps, steady], DateOrder::Mdy);
        assert_eq!((settled.index, settled.open), (1, false));
        let settled =
            settle(&[reading(DateOrder::Dmy, &[0, 1, 2]), reading(DateOrder::Mdy, &[0, 5, 10])], DateOrder::Mdy);
        assert_eq!((settled.index, settled.open), (1, true));
    }
}
