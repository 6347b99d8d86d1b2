//! The layout of a file: its delimiter, and the places where comments, names and units end and the rows begin.

use crate::data::cell::number::{self, Cell};
use crate::data::cell::time::{clock, pieces};
use crate::data::file::records::{Cut, Record, Records};
use crate::data::notes::{Note, Tally, counted};
use crate::data::options::{Decimal, Delimiter, ReadOptions, clip};
use crate::error::{Error, Result};
use crate::exact;

/// Lines in the sample for the delimiter. Preambles are shorter than half of this.
const SAMPLE: usize = 200;
/// Records in the sample for names and units.
const HEAD: usize = 60;

/// The layout found.
#[derive(Debug)]
pub(crate) struct Layout {
    pub cut: Cut,
    /// The file's names; `None` where it has none.
    pub names: Option<Vec<String>>,
    /// Units below the names, if there is such a row.
    pub units: Option<Vec<String>>,
    /// Number of named columns; further fields of a row must be empty.
    pub width: usize,
    /// Byte at which the rows begin.
    pub offset: usize,
    pub line: u64,
    /// Numbers that a comment declares as missing values.
    pub said_missing: Vec<f64>,
    pub notes: Vec<Note>,
}

/// Whether a trimmed cell looks like data rather than a name: a number, a date or a clock.
pub(crate) fn is_typed(cell: &str) -> bool {
    let first = cell.trim_start_matches(['+', '-', '\u{2212}', '$', '€', '£', '"', '(', '<', '>', '~']).chars().next();
    if !first.is_some_and(|c| c.is_ascii_digit() || matches!(c, '.' | ',') || c.is_alphabetic()) {
        return false;
    }
    matches!(number::read(cell, Decimal::Dot), Cell::Number(_) | Cell::Flagged(_))
        || matches!(number::read(cell, Decimal::Comma), Cell::Number(_) | Cell::Flagged(_))
        || pieces::pieces(cell).is_some()
        || clock::alone(cell).is_some()
}

/// Finds the layout from the beginning of a text.
pub(crate) fn sniff(text: &str, options: &ReadOptions) -> Result<Layout> {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).take(SAMPLE).collect();
    // Where most lines begin with `#`, it is part of the data; where all do, there are no data.
    let marked = lines.iter().filter(|line| line.starts_with('#')).count();
    let comments = text.contains('#') && (marked * 2 <= lines.len() || marked == lines.len());
    let rows: Vec<&str> = lines.iter().copied().filter(|line| !comments || !line.starts_with('#')).collect();
    let (delimiter, width) = delimiter(&rows, options.delimiter);
    let cut = Cut { delimiter, comments, width };
    let mut notes = Vec::new();

    let mut records = Records::new(text, cut, 0, 1);
    let mut head = Vec::new();
    let mut record = Record::default();
    while head.len() < HEAD
        && let Some(place) = records.next(&mut record)
    {
        head.push((place, record.iter().map(|cell| number::tidy(cell).to_owned()).collect::<Vec<String>>()));
    }
    if records.comments > 0 {
        let many = counted(records.comments, "comment line was", "comment lines were");
        notes.push(Note::info("comments", format!("{many} skipped at the beginning.")));
    }
    if head.is_empty() {
        return Err(Error::File { code: "empty", problem: "The file has no rows: it holds only comments.".to_owned() });
    }
    let cells: Vec<&[String]> = head.iter().map(|(_, cells)| cells.as_slice()).collect();
    let first = first_record(&cells, width);
    let typed = typed_columns(&cells[(first + 1).min(cells.len() - 1)..]);
    let mut names = match options.header {
        Some(true) => Some(first),
        Some(false) => None,
        None => has_names(&cells, first, &typed).then_some(first),
    };
    // Names with one field more or fewer than the rows stand just above the first row of the usual width.
    if names.is_none() && options.header.is_none() && first > 0 {
        let above = cells[first - 1];
        let named = above.len() >= 2.min(width)
            && above.iter().all(|cell| !is_typed(cell))
            && above.iter().any(|c| !c.is_empty());
        names = named.then_some(first - 1);
    }
    let preamble = names.unwrap_or(first);
    if preamble > 0 {
        let mut tally = Tally::default();
        head[..preamble].iter().for_each(|(place, _)| tally.add(place.line));
        let many = counted(preamble, "line before the table was", "lines before the table were");
        notes.push(Note::info("preamble", format!("{many} skipped.")).at(&tally));
    }
    let mut body = names.map_or(first, |at| at + 1);
    let names_line = names.map_or(0, |at| head[at].0.line);
    let mut names = names.map(|at| head[at].1.clone());
    if names.is_none() && options.header.is_none() && comments {
        names = names_in_comment(text, head[first].0.offset, cut);
    }
    let mut units = None;
    if names.is_some() {
        while body + 1 < cells.len() && is_units(cells[body], &typed) {
            let shown: Vec<String> =
                cells[body].iter().filter(|cell| !cell.is_empty()).map(|cell| clip(cell, 20)).collect();
            let mut tally = Tally::default();
            tally.add(head[body].0.line);
            let message = format!(
                "Line {} holds units or remarks, not data: {}.",
                head[body].0.line,
                clip(&shown.join(", "), 120)
            );
            notes.push(Note::info("units-row", message).at(&tally));
            units.get_or_insert_with(|| cells[body].to_vec());
            body += 1;
        }
    }
    if body >= head.len() {
        return Err(Error::File {
            code: "no-rows",
            problem: format!("The file has names (line {names_line}) but no rows under them."),
        });
    }
    let width = named_width(names.as_deref(), &cells[body..], width);
    if names.is_none() {
        notes.push(Note::info("no-header", "The first row already holds data, so the columns have no names."));
    }
    let (offset, line) = (head[body].0.offset, head[body].0.line);
    Ok(Layout {
        cut: Cut { width: cut.width.max(width), ..cut },
        names,
        units,
        width,
        offset,
        line,
        said_missing: if comments { said_missing(text) } else { Vec::new() },
        notes,
    })
}

