//! Records of a text, each with its place. A line without a quote is cut without a copy; the `csv` crate reads the others, and this
//! module stops an unclosed quote from swallowing the records after it.

use csv::{ReaderBuilder, StringRecord};

use crate::data::options::Delimiter;
use crate::exact;

/// The rules for cutting a text into records.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cut {
    pub delimiter: Delimiter,
    /// Whether lines that begin with `#` are comments.
    pub comments: bool,
    /// Fields of a usual record, which tell a stray quote from a cell of several lines.
    pub width: usize,
}

/// The place of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// Line, from 1.
    pub line: u64,
    /// Byte of the text at which it begins.
    pub offset: usize,
    /// Byte after its last one, line end included.
    pub end: usize,
    /// Whether it holds a quote that is never closed.
    pub stray_quote: bool,
}

/// Stray quotes after which the rest of the file has no quoting. Each costs a look at the remaining text.
const MOST_STRAY: usize = 20;

/// Lines without a quote after which the `csv` crate's reader is dropped: a new start costs as much as some of them, and a file
/// with few quotes has them in every other line.
const PLAIN_LINES: usize = 64;

/// The fields of one record.
#[derive(Debug, Default)]
pub(crate) struct Record<'t> {
    /// Pieces of the text, for a line without quotes.
    plain: Vec<&'t str>,
    /// The `csv` crate's record, for a line with quotes.
    quoted: StringRecord,
    is_quoted: bool,
}

impl<'t> Record<'t> {
    pub fn len(&self) -> usize {
        if self.is_quoted { self.quoted.len() } else { self.plain.len() }
    }

    pub fn get(&self, index: usize) -> Option<&str> {
        if self.is_quoted { self.quoted.get(index) } else { self.plain.get(index).copied() }
    }

    pub fn iter(&self) -> impl Iterator<Item = &str> {
        let quoted = self.quoted.iter().take(if self.is_quoted { usize::MAX } else { 0 });
        let plain: &[&str] = if self.is_quoted { &[] } else { &self.plain };
        plain.iter().copied().chain(quoted)
    }

    /// The same fields with their own text.
    pub fn detached(&self) -> Record<'static> {
        Record { plain: Vec::new(), quoted: self.iter().collect(), is_quoted: true }
    }

    /// Cuts the line that begins at `at`; the byte after its end, or `None` if it contains a quote.
    fn cut(&mut self, text: &'t str, at: usize, delimiter: u8) -> Option<usize> {
        self.is_quoted = false;
        self.plain.clear();
        let mut from = at;
        for (here, &byte) in text.as_bytes().iter().enumerate().skip(at) {
            if byte == delimiter {
                self.plain.push(&text[from..here]);
                from = here + 1;
            } else if byte == b'\n' {
                self.plain.push(&text[from..here]);
                return Some(here + 1);
            } else if byte == b'"' {
                return None;
            }
        }
        self.plain.push(&text[from..]);
        Some(text.len())
    }

    /// Merges runs of delimiters.
    fn drop_empty(&mut self) {
        if self.is_quoted {
            self.quoted = self.quoted.iter().filter(|field| !field.is_empty()).collect();
        } else {
            self.plain.retain(|field| !field.is_empty());
        }
    }
}

