//! The step of a file: from a person or from its times; asked for where they show none.

use crate::data::calendar::axis::Step;
use crate::data::calendar::step::{self, Grid};
use crate::data::cell::time::pieces;
use crate::data::notes::{Choice, Note, counted};
use crate::data::options::{DateOrder, ReadOptions, clip};
use crate::error::{Error, Result};

/// The grid of the rows, by a person's step or by the times; asks where they show none.
pub(crate) fn grid(times: Option<&[i64]>, options: &ReadOptions, notes: &mut Vec<Note>) -> Result<Option<Grid>> {
    let said = options.parsed_step()?;
    let Some(times) = times else {
        return numbered(said, options, notes);
    };
    let rising = times.is_sorted();
    let falling = !rising && times.is_sorted_by(|a, b| a >= b);
    if falling {
        notes.push(Note::info("newest-first", "The newest row comes first: the order was reversed."));
    } else if !rising {
        let out_of_order = times.windows(2).filter(|pair| pair[1] < pair[0]).count();
        let many = counted(out_of_order, "row stands", "rows stand");
        let mut note = Note::info("sorted", format!("{many} before an earlier one: the rows were sorted by time."));
        note.count = out_of_order;
        notes.push(note);
    }
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let found = step::infer(&sorted);
    if let Some(step) = said {
        return Ok(Some(step::forced(&sorted, step, found)));
    }
    if sorted.len() < 2 {
        notes.push(Note::warning(
            "one-time",
            "All rows have the same time: choose another time column, or none to \
                                              number the rows.",
        ));
    } else if found.is_none() {
        notes.push(irregular_question(&sorted, options));
    }
    Ok(found)
}

/// Rows without a time: numbered, or dated by a person's start and step.
fn numbered(step: Option<Step>, options: &ReadOptions, notes: &mut Vec<Note>) -> Result<Option<Grid>> {
    let start = options.start.as_deref().map(str::trim).filter(|start| !start.is_empty());
    match (start, step) {
        (None, None) => {
            if options.time_columns.is_none() {
                let message = "No column holds the time: the rows are numbered. Give a start and a step to date them.";
                notes.push(Note::info("no-time", message));
            }
            Ok(None)
        }
        (Some(text), Some(step)) => {
            let start = pieces::pieces(text).and_then(|pieces| pieces.milliseconds(DateOrder::Ymd));
            let start = start.ok_or_else(|| Error::Knob {
                knob: "start",
                label: "Start",
                problem: format!("“{}” is not a time; write it like 2013-01-20 06:00", clip(text, 40)),
            })?;
            Ok(Some(Grid { start, step, floor: false }))
        }
        (None, Some(_)) => Err(Error::Knob {
            knob: "start",
            label: "Start",
            problem: "a step needs the time of the first row; write it like 2013-01-20 06:00".to_owned(),
        }),
        (Some(_), None) => Err(Error::Knob {
            knob: "step",
            label: "Step",
            problem: "a start needs a step between the rows; write for example “1 hour”".to_owned(),
        }),
    }
}

/// Times that follow no step.
fn irregular_question(sorted: &[i64], options: &ReadOptions) -> Note {
    let mut choices = vec![Choice {
        label: "Number the rows".to_owned(),
        options: ReadOptions { time_columns: Some(Vec::new()), ..options.clone() },
    }];
    // Steps at which about half of the moments or more would have a row.
    let span = sorted.last().zip(sorted.first()).map_or(0, |(last, first)| last - first);
    let steps = [
        ("1 minute", 60_000),
        ("15 minutes", 900_000),
        ("1 hour", 3_600_000),
        ("1 day", 86_400_000),
        ("1 week", 604_800_000),
    ];
    let rows = i64::try_from(sorted.len()).unwrap_or(i64::MAX);
    let fit = steps.into_iter().filter(|(_, step)| span / step >= 10 && span / step <= rows.saturating_mul(2)).take(2);
    choices.extend(fit.map(|(words, _)| Choice {
        label: format!("Average over {}", words.trim_start_matches("1 ")),
        options: ReadOptions { step: Some(words.to_owned()), ..options.clone() },
    }));
    Note::question("irregular", "The times have no regular step, so they are not yet a regular series.", choices)
}
