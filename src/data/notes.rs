//! Notes on a file: what was done to it or is unusual about it, in plain words.

use serde::Serialize;

use crate::data::options::ReadOptions;

/// Importance of a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Information.
    Info,
    /// A warning: something was left out, or will disturb training.
    Warning,
    /// A question that the file alone does not answer; [`Note::choices`] are the answers.
    Question,
}

/// One answer to a question.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Choice {
    /// The answer in words.
    pub label: String,
    /// Options to read the file with, for this answer.
    pub options: ReadOptions,
}

/// One action or finding.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Note {
    /// A short stable name, for programs.
    pub code: &'static str,
    /// Its importance.
    pub level: Level,
    /// One or two sentences.
    pub message: String,
    /// Lines of the file concerned, from 1; the first [`Tally::SHOWN`] of them.
    pub rows: Vec<u64>,
    /// Number of rows or cells concerned.
    pub count: usize,
    /// For a question, the answers.
    pub choices: Vec<Choice>,
}

impl Note {
    /// A note without particular rows.
    pub fn new(code: &'static str, level: Level, message: impl Into<String>) -> Self {
        Self { code, level, message: message.into(), rows: Vec::new(), count: 0, choices: Vec::new() }
    }

    /// A note of information.
    pub fn info(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(code, Level::Info, message)
    }

    /// A warning.
    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(code, Level::Warning, message)
    }

    /// A question with its answers.
    pub fn question(code: &'static str, message: impl Into<String>, choices: Vec<Choice>) -> Self {
        Self { choices, ..Self::new(code, Level::Question, message) }
    }

    /// The same note, with these rows.
    #[must_use]
    pub fn at(mut self, tally: &Tally) -> Self {
        self.rows.clone_from(&tally.lines);
        self.count = tally.count;
        self
    }
}

/// Counts rows and remembers the first few lines.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tally {
    /// The count.
    pub count: usize,
    /// Lines of the first [`Tally::SHOWN`].
    pub lines: Vec<u64>,
}

impl Tally {
    /// Number of remembered lines: enough to find the trouble in an editor.
    pub const SHOWN: usize = 20;

    /// Counts one more, on this line.
    pub fn add(&mut self, line: u64) {
        self.count += 1;
        if self.lines.len() < Self::SHOWN && self.lines.last() != Some(&line) {
            self.lines.push(line);
        }
    }

    /// Whether the count is 0.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// “Line 7”, “Lines 7, 9 and 3 more”.
    pub fn words(&self) -> String {
        let shown: Vec<String> = self.lines.iter().take(5).map(u64::to_string).collect();
        let more = self.count.saturating_sub(shown.len());
        match (shown.len(), more) {
            (1, 0) => format!("Line {}", shown[0]),
            (_, 0) => format!("Lines {}", shown.join(", ")),
            _ => format!("Lines {} and {more} more", shown.join(", ")),
        }
    }
}

/// “1 row”, “3 rows”.
pub(crate) fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
