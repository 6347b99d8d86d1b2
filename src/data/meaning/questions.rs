//! Notes and questions about a file as it is read.

use crate::data::file::encoding::Decoded;
use crate::data::file::records::line_of;
use crate::data::meaning::column::Column;
use crate::data::meaning::outlier;
use crate::data::notes::{Choice, Note, Tally, counted};
use crate::data::options::{Decimal, ReadOptions};

/// Note on the encoding.
pub(crate) fn encoding(decoded: &Decoded) -> Vec<Note> {
    let mut notes = Vec::new();
    if decoded.guessed {
        let message = format!("The file was read as {}: its bytes are not UTF-8.", decoded.encoding.label());
        notes.push(Note::info("encoding", message));
    }
    if decoded.bom {
        notes.push(Note::info(
            "byte-order-mark",
            format!("The file begins with the byte-order mark of {}.", decoded.encoding.label()),
        ));
    }
    if decoded.replaced > 0 {
        let many = counted(decoded.replaced, "character", "characters");
        let mut note = Note::warning(
            "replaced",
            format!("{many} could not be read and became “�”; the file may be in another encoding."),
        );
        note.count = decoded.replaced;
        notes.push(note);
    }
    notes
}

/// Question about numbers with two readings.
pub(crate) fn decimal(options: &ReadOptions, taken: Decimal) -> Note {
    let (mark, other) = match taken {
        Decimal::Dot => ("thousands", "decimal"),
        Decimal::Comma => ("decimal", "thousands"),
    };
    let choice = |mark: Decimal, label: &str| Choice {
        label: label.to_owned(),
        options: ReadOptions { decimal: Some(mark), ..options.clone() },
    };
    let message = format!(
        "Numbers such as 1,234 can be read in two ways: commas were taken for {mark} marks, not {other} marks."
    );
    let choices = vec![choice(Decimal::Dot, "1,234 is 1234"), choice(Decimal::Comma, "1,234 is 1.234")];
    Note::question("decimal", message, choices)
}

/// Asks about numbers (column and value) that only rows after the training part show to be sentinels.
pub(crate) fn later(columns: &[Column], options: &ReadOptions, later: &[(usize, f64)]) -> Vec<Note> {
    let sentinels: Vec<f64> = columns.iter().flat_map(Column::sentinels).collect();
    let questions = later.iter().map(|&(column, value)| {
        let choice = |label: &str, more: &[f64]| Choice {
            label: label.to_owned(),
            options: ReadOptions { missing: Some([&sentinels, more].concat()), ..options.clone() },
        };
        let message = format!(
            "Column “{}”: {value} looks like “no value”, but only in rows after the training part, which must not \
             decide; it was kept as a number. Does it stand for a missing value?",
            columns[column].name
        );
        Note::question("sentinel-later", message, vec![choice("Read as missing", &[value]), choice("Keep", &[])])
    });
    questions.collect()
}

/// Asks about values far outside the rest, unless a person has said what is missing; `later` was asked about before. It may use all
/// rows, since it chooses nothing.
pub(crate) fn outliers(
    columns: &[Column],
    options: &ReadOptions,
    later: &[(usize, f64)],
    text: &str,
    offsets: &[u32],
) -> Vec<Note> {
    if options.missing.is_some() {
        return Vec::new();
    }
    let sentinels: Vec<f64> = columns.iter().flat_map(Column::sentinels).collect();
    let asked: Vec<f64> = later.iter().map(|&(_, value)| value).collect();
    let questions = columns.iter().filter(|column| !column.is_time).filter_map(|column| {
        let values: Vec<f64> = column.known(&asked).collect();
        let rows = outlier::find(&values);
        let value = values[*rows.first()?];
        let mut tally = Tally::default();
        for offset in rows.iter().filter_map(|&row| offsets.get(row)) {
            tally.add(line_of(text, *offset as usize));
        }
        let mut all = sentinels.clone();
        all.extend(rows.iter().map(|&row| values[row]));
        let choice = |label: &str, missing: Vec<f64>| Choice {
            label: label.to_owned(),
            options: ReadOptions { missing: Some(missing), ..options.clone() },
        };
        let choices = vec![choice("Read as missing", all), choice("Keep", sentinels.clone())];
        let message = format!(
            "Column “{}”: {value} is far outside the rest; does it stand for a missing value? {}.",
            column.name,
            tally.words()
        );
        Some(Note::question("outlier", message, choices).at(&tally))
    });
    questions.collect()
}
