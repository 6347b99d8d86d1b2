//! A person's options for a file, and for the series made of it. All are optional: the reader decides what is absent.

use serde::{Deserialize, Serialize};

use crate::data::Step;
use crate::error::{Error, Result};

/// Text encoding of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Encoding {
    /// UTF-8, which includes ASCII.
    #[serde(rename = "utf-8")]
    Utf8,
    /// UTF-16, low byte first: Excel's “Unicode text”.
    #[serde(rename = "utf-16le")]
    Utf16Le,
    /// UTF-16, high byte first.
    #[serde(rename = "utf-16be")]
    Utf16Be,
    /// Windows-1252, the superset of Latin-1 in older Western files.
    #[serde(rename = "windows-1252")]
    Windows1252,
}

impl Encoding {
    /// Name, as the web platform spells it.
    pub fn label(self) -> &'static str {
        match self {
            Encoding::Utf8 => "utf-8",
            Encoding::Utf16Le => "utf-16le",
            Encoding::Utf16Be => "utf-16be",
            Encoding::Windows1252 => "windows-1252",
        }
    }
}

/// Delimiter of the fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Delimiter {
    /// `,`
    #[serde(rename = ",")]
    Comma,
    /// `;`
    #[serde(rename = ";")]
    Semicolon,
    /// A tab.
    #[serde(rename = "\t")]
    Tab,
    /// `|`
    #[serde(rename = "|")]
    Bar,
    /// One or more spaces.
    #[serde(rename = " ")]
    Space,
}

impl Delimiter {
    /// All of them; where two fit a file equally well, the earlier one counts.
    pub(crate) const ALL: [Delimiter; 5] =
        [Delimiter::Comma, Delimiter::Semicolon, Delimiter::Tab, Delimiter::Bar, Delimiter::Space];

    /// The delimiter as a byte.
    pub fn byte(self) -> u8 {
        match self {
            Delimiter::Comma => b',',
            Delimiter::Semicolon => b';',
            Delimiter::Tab => b'\t',
            Delimiter::Bar => b'|',
            Delimiter::Space => b' ',
        }
    }
}

/// Decimal mark of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Decimal {
    /// `7.2`
    #[serde(rename = ".")]
    Dot,
    /// `7,2`
    #[serde(rename = ",")]
    Comma,
}

/// Order of year, month and day in a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DateOrder {
    /// Year, month, day.
    Ymd,
    /// Day, month, year.
    Dmy,
    /// Month, day, year.
    Mdy,
}

impl DateOrder {
    pub(crate) const ALL: [DateOrder; 3] = [DateOrder::Ymd, DateOrder::Dmy, DateOrder::Mdy];

    /// The order in words.
    pub(crate) fn words(self) -> &'static str {
        match self {
            DateOrder::Ymd => "year first",
            DateOrder::Dmy => "day first",
            DateOrder::Mdy => "month first",
        }
    }
}

/// A text in a column, which selects the rows of one of several series.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pick {
    /// Name of the column. Two names that begin with a space are no columns but numbers from 1: ` table`, the pass through the
    /// times that a row belongs to, and ` turn`, the row's position among those of its time.
    pub column: String,
    /// The text.
    pub value: String,
}

/// Options for reading a file; the reader decides what is `None`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReadOptions {
    /// Text encoding.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<Encoding>,
    /// Delimiter of the fields.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<Delimiter>,
    /// Whether the first row holds names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header: Option<bool>,
    /// Decimal mark.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decimal: Option<Decimal>,
    /// Names of the columns that together hold the time; none: the rows are numbered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_columns: Option<Vec<String>>,
    /// Order of year, month and day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_order: Option<DateOrder>,
    /// Numbers that mean a missing value; an empty list: none do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing: Option<Vec<f64>>,
    /// Time of the first row, where no column holds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<String>,
    /// Distance between rows, such as `15 minutes`. With a time column: the step of the grid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// Which of several series is read: the rows with these texts in these columns. An empty list: all rows are one series, and
    /// rows of the same time are merged as [`SeriesOptions::duplicates`] says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub series: Option<Vec<Pick>>,
    /// Whether a row with a whole day (or a whole year) is read as one value an hour (or a month).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wide: Option<bool>,
}

impl ReadOptions {
    /// The step in [`ReadOptions::step`], if one is given.
    pub(crate) fn parsed_step(&self) -> Result<Option<Step>> {
        let Some(text) = self.step.as_deref().map(str::trim).filter(|text| !text.is_empty()) else {
            return Ok(None);
        };
        parse_step(text).map(Some).ok_or_else(|| Error::Knob {
            knob: "step",
            label: "Step",
            problem: format!(
                "“{}” is not a step; write for example “15 minutes”, “1 hour” or “1 month”",
                clip(text, 40)
            ),
        })
    }
}

fn parse_step(text: &str) -> Option<Step> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let count: i64 = if digits == 0 { 1 } else { text[..digits].parse().ok()? };
    let milliseconds = match text[digits..].trim().to_ascii_lowercase().as_str() {
        "ms" | "millisecond" | "milliseconds" => 1,
        "s" | "sec" | "second" | "seconds" => 1000,
        "min" | "minute" | "minutes" => 60_000,
        "h" | "hour" | "hours" => 3_600_000,
        "d" | "day" | "days" => 86_400_000,
        "w" | "week" | "weeks" => 604_800_000,
        unit => {
            let months = match unit {
                "month" | "months" => 1,
                "quarter" | "quarters" => 3,
                "y" | "year" | "years" => 12,
                _ => return None,
            };
            let months = i32::try_from(count.checked_mul(months)?).ok()?;
            return (months > 0).then_some(Step::Months(months));
        }
    };
    let milliseconds = count.checked_mul(milliseconds)?;
    (milliseconds > 0).then_some(Step::Milliseconds(milliseconds))
}

/// Treatment of rows with the same time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Duplicates {
    /// Their mean, column by column.
    #[default]
    Mean,
    /// The first in the file.
    First,
    /// The last in the file.
    Last,
}

/// Options for making a regular series of a table. Missing values stay missing: a model fills them
/// ([`crate::data::windows::fill`]).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SeriesOptions {
    /// Treatment of rows with the same time.
    pub duplicates: Duplicates,
    /// Names of the columns to take; `None`: all with numbers.
    pub columns: Option<Vec<String>>,
}

/// The first `longest` characters of a text from a file, for a message.
pub(crate) fn clip(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_read_in_words() {
        assert_eq!(parse_step("15 minutes"), Some(Step::Milliseconds(900_000)));
        assert_eq!(parse_step("hour"), Some(Step::Milliseconds(3_600_000)));
        assert_eq!(parse_step("1 year"), Some(Step::Months(12)));
        for wrong in ["0 days", "fortnight", "99999999999999999999 days", "9223372036854775807 days"] {
            assert_eq!(parse_step(wrong), None, "{wrong}");
        }
    }
}
