//! Several series in one file, stacked or interleaved: the columns that tell them apart, and the series that is read.
//!
//! Where many times occur more than once with different values, the reader looks for a label: a column (or several together) with
//! few distinct texts, within which times occur once, and each of which covers a good part of the times that it spans. A column of
//! measured values fails: with few distinct values times repeat within one, with many each covers little.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::data::cell::names;
use crate::data::notes::{Choice, Note, counted};
use crate::data::options::{Pick, ReadOptions, clip};
use crate::math;

/// Pseudo-column: the number of the pass through the times that a row belongs to. No real column's name begins with a space.
pub(crate) const TABLES: &str = " table";
/// Pseudo-column: the number of a row among the rows of its time.
pub(crate) const TURNS: &str = " turn";

/// Largest number of labels of a column, and smallest mean number of rows for each.
const MOST_LABELS: usize = 10_000;
const FEWEST_ROWS: usize = 4;
/// Largest number of columns to try, and to combine.
const MOST_COLUMNS: usize = 32;
const MOST_TOGETHER: usize = 4;
/// A label is sought where at least one in so many times clashes; fewer are errors in the file.
const CLASHING: usize = 20;
/// Within the labels, at most one in so many of the clashing rows may still clash.
const LEFT: usize = 20;
/// Share of the times between a label's first and last that must have a row of it.
const COVERED: f64 = 0.25;
/// Largest number of stacked tables.
const MOST_TABLES: usize = 100;
/// Largest number of labels in the answers, and in the list.
const MOST_CHOICES: usize = 8;
const MOST_LISTED: usize = 1000;

/// Words in names of columns of numbers that identify a row's series.
const LABEL_WORDS: [&str; 34] = [
    "id", "nr", "nbr", "no", "num", "number", "code", "name", "station", "site", "store", "shop", "sensor", "meter",
    "device", "node", "zone", "region", "area", "country", "state", "city", "product", "item", "sku", "article",
    "series", "ticker", "symbol", "plant", "unit", "line", "channel", "group",
];

/// The several series of a file.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SeveralUnderstood {
    /// Names of the columns that tell them apart, empty where none does.
    pub columns: Vec<String>,
    /// The series, the longest first; at most a thousand.
    pub labels: Vec<LabelUnderstood>,
    /// Number of all series.
    pub count: usize,
    /// Index in [`SeveralUnderstood::labels`] of the one that is read; `None`: another, or all together.
    pub chosen: Option<usize>,
}

/// One of several series.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LabelUnderstood {
    /// Its name.
    pub label: String,
    /// Number of its rows.
    pub rows: usize,
    /// The picks that select it.
    pub picks: Vec<Pick>,
}

/// Input of the search.
pub(crate) struct Source<'s> {
    pub times: &'s [i64],
    /// Values of the columns of numbers, by column.
    pub values: Vec<(usize, &'s [f64])>,
    pub names: &'s [String],
    /// Columns that may hold labels, the likely ones first, and the number of likely ones.
    pub candidates: (Vec<usize>, usize),
    /// Calls with each row's number and the cells of these columns.
    pub each: &'s dyn Fn(&[usize], &mut dyn FnMut(usize, usize, &str)),
}

/// A labelling of the rows.
#[derive(Clone)]
struct Labels {
    columns: Vec<usize>,
    /// For each label, its texts in these columns.
    texts: Vec<Vec<String>>,
    of: Vec<u32>,
}

/// The several series found.
pub(crate) struct Several {
    pub columns: Vec<String>,
    /// The longest first.
    pub labels: Vec<LabelUnderstood>,
    /// For each row its label.
    of: Vec<u32>,
}

/// Rows by time, and their clashes.
struct Clashes<'s> {
    source: &'s Source<'s>,
    order: Vec<usize>,
    /// First and last position of each time in the order.
    times: Vec<(usize, usize)>,
}

