//! A file as columns, with its interpretation.

use crate::data::calendar::axis::{Axis, Step};
use crate::data::calendar::step::Grid;
use crate::data::cell::names;
use crate::data::cell::number;
use crate::data::cell::time::pieces::Days;
use crate::data::file::dialect::{self, Layout};
use crate::data::file::encoding::Decoded;
use crate::data::file::records::{Record, Records, line_of};
use crate::data::meaning::column::{Column, Places};
use crate::data::meaning::look::{self, Holds, Look};
use crate::data::meaning::order::{self, Reading, UNREADABLE};
use crate::data::meaning::rows;
use crate::data::meaning::several::{self, SeveralUnderstood};
use crate::data::meaning::time_reading::Clock;
use crate::data::meaning::times::{self, Columns};
use crate::data::meaning::understood::{ColumnKind, TimeUnderstood, Understood};
use crate::data::meaning::wide::{self, Wide};
use crate::data::notes::{Choice, Note, Tally, counted};
use crate::data::options::{DateOrder, Decimal, ReadOptions, SeriesOptions, clip};
use crate::data::series::regular::{self, Regular, Source};
use crate::data::series::split::Split;
use crate::data::windows::suggest;
use crate::data::{meaning::questions, meaning::stepping, series::sentinel, series::target};
use crate::error::{Error, Result};

/// A file as columns of numbers, with its text for a preview.
#[derive(Debug)]
pub struct Table {
    text: String,
    layout: Layout,
    understood: Understood,
    columns: Vec<Column>,
    /// Time of each row; `None`: the rows are numbered.
    times: Option<Vec<i64>>,
    grid: Option<Grid>,
    /// Byte of the text at which each row begins. A file has at most half a gigabyte, so 32 bits suffice.
    offsets: Vec<u32>,
    /// Sentinels named by the file's comments; `None`: a person has named them.
    said_missing: Option<Vec<f64>>,
    /// For a wide file, its columns of values; each value is a row of the table.
    wide: Option<Wide>,
}

/// Longest cell of a preview, in characters.
const LONGEST_CELL: usize = 200;

impl Table {
    /// The interpretation of the file.
    pub fn understood(&self) -> &Understood {
        &self.understood
    }

    /// Cells of some rows, as in the file.
    pub fn preview(&self, first: usize, count: usize) -> Vec<Vec<String>> {
        let rows = self.offsets.iter().enumerate().skip(first).take(count);
        let mut record = Record::default();
        let cells = rows.filter_map(|(index, &offset)| {
            Records::new(&self.text, self.layout.cut, usize::try_from(offset).ok()?, 1).next(&mut record)?;
            let cell = |index: usize| clip(record.get(index).unwrap_or_default().trim(), LONGEST_CELL);
            Some(match &self.wide {
                None => (0..self.columns.len()).map(cell).collect(),
                Some(wide) => {
                    let time = self.times.as_ref().and_then(|times| crate::data::calendar::axis::civil(times[index]));
                    let time = time.map_or_else(String::new, crate::data::calendar::axis::minute_text);
                    vec![time, cell(wide.columns[index % wide.columns.len()])]
                }
            })
        });
        cells.collect()
    }

