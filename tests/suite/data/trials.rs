//! Small files with invented values, each in the shape of a real export; `expected.json` has the expected results.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value;
use unrolled::data::notes::{Level, Note};
use unrolled::data::{Regular, Table};
use unrolled::error::Result as Read;

use super::common::{beside, notes, read, read_with, sum};

type Check = Result<(), String>;

/// Whether a message matches a pattern of `expected.json`: alternatives between bars, `\b` for the end of a word.
fn is_about(message: &str, pattern: &str) -> bool {
    let message = message.to_lowercase();
    pattern.to_lowercase().split('|').any(|word| {
        let whole = word.ends_with("\\b");
        let word = word.trim_end_matches("\\b").replace('\\', "");
        message
            .match_indices(&word)
            .any(|(at, _)| !whole || !message[at + word.len()..].starts_with(|c: char| c.is_alphanumeric()))
    })
}

/// A text or a list of texts.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Array(all) => all.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        other => other.as_str().map(str::to_owned).into_iter().collect(),
    }
}

fn milliseconds(text: &str) -> i64 {
    text.parse::<jiff::Timestamp>().expect("a time in expected.json").as_millisecond()
}

/// All messages about a readable file.
fn said(table: &Table, all: &[Note]) -> Vec<String> {
    let columns = table.understood().columns.iter().filter(|column| !column.note.is_empty());
    let columns = columns.map(|column| format!("“{}”: {}", column.name, column.note));
    let why = table.understood().time.iter().map(|time| time.why.clone());
    all.iter().map(|note| note.message.clone()).chain(columns).chain(why).collect()
}

fn column<'r>(regular: &'r Regular, name: &str) -> Result<&'r [f64], String> {
    let at = regular.about.names.iter().position(|known| known == name);
    at.map(|at| regular.series.columns[at].as_slice()).ok_or_else(|| format!("the series has no “{name}”"))
}

/// Checks numbers of named columns, such as `"sum": {"cases": 21221}`.
fn numbers(regular: &Regular, expect: &Value) -> Check {
    let known = |values: &[f64]| values.iter().copied().filter(|value| !value.is_nan()).collect::<Vec<_>>();
    let measures: [(&str, fn(&[f64]) -> f64); 3] = [
        ("sum", sum),
        ("min", |values| values.iter().copied().fold(f64::INFINITY, f64::min)),
        ("max", |values| values.iter().copied().fold(f64::NEG_INFINITY, f64::max)),
    ];
    for (what, measure) in measures {
        for (name, wanted) in expect[what].as_object().into_iter().flatten() {
            let (found, wanted) = (measure(&known(column(regular, name)?)), wanted.as_f64().unwrap_or(f64::NAN));
            if (found - wanted).abs() > 1e-9 * wanted.abs().max(1.0) {
                return Err(format!("{what} of “{name}” is {found}, not {wanted}"));
            }
        }
    }
    for (name, wanted) in expect["missing"].as_object().into_iter().flatten() {
        let found = column(regular, name)?.iter().filter(|value| value.is_nan()).count();
        if wanted.as_u64() != Some(found as u64) {
            return Err(format!("{found} values of “{name}” are missing, not {wanted}"));
        }
    }
    Ok(())
}

/// Checks the series: length, step, ends, inputs, numbers, suggested lengths.
fn of_series(table: &Table, regular: &Regular, expect: &Value) -> Check {
    let about = &regular.about;
    let differs = |what: &str, found: String, wanted: String| {
        if found == wanted { Ok(()) } else { Err(format!("{what} is {found}, not {wanted}")) }
    };
    if let Some(wanted) = expect["length"].as_u64() {
        differs("length", about.length.to_string(), wanted.to_string())?;
    }
    if let Some(wanted) = expect["step"].as_str() {
        differs("step", about.step_label.clone(), wanted.to_owned())?;
    }
    for (key, found) in [("first", about.start), ("last", about.end)] {
        if let Some(wanted) = expect[key].as_str() {
            differs(key, found.to_string(), milliseconds(wanted).to_string())?;
        }
    }
    if let Some(name) = texts(&expect["not_inputs"]).iter().find(|name| about.names.contains(name)) {
        return Err(format!("“{name}” is among the inputs"));
    }
    numbers(regular, expect)?;
    if let Some(target) = &table.understood().suggested_target
        && (expect.get("window_at_least").is_some() || expect.get("horizon_at_least").is_some())
    {
        let suggestion = regular.suggest(target).map_err(|error| error.to_string())?;
        let enough = |key: &str, found: usize| expect[key].as_u64().is_none_or(|least| found as u64 >= least);
        if !enough("window_at_least", suggestion.window) || !enough("horizon_at_least", suggestion.horizon) {
            return Err(format!("window {} and horizon {}", suggestion.window, suggestion.horizon));
        }
    }
    Ok(())
}

/// Checks the interpretation of the file.
fn of_table(table: &Table, expect: &Value) -> Check {
    let understood = table.understood();
    let written = serde_json::to_value(understood).map_err(|error| error.to_string())?;
    for key in ["rows", "header", "delimiter", "encoding"] {
        if expect.get(key).is_some() && written[key] != expect[key] {
            return Err(format!("{key} is {}, not {}", written[key], expect[key]));
        }
    }
    if expect.get("utc").is_some() && written["time"]["utc"] != expect["utc"] {
        return Err(format!("utc is {}", written["time"]["utc"]));
    }
    if expect.get("time").is_some() && written["time"]["columns"] != expect["time"] {
        return Err(format!("the time is {}", written["time"]["columns"]));
    }
    let names: Vec<String> = understood.columns.iter().map(|column| column.name.clone()).collect();
    if expect.get("names").is_some() && names != texts(&expect["names"]) {
        return Err(format!("the names are {names:?}"));
    }
    let target = understood.suggested_target.clone().unwrap_or_default();
    if expect.get("target").is_some() && !texts(&expect["target"]).contains(&target) {
        return Err(format!("the target is “{target}”"));
    }
    if texts(&expect["not_target"]).contains(&target) {
        return Err(format!("the target is “{target}”"));
    }
    for (name, wanted) in expect["kinds"].as_object().into_iter().flatten() {
        let column = written["columns"].as_array().into_iter().flatten().find(|column| column["name"] == **name);
        if column.is_none_or(|column| column["kind"] != *wanted) {
            return Err(format!("“{name}” is no {wanted}"));
        }
    }
    Ok(())
}

