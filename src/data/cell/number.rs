//! Numbers as people write them: decimal commas, thousands separators, signs, exponents, units and quality letters.

use crate::data::options::Decimal;
use crate::exact;

/// The content of a cell in a column of numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Cell {
    /// Empty, or a word for “no value”.
    Missing,
    /// A bare number.
    Number(f64),
    /// A number with marks around it (`-0.6*`, `45 %`, `$3`, `(7)`): [`undress`] takes them off.
    Flagged(f64),
    /// “Infinite”, or beyond a double's range.
    Infinite,
    /// Something else.
    Text,
}

/// A cell without the spaces around it, without quotes that the reader left because of a space before them, and without Excel's
/// `="..."`, which keeps text from becoming a number.
pub(crate) fn tidy(cell: &str) -> &str {
    // The ends of a cell show that nearly every one is tidy already.
    let plain = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
    if plain(cell.as_bytes().last()) && (plain(cell.as_bytes().first()) || cell.starts_with('-')) {
        return cell;
    }
    let cell = cell.trim();
    let bare = cell.strip_prefix('=').unwrap_or(cell);
    match bare.strip_prefix('"').and_then(|inner| inner.strip_suffix('"')) {
        Some(inner) => inner.trim(),
        None => cell,
    }
}

/// Words for “no value”, in lower case.
const MISSING: [&str; 27] = [
    "na",
    "n/a",
    "nan",
    "-nan",
    "null",
    "none",
    "nil",
    "missing",
    "m",
    "?",
    "-",
    "--",
    "---",
    ".",
    "..",
    "...",
    "*",
    "\\n",
    "#n/a",
    "#na",
    "#nv",
    "#div/0!",
    "#value!",
    "#ref!",
    "#num!",
    "(null)",
    "undefined",
];

/// Whether a trimmed cell means “no value”.
pub(crate) fn is_missing(cell: &str) -> bool {
    // The longest word has nine letters.
    cell.is_empty() || (cell.len() <= 9 && MISSING.iter().any(|word| word.eq_ignore_ascii_case(cell)))
}

/// Reads a trimmed cell as a number.
pub(crate) fn read(cell: &str, decimal: Decimal) -> Cell {
    // The plain cases come first: nearly every cell of nearly every file.
    if let Some(number) = short(cell, decimal) {
        return Cell::Number(number);
    }
    if decimal == Decimal::Dot
        && cell.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'+'))
        && let Some(number) = exact::read(cell)
    {
        return finite(number);
    }
    if is_missing(cell) {
        return Cell::Missing;
    }
    // A field of a hundred thousand characters holds no number.
    if cell.len() > 400 {
        return Cell::Text;
    }
    let bare = cell.trim_start_matches(['+', '-', '\u{2212}']).to_ascii_lowercase();
    if matches!(bare.as_str(), "inf" | "infinity" | "∞" | "1.#inf") {
        return Cell::Infinite;
    }
    if let Some(number) = plain(cell, decimal) {
        return finite(number);
    }
    match undress(cell).and_then(|dressed| dressed.value(decimal)) {
        Some(number) if number.is_finite() => Cell::Flagged(number),
        Some(_) => Cell::Infinite,
        None => Cell::Text,
    }
}

/// Powers of ten that a double holds exactly, as far as [`short`] needs them.
const TENS: [f64; 16] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];

/// A sign, at most fifteen digits and a decimal mark: both the digits and the power of ten are exact doubles, so their quotient is
/// the nearest double (Clinger, How to read floating point numbers accurately, 1990), as from `parse`.
fn short(cell: &str, decimal: Decimal) -> Option<f64> {
    let mark = match decimal {
        Decimal::Dot => b'.',
        Decimal::Comma => b',',
    };
    let (negative, digits) = match cell.as_bytes() {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    if digits.len() > 16 {
        return None;
    }
    let (mut number, mut count, mut after) = (0_u64, 0, None);
    for &byte in digits {
        match byte {
            b'0'..=b'9' => {
                number = number * 10 + u64::from(byte - b'0');
                count += 1;
                after = after.map(|after| after + 1);
            }
            _ if byte == mark && after.is_none() => after = Some(0_usize),
            _ => return None,
        }
    }
    if count == 0 || count > 15 {
        return None;
    }
    let number = number as f64 / TENS[after.unwrap_or(0)];
    Some(if negative { -number } else { number })
}

fn finite(number: f64) -> Cell {
    if number.is_finite() { Cell::Number(number) } else { Cell::Infinite }
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}')
}