    /// A regular series of the columns.
    ///
    /// # Errors
    /// When a column has no numbers, or the times follow no step.
    pub fn series(&self, options: &SeriesOptions) -> Result<Regular> {
        let mut chosen: Vec<&Column> = Vec::new();
        match &options.columns {
            None => chosen.extend(self.columns.iter().filter(|column| self.has_numbers(column))),
            Some(wanted) => {
                for name in wanted {
                    let column = self.columns.iter().find(|column| column.name == *name);
                    let column = column.ok_or_else(|| Error::Knob {
                        knob: "columns",
                        label: "Columns",
                        problem: format!("there is no column called “{}”", clip(name, 60)),
                    })?;
                    if !self.has_numbers(column) {
                        let problem = "it has no numbers; choose another column".to_owned();
                        return Err(Error::Column { column: name.clone(), problem });
                    }
                    if !chosen.iter().any(|other| other.name == *name) {
                        chosen.push(column);
                    }
                }
            }
        }
        let time = self.understood.time.as_ref();
        let mut regular = regular::build(
            &Source {
                times: self.times.as_deref(),
                grid: self.grid,
                utc: time.is_some_and(|time| time.utc),
                time_column: time.and_then(|time| time.columns.first()).map_or("", String::as_str),
                names: chosen.iter().map(|column| column.name.as_str()).collect(),
                columns: chosen.iter().map(|column| column.values.as_slice()).collect(),
                said_missing: self.said_missing.as_deref(),
                line: &|row| self.offsets.get(row).map_or(0, |&offset| line_of(&self.text, offset as usize)),
            },
            options,
        )?;
        regular.about.notes.extend(suggest::short_note(&regular.series));
        Ok(regular)
    }

    fn has_numbers(&self, column: &Column) -> bool {
        let known = self.understood.columns.iter().find(|understood| understood.name == column.name);
        known.is_some_and(|known| matches!(known.kind, ColumnKind::Number | ColumnKind::Constant))
    }