/// Checks the words: notes, questions and their answers.
fn of_words(bytes: &[u8], all: &[Note], messages: &[String], expect: &Value) -> Check {
    let codes: Vec<&str> = all.iter().map(|note| note.code).collect();
    if let Some(code) = texts(&expect["notes"]).iter().find(|code| !codes.contains(&code.as_str())) {
        return Err(format!("no note “{code}”, only {codes:?}"));
    }
    if let Some(code) = texts(&expect["no_notes"]).iter().find(|code| codes.contains(&code.as_str())) {
        return Err(format!("a note “{code}”"));
    }
    for pattern in texts(&expect["says"]) {
        if !messages.iter().any(|message| is_about(message, &pattern)) {
            return Err(format!("nothing is said about {pattern}"));
        }
    }
    for pattern in texts(&expect["not_says"]) {
        if let Some(message) = messages.iter().find(|message| is_about(message, &pattern)) {
            return Err(format!("says “{message}”"));
        }
    }
    let asked: Vec<&Note> =
        all.iter().filter(|note| note.level == Level::Question && !note.choices.is_empty()).collect();
    let fits = |note: &&&Note| match &expect["asks"] {
        Value::Bool(_) => true,
        codes => texts(codes).iter().any(|code| code == note.code),
    };
    if expect.get("asks").is_some() && !asked.iter().any(|note| fits(&note)) {
        return Err(format!("asks only {:?}", asked.iter().map(|note| note.code).collect::<Vec<_>>()));
    }
    for answer in expect["answers"].as_array().into_iter().flatten() {
        let wanted = answer["choice"].as_str().unwrap_or_default();
        let choices = asked.iter().filter(fits).flat_map(|note| &note.choices);
        let choice = choices.clone().find(|choice| is_about(&choice.label, wanted));
        let choice = choice.ok_or_else(|| {
            format!("no answer “{wanted}” among {:?}", choices.map(|choice| &choice.label).collect::<Vec<_>>())
        })?;
        let again = read_with(bytes, choice.options.clone());
        outcome(bytes, &again, "choice", &answer["expect"]).map_err(|problem| format!("“{wanted}”: {problem}"))?;
    }
    Ok(())
}

/// Checks the result of reading a file.
fn outcome(bytes: &[u8], found: &Read<Table>, kind: &str, expect: &Value) -> Check {
    let table = match found {
        Ok(_) if kind == "reject" => return Err("was read".to_owned()),
        Ok(table) => table,
        Err(error) if kind == "reject" || expect.get("no_series").is_some() => {
            return of_words(bytes, &[], &[error.to_string()], expect);
        }
        Err(error) => return Err(error.to_string()),
    };
    let all = notes(table);
    let mut messages = said(table, &all);
    of_table(table, expect)?;
    match table.series(&Default::default()) {
        Ok(regular) => of_series(table, &regular, expect)?,
        Err(error) if ["length", "step", "sum"].iter().all(|key| expect.get(key).is_none()) => {
            messages.push(error.to_string());
        }
        Err(error) => return Err(error.to_string()),
    }
    of_words(bytes, &all, &messages, expect)?;
    if kind == "same" && all.iter().any(|note| note.level == Level::Question) {
        return Err("asks a question".to_owned());
    }
    Ok(())
}

/// Checks a folder of files and prints the results. Returns the number of files, and the failures.
fn table_of(folder: &Path) -> (usize, Vec<String>) {
    let expected = std::fs::read_to_string(folder.join("expected.json")).expect("expected.json");
    let expected: Value = serde_json::from_str(&expected).expect("expected.json is JSON");
    let entries = expected["files"].as_array().expect("a list of files");
    let (mut failed, mut report) = (Vec::new(), String::new());
    for entry in entries {
        let file = entry["file"].as_str().unwrap_or_default();
        let bytes = std::fs::read(folder.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        let result = outcome(&bytes, &read(&bytes), entry["kind"].as_str().unwrap_or_default(), &entry["expect"]);
        let class = entry["class"].as_str().unwrap_or_default();
        let _ = match &result {
            Ok(()) => writeln!(report, "ok    {class:<8} {file}"),
            Err(problem) => writeln!(report, "FAIL  {class:<8} {file}: {problem}"),
        };
        failed.extend(result.err().map(|problem| format!("{file}: {problem}")));
    }
    println!("{report}{} of {}", entries.len() - failed.len(), entries.len());
    (entries.len(), failed)
}

#[test]
fn trials_give_what_is_expected() {
    let (count, failed) = table_of(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/trials"));
    assert_eq!(failed, [""; 0]);
    assert!(count >= 36, "{count} files");
}

#[test]
fn trials_beside_the_project_are_counted() {
    let Some(folder) = beside("trials") else { return };
    let (count, failed) = table_of(&folder);
    println!("{} of {count} files of all kinds give what is expected", count - failed.len());
    assert!(failed.len() < count);
}