/// A bare number: sign, digits with or without thousands separators, fraction, exponent.
fn plain(cell: &str, decimal: Decimal) -> Option<f64> {
    let (point, mark) = match decimal {
        Decimal::Dot => ('.', ','),
        Decimal::Comma => (',', '.'),
    };
    let (sign, rest) = match cell.chars().next()? {
        '+' => ("", &cell[1..]),
        '-' => ("-", &cell[1..]),
        '\u{2212}' => ("-", &cell['\u{2212}'.len_utf8()..]),
        _ => ("", cell),
    };
    let (mantissa, exponent) = match rest.find(['e', 'E']) {
        Some(at) => (&rest[..at], &rest[at + 1..]),
        None => (rest, ""),
    };
    if rest.len() > mantissa.len() {
        let digits = exponent.trim_start_matches(['+', '-']);
        if digits.is_empty() || exponent.len() - digits.len() > 1 || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
    }
    let (whole, fraction) = mantissa.split_once(point).unwrap_or((mantissa, ""));
    if !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let mut text = String::with_capacity(cell.len() + 1);
    text.push_str(sign);
    push_grouped(&mut text, whole, mark)?;
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    text.push('.');
    text.push_str(fraction);
    if !exponent.is_empty() {
        text.push('e');
        text.push_str(exponent);
    }
    exact::read(&text)
}

/// Appends the digits of a whole number, without thousands separators. Groups after a separator have three digits (two are allowed
/// before the last, as India writes them); all separators of a number are the same.
fn push_grouped(out: &mut String, whole: &str, mark: char) -> Option<()> {
    let is_mark = |c: char| c == mark || c == '\'' || c == '’' || is_space(c);
    let Some(used) = whole.chars().find(|&c| is_mark(c)) else {
        out.push_str(whole);
        return whole.bytes().all(|b| b.is_ascii_digit()).then_some(());
    };
    let groups = whole.split(used);
    let last = whole.split(used).count() - 1;
    for (index, group) in groups.enumerate() {
        let fits = match (index, group.len()) {
            (0, 1..=3) => true,
            (index, 3) if index > 0 => true,
            (index, 2) => index > 0 && index < last,
            _ => false,
        };
        if !fits || !group.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        out.push_str(group);
    }
    Some(())
}

/// Longest mark behind a number, in characters: `kWh/m²`, `°C`, `mg/l`.
const LONGEST_MARK: usize = 8;

/// Currency signs, and signs of a bound or an estimate.
const SIGNS: [char; 14] = ['$', '€', '£', '¥', '₹', '₽', '₩', '₺', '<', '>', '~', '≈', '≤', '≥'];

/// Currency codes. Other letters before a number make a name of it: `Q1`, `A380`.
const MONEY: [&str; 34] = [
    "USD", "EUR", "GBP", "CHF", "JPY", "CNY", "RMB", "INR", "AUD", "CAD", "NZD", "SEK", "NOK", "DKK", "PLN", "CZK",
    "HUF", "RON", "RUB", "TRY", "BRL", "MXN", "ZAR", "KRW", "SGD", "HKD", "THB", "ILS", "AED", "SAR", "Fr", "kr", "Kr",
    "Rs",
];

/// A number with the marks around it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Dressed<'c> {
    /// The bare number, perhaps with a sign.
    number: &'c str,
    negative: bool,
    /// The mark before it: `$`, `CHF`, `<`.
    pub before: &'c str,
    /// The mark behind it: `%`, `*`, `kWh`.
    pub after: &'c str,
    /// Whether brackets around it, or a minus behind it, make it negative.
    pub accounting: bool,
}