    /// Reads a decoded file.
    pub(crate) fn read(decoded: Decoded, bytes: usize, options: ReadOptions) -> Result<Self> {
        let mut notes = questions::encoding(&decoded);
        let text = decoded.text;
        let mut layout = dialect::sniff(&text, &options)?;
        notes.append(&mut layout.notes);
        let raw = match &layout.names {
            Some(names) => names[..layout.width].to_vec(),
            None if layout.width == 1 => vec!["value".to_owned()],
            None => vec![String::new(); layout.width],
        };
        let (names, shortened) = names::clean(&raw);
        if shortened > 0 {
            let many = counted(shortened, "name was", "names were");
            notes.push(Note::warning("long-name", format!("{many} cut to {} characters.", names::LONGEST)));
        }
        let mut rows = rows::scan(&text, &layout)?;
        let mut records = rows.left_out;
        notes.append(&mut rows.notes);

        let (decimals, open) = match options.decimal {
            Some(decimal) => (vec![decimal; layout.width], false),
            None => look::decimals(&rows.sample, layout.width, layout.cut.delimiter),
        };
        let looks: Vec<Look> = decimals
            .iter()
            .enumerate()
            .map(|(index, &decimal)| look::look(&rows.sample, index, decimal, layout.cut.delimiter))
            .collect();
        if open {
            notes.push(questions::decimal(&options, decimals[0]));
        }
        let columns = Columns { names: &names, looks: &looks, sample: &rows.sample, named: layout.names.is_some() };
        let clock = times::find(&columns, options.time_columns.as_deref(), options.date_order)?;

        let mut body = read_body(&text, &layout, rows.offsets, &names, &looks, clock.as_ref());
        let mut time = None;
        if let Some(clock) = &clock {
            let all = body.offsets.len();
            let (times, understood) = body.settle(clock, &names, &looks, &decimals, &options, &mut notes)?;
            records.without_time = all - body.offsets.len();
            body.times = Some(times);
            time = Some(understood);
            if !clock.taken.is_empty() {
                let columns = clock.columns();
                let others = columns[..columns.len() - 1].iter().map(|&index| names[index].clone()).collect();
                let mut note = Note::info("time-part", clock.taken.clone());
                note.choices = vec![Choice {
                    label: "It is not part of the time".to_owned(),
                    options: ReadOptions { time_columns: Some(others), ..options.clone() },
                }];
                notes.push(note);
            }
        }
        let time_columns = clock.as_ref().map(Clock::columns).unwrap_or_default();
        let part = |name: &str| columns.as_part_of_the_time(&time_columns, name, &options);
        let all = body.offsets.len();
        let several = body.one_series(&text, &layout, &names, &options, &part, &mut notes)?;
        records.other_series = all - body.offsets.len();
        records.rows = body.offsets.len();
        if let (Some(time), Some(times)) = (&mut time, &body.times) {
            time.first = times.iter().copied().min().unwrap_or(time.first);
            time.last = times.iter().copied().max().unwrap_or(time.last);
        }
        body.columns.iter_mut().for_each(Column::finish);
        let Body { mut columns, mut times, mut offsets, .. } = body;
        let wide = if options.wide == Some(false) {
            None
        } else {
            wide::columns(&names, &looks, &time_columns, times.as_deref())
        };
        for (index, column) in columns.iter().enumerate() {
            // The other columns of a wide file are left out as a whole, with a note.
            if wide.as_ref().is_some_and(|wide| !column.is_time && !wide.columns.contains(&index)) {
                continue;
            }
            notes.extend(column.cell_notes(&Places {
                line: &|row| offsets.get(row).map_or(0, |&offset| line_of(&text, offset as usize)),
                cell: &|row| offsets.get(row).map_or_else(String::new, |&at| cell_at(&text, &layout, at, index)),
            }));
        }

        if let (Some(wide), Some(time), Some(rows)) = (&wide, &mut time, &mut times) {
            notes.push(wide::note(wide, &columns, &options));
            wide::unpivot(wide, &mut columns, rows, &mut offsets);
            time.last = rows.iter().copied().max().unwrap_or(time.last);
            time.columns = vec![columns[0].name.clone()];
        }
        let kept = offsets.len();
        if kept == 0 {
            let problem = "No row has a time that can be read: choose other time columns, or none to number the rows.";
            return Err(Error::File { code: "no-rows", problem: problem.to_owned() });
        }
        let grid = stepping::grid(times.as_deref(), &options, &mut notes)?;
        let training = training_rows(times.as_deref(), grid, kept);
        if let Some(missing) = &options.missing {
            columns.iter_mut().filter(|column| column.is_measured()).for_each(|column| column.drop(missing));
        }
        let said_missing = options.missing.is_none().then(|| std::mem::take(&mut layout.said_missing));
        let later = said_missing.as_ref().map_or_else(Vec::new, |said| mark_sentinels(&mut columns, &training, said));
        let mut understood: Vec<_> = columns.iter().map(Column::understood).collect();
        if let (Some(units), None) = (&layout.units, &wide) {
            for (column, unit) in understood.iter_mut().zip(units).filter(|(_, unit)| !unit.is_empty()) {
                let unit = format!("unit {}", clip(unit, 20));
                column.note = if column.note.is_empty() { unit } else { format!("{unit}; {}", column.note) };
            }
        }
        if !understood.iter().any(|column| matches!(column.kind, ColumnKind::Number | ColumnKind::Constant)) {
            return Err(no_numbers(&columns));
        }
        for column in columns.iter().filter(|column| !column.is_time) {
            notes.extend(column.notes(kept));
        }
        notes.extend(questions::later(&columns, &options, &later));
        notes.extend(questions::outliers(&columns, &options, &later, &text, &offsets));
        let seen: Vec<Vec<f64>> = columns.iter().map(|column| training.of(column.known(&[]))).collect();
        let named = columns.iter().zip(&seen).map(|(column, seen)| (column.name.as_str(), seen.as_slice()));
        let suggested = target::suggest(named).map(str::to_owned);
        let decimal = if decimals.iter().filter(|&&decimal| decimal == Decimal::Comma).count() * 2 > decimals.len() {
            Decimal::Comma
        } else {
            Decimal::Dot
        };
        let understood = Understood {
            encoding: decoded.encoding,
            delimiter: layout.cut.delimiter,
            decimal,
            header: layout.names.is_some(),
            rows: kept,
            records,
            bytes,
            time,
            series: several,
            columns: understood,
            suggested_target: suggested,
            notes,
        };
        Ok(Self { text, layout, understood, columns, times, grid, offsets, said_missing, wide })
    }
}