impl Clashes<'_> {
    fn of<'s>(source: &'s Source<'s>) -> Clashes<'s> {
        let order = math::argsort(source.times);
        let mut times = Vec::new();
        let mut from = 0;
        for run in order.chunk_by(|&a, &b| source.times[a] == source.times[b]) {
            times.push((from, from + run.len()));
            from += run.len();
        }
        Clashes { source, order, times }
    }

    /// Number of rows that differ from an earlier one of the same time and label outside the label, and of times with such rows.
    fn count(&self, label: Option<&Labels>) -> (usize, usize) {
        let is_label = |column: &usize| label.is_some_and(|label| label.columns.contains(column));
        let values: Vec<&[f64]> =
            self.source.values.iter().filter(|(column, _)| !is_label(column)).map(|(_, values)| *values).collect();
        // Where every number is a label, nothing is left to be a series.
        if values.is_empty() {
            return (usize::MAX, usize::MAX);
        }
        let differ = |a: usize, b: usize| {
            values.iter().any(|values| values[a] != values[b] && !(values[a].is_nan() && values[b].is_nan()))
        };
        let (mut rows, mut times) = (0, 0);
        // Label and row in one whole number, which shares its instance of the sort with other lists.
        let mut group: Vec<i64> = Vec::new();
        for &(from, to) in self.times.iter().filter(|(from, to)| to - from > 1) {
            group.clear();
            let key = |&row: &usize| i64::from(label.map_or(0, |label| label.of[row])) << 32 | row as i64;
            group.extend(self.order[from..to].iter().map(key));
            group.sort_unstable();
            let before = rows;
            let row = |key: i64| (key & 0xffff_ffff) as usize;
            for same in group.chunk_by(|a, b| a >> 32 == b >> 32) {
                rows += same[1..].iter().filter(|&&key| differ(row(same[0]), row(key))).count();
            }
            times += usize::from(rows > before);
        }
        (rows, times)
    }

    /// Share of the times between a label's first and last with a row of it, over all labels.
    fn covered(&self, label: &[u32], count: usize) -> f64 {
        let mut seen: Vec<Option<(usize, usize, usize)>> = vec![None; count];
        for (at, &(from, to)) in self.times.iter().enumerate() {
            for &row in &self.order[from..to] {
                let seen = &mut seen[label[row] as usize];
                *seen = Some(match *seen {
                    None => (at, at, 1),
                    Some((first, last, times)) => (first, at, times + usize::from(last < at)),
                });
            }
        }
        let (times, span) = seen
            .iter()
            .flatten()
            .fold((0, 0), |(times, span), (first, last, own)| (times + own, span + last - first + 1));
        if span == 0 { 0.0 } else { times as f64 / span as f64 }
    }

    /// Whether these labels tell the rows apart.
    fn fits(&self, labels: &Labels, clashing: usize) -> bool {
        let count = labels.texts.len();
        count >= 2
            && count * FEWEST_ROWS <= self.order.len()
            && self.count(Some(labels)).0.saturating_mul(LEFT) <= clashing
            && self.covered(&labels.of, count) >= COVERED
    }
}

/// Labels of single columns, where they are few enough.
fn singles(source: &Source) -> Vec<Labels> {
    let most = MOST_LABELS.min(source.times.len() / 2);
    let mut known: Vec<(BTreeMap<String, u32>, Labels)> = source
        .candidates
        .0
        .iter()
        .map(|&column| (BTreeMap::new(), Labels { columns: vec![column], texts: Vec::new(), of: Vec::new() }))
        .collect();
    (source.each)(&source.candidates.0, &mut |row, at, cell| {
        let (ids, labels) = &mut known[at];
        // A column with too many labels has been given up.
        if labels.of.len() != row {
            return;
        }
        let id = match ids.get(cell) {
            Some(&id) => id,
            None if labels.texts.len() >= most => {
                labels.of = Vec::new();
                labels.texts = Vec::new();
                return;
            }
            None => {
                let id = labels.texts.len() as u32;
                ids.insert(cell.to_owned(), id);
                labels.texts.push(vec![cell.to_owned()]);
                id
            }
        };
        labels.of.push(id);
    });
    let whole = known.into_iter().map(|(_, labels)| labels);
    whole.filter(|labels| labels.of.len() == source.times.len() && labels.texts.len() > 1).collect()
}

/// The labels of both together.
fn joined(one: &Labels, other: &Labels) -> Labels {
    let mut ids: BTreeMap<(u32, u32), u32> = BTreeMap::new();
    let mut texts = Vec::new();
    let mut of = Vec::with_capacity(one.of.len());
    for (&a, &b) in one.of.iter().zip(&other.of) {
        let id = *ids.entry((a, b)).or_insert_with(|| {
            texts.push([one.texts[a as usize].as_slice(), &other.texts[b as usize]].concat());
            texts.len() as u32 - 1
        });
        of.push(id);
    }
    Labels { columns: [one.columns.as_slice(), &other.columns].concat(), texts, of }
}

/// For each row the number of its pass through the times: a pass begins where the times fall back.
fn tables(times: &[i64]) -> Vec<u32> {
    let rises = times.windows(2).filter(|pair| pair[0] < pair[1]).count();
    let falls = times.windows(2).filter(|pair| pair[0] > pair[1]).count();
    let mut table = 0;
    let mut last = None;
    let number = |&time: &i64| {
        let back = last.is_some_and(|last| if rises >= falls { time < last } else { time > last });
        table += u32::from(back);
        last = Some(time);
        table
    };
    times.iter().map(number).collect()
}

/// For each row its number among the rows of its time.
fn turns(clashes: &Clashes) -> Vec<u32> {
    let mut of = vec![0; clashes.order.len()];
    for &(from, to) in &clashes.times {
        for (turn, &row) in (0..).zip(&clashes.order[from..to]) {
            of[row] = turn;
        }
    }
    of
}

