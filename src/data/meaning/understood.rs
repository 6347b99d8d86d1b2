//! The reader's interpretation of a file: shown to a person, who may correct it.

use serde::Serialize;

use crate::data::meaning::several::SeveralUnderstood;
use crate::data::notes::Note;
use crate::data::options::{DateOrder, Decimal, Delimiter, Encoding};

/// The interpretation of a file.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Understood {
    /// Text encoding.
    pub encoding: Encoding,
    /// Delimiter of the fields.
    pub delimiter: Delimiter,
    /// Decimal mark of most numbers.
    pub decimal: Decimal,
    /// Whether the file has a header.
    pub header: bool,
    /// Number of rows kept.
    pub rows: usize,
    /// Counts of the file's records.
    pub records: Records,
    /// Size of the file in bytes.
    pub bytes: usize,
    /// The columns of the time; `None`: the rows are numbered.
    pub time: Option<TimeUnderstood>,
    /// The series of the file, if there are several; `rows` counts those of the one that is read.
    pub series: Option<SeveralUnderstood>,
    /// All columns, in the file's order.
    pub columns: Vec<ColumnUnderstood>,
    /// The most likely target column.
    pub suggested_target: Option<String>,
    /// Everything that was done or is unusual, in plain words.
    pub notes: Vec<Note>,
}

/// Counts of the records below the names, without blank lines and comments: all records with content are
/// `rows + uneven + names + without_time + other_series`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Records {
    /// Records that were kept. A wide file's record holds many rows of the table.
    pub rows: usize,
    /// Records with too few or too many fields.
    pub uneven: usize,
    /// Records that repeat the names.
    pub names: usize,
    /// Records with an unreadable time.
    pub without_time: usize,
    /// Records of other series than the one that is read.
    pub other_series: usize,
}

/// Counts of the cells of a column, which add up to its rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Cells {
    /// Numbers that were read.
    pub values: usize,
    /// Empty cells, and words for “no value”.
    pub empty: usize,
    /// Cells without a readable number; in a column without numbers, cells that look like one.
    pub unread: usize,
    /// Infinite numbers, and numbers beyond 1e100.
    pub infinite: usize,
    /// Sentinels.
    pub sentinels: usize,
    /// Text and times, in a column without numbers.
    pub text: usize,
}

impl Cells {
    /// The sums over two columns.
    #[must_use]
    pub(crate) fn and(self, other: Cells) -> Cells {
        Cells {
            values: self.values + other.values,
            empty: self.empty + other.empty,
            unread: self.unread + other.unread,
            infinite: self.infinite + other.infinite,
            sentinels: self.sentinels + other.sentinels,
            text: self.text + other.text,
        }
    }
}

/// The time of a row.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TimeUnderstood {
    /// Names of the columns that together hold it.
    pub columns: Vec<String>,
    /// Its layout, in words.
    pub format: String,
    /// Order of year, month and day, where another is possible.
    pub date_order: Option<DateOrder>,
    /// Whether the times are known to be UTC.
    pub utc: bool,
    /// Earliest time, in milliseconds since 1970.
    pub first: i64,
    /// Latest time, in milliseconds since 1970.
    pub last: i64,
    /// A sentence on what the values decided; else empty.
    pub why: String,
}

/// The content of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ColumnKind {
    /// Numbers.
    Number,
    /// Words.
    Text,
    /// The time of the row, or a part of it.
    Time,
    /// Empty.
    Empty,
    /// Numbers that are all the same.
    Constant,
}

/// One column.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ColumnUnderstood {
    /// Its name, unique.
    pub name: String,
    /// The kind of its content.
    pub kind: ColumnKind,
    /// Rows without a value.
    pub missing: usize,
    /// Smallest number.
    pub min: Option<f64>,
    /// Largest number.
    pub max: Option<f64>,
    /// Mean of the numbers.
    pub mean: Option<f64>,
    /// A few cells as in the file.
    pub examples: Vec<String>,
    /// A sentinel.
    pub sentinel: Option<f64>,
    /// Counts of its cells.
    pub cells: Cells,
    /// A remark on anything unusual; else empty.
    pub note: String,
}