/// The cell of a record that begins at this byte.
fn cell_at(text: &str, layout: &Layout, offset: u32, index: usize) -> String {
    let mut record = Record::default();
    let found = Records::new(text, layout.cut, offset as usize, 1).next(&mut record);
    found.and_then(|_| record.get(index)).unwrap_or_default().to_owned()
}

/// Result of the second pass.
struct Body {
    columns: Vec<Column>,
    readings: Vec<Reading>,
    unreadable: Vec<Tally>,
    times: Option<Vec<i64>>,
    offsets: Vec<u32>,
}

/// The second pass: the rows that begin at `offsets` into their columns.
fn read_body(
    text: &str,
    layout: &Layout,
    offsets: Vec<u32>,
    names: &[String],
    looks: &[Look],
    clock: Option<&Clock>,
) -> Body {
    let time_columns = clock.map(Clock::columns).unwrap_or_default();
    let orders = clock.map(|clock| clock.orders.as_slice()).unwrap_or_default();
    let rows = offsets.len();
    let column = |(index, (name, look)): (usize, (&String, &Look))| {
        Column::new(name.clone(), look, time_columns.contains(&index), rows)
    };
    let mut body = Body {
        columns: names.iter().zip(looks).enumerate().map(column).collect(),
        readings: orders.iter().map(|&order| Reading { order, times: Vec::with_capacity(rows) }).collect(),
        unreadable: vec![Tally::default(); orders.len()],
        times: None,
        offsets: Vec::new(),
    };
    let mut out = vec![None; orders.len()];
    let mut days = Days::default();
    rows::each(text, layout, &offsets, |row, record| {
        for (column, cell) in body.columns.iter_mut().zip(record.iter()) {
            column.push(cell);
        }
        if let Some(clock) = clock {
            clock.read(record, &mut days, &mut out);
            for ((reading, unreadable), &time) in body.readings.iter_mut().zip(&mut body.unreadable).zip(&out) {
                reading.times.push(time.unwrap_or(UNREADABLE));
                if time.is_none() {
                    // Finding a line number reads through the file, so only the displayed lines are looked up.
                    let line =
                        if unreadable.lines.len() < Tally::SHOWN { line_of(text, offsets[row] as usize) } else { 0 };
                    unreadable.add(line);
                }
            }
        }
    });
    body.offsets = offsets;
    body
}

impl Body {
    /// Keeps the rows for which `keep` holds.
    fn retain(&mut self, keep: &[bool]) {
        self.columns.iter_mut().for_each(|column| column.retain(keep));
        let mut kept = keep.iter();
        self.offsets.retain(|_| *kept.next().unwrap_or(&true));
        if let Some(times) = &mut self.times {
            let mut kept = keep.iter();
            times.retain(|_| *kept.next().unwrap_or(&true));
        }
    }

    /// Calls `then` with the input for the search for several series.
    fn known<T>(
        &self,
        text: &str,
        layout: &Layout,
        names: &[String],
        then: impl FnOnce(&several::Source) -> T,
    ) -> Option<T> {
        let others = || self.columns.iter().enumerate().filter(|(_, column)| !column.is_time && !column.is_label);
        let numbers = |column: &Column| column.holds == Holds::Numbers;
        let source = several::Source {
            times: self.times.as_deref()?,
            values: others()
                .filter(|(_, column)| numbers(column))
                .map(|(index, column)| (index, column.values.as_slice()))
                .collect(),
            names,
            candidates: several::candidates(others().filter(|(_, column)| column.holds != Holds::Nothing).map(
                |(index, column)| (index, column.name.as_str(), numbers(column).then_some(column.values.as_slice())),
            )),
            each: &|columns, take| {
                rows::each(text, layout, &self.offsets, |row, record| {
                    for (at, &column) in columns.iter().enumerate() {
                        take(row, at, number::tidy(record.get(column).unwrap_or_default()));
                    }
                });
            },
        };
        Some(then(&source))
    }