/// Labels of one of the two pseudo-columns.
fn numbered(of: Vec<u32>) -> Labels {
    let count = of.iter().max().map_or(0, |most| most + 1);
    Labels { columns: Vec::new(), texts: (1..=count).map(|number| vec![number.to_string()]).collect(), of }
}

/// Looks for several series.
pub(crate) fn find(source: &Source) -> Option<Several> {
    let clashes = Clashes::of(source);
    let (clashing, times) = clashes.count(None);
    // No numbers, or no clashes.
    if clashing == usize::MAX || clashing < 2 || times * CLASHING < clashes.times.len() {
        return None;
    }
    let all = singles(source);
    let likely = |labels: &&Labels| source.candidates.0[..source.candidates.1].contains(&labels.columns[0]);
    let found = [all.iter().filter(likely).collect::<Vec<_>>(), all.iter().collect()].into_iter().find_map(|some| {
        let fit = some.iter().filter(|labels| clashes.fits(labels, clashing));
        // The first of two as good: text comes before numbers.
        let fewest = fit.reduce(|best, next| if next.texts.len() < best.texts.len() { next } else { best });
        fewest.map(|labels| (*labels).clone()).or_else(|| together(&clashes, some, clashing))
    });
    if let Some(labels) = found {
        let names = labels.columns.iter().map(|&column| source.names[column].clone()).collect();
        return Some(Several::new(names, &labels, &|texts| {
            texts.iter().map(|text| shown(text)).collect::<Vec<_>>().join(" · ")
        }));
    }
    let passes = numbered(tables(source.times));
    if passes.texts.len() <= MOST_TABLES && clashes.fits(&passes, clashing) {
        return Some(Several::new(vec![TABLES.to_owned()], &passes, &|texts| format!("table {}", texts[0])));
    }
    // With nothing to tell rows apart, only where most times have several: otherwise they are isolated errors.
    if times * 2 <= clashes.times.len() {
        return None;
    }
    let turns = numbered(turns(&clashes));
    Some(Several::new(vec![TURNS.to_owned()], &turns, &|texts| format!("row {} of each time", texts[0])))
}

/// Columns that together tell the rows apart, each time adding the one that leaves the fewest clashes.
fn together(clashes: &Clashes, mut rest: Vec<&Labels>, clashing: usize) -> Option<Labels> {
    let mut chosen: Option<(Labels, usize)> = None;
    for _ in 0..MOST_TOGETHER {
        let mut best: Option<(usize, Labels, usize)> = None;
        for (at, labels) in rest.iter().enumerate() {
            let tried = match &chosen {
                None => (*labels).clone(),
                Some((so_far, _)) => joined(so_far, labels),
            };
            if tried.texts.len() * FEWEST_ROWS > tried.of.len()
                || clashes.covered(&tried.of, tried.texts.len()) < COVERED
            {
                continue;
            }
            let left = clashes.count(Some(&tried)).0;
            if best.as_ref().is_none_or(|(_, _, least)| left < *least) {
                best = Some((at, tried, left));
            }
        }
        let (at, tried, left) = best?;
        let before = chosen.as_ref().map_or(clashing, |(_, left)| *left);
        // A column that explains less than a fifth of the clashes is no label.
        if left.saturating_mul(5) > before * 4 {
            return None;
        }
        if clashes.fits(&tried, clashing) {
            return Some(tried);
        }
        rest.remove(at);
        chosen = Some((tried, left));
    }
    None
}

/// A label's text for display.
fn shown(text: &str) -> String {
    if text.is_empty() { "(empty)".to_owned() } else { clip(text, 40) }
}

impl Several {
    fn new(columns: Vec<String>, labels: &Labels, name: &dyn Fn(&[String]) -> String) -> Self {
        let mut rows = vec![0_usize; labels.texts.len()];
        labels.of.iter().for_each(|&label| rows[label as usize] += 1);
        // The longest first; of two as long, the one that comes first in the file.
        let order = math::argsort(&rows.iter().map(|&rows| -(rows as i64)).collect::<Vec<_>>());
        let mut place = vec![0_u32; rows.len()];
        order.iter().zip(0..).for_each(|(&label, at)| place[label] = at);
        let understood = order.iter().map(|&label| LabelUnderstood {
            label: name(&labels.texts[label]),
            rows: rows[label],
            picks: columns
                .iter()
                .zip(&labels.texts[label])
                .map(|(column, value)| Pick { column: column.clone(), value: value.clone() })
                .collect(),
        });
        let labels_of = labels.of.iter().map(|&label| place[label as usize]).collect();
        Self { labels: understood.collect(), columns, of: labels_of }
    }