/// The delimiter that cuts most rows into the same number of fields, most of them numbers or times, and that number of fields.
fn delimiter(rows: &[&str], wanted: Option<Delimiter>) -> (Delimiter, usize) {
    let mut best = (wanted.unwrap_or(Delimiter::Comma), 1, 0.0);
    // Only lines with balanced quotes count: a stray one, or a cell of several lines, would spoil the following ones.
    let closed = rows.iter().filter(|row| row.bytes().filter(|&b| b == b'"').count() % 2 == 0);
    let whole = closed.fold(String::new(), |text, row| text + row + "\n");
    for delimiter in Delimiter::ALL {
        if wanted.is_some_and(|wanted| wanted != delimiter) {
            continue;
        }
        let cut = Cut { delimiter, comments: false, width: 1 };
        let mut record = Record::default();
        let mut records = Records::new(&whole, cut, 0, 1);
        let mut cells: Vec<Vec<String>> = Vec::new();
        while records.next(&mut record).is_some() {
            cells.push(record.iter().map(|cell| number::tidy(cell).to_owned()).collect());
        }
        let width = usual_width(&cells);
        let usual: Vec<&Vec<String>> = cells.iter().filter(|row| row.len() == width).collect();
        // The first of several rows is likely to hold names.
        let below = &usual[usize::from(usual.len() > 2)..];
        let filled: Vec<&String> =
            below.iter().flat_map(|row| row.iter()).filter(|cell| !number::is_missing(cell)).collect();
        if width < 2 && wanted.is_none() {
            continue;
        }
        let share = usual.len() as f64 / cells.len().max(1) as f64;
        let typed = filled.iter().filter(|cell| is_typed(cell)).count() as f64 / filled.len().max(1) as f64;
        // Dates and names contain spaces, too, so a split at spaces needs more evidence.
        if delimiter == Delimiter::Space && wanted.is_none() && (typed < 0.8 || share < 0.8) {
            continue;
        }
        let weight = if delimiter == Delimiter::Space { 0.8 } else { 1.0 };
        let score = share * (0.3 + 0.7 * typed) * weight;
        if score > best.2 || wanted.is_some() {
            best = (delimiter, width, score);
        }
    }
    // A few fields among many lines of prose, or of bare numbers, are no columns.
    if wanted.is_none() && best.2 < 0.15 { (Delimiter::Comma, 1) } else { (best.0, best.1) }
}

/// Number of fields of most records; the larger of two as frequent.
fn usual_width(rows: &[Vec<String>]) -> usize {
    // `i64` shares one instance of the sort with other lists.
    let mut widths: Vec<i64> = rows.iter().map(|row| row.len() as i64).collect();
    widths.sort_unstable();
    let runs = widths.chunk_by(|a, b| a == b);
    runs.max_by_key(|run| (run.len(), run[0])).map_or(1, |run| run[0].max(1) as usize)
}

/// The first record that belongs to the table: of the usual width, followed by more of it.
fn first_record(cells: &[&[String]], width: usize) -> usize {
    let usual = |row: &&[String]| row.len() == width;
    (0..cells.len())
        .find(|&at| {
            usual(&cells[at])
                && cells[at..].iter().skip(1).take(4).filter(|row| usual(row)).count() * 2
                    >= cells[at..].len().saturating_sub(1).min(4)
        })
        .unwrap_or(0)
}

/// Which columns hold numbers or times in most of these records.
fn typed_columns(body: &[&[String]]) -> Vec<bool> {
    let width = body.iter().map(|row| row.len()).max().unwrap_or(0);
    let column = |index: usize| {
        let cells = body.iter().filter_map(|row| row.get(index)).filter(|cell| !number::is_missing(cell));
        let (typed, all) = cells.fold((0, 0), |(typed, all), cell| (typed + usize::from(is_typed(cell)), all + 1));
        all > 0 && typed * 10 >= all * 7
    };
    (0..width).map(column).collect()
}