    /// Keeps one of several series, a person's choice or the longest, and asks.
    fn one_series(
        &mut self,
        text: &str,
        layout: &Layout,
        names: &[String],
        options: &ReadOptions,
        part: &dyn Fn(&str) -> Option<Choice>,
        notes: &mut Vec<Note>,
    ) -> Result<Option<SeveralUnderstood>> {
        let picked = options.series.as_deref().unwrap_or_default();
        for pick in picked.iter().filter(|pick| !pick.column.starts_with(' ')) {
            if !names.contains(&pick.column) {
                return Err(Error::Knob {
                    knob: "series",
                    label: "Series",
                    problem: format!("there is no column called “{}”", clip(&pick.column, 60)),
                });
            }
        }
        let found = self.known(text, layout, names, several::find).flatten();
        let understood = found.as_ref().map(|found| found.understood(picked));
        let label = |columns: &mut [Column], labels: &[String]| {
            columns.iter_mut().filter(|column| labels.contains(&column.name)).for_each(|column| column.is_label = true);
        };
        let mut rest = found;
        if options.series.is_some() {
            if picked.is_empty() {
                return Ok(understood);
            }
            let Some(keep) = self.known(text, layout, names, |source| several::kept(source, picked)) else {
                return Ok(None);
            };
            let kept = keep.iter().filter(|&&keep| keep).count();
            if kept == 0 {
                let pick = &picked[0];
                let problem = format!("no row belongs to “{}”; choose another series", clip(&pick.value, 60));
                return Err(Error::Column { column: pick.column.trim().to_owned(), problem });
            }
            let labels: Vec<String> = picked.iter().map(|pick| pick.column.clone()).collect();
            label(&mut self.columns, &labels);
            if kept < keep.len() {
                let others = counted(keep.len() - kept, "row", "rows");
                let values: Vec<String> = picked.iter().map(|pick| format!("“{}”", clip(&pick.value, 40))).collect();
                let message = format!(
                    "Only the rows of {} were read; {others} of other series were left out.",
                    values.join(", ")
                );
                let mut note = Note::info("series", message);
                note.count = keep.len() - kept;
                notes.push(note);
            }
            self.retain(&keep);
            rest = self.known(text, layout, names, several::find).flatten();
        }
        let Some(rest) = rest else { return Ok(understood) };
        let counted = match rest.columns.as_slice() {
            [only] => part(only),
            _ => None,
        };
        notes.push(rest.question(options, picked, counted));
        label(&mut self.columns, &rest.columns);
        self.retain(&rest.first());
        Ok(Some(rest.within(picked)))
    }

    /// Chooses the order of the dates and drops the rows without a time.
    fn settle(
        &mut self,
        clock: &Clock,
        names: &[String],
        looks: &[Look],
        decimals: &[Decimal],
        options: &ReadOptions,
        notes: &mut Vec<Note>,
    ) -> Result<(Vec<i64>, TimeUnderstood)> {
        // With slashes and decimal points the month most often stands first, as in the United States; elsewhere the day.
        let first = clock.columns()[0];
        let slashes = looks[first].first.is_some_and(|pieces| pieces.separator == b'/');
        let likely = if slashes && !decimals.contains(&Decimal::Comma) { DateOrder::Mdy } else { DateOrder::Dmy };
        let settled = order::settle(&self.readings, likely);
        let why = if settled.why.is_empty() { clock.why.clone() } else { settled.why.clone() };
        if settled.open {
            let choices = self.readings.iter().map(|reading| Choice {
                label: format!("Read {}", reading.order.words()),
                options: ReadOptions { date_order: Some(reading.order), ..options.clone() },
            });
            notes.push(Note::question("date-order", why.clone(), choices.collect()));
        } else if !why.is_empty() {
            notes.push(Note::info("date-order", why.clone()));
        }
        let Reading { order, mut times } = self.readings.swap_remove(settled.index);
        let unreadable = std::mem::take(&mut self.unreadable[settled.index]);
        self.readings.clear();
        if !unreadable.is_empty() {
            let many = counted(unreadable.count, "row has", "rows have");
            let message = format!("{}: {many} no time that can be read; left out.", unreadable.words());
            notes.push(Note::warning("unreadable-time", message).at(&unreadable));
            let keep: Vec<bool> = times.iter().map(|&time| time != UNREADABLE).collect();
            self.retain(&keep);
        }
        times.retain(|&time| time != UNREADABLE);
        let columns = clock.columns();
        let understood = TimeUnderstood {
            columns: columns.iter().map(|&index| names[index].clone()).collect(),
            format: clock.format(order),
            date_order: clock.has_order.then_some(order),
            utc: clock.utc,
            first: times.iter().copied().min().unwrap_or(0),
            last: times.iter().copied().max().unwrap_or(0),
            why,
        };
        Ok((times, understood))
    }
}