/// Reads a text record by record.
pub(crate) struct Records<'t> {
    text: &'t str,
    cut: Cut,
    /// The `csv` crate's reader, from the first quote until a run of lines without one.
    reader: Option<csv::Reader<&'t [u8]>>,
    /// Lines without a quote since the last with one.
    plain_lines: usize,
    /// Byte at which the reader began.
    base: usize,
    /// Byte at which the next record begins, and its line.
    at: usize,
    line: u64,
    stray: usize,
    /// Number of skipped comment lines.
    pub comments: usize,
    /// Number of skipped blank lines.
    pub blank: usize,
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
    /// Begins at a byte of the text, which is the first of the given line.
    pub fn new(text: &'t str, cut: Cut, offset: usize, line: u64) -> Self {
        Self {
            text,
            cut,
            reader: None,
            plain_lines: 0,
            base: offset,
            at: offset,
            line,
            stray: 0,
            comments: 0,
            blank: 0,
        }
    }

    fn restart(&mut self, offset: usize) -> csv::Reader<&'t [u8]> {
        self.base = offset;
        self.at = offset;
        reader(&self.text[offset..], self.cut, self.stray < MOST_STRAY)
    }

    /// Skips blank lines and comments, as the reader does, and counts them.
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
    pub fn next(&mut self, record: &mut Record<'t>) -> Option<Place> {
        self.skip();
        let (offset, line) = (self.at, self.line);
        if offset >= self.text.len() {
            return None;
        }
        let place = match self.reader.take() {
            None => match record.cut(self.text, offset, self.cut.delimiter.byte()) {
                Some(end) => {
                    self.at = end;
                    self.line = line + 1;
                    Place { line, offset, end, stray_quote: false }
                }
                None => {
                    self.plain_lines = 0;
                    let reader = self.restart(offset);
                    self.next_quoted(reader, record)?
                }
            },
            Some(reader) => self.next_quoted(reader, record)?,
        };
        if self.cut.delimiter == Delimiter::Space {
            record.drop_empty();
        }
        Some(place)
    }

    /// The next record by the `csv` crate's reader, which is kept while there are quotes.
    fn next_quoted(&mut self, mut reader: csv::Reader<&'t [u8]>, record: &mut Record<'t>) -> Option<Place> {
        record.is_quoted = true;
        let (offset, line) = (self.at, self.line);
        match reader.read_record(&mut record.quoted) {
            Ok(true) => {}
            _ => return None,
        }
        let end = self.base + usize::try_from(reader.position().byte()).unwrap_or(usize::MAX);
        let end = end.min(self.text.len());
        let slice = &self.text[offset..end];
        let body = slice.strip_suffix('\n').unwrap_or(slice);
        let inner_lines = body.bytes().filter(|&b| b == b'\n').count() as u64;
        // Only a quote makes a record span lines or reach the end of the text.
        let suspect = inner_lines > 0 || end == self.text.len();
        let mut place = Place { line, offset, end, stray_quote: false };
        if suspect && self.stray < MOST_STRAY && is_stray(body, end == self.text.len(), self.cut) {
            self.stray += 1;
            place.end = offset + line_length(slice.as_bytes());
            place.stray_quote = true;
            self.read_bare(&self.text[offset..place.end], &mut record.quoted);
            reader = self.restart(place.end);
            self.line = line + 1;
        } else {
            self.at = end;
            self.line = line + inner_lines + 1;
            let has_quote = body.contains('"');
            self.plain_lines = if has_quote { 0 } else { self.plain_lines + 1 };
            if self.stray == MOST_STRAY && has_quote {
                self.read_bare(slice, &mut record.quoted);
            }
        }
        self.reader = Some(reader).filter(|_| self.plain_lines < PLAIN_LINES);
        Some(place)
    }

    /// Reads one line without quoting.
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
}

/// Length of the first line, its end included.
fn line_length(bytes: &[u8]) -> usize {
    bytes.iter().position(|&b| b == b'\n').map_or(bytes.len(), |at| at + 1)
}

/// Whether a record spans lines by mistake: its later lines are whole records, or nothing closes the quote before the end of the
/// text.
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
        // With one column any line is a whole record, so only a number counts.
        let number = || record.get(0).is_some_and(|cell| exact::read(cell.trim()).is_some());
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
        let mut record = Record::default();
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

    #[test]
    fn lines_cut_here_are_those_that_the_csv_crate_cuts() {
        let mut bits = 1_u64;
        let mut draw = |below: u64| {
            bits = bits.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (bits >> 33) % below
        };
        // Long runs of lines without a quote, so that the reader is dropped and started again.
        let mut text = String::new();
        for line in 0..2000 {
            let quotes = line / 150 % 2 == 1 && draw(3) > 0;
            let fields = (0..4).map(|_| match draw(if quotes { 6 } else { 4 }) {
                0 => String::new(),
                1 => " x y ".to_owned(),
                2 => "°C".to_owned(),
                3 => format!("{}", draw(1000)),
                4 => "\"a,\"\"b\nc\"".to_owned(),
                _ => "\"7\"".to_owned(),
            });
            text += &(fields.collect::<Vec<_>>().join(",") + "\n");
        }
        for text in [text.as_str(), text.trim_end()] {
            let expected: Vec<Vec<String>> =
                reader(text, Cut { delimiter: Delimiter::Comma, comments: true, width: 4 }, true)
                    .records()
                    .map(|record| record.unwrap().iter().map(str::to_owned).collect())
                    .collect();
            let found: Vec<Vec<String>> = all(text, 4).into_iter().map(|row| row.2).collect();
            assert!(expected.len() == 2000 && expected.iter().any(|row| row.contains(&"a,\"b\nc".to_owned())));
            assert_eq!(found, expected);
        }
    }
}
