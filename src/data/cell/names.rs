//! Names of columns: the file's, but unique, printable and not too long.

use std::collections::BTreeSet;

/// Longest name that is kept whole, in characters.
pub(crate) const LONGEST: usize = 80;

/// The text in lower case, letter by letter: the standard library also considers a letter's position in its word, for Greek, with
/// tables for it.
pub(crate) fn lower(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}

/// Displayable names, and the number of shortened ones.
pub(crate) fn clean(raw: &[String]) -> (Vec<String>, usize) {
    let mut shortened = 0;
    let mut taken = BTreeSet::new();
    let names = raw.iter().enumerate().map(|(index, raw)| {
        let mut name = printable(raw);
        if name.is_empty() {
            name = format!("column {}", index + 1);
        }
        if name.chars().count() > LONGEST {
            shortened += 1;
            name = name.chars().take(LONGEST).chain(['…']).collect();
        }
        if !taken.insert(name.clone()) {
            let unique = (2..).map(|copy| format!("{name} ({copy})")).find(|unique| !taken.contains(unique));
            name = unique.unwrap_or(name);
            taken.insert(name.clone());
        }
        name
    });
    (names.collect(), shortened)
}

/// Line ends and runs of spaces become one space. Control characters and marks of writing direction, which can make a name look
/// like another, are dropped.
fn printable(raw: &str) -> String {
    let mut name = String::new();
    let hidden = |c: char| {
        matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
            || (c.is_control() && !c.is_whitespace())
    };
    for word in raw.split_whitespace() {
        if !name.is_empty() {
            name.push(' ');
        }
        name.extend(word.chars().filter(|&c| !hidden(c)));
    }
    name.trim().to_owned()
}

/// A name in lower case, cut into words of letters or of digits: `Temp_C2` → `temp`, `c`, `2`.
pub(crate) fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut last = ' ';
    for c in name.chars() {
        let camel = last.is_lowercase() && c.is_uppercase();
        let same_kind = c.is_alphabetic() == last.is_alphabetic();
        if c.is_alphanumeric() {
            if words.is_empty() || !last.is_alphanumeric() || camel || !same_kind {
                words.push(String::new());
            }
            if let Some(word) = words.last_mut() {
                word.extend(c.to_lowercase());
            }
        }
        last = c;
    }
    words
}

/// Whether one of the name's words is in the list.
pub(crate) fn has_word(name: &str, list: &[&str]) -> bool {
    words(name).iter().any(|word| list.contains(&word.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_printable_and_short() {
        let raw = ["a", "a", "", " b\n(deg C) ", "__proto__", "\u{202e}x"].map(str::to_owned);
        let (names, shortened) = clean(&raw);
        assert_eq!(names, ["a", "a (2)", "column 3", "b (deg C)", "__proto__", "x"]);
        assert_eq!(shortened, 0);
        assert_eq!(clean(&["t".repeat(100_000)]).1, 1);
        assert_eq!(words("Temp_C2 maxValue"), ["temp", "c", "2", "max", "value"]);
    }
}