/// Mask of the rows that the default split trains on.
struct Training(Vec<bool>);

impl Training {
    /// The values of a column in these rows; none for a column without values.
    fn of(&self, values: impl Iterator<Item = f64>) -> Vec<f64> {
        values.zip(&self.0).filter(|(_, trains)| **trains).map(|(value, _)| value).collect()
    }
}

/// The rows in the training part of the default split, which alone decide the meaning of numbers.
fn training_rows(times: Option<&[i64]>, grid: Option<Grid>, rows: usize) -> Training {
    let end = |len: usize| Split::usual(&Axis { start: 0, step: Step::Rows, len, utc: false }).train.end;
    Training(match (times, grid) {
        (Some(times), Some(grid)) => {
            let slots: Vec<i64> = times.iter().map(|&time| grid.slot(time)).collect();
            let first = slots.iter().copied().min().unwrap_or(0);
            let moments = slots.iter().copied().max().unwrap_or(0).saturating_sub(first).saturating_add(1);
            let end = end(usize::try_from(moments).unwrap_or(0));
            slots.iter().map(|slot| usize::try_from(slot - first).is_ok_and(|row| row < end)).collect()
        }
        // Times without a step: the earliest rows.
        (Some(times), None) => {
            let mut sorted = times.to_vec();
            sorted.sort_unstable();
            let end = sorted.get(end(rows)).copied();
            times.iter().map(|&time| end.is_none_or(|end| time < end)).collect()
        }
        (None, _) => (0..rows).map(|row| row < end(rows)).collect(),
    })
}

/// Marks the numbers that the training rows show to be sentinels; returns those, with their column, that only all rows together
/// show.
fn mark_sentinels(columns: &mut [Column], training: &Training, said: &[f64]) -> Vec<(usize, f64)> {
    let measured =
        |columns: &[Column]| (0..columns.len()).filter(|&index| columns[index].is_measured()).collect::<Vec<_>>();
    let indices = measured(columns);
    let seen: Vec<Vec<f64>> = indices.iter().map(|&index| training.of(columns[index].values.iter().copied())).collect();
    let all: Vec<&[f64]> = indices.iter().map(|&index| columns[index].values.as_slice()).collect();
    let (found, shown) = (sentinel::of_columns(&seen, said), sentinel::of_columns(&all, said));
    let mut later = Vec::new();
    for ((index, found), shown) in indices.into_iter().zip(found).zip(shown) {
        later.extend(shown.into_iter().filter(|value| !found.contains(value)).map(|value| (index, value)));
        columns[index].mark(found);
    }
    later
}

fn no_numbers(columns: &[Column]) -> Error {
    let names: Vec<&str> = columns.iter().take(5).map(|column| column.name.as_str()).collect();
    let problem = format!(
        "No column holds numbers (columns: {}); check the delimiter and the decimal mark.",
        clip(&names.join(", "), 200)
    );
    Error::File { code: "no-numbers", problem }
}
