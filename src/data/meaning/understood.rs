//! What a file was understood to be: shown to a person, who may correct it.

use serde::Serialize;

use crate::data::meaning::several::SeveralUnderstood;
use crate::data::notes::Note;
use crate::data::options::{DateOrder, Decimal, Delimiter, Encoding};

/// What a file was understood to be.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Understood {
    /// How the bytes stand for text.
    pub encoding: Encoding,
    /// What stands between two fields.
    pub delimiter: Delimiter,
    /// What stands between the whole and the fraction of most numbers.
    pub decimal: Decimal,
    /// Whether the columns' names stand in the file.
    pub header: bool,
    /// Rows of data that were kept.
    pub rows: usize,
    /// Where the file's records went.
    pub records: Records,
    /// Size of the file.
    pub bytes: usize,
    /// The columns that say the time; `None`: the rows are numbered.
    pub time: Option<TimeUnderstood>,
    /// The series that the file holds, if they are several; `rows` counts those of the one that is read.
    pub series: Option<SeveralUnderstood>,
    /// All columns, in the file's order.
    pub columns: Vec<ColumnUnderstood>,
    /// The column that a person most likely wants to forecast.
    pub suggested_target: Option<String>,
    /// Everything that was done or is odd, in plain words.
    pub notes: Vec<Note>,
}

/// Where the records below the names went, blank lines and comments aside: all that hold anything are
/// `rows + uneven + names + without_time + other_series`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Records {
    /// Records that were kept. A wide file's record holds many rows of the table.
    pub rows: usize,
    /// Records with too few or too many fields.
    pub uneven: usize,
    /// Records that repeat the names.
    pub names: usize,
    /// Records whose time cannot be read.
    pub without_time: usize,
    /// Records of other series than the one that is read.
    pub other_series: usize,
}

/// Where the cells of a column went; together they are its rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Cells {
    /// Numbers that were read.
    pub values: usize,
    /// Empty cells, and words for “no value”.
    pub empty: usize,
    /// Cells without a number that can be read; in a column without numbers, those that look like one.
    pub unread: usize,
    /// Infinite or absurdly large numbers.
    pub infinite: usize,
    /// Numbers that stand for “no value”.
    pub sentinels: usize,
    /// Text and times, in a column without numbers.
    pub text: usize,
}

impl Cells {
    /// Those of two columns together.
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

/// How the time of a row is said.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TimeUnderstood {
    /// Names of the columns that together say it.
    pub columns: Vec<String>,
    /// How it is written, in words.
    pub format: String,
    /// Order of year, month and day, where it could be another.
    pub date_order: Option<DateOrder>,
    /// Whether the times are known to be UTC.
    pub utc: bool,
    /// Earliest time, in milliseconds since 1970.
    pub first: i64,
    /// Latest time, in milliseconds since 1970.
    pub last: i64,
    /// One sentence where something was settled by looking; else empty.
    pub why: String,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ColumnKind {
    /// Numbers.
    Number,
    /// Words.
    Text,
    /// The time of the row, or a part of it.
    Time,
    /// Nothing.
    Empty,
    /// Numbers that are all the same.
    Constant,
}

/// One column.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ColumnUnderstood {
    /// Its name, unique.
    pub name: String,
    /// What it holds.
    pub kind: ColumnKind,
    /// Rows without a value.
    pub missing: usize,
    /// Smallest number.
    pub min: Option<f64>,
    /// Largest number.
    pub max: Option<f64>,
    /// Mean of the numbers.
    pub mean: Option<f64>,
    /// A few cells as they stand in the file.
    pub examples: Vec<String>,
    /// A number that was read as “missing”.
    pub sentinel: Option<f64>,
    /// Where its cells went.
    pub cells: Cells,
    /// What is odd about it; else empty.
    pub note: String,
}
