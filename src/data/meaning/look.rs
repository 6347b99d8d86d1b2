//! The kind of a column, judged from a sample of its cells.

use crate::data::cell::number::{self, Cell, Votes};
use crate::data::cell::time::clock;
use crate::data::cell::time::pieces::{self, Pieces};
use crate::data::file::records::Record;
use crate::data::options::{DateOrder, Decimal, Delimiter};

/// The main content of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holds {
    Numbers,
    Dates,
    Clocks,
    Text,
    Nothing,
}

/// A column as its sample shows it.
#[derive(Debug)]
pub(crate) struct Look {
    pub holds: Holds,
    pub decimal: Decimal,
    /// Number of cells that are not empty.
    pub filled: usize,
    /// Number of dates among them that are valid in each of [`DateOrder::ALL`].
    pub sound: [usize; 3],
    /// Dates with a clock.
    pub with_clock: usize,
    /// Dates with an offset from UTC.
    pub with_offset: usize,
    /// The first date.
    pub first: Option<Pieces>,
    /// The unit: the same mark on all numbers.
    pub unit: Option<String>,
    /// Whether it holds only true and false.
    pub truth: bool,
}

/// Rows of a file at even distances, however long it is.
#[derive(Debug)]
pub(crate) struct Sample {
    pub rows: Vec<Record<'static>>,
    /// The first rows, without gaps: they show how one follows another.
    pub head: Vec<Record<'static>>,
    stride: usize,
    seen: usize,
}

/// Rows of a sample: enough to show a share of one percent, few enough to be read several times.
const ROWS: usize = 4096;
/// Rows at the beginning: ten days of quarter hours.
const HEAD: usize = 1024;

impl Sample {
    pub fn new() -> Self {
        Self { rows: Vec::new(), head: Vec::new(), stride: 1, seen: 0 }
    }

    /// Adds the next row, if the sample takes it.
    pub fn offer(&mut self, record: &Record) {
        if self.head.len() < HEAD {
            self.head.push(record.detached());
        }
        if self.seen.is_multiple_of(self.stride) {
            if self.rows.len() == ROWS {
                let mut index = 0;
                self.rows.retain(|_| {
                    index += 1;
                    index % 2 == 1
                });
                self.stride *= 2;
            }
            if self.seen.is_multiple_of(self.stride) {
                self.rows.push(record.detached());
            }
        }
        self.seen += 1;
    }

    /// Tidied cells of a column.
    pub fn column(&self, index: usize) -> impl Iterator<Item = &str> {
        self.rows.iter().map(move |row| number::tidy(row.get(index).unwrap_or_default()))
    }
}

/// The decimal mark of each column, and whether it had to be assumed because the file allows both. A column with clear votes
/// decides for itself; the others follow the file.
pub(crate) fn decimals(sample: &Sample, width: usize, delimiter: Delimiter) -> (Vec<Decimal>, bool) {
    let votes: Vec<Votes> = (0..width)
        .map(|index| {
            let mut votes = Votes::default();
            // In a file with commas, `+0117,1` is not a decimal number but two values in quotes.
            let two = |cell: &&str| delimiter == Delimiter::Comma && number::is_composite(cell);
            sample.column(index).filter(|cell| !two(cell)).for_each(|cell| votes.add(cell));
            votes
        })
        .collect();
    let mut all = Votes::default();
    votes.iter().for_each(|column| all.merge(*column));
    let said = all.clear();
    // Where only `1,234` or `1.234` occurs: lists with semicolons come from regions with a decimal comma.
    let semicolons = delimiter == Delimiter::Semicolon;
    let file = said.unwrap_or(if semicolons && all.open_comma >= all.open_dot { Decimal::Comma } else { Decimal::Dot });
    // Where commas separate fields, few people would also use them as decimal marks.
    let open = said.is_none() && all.open_comma > 0 && delimiter != Delimiter::Comma;
    (votes.iter().map(|column| column.clear().unwrap_or(file)).collect(), open)
}

