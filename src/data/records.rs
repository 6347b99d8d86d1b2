//! Records of a text, each with its place: the `csv` crate reads them, and this module keeps an opening quote that is
//! never closed from swallowing what follows it.

use csv::{ReaderBuilder, StringRecord};

use crate::data::options::Delimiter;

/// How to cut a text into records.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cut {
    pub delimiter: Delimiter,
    /// Whether lines that begin with `#` are comments.
    pub comments: bool,
    /// Fields a usual record has: what tells a stray quote from a cell of several lines.
    pub width: usize,
}

/// Where a record stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// Line, from 1.
    pub line: u64,
    /// Byte in the text at which it begins.
    pub offset: usize,
    /// Byte after its last, line end included.
    pub end: usize,
    /// Whether it holds a quote that is opened and never closed.
    pub stray_quote: bool,
}

/// Stray quotes after which quoting is given up for the rest of the file. Each costs a look at all that follows.
const MOST_STRAY: usize = 20;

/// Reads a text record by record.
pub(crate) struct Records<'t> {
    text: &'t str,
    cut: Cut,
    reader: csv::Reader<&'t [u8]>,
    /// Where the reader began.
    base: usize,
    /// Where the next record begins, and its line.
    at: usize,
    line: u64,
    stray: usize,
    /// Comment lines passed over.
    pub comments: usize,
    /// Blank lines passed over.
    pub blank: usize,
    spare: StringRecord,
}

fn reader(text: &str, cut: Cut, quoting: bool) -> csv::Reader<&[u8]> {
    ReaderBuilder::new()
        .delimiter(cut.delimiter.byte())
        .has_headers(false)
        .flexible(true)
        .quoting(quoting)
        .comment(cut.comments.then_some(b'#'))
        .from_reader(text.as_bytes())
}

impl<'t> Records<'t> {
    /// Begins at a byte of the text that is the first of the given line.
    pub fn new(text: &'t str, cut: Cut, offset: usize, line: u64) -> Self {
        let mut records = Self {
            text,
            cut,
            reader: reader("", cut, true),
            base: offset,
            at: offset,
            line,
            stray: 0,
            comments: 0,
            blank: 0,
            spare: StringRecord::new(),
        };
        records.restart(offset);
        records
    }

    fn restart(&mut self, offset: usize) {
        self.base = offset;
        self.at = offset;
        self.reader = reader(&self.text[offset..], self.cut, self.stray < MOST_STRAY);
    }

    /// Passes over blank lines and comments, as the reader will: this only keeps count.
    fn skip(&mut self) {
        loop {
            let rest = &self.text.as_bytes()[self.at..];
            match rest.first() {
                Some(b'\n') => {
                    self.at += 1;
                    self.blank += 1;
                }
                Some(b'#') if self.cut.comments => {
                    self.at += line_length(rest);
                    self.comments += 1;
                }
                _ => break,
            }
            self.line += 1;
        }
    }

    /// The next record, or `None` at the end.
    pub fn next(&mut self, record: &mut StringRecord) -> Option<Place> {
        self.skip();
        let (offset, line) = (self.at, self.line);
        match self.reader.read_record(record) {
            Ok(true) => {}
            _ => return None,
        }
        let end = self.base + usize::try_from(self.reader.position().byte()).unwrap_or(usize::MAX);
        let end = end.min(self.text.len());
        let slice = &self.text[offset..end];
        let body = slice.strip_suffix('\n').unwrap_or(slice);
        let inner_lines = body.bytes().filter(|&b| b == b'\n').count() as u64;
        // Only a quote makes a record go on over lines, or run into the end of the text.
        let suspect = inner_lines > 0 || end == self.text.len();
        let mut place = Place { line, offset, end, stray_quote: false };
        if suspect && self.stray < MOST_STRAY && is_stray(body, end == self.text.len(), self.cut) {
            self.stray += 1;
            place.end = offset + line_length(slice.as_bytes());
            place.stray_quote = true;
            self.read_bare(&self.text[offset..place.end], record);
            self.restart(place.end);
            self.line = line + 1;
        } else {
            self.at = end;
            self.line = line + inner_lines + 1;
            if self.stray == MOST_STRAY && body.contains('"') {
                self.read_bare(slice, record);
            }
        }
        if self.cut.delimiter == Delimiter::Space {
            self.drop_empty(record);
        }
        Some(place)
    }

