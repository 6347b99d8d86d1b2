//! Files that are no CSV, recognised by their beginning.

use crate::error::Error;

fn refused(code: &'static str, problem: &str) -> Option<Error> {
    Some(Error::File { code, problem: problem.to_owned() })
}

/// Why these bytes are no text; `None` if they may be.
pub(crate) fn bytes(bytes: &[u8]) -> Option<Error> {
    const XLS: &[u8] = &[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];
    const SIGNATURES: [(&[u8], &str); 12] = [
        (b"\x89PNG", "a PNG picture"),
        (b"\xff\xd8\xff", "a JPEG picture"),
        (b"GIF8", "a GIF picture"),
        (b"%PDF", "a PDF document"),
        (b"\x1f\x8b", "a compressed (gzip) file"),
        (b"BZh", "a compressed (bzip2) file"),
        (b"\xfd7zXZ", "a compressed (xz) file"),
        (b"7z\xbc\xaf\x27\x1c", "a compressed (7z) file"),
        (b"Rar!", "a compressed (rar) file"),
        (b"PAR1", "a Parquet file"),
        (b"\x89HDF", "an HDF5 file"),
        (b"SQLite format 3", "a database (SQLite) file"),
    ];
    if bytes.is_empty() {
        return refused("empty", "The file is empty: it has no rows.");
    }
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        // A workbook names its first entries early in the file; any other zip lacks them.
        let head = &bytes[..bytes.len().min(8192)];
        let has = |name: &[u8]| head.windows(name.len()).any(|window| window == name);
        if has(b"xl/") || has(b"[Content_Types]") {
            return refused(
                "excel",
                "This is an Excel workbook: save it as CSV (File, Save as, CSV UTF-8) and open that.",
            );
        }
        if has(b"opendocument") {
            return refused("excel", "This is an OpenDocument spreadsheet: save it as CSV and open that.");
        }
        return refused("zip", "This is a zip archive: unpack it and open the CSV file inside.");
    }
    if bytes.starts_with(XLS) {
        return refused("excel", "This is an old Excel workbook (.xls): save it as CSV and open that.");
    }
    if let Some((_, what)) = SIGNATURES.iter().find(|(signature, _)| bytes.starts_with(signature)) {
        return refused("binary", &format!("This is {what}, not a table: save the data as CSV and open that."));
    }
    None
}

/// Why this text is no table; `None` if it may be.
pub(crate) fn text(text: &str) -> Option<Error> {
    let start = text.trim_start();
    if start.is_empty() {
        return refused("empty", "The file has no rows: it holds only blank lines.");
    }
    let head: String = start.chars().take(4096).collect();
    let lower = head.to_ascii_lowercase();
    const PAGE: [&str; 6] = ["<!doctype html", "<html", "<head", "<body", "<table", "<div"];
    if PAGE.iter().any(|tag| lower.starts_with(tag)) || (lower.starts_with('<') && lower.contains("<html")) {
        return refused(
            "html",
            "This looks like a web page, not a CSV file: the download may have failed; fetch the data itself.",
        );
    }
    if lower.starts_with("<?xml") || lower.starts_with("<svg") {
        return refused("xml", "This looks like XML, not a CSV file: export the data as CSV.");
    }
    if looks_like_json(start) {
        return refused("json", "This looks like JSON, not a CSV file: export the data as CSV.");
    }
    if lower.starts_with("{\\rtf") {
        return refused("binary", "This is a rich-text document: save the data as CSV and open that.");
    }
    // Text has no control characters other than tab and line ends; a tenth of a percent is tolerated.
    let odd = head.chars().filter(|&c| c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{1a}')).count();
    let unreadable = head.matches('\u{fffd}').count();
    let length = head.chars().count();
    if odd * 1000 > length || unreadable * 5 > length {
        return refused("binary", "This is not a text file: save the data as CSV and open that.");
    }
    None
}

/// An object or list, by its first two marks: a table may begin with `{` or `[`, but not continue like this.
fn looks_like_json(start: &str) -> bool {
    let mut marks = start.chars().filter(|c| !c.is_whitespace());
    match (marks.next(), marks.next()) {
        (Some('{'), Some('"' | '}')) => true,
        (Some('['), Some('{' | '[' | '"' | ']')) => true,
        (Some('['), Some(second)) => second.is_ascii_digit() || second == '-',
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(bytes: &[u8]) -> Option<&'static str> {
        let error = super::bytes(bytes).or_else(|| text(&String::from_utf8_lossy(bytes)));
        error.map(|error| error.code())
    }

    #[test]
    fn what_is_no_csv_is_named() {
        assert_eq!(code(b""), Some("empty"));
        assert_eq!(code(b"\n\n \n"), Some("empty"));
        assert_eq!(code(b"  <!DOCTYPE html><html>"), Some("html"));
        assert_eq!(code(b"{\"a\": 1}"), Some("json"));
        assert_eq!(code(b"[[1, 2], [3, 4]]"), Some("json"));
        assert_eq!(code(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0"), Some("excel"));
        assert_eq!(code(b"PK\x03\x04\0\0xl/workbook.xml"), Some("excel"));
        assert_eq!(code(b"PK\x03\x04\0\0data.csv"), Some("zip"));
        assert_eq!(code(b"\x89PNG\r\n\x1a\n"), Some("binary"));
        assert_eq!(code(b"\0\x01\x02\x03abc\0\0\0"), Some("binary"));
        assert_eq!(code(b"time,<img src=x>\n1,2\n"), None);
        assert_eq!(code(b"[time],{x}\n1,2\n"), None);
    }
}