/// 1 and 0 for true and false.
pub(crate) fn truth(cell: &str) -> Option<f64> {
    let is = |word: &str| cell.eq_ignore_ascii_case(word);
    if is("true") { Some(1.0) } else { is("false").then_some(0.0) }
}

/// One in so many cells must be a number, where all other cells are the same word.
const FEWEST_NUMBERS: usize = 20;

/// Looks at one column.
pub(crate) fn look(sample: &Sample, index: usize, decimal: Decimal, delimiter: Delimiter) -> Look {
    let mut look = Look {
        holds: Holds::Nothing,
        decimal,
        filled: 0,
        sound: [0; 3],
        with_clock: 0,
        with_offset: 0,
        first: None,
        unit: None,
        truth: false,
    };
    let (mut numbers, mut flagged, mut dates, mut clocks) = (0, 0, 0, 0);
    let (mut truths, mut composite, mut years) = (0, 0, 0);
    let mut units: Option<(String, bool)> = None;
    // The one word in all cells without a number, if it is the same.
    let mut word: Option<(&str, bool)> = None;
    for cell in sample.column(index) {
        match number::read(cell, decimal) {
            Cell::Missing => continue,
            Cell::Number(_) | Cell::Infinite => numbers += 1,
            Cell::Flagged(_) => {
                let dressed = number::undress(cell);
                // Thousands and millions are no unit: 800 and 1.02K are of one kind.
                let unit = dressed.map_or_else(String::new, |dressed| match dressed.thousands() {
                    Some(_) => dressed.before.to_owned(),
                    None => dressed.mark(),
                });
                if unit.is_empty() {
                    numbers += 1;
                } else {
                    flagged += 1;
                    let same = units.as_ref().is_none_or(|(first, same)| *same && *first == unit);
                    units = Some((unit, same));
                }
            }
            Cell::Text => {
                truths += usize::from(truth(cell).is_some());
                let same = word.is_none_or(|(first, same)| same && first == cell);
                word = Some((cell, same));
            }
        }
        composite += usize::from(delimiter == Delimiter::Comma && number::is_composite(cell));
        look.filled += 1;
        if let Some(pieces) = pieces::pieces(cell) {
            let orders = DateOrder::ALL.map(|order| pieces.milliseconds(order).is_some());
            orders.iter().zip(&mut look.sound).for_each(|(sound, count)| *count += usize::from(*sound));
            dates += usize::from(orders.contains(&true));
            look.with_clock += usize::from(pieces.clock.is_some());
            look.with_offset += usize::from(pieces.offset.is_some());
            if orders.contains(&true) {
                look.first.get_or_insert(pieces);
            }
        }
        clocks += usize::from(clock::alone(cell).is_some());
        years += usize::from(pieces::year(cell).is_some());
    }
    let most = |count: usize| count > 0 && count * 10 >= look.filled * 9;
    let same_unit = units.as_ref().is_some_and(|(_, same)| *same);
    let one_word = word.is_some_and(|(_, same)| same) && numbers >= 3 && numbers * FEWEST_NUMBERS >= look.filled;
    look.truth = truths == look.filled && truths > 0;
    look.holds = if look.filled == 0 {
        Holds::Nothing
    } else if composite * 2 >= look.filled {
        Holds::Text
    } else if look.truth
        || (one_word && dates == 0)
        || (numbers * 2 >= look.filled && (numbers + flagged) * 10 >= look.filled * 6)
    {
        Holds::Numbers
    } else if most(dates) || (dates > years && most(dates + years)) {
        // Years, then quarters, then months in one column.
        Holds::Dates
    } else if most(clocks) {
        Holds::Clocks
    } else if most(numbers + flagged) && same_unit {
        look.unit = units.map(|(unit, _)| unit).filter(|unit| !unit.is_empty());
        Holds::Numbers
    } else {
        Holds::Text
    };
    look
}