    /// Reads one line in which quotes mean nothing.
    fn read_bare(&self, line: &str, record: &mut StringRecord) {
        let mut bare = StringRecord::new();
        if reader(line, self.cut, false).read_record(&mut bare).is_err() {
            bare.clear();
        }
        record.clear();
        for field in &bare {
            record.push_field(field.trim_matches('"'));
        }
    }

    /// Runs of spaces are one delimiter.
    fn drop_empty(&mut self, record: &mut StringRecord) {
        self.spare.clear();
        for field in record.iter().filter(|field| !field.is_empty()) {
            self.spare.push_field(field);
        }
        std::mem::swap(record, &mut self.spare);
    }
}

/// Length of the first line, its end included.
fn line_length(bytes: &[u8]) -> usize {
    bytes.iter().position(|&b| b == b'\n').map_or(bytes.len(), |at| at + 1)
}

/// Whether a record that spans lines does so by mistake: its later lines are whole records by themselves, or nothing
/// closes the quote before the end of the text.
fn is_stray(body: &str, at_end: bool, cut: Cut) -> bool {
    if !body.contains('"') {
        return false;
    }
    let unclosed = at_end && body.matches('"').count() % 2 == 1;
    let later: Vec<&str> = body.split('\n').skip(1).filter(|line| !line.is_empty()).take(3).collect();
    if later.is_empty() || later.iter().any(|line| line.matches('"').count() % 2 == 1) {
        return unclosed;
    }
    let joined = later.join("\n");
    let mut records = reader(&joined, cut, true);
    let mut record = StringRecord::new();
    let mut whole = 0;
    while let Ok(true) = records.read_record(&mut record) {
        // With one column any line is a whole record, so that only a number counts.
        let number = || record.get(0).is_some_and(|cell| cell.trim().parse::<f64>().is_ok());
        whole += usize::from(record.len() == cut.width && (cut.width > 1 || number()));
    }
    whole == later.len() || unclosed
}

/// The line on which a byte of the text stands.
pub(crate) fn line_of(text: &str, offset: usize) -> u64 {
    text.as_bytes()[..offset.min(text.len())].iter().filter(|&&b| b == b'\n').count() as u64 + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str, width: usize) -> Vec<(u64, bool, Vec<String>)> {
        let cut = Cut { delimiter: Delimiter::Comma, comments: true, width };
        let mut records = Records::new(text, cut, 0, 1);
        let mut record = StringRecord::new();
        let mut all = Vec::new();
        while let Some(place) = records.next(&mut record) {
            assert!(text[place.offset..].starts_with(|c| c != '\n'));
            all.push((place.line, place.stray_quote, record.iter().map(str::to_owned).collect()));
        }
        all
    }

    #[test]
    fn records_know_their_lines() {
        let rows = all("a,b\n\n# note\n1,\"x\ny\"\n2,3\n#\n\n4,5", 2);
        let lines: Vec<u64> = rows.iter().map(|row| row.0).collect();
        assert_eq!(lines, [1, 4, 6, 9]);
        assert_eq!(rows[1].2, ["1", "x\ny"]);
    }

    #[test]
    fn a_stray_quote_swallows_nothing() {
        let rows = all("1,2\n\"3,4\n5,6\n7,8\n", 2);
        assert_eq!(rows.len(), 4);
        assert_eq!(rows[1], (2, true, vec!["3".to_owned(), "4".to_owned()]));
        let rows = all("1,2\n\"3,4\n5,6\n7,\"8\"\n9,\"0", 2);
        assert_eq!(rows.len(), 5);
        assert_eq!(rows[4], (5, true, vec!["9".to_owned(), "0".to_owned()]));
    }
}