impl Dressed<'_> {
    fn value(&self, decimal: Decimal) -> Option<f64> {
        let value = plain(self.number, decimal)?;
        Some(if self.negative { -value } else { value })
    }

    /// Both marks in one text.
    pub fn mark(&self) -> String {
        format!("{}{}", self.before, self.after)
    }

    /// The power of ten that the letters behind it may mean.
    pub fn thousands(&self) -> Option<u8> {
        power(self.after)
    }
}

/// The power of ten of `K`, `M`, `B` and similar letters. Small `m` and `t` are metres and tonnes.
pub(crate) fn power(mark: &str) -> Option<u8> {
    Some(match mark {
        "K" | "k" => 3,
        "M" | "Mn" | "mn" | "Mio" | "MM" => 6,
        "B" | "Bn" | "bn" | "Mrd" => 9,
        "T" | "Tn" | "tn" => 12,
        _ => return None,
    })
}

/// The letter of a power of ten from [`power`].
pub(crate) fn letter(power: u8) -> &'static str {
    match power {
        3 => "K",
        6 => "M",
        9 => "B",
        _ => "T",
    }
}

/// Splits a currency sign or a sign of a bound from the beginning: the sign, and the rest.
fn split_sign(cell: &str) -> (&str, &str) {
    let signs = cell.len() - cell.trim_start_matches(SIGNS).len();
    let letters = cell.len() - cell.trim_start_matches(|c: char| c.is_ascii_alphabetic()).len();
    let end = match signs {
        0 if letters > 0 && cell[letters..].starts_with('$') => letters + 1,
        0 if MONEY.contains(&&cell[..letters]) => letters + usize::from(cell[letters..].starts_with('.')),
        signs => signs,
    };
    (&cell[..end], cell[end..].trim_start())
}

/// Takes the marks off a number: `-$1.50`, `(1,234)`, `12.50-`, `CHF 7`, `-0.6*`; `None` for a bare number or no number.
pub(crate) fn undress(cell: &str) -> Option<Dressed<'_>> {
    let minus = |c: char| c == '-' || c == '\u{2212}';
    let mut rest = cell;
    let mut negative = false;
    let mut signed = false;
    // The number's sign stands before the currency rather than before the digits.
    let behind = rest.trim_start_matches(|c: char| minus(c) || c == '+');
    if behind.len() < rest.len() && !behind.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '.' | ',' | ' ')) {
        signed = rest.chars().count() - behind.chars().count() == 1;
        negative = rest.starts_with(minus);
        rest = signed.then_some(behind)?;
    }
    let (mut before, mut inner) = split_sign(rest);
    let mut accounting = false;
    if let Some(bracketed) = inner.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')) {
        if signed {
            return None;
        }
        (accounting, negative, inner) = (true, true, bracketed.trim());
        if before.is_empty() {
            (before, inner) = split_sign(inner);
        }
    }
    let end = inner.rfind(|c: char| c.is_ascii_digit())? + 1;
    let (mut number, mut after) = inner.split_at(end);
    // `5.` and `5.%`, but not two fields in one: `2013,KW`.
    if let Some(rest) = after.strip_prefix(['.', ',']).filter(|rest| !rest.starts_with(char::is_alphabetic)) {
        (number, after) = (&inner[..end + 1], rest);
    }
    after = after.trim();
    let own_sign = number.starts_with(|c: char| minus(c) || c == '+');
    if !negative
        && !own_sign
        && !signed
        && let Some(rest) = after.strip_prefix(minus)
        && (rest.is_empty() || split_sign(rest.trim_start()).1.is_empty())
    {
        (accounting, negative, after) = (true, true, rest.trim_start());
    }
    let begins = number.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '.' | ','))
        || (own_sign && !signed && !accounting);
    let changed = signed || accounting || !before.is_empty() || !after.is_empty();
    // A digit behind the number would belong to it; `:` and `/` belong to clocks and dates.
    let fits = after.chars().count() <= LONGEST_MARK
        && !after.starts_with([':', '/', '-', '+', '\u{2212}', '(', ')', ',', '.']);
    (begins && changed && fits).then_some(Dressed { number, negative, before, after, accounting })
}

