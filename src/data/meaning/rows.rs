//! The first pass over a file: which records are rows, and a sample of them.

use crate::data::cell::number;
use crate::data::file::dialect::Layout;
use crate::data::file::records::{self, Place, Record};
use crate::data::meaning::look::Sample;
use crate::data::meaning::understood::Records;
use crate::data::notes::{Note, Tally, counted};
use crate::error::{Error, Result};

/// The kind of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Row,
    /// Only delimiters and spaces.
    Blank,
    /// The names again, as in concatenated files.
    Names,
    /// Too few or too many fields.
    Ragged,
}

/// Judges a record.
pub(crate) fn verdict(record: &Record, layout: &Layout) -> Verdict {
    let width = layout.width;
    let is_blank = |cell: &str| cell.trim_start().is_empty();
    if record.iter().all(is_blank) {
        return Verdict::Blank;
    }
    if record.len() < width || (record.len() > width && !record.iter().skip(width).all(is_blank)) {
        return Verdict::Ragged;
    }
    if let Some(names) = &layout.names
        && record.iter().take(width).zip(names).all(|(cell, name)| number::tidy(cell) == name)
    {
        return Verdict::Names;
    }
    Verdict::Row
}

/// Result of the first pass.
#[derive(Debug)]
pub(crate) struct Rows {
    /// Byte of the text at which each row begins. A file has at most half a gigabyte, so 32 bits suffice.
    pub offsets: Vec<u32>,
    pub sample: Sample,
    /// Numbers of records with too few or too many fields, and of repeated names.
    pub left_out: Records,
    pub notes: Vec<Note>,
}

/// Goes through a text once.
///
/// # Errors
/// When there are no rows, or most have another number of fields than there are names.
pub(crate) fn scan(text: &str, layout: &Layout) -> Result<Rows> {
    let mut records = records::Records::new(text, layout.cut, layout.offset, layout.line);
    let mut record = Record::default();
    let left_out = Records::default();
    let mut rows = Rows { offsets: Vec::new(), sample: Sample::new(), left_out, notes: Vec::new() };
    let (mut ragged, mut names, mut stray) = (Tally::default(), Tally::default(), Tally::default());
    let (mut first_ragged, mut last_ragged, mut blank) = (0, None::<(Place, usize)>, 0);
    while let Some(place) = records.next(&mut record) {
        if place.stray_quote {
            stray.add(place.line);
        }
        last_ragged = None;
        match verdict(&record, layout) {
            Verdict::Row => {
                rows.offsets.push(u32::try_from(place.offset).unwrap_or(u32::MAX));
                rows.sample.offer(&record);
            }
            Verdict::Blank => blank += 1,
            Verdict::Names => names.add(place.line),
            Verdict::Ragged => {
                if ragged.is_empty() {
                    first_ragged = record.len();
                }
                ragged.add(place.line);
                last_ragged = Some((place, record.len()));
            }
        }
    }
    if ragged.count > rows.offsets.len() {
        return Err(too_ragged(ragged.lines[0], first_ragged, layout));
    }
    rows.offsets.shrink_to_fit();
    if rows.offsets.is_empty() {
        return Err(Error::File { code: "no-rows", problem: "All rows of the file are empty.".to_owned() });
    }
    rows.left_out = Records { uneven: ragged.count, names: names.count, ..left_out };
    let notes = &mut rows.notes;
    if let Some((place, fields)) = last_ragged
        && !text.ends_with('\n')
        && fields < layout.width
    {
        let mut tally = Tally::default();
        tally.add(place.line);
        let message = format!(
            "The file breaks off in line {}, after {fields} of {} fields; that line was left out.",
            place.line, layout.width
        );
        notes.push(Note::warning("truncated", message).at(&tally));
        ragged.count -= 1;
        ragged.lines.retain(|&line| line != place.line);
    }
    if !ragged.is_empty() {
        let many = counted(ragged.count, "row has", "rows have");
        let message =
            format!("{}: {many} more or fewer than {} fields and were left out.", ragged.words(), layout.width);
        let message = if ragged.count == 1 { message.replace("and were", "and was") } else { message };
        notes.push(Note::warning("ragged-rows", message).at(&ragged));
    }
    if !stray.is_empty() {
        let message = format!(
            "{}: a quotation mark is opened and never closed; it was read as a plain character.",
            stray.words()
        );
        notes.push(Note::warning("stray-quote", message).at(&stray));
    }
    if !names.is_empty() {
        let message = format!("{}: the names are repeated there; skipped.", names.words());
        notes.push(Note::info("repeated-names", message).at(&names));
    }
    if records.comments > 0 {
        let many = counted(records.comments, "comment line was", "comment lines were");
        let mut note = Note::info("comments-inside", format!("{many} skipped among the rows."));
        note.count = records.comments;
        notes.push(note);
    }
    blank += records.blank;
    if blank > 0 {
        let mut note =
            Note::info("blank-lines", format!("{} skipped.", counted(blank, "blank line was", "blank lines were")));
        note.count = blank;
        notes.push(note);
    }
    Ok(rows)
}

/// The error for names and rows with different numbers of fields.
fn too_ragged(row: u64, fields: usize, layout: &Layout) -> Error {
    let width = layout.width;
    let mut problem = match &layout.names {
        Some(_) => format!("{fields} fields under {width} names"),
        None => format!("{fields} fields, while other rows have {width}"),
    };
    let comma = layout.cut.delimiter == crate::data::options::Delimiter::Comma;
    problem.push_str(if comma && fields > width {
        "; if commas are also decimal marks here, save the file with semicolons between the fields"
    } else {
        "; give every column a name, or choose another delimiter"
    });
    Error::Row { row, problem }
}

/// Goes through the records that begin at these places again and calls `then` with each one's number.
pub(crate) fn each(text: &str, layout: &Layout, offsets: &[u32], mut take: impl FnMut(usize, &Record)) {
    let mut records = records::Records::new(text, layout.cut, layout.offset, layout.line);
    let mut record = Record::default();
    let mut expected = offsets.iter().map(|&offset| offset as usize).enumerate().peekable();
    while let Some(place) = records.next(&mut record) {
        if let Some((row, _)) = expected.next_if(|(_, offset)| *offset == place.offset) {
            take(row, &record);
        }
    }
}