    /// Mask of the rows of the longest series.
    pub fn first(&self) -> Vec<bool> {
        self.of.iter().map(|&label| label == 0).collect()
    }

    /// The labels' columns in words.
    fn by(&self) -> String {
        match self.columns.as_slice() {
            [one] if one == TABLES => "the times start again".to_owned(),
            [one] if one == TURNS => "each time has several rows, and no column tells them apart".to_owned(),
            columns => {
                let quoted: Vec<String> = columns.iter().map(|name| format!("“{name}”")).collect();
                format!("{} {} them apart", quoted.join(" and "), if columns.len() == 1 { "tells" } else { "tell" })
            }
        }
    }

    /// Asks which one to read; `picked`: the earlier choice; `part`: options to read the label as a part of the time.
    pub fn question(&self, options: &ReadOptions, picked: &[Pick], part: Option<Choice>) -> Note {
        let all: usize = self.of.len();
        let first = &self.labels[0];
        let message = format!(
            "The file holds several series, {} ({}). “{}” is read, {}; the {} of the others are left out. Which one do you want?",
            counted(self.labels.len(), "one", "of them"),
            self.by(),
            first.label,
            counted(first.rows, "row", "rows"),
            counted(all - first.rows, "row", "rows"),
        );
        let choice = |label: String, series: Vec<Pick>| Choice {
            label,
            options: ReadOptions { series: Some(series), ..options.clone() },
        };
        let labels = self.labels.iter().take(MOST_CHOICES).map(|label| {
            let name = format!("{} ({})", label.label, counted(label.rows, "row", "rows"));
            choice(name, [picked, &label.picks].concat())
        });
        let mut choices: Vec<Choice> = labels.chain(part).collect();
        // A sum may be as useful as the mean, but the mean is the one on offer.
        choices.push(choice("Average them".to_owned(), Vec::new()));
        let mut note = Note::question("several-series", message, choices);
        note.count = all - first.rows;
        note
    }

    /// Their description; `picked`: a person's choice among them all.
    pub fn understood(&self, picked: &[Pick]) -> SeveralUnderstood {
        let stands_for = |name: &String| name == TABLES || name == TURNS;
        let known = self.labels.iter().position(|label| label.picks == picked);
        SeveralUnderstood {
            columns: self.columns.iter().filter(|name| !stands_for(name)).cloned().collect(),
            labels: self.labels.iter().take(MOST_LISTED).cloned().collect(),
            count: self.labels.len(),
            chosen: known.filter(|&at| at < MOST_LISTED),
        }
    }

    /// The same for the series within the earlier choice `picked`, of which the longest is read.
    pub fn within(&self, picked: &[Pick]) -> SeveralUnderstood {
        let mut understood = self.understood(&self.labels[0].picks);
        understood.labels.iter_mut().for_each(|label| label.picks = [picked, &label.picks].concat());
        understood
    }
}

/// Mask of the rows that a person's picks keep. Pseudo-columns are computed from the times.
pub(crate) fn kept(source: &Source, picks: &[Pick]) -> Vec<bool> {
    let mut keep = vec![true; source.times.len()];
    let clashes = Clashes::of(source);
    for pick in picks {
        let of = match pick.column.as_str() {
            TABLES => tables(source.times),
            TURNS => turns(&clashes),
            _ => continue,
        };
        let wanted: Option<u32> = pick.value.parse().ok();
        for (keep, of) in keep.iter_mut().zip(of) {
            *keep &= Some(of + 1) == wanted;
        }
    }
    let columns: Vec<(usize, &Pick)> = picks
        .iter()
        .filter_map(|pick| Some((source.names.iter().position(|name| *name == pick.column)?, pick)))
        .collect();
    let indices: Vec<usize> = columns.iter().map(|(column, _)| *column).collect();
    (source.each)(&indices, &mut |row, at, cell| keep[row] &= cell == columns[at].1.value);
    keep
}

/// Columns that may hold labels, the likeliest first: text, then whole numbers whose name identifies something, then others; and
/// the number of likely ones.
pub(crate) fn candidates<'c>(
    columns: impl Iterator<Item = (usize, &'c str, Option<&'c [f64]>)>,
) -> (Vec<usize>, usize) {
    let [mut texts, mut named, mut others] = [const { Vec::new() }; 3];
    for (index, name, numbers) in columns {
        match numbers {
            None => texts.push(index),
            Some(numbers) if numbers.iter().any(|value| !value.is_nan() && value.fract() != 0.0) => {}
            Some(_) if names::has_word(name, &LABEL_WORDS) => named.push(index),
            Some(_) => others.push(index),
        }
    }
    texts.append(&mut named);
    let likely = texts.len().min(MOST_COLUMNS);
    texts.append(&mut others);
    texts.truncate(MOST_COLUMNS);
    (texts, likely)
}
