//! Names of months, weekdays and time zones.

use crate::data::cell::names::lower;

/// Month of a name or abbreviation: English, German, French, Spanish, Italian, Portuguese, Dutch.
pub(crate) fn month(word: &str) -> Option<i8> {
    const STARTS: [(&str, i8); 31] = [
        ("jan", 1),
        ("ene", 1),
        ("gen", 1),
        ("feb", 2),
        ("fev", 2),
        ("fév", 2),
        ("mar", 3),
        ("mär", 3),
        ("mrz", 3),
        ("maer", 3),
        ("mrt", 3),
        ("maa", 3),
        ("apr", 4),
        ("avr", 4),
        ("abr", 4),
        ("may", 5),
        ("mai", 5),
        ("mag", 5),
        ("mei", 5),
        ("juin", 6),
        ("jun", 6),
        ("giu", 6),
        ("jul", 7),
        ("juil", 7),
        ("lug", 7),
        ("aug", 8),
        ("ago", 8),
        ("aou", 8),
        ("aoû", 8),
        ("sep", 9),
        ("set", 9),
    ];
    const LATE: [(&str, i8); 8] =
        [("oct", 10), ("okt", 10), ("ott", 10), ("out", 10), ("nov", 11), ("dec", 12), ("dez", 12), ("dic", 12)];
    // “march”, but not “marshall”: a month's name has at most eleven letters.
    if word.len() > 12 {
        return None;
    }
    let word = lower(word);
    let late = LATE.iter().chain(&[("déc", 12)]);
    STARTS.iter().chain(late).find(|(start, _)| word.starts_with(start)).map(|&(_, month)| month)
}

/// Whether a word names a weekday (English, German, French, Spanish).
pub(crate) fn is_weekday(word: &str) -> bool {
    const SHORT: [&str; 21] = [
        "mo", "di", "mi", "do", "fr", "sa", "so", "lun", "mar", "mer", "jeu", "ven", "sam", "dim", "mié", "jue", "vie",
        "sáb", "dom", "tues", "thurs",
    ];
    const LONG: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let word = lower(word);
    SHORT.contains(&word.as_str())
        || (word.len() <= 10 && LONG.iter().any(|start| word.starts_with(start)))
        || word.ends_with("tag")
        || word == "mittwoch"
        || (word.ends_with("di") && word.len() > 4)
}

/// Whether a word in capitals is a zone's abbreviation. Abbreviations are not unique, so they give no offset.
pub(crate) fn is_zone(word: &str) -> bool {
    const ZONES: [&str; 22] = [
        "EST", "EDT", "CST", "CDT", "MST", "MDT", "PST", "PDT", "AKST", "AKDT", "HST", "CET", "CEST", "MEZ", "MESZ",
        "BST", "WET", "WEST", "EET", "EEST", "IST", "JST",
    ];
    ZONES.contains(&word)
}