/// Whether a trimmed cell consists of characters of numbers, so that a person would take it for one, readable or not.
pub(crate) fn looks_numeric(cell: &str) -> bool {
    let bare = undress(cell).map_or(cell, |dressed| dressed.number);
    let bare = bare.trim_matches(|c: char| matches!(c, '+' | '-' | '\u{2212}' | '(' | ')' | '%' | '*') || is_space(c));
    cell.len() <= 60
        && bare.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '.' | ','))
        && bare.bytes().any(|b| b.is_ascii_digit())
        && bare.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ',' | '\'' | '’') || is_space(c))
}

/// Whether a cell holds two values, as in weather archives: tenths with leading zeros, a comma, a code (`+0117,1`).
pub(crate) fn is_composite(cell: &str) -> bool {
    let Some((whole, code)) = cell.trim_start_matches(['+', '-']).split_once(',') else { return false };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    whole.len() >= 2
        && digits(whole)
        && digits(code)
        && (whole.starts_with('0') || (whole.len() > 3 && whole.bytes().all(|b| b == b'9')))
}

/// Votes of a column's cells on the notation of its numbers.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Votes {
    pub dot: usize,
    pub comma: usize,
    /// Cells such as `1,234`, with two possible readings.
    pub open_comma: usize,
    /// Cells such as `1.234`, with two possible readings.
    pub open_dot: usize,
}