/// Whether a record holds names: text above a column of numbers or times.
fn has_names(cells: &[&[String]], at: usize, typed: &[bool]) -> bool {
    if cells.len() == at + 1 {
        return cells[at].iter().all(|cell| !is_typed(cell));
    }
    let text = |(cell, typed): (&String, &bool)| *typed && !is_typed(cell) && !number::is_missing(cell);
    !typed.contains(&true) || cells[at].iter().zip(typed).any(text)
}

/// Whether a record holds units: text, and no number, in the columns of numbers and times.
fn is_units(row: &[String], typed: &[bool]) -> bool {
    let here: Vec<&String> = row.iter().zip(typed).filter(|(_, typed)| **typed).map(|(cell, _)| cell).collect();
    here.iter().any(|cell| !number::is_missing(cell)) && here.iter().all(|cell| !is_typed(cell))
}

/// Names of a table whose header line begins with `#`.
fn names_in_comment(text: &str, body: usize, cut: Cut) -> Option<Vec<String>> {
    let last = text[..body].trim_end().rsplit('\n').next()?.trim_start_matches('#').trim_start();
    let mut record = Record::default();
    Records::new(last, cut, 0, 1).next(&mut record)?;
    let names: Vec<String> = record.iter().map(|cell| number::tidy(cell).to_owned()).collect();
    (names.len() == cut.width && cut.width > 1 && names.iter().all(|name| !is_typed(name))).then_some(names)
}

/// Number of columns without trailing ones that have neither a name nor a value: delimiters at the end of lines.
fn named_width(names: Option<&[String]>, body: &[&[String]], usual: usize) -> usize {
    let mut width = names.map_or(usual, <[String]>::len);
    let is_empty = |index: usize| {
        names.is_none_or(|names| names[index].is_empty())
            && body.iter().all(|row| row.get(index).is_none_or(|cell| cell.is_empty()))
    };
    while width > 1 && is_empty(width - 1) {
        width -= 1;
    }
    width
}

/// Numbers in comments such as `# missing = -9999`.
fn said_missing(text: &str) -> Vec<f64> {
    let comments = text.lines().take(SAMPLE).filter(|line| line.starts_with('#'));
    let said = comments.filter_map(|line| {
        let lower = line.to_ascii_lowercase();
        let word = ["missing", "no data", "nodata", "fill value", "fillvalue", "fill_value"]
            .iter()
            .find(|word| lower.contains(**word))?;
        let after = &lower[lower.find(*word)? + word.len()..];
        let number = after.trim_start_matches(|c: char| !c.is_ascii_digit() && c != '-');
        let end =
            number.find(|c: char| !c.is_ascii_digit() && !matches!(c, '-' | '.' | 'e' | '+')).unwrap_or(number.len());
        exact::read(number[..end].trim_end_matches('.'))
    });
    said.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(text: &str) -> Layout {
        sniff(text, &ReadOptions::default()).unwrap()
    }

    #[test]
    fn delimiters_are_found() {
        for (text, delimiter) in [
            ("time;a;b\n2013-01-20;7,2;1017,7\n2013-01-21;6,7;1017,1\n", Delimiter::Semicolon),
            ("time,a\n2013-01-20 06:00,7.2\n2013-01-20 07:00,6.7\n", Delimiter::Comma),
            ("time\ta\n2013-01-20 06:00\t7,2\n2013-01-20 07:00\t6,7\n", Delimiter::Tab),
            ("a  b   c\n1 2  3\n4   5 6\n", Delimiter::Space),
            ("7.2\n6.7\n", Delimiter::Comma),
        ] {
            assert_eq!(layout(text).cut.delimiter, delimiter, "{text}");
        }
    }

    #[test]
    fn the_table_is_found() {
        let open =
            layout("latitude,longitude\n52.5,13.4\n\ntime,temp,rain\n2013-01-20,1,0\n2013-01-21,2,0\n2013-01-22,2,1\n");
        assert_eq!(open.names.unwrap(), ["time", "temp", "rain"]);
        assert_eq!(open.line, 5);
        let commented = layout("# station\n#time,temp\n2013-01-20,1\n2013-01-21,2\n");
        assert_eq!(commented.names.unwrap(), ["time", "temp"]);
        assert_eq!(said_missing("# missing = -9999\n# fill value: 1e20.\n"), [-9999.0, 1e20]);
        assert_eq!(layout("a,b,,\n1,2,,\n3,4,,\n").width, 2);
        let bare = layout("7.2\n6.7\n6.1\n");
        assert!(bare.names.is_none() && bare.line == 1);
    }
}