impl Votes {
    /// Counts one trimmed cell, if it looks like a number.
    pub fn add(&mut self, cell: &str) {
        if cell.len() > 60 || !cell.bytes().any(|b| b.is_ascii_digit()) {
            return;
        }
        let number = undress(cell).map_or(cell, |dressed| dressed.number);
        let (number, scientific) = number.split_once(['e', 'E']).map_or((number, false), |(number, _)| (number, true));
        let number = number.trim_start_matches(['+', '-', '\u{2212}']);
        if !number.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ',' | '\'' | '’') || is_space(c)) {
            return;
        }
        let count = |mark: char| number.matches(mark).count();
        let after = |mark: char| number.len() - number.rfind(mark).map_or(0, |at| at + 1);
        let before = |mark: char| number.find(mark).unwrap_or(0);
        match (count('.'), count(',')) {
            (0, 0) => {}
            // `1,234E+03`: an exponent follows a fraction, not thousands.
            (1, 0) if scientific => self.dot += 1,
            (0, 1) if scientific => self.comma += 1,
            (1, 0) if after('.') == 3 && (1..=3).contains(&before('.')) && !number.starts_with('0') => {
                self.open_dot += 1;
            }
            (1, 0) => self.dot += 1,
            (0, 1) if after(',') == 3 && (1..=3).contains(&before(',')) && !number.starts_with('0') => {
                self.open_comma += 1;
            }
            (0, 1) => self.comma += 1,
            // Several separators of one kind are thousands separators, unless they make a date.
            (_, 0) if plain(number, Decimal::Comma).is_some() => self.comma += 1,
            (0, _) if plain(number, Decimal::Dot).is_some() => self.dot += 1,
            (1, _) if number.rfind('.') > number.rfind(',') => self.dot += 1,
            (_, 1) if number.rfind(',') > number.rfind('.') => self.comma += 1,
            _ => {}
        }
    }

    /// Adds another column's votes.
    pub fn merge(&mut self, other: Votes) {
        self.dot += other.dot;
        self.comma += other.comma;
        self.open_comma += other.open_comma;
        self.open_dot += other.open_dot;
    }

    /// The decimal mark that the votes agree on; `None` without a clear majority.
    pub fn clear(&self) -> Option<Decimal> {
        match (self.dot, self.comma) {
            (0, 0) => None,
            (dot, comma) if dot >= 4 * comma => Some(Decimal::Dot),
            (dot, comma) if comma >= 4 * dot => Some(Decimal::Comma),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_people_write_them() {
        let dot = |cell| read(cell, Decimal::Dot);
        let comma = |cell| read(cell, Decimal::Comma);
        assert_eq!(dot("+1.2E+00"), Cell::Number(1.2));
        assert_eq!(dot("1,017.7"), Cell::Number(1017.7));
        assert_eq!(dot("12,34,567"), Cell::Number(1_234_567.0));
        assert_eq!(dot("1'234.5"), Cell::Number(1234.5));
        assert_eq!(comma("1\u{202f}017,7"), Cell::Number(1017.7));
        assert_eq!(comma("1.017,7"), Cell::Number(1017.7));
        assert_eq!(comma("-7,2"), Cell::Number(-7.2));
        assert_eq!(dot("\u{2212}7.2"), Cell::Number(-7.2));
        assert_eq!(dot(".5"), Cell::Number(0.5));
        assert_eq!(dot("-0.6*"), Cell::Flagged(-0.6));
        assert_eq!(dot("-10.0 E"), Cell::Flagged(-10.0));
        assert_eq!(dot("$1,000.50"), Cell::Flagged(1000.5));
        assert_eq!(dot("45 %"), Cell::Flagged(45.0));
        assert_eq!(dot("(1,234.50)"), Cell::Flagged(-1234.5));
        assert_eq!(dot("($7)"), Cell::Flagged(-7.0));
        assert_eq!(dot("$(7)"), Cell::Flagged(-7.0));
        assert_eq!(dot("-$1,234.50"), Cell::Flagged(-1234.5));
        assert_eq!(dot("$-7"), Cell::Flagged(-7.0));
        assert_eq!(dot("12.50-"), Cell::Flagged(-12.5));
        assert_eq!(comma("1.234,50-"), Cell::Flagged(-1234.5));
        assert_eq!(dot("12.50- €"), Cell::Flagged(-12.5));
        assert_eq!(dot("CHF 1'234.50"), Cell::Flagged(1234.5));
        assert_eq!(dot("-US$ 5"), Cell::Flagged(-5.0));
        assert_eq!(dot("Rs. 12,34,567"), Cell::Flagged(1_234_567.0));
        assert_eq!(dot("<1"), Cell::Flagged(1.0));
        assert_eq!(dot("inf"), Cell::Infinite);
        assert_eq!(dot("1e999"), Cell::Infinite);
        for text in [
            "7,2", "1.2.3", "T", "e5", "1e+-5", "12:30", "20/1/13", "1,0177", "", "-", "+", "Q1", "A380", "5-Jan",
            "--5", "-5-", "(-5)", "-(5)", "12+", "(5", "1-2",
        ] {
            assert!(matches!(dot(text), Cell::Text | Cell::Missing), "{text}");
        }
    }

    #[test]
    fn short_numbers_are_those_of_the_standard_library() {
        let mut bits = 1_u64;
        for _ in 0..200_000 {
            bits = bits.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let digits = (bits >> 33) as usize % 16;
            let number = (bits >> 13) % 10_u64.pow(digits as u32);
            let text = format!("{}{number:0digits$}", if bits & 1 == 0 { "-" } else { "" });
            let mark = text.len() - (bits >> 5) as usize % (digits + 1);
            let text = format!("{}.{}", &text[..mark], &text[mark..]);
            let Ok(expected) = text.parse::<f64>() else {
                assert_eq!(short(&text, Decimal::Dot), None, "{text}");
                continue;
            };
            if let Some(found) = short(&text, Decimal::Dot) {
                assert_eq!(found.to_bits(), expected.to_bits(), "{text}");
                assert_eq!(short(&text.replace('.', ","), Decimal::Comma), Some(found));
            } else {
                assert!(text.len() > 16, "{text}");
            }
        }
    }

    #[test]
    fn cells_are_tidied() {
        assert_eq!([" 7 ", " \"7\"", "=\"7\"", "\"", "=7"].map(tidy), ["7", "7", "7", "\"", "=7"]);
    }

    #[test]
    fn decimal_marks_are_voted_on() {
        let vote = |cells: &[&str]| {
            let mut votes = Votes::default();
            cells.iter().for_each(|cell| votes.add(cell));
            votes.clear()
        };
        assert_eq!(vote(&["7.2", "1,017.7"]), Some(Decimal::Dot));
        assert_eq!(vote(&["7,2", "1.017,7"]), Some(Decimal::Comma));
        assert_eq!(vote(&["1.234.567"]), Some(Decimal::Comma));
        assert_eq!(vote(&["1,234", "5,678"]), None);
        assert_eq!(vote(&["20.01.2013", "12:30"]), None);
    }
}
