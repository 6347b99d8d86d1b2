//! Every knob of an architecture, at its bounds or at each of its options, where it has an effect.

use std::collections::BTreeMap;

use serde_json::Value;
use unrolled::arch::{Architecture, registry};
use unrolled::data::Part;
use unrolled::knob::{About, Kind, Raw, Settings};
use unrolled::{Error, Real, Session};

use super::{checked, passed, refused};
use crate::common::noisy_sine;

/// The other settings: the window has many steps, so that there is something to remember, and the units can be cut into heads.
const AROUND: &str = r#"{"hidden": 8, "window": 12, "horizon": 4, "segment": 1}"#;

/// Conditions for an effect of some knobs, besides their `when`: as their help says, or a cell with forms.
const BESIDE: &[(&str, &str)] = &[
    ("dropout", r#"{"layers": 2}"#),
    ("mix", r#"{"layers": 2}"#),
    // Left open, it is longer than a row only where eight of it fit into the window.
    ("segment", r#"{"window": 24}"#),
    // At 512 units a step of 32 windows takes seconds.
    ("hidden", r#"{"batch_size": 2}"#),
    ("gru_form", r#"{"bidirectional_cell": "gru", "encoder_cell": "gru"}"#),
];

/// Knobs that may have no effect here, and why.
const MAY_BE_SILENT: &[(&str, &str)] = &[
    ("patience", "never, and longer than there are epochs"),
    ("clip", "no limit, and one that no gradient reaches"),
    ("gaps", "nothing is missing"),
    ("longest_fill", "nothing is missing"),
    ("calendar", "the linear models and SegRNN read no known features"),
    ("chunk", "where the state grows, a chunk is a whole lane"),
    ("checkpoints", "the same sums; and what reads its window at once has no stretches"),
    ("all_rows", "training has not ended"),
    ("effort", "of an automatic choice alone"),
    ("shards", "the same sums, in another order"),
    ("scan", "the same states, in another order"),
];

/// Steps of training: into the second epoch of a series of this length.
const STEPS: usize = 3;
const ROWS: usize = 200;

/// The least and the largest value of a knob, or all of its options; none for text.
fn values(knob: &About) -> Vec<Value> {
    match knob.kind {
        Kind::Integer { min, max } => vec![min.into(), max.into()],
        Kind::Number { min, max, .. } => vec![min.into(), max.into()],
        Kind::Choice { options } => options.iter().map(|option| option.value.into()).collect(),
        Kind::Flag => vec![true.into(), false.into()],
        Kind::Text => vec![],
    }
}

/// Settings in which `knob` has an effect.
fn around(architecture: &Architecture, knob: &About, knobs: &[About]) -> Raw {
    let (_, mut raw) = checked(architecture, AROUND);
    for (_, more) in BESIDE.iter().filter(|(key, _)| *key == knob.key) {
        raw.extend(super::settings(more));
    }
    let mut when = knob.when;
    while let Some((key, wanted)) = when {
        raw.insert(key.to_owned(), wanted[0].into());
        when = knobs.iter().find(|other| other.key == key).unwrap().when;
    }
    raw
}

/// Whether `error` explains the problem with `value` of `knob`: it names the knob, or the value that does not fit into so short a
/// series.
fn explains(error: &Error, knob: &About, value: &Value) -> bool {
    match error {
        Error::Knob { knob: named, .. } => *named == knob.key,
        Error::TooShort { problem, .. } => problem.contains(&format!("{} of {value}", knob.label.to_lowercase())),
        _ => false,
    }
}

/// The results of a model with its settings: its weights after some steps, its forecast, its errors.
fn outcome(session: &mut Session, knob: &About, context: &str) -> Vec<Real> {
    for _ in 0..STEPS {
        match session.step() {
            Ok(true) => {}
            Ok(false) => break,
            // A reported explosion at the largest learning rate is a result, too.
            Err(Error::Training { .. }) if knob.key == "learning_rate" => break,
            Err(error) => panic!("{context}: {error}"),
        }
    }
    let forecast = session.forecast(4).unwrap_or_else(|error| panic!("{context}: {error}"));
    let mut all = session.current_weights().unwrap().to_vec();
    all.extend(forecast.values.iter().map(|value| unrolled::narrow(*value)));
    let evaluation = session.evaluate(Part::Validation).unwrap_or_else(|error| panic!("{context}: {error}"));
    all.extend(evaluation.targets.iter().flat_map(|of| &of.rows).map(|row| unrolled::narrow(row.scores.mae)));
    all
}

#[test]
fn every_knob_works_at_its_bounds() {
    let (knobs, of_architectures) = (unrolled::session::catalog().knobs, registry::knobs());
    for architecture in registry::ALL {
        // Its own, and those of data and training, which all read. Text has no bounds: the tests of its reader check it.
        let reads = |knob: &&About| {
            architecture.reads(knob.key) || of_architectures.iter().all(|other| other.about().key != knob.key)
        };
        let (mut tried, mut defaults) = (0, BTreeMap::new());
        for knob in knobs.iter().filter(reads).filter(|knob| !matches!(knob.kind, Kind::Text)) {
            let around = around(architecture, knob, &knobs);
            let described = serde_json::to_string(&around).unwrap();
            let (checked, _) = checked(architecture, &described);
            if refused(architecture, &checked) {
                // It never affects a model that cannot stream, as `when` says.
                assert!(knob.when.is_some_and(|(key, _)| key == "reading"), "{}: {}", architecture.id, knob.key);
                continue;
            }
            let with = |raw: &Raw, context: &str| -> Result<Vec<Real>, Error> {
                let mut session = Session::new(noisy_sine(ROWS));
                session.configure(raw)?;
                Ok(outcome(&mut session, knob, context))
            };
            if !defaults.contains_key(&described) {
                let context = format!("{} {described}", architecture.id);
                defaults.insert(
                    described.clone(),
                    with(&around, &context).unwrap_or_else(|error| panic!("{context}: {error}")),
                );
            }
            let default = &defaults[&described];
            let (mut matters, mut unavailable) = (false, false);
            for value in values(knob) {
                let context = format!("{} {}={value}", architecture.id, knob.key);
                let mut raw = around.clone();
                raw.insert(knob.key.into(), value.clone());
                match with(&raw, &context) {
                    Ok(outcome) => matters |= outcome != *default,
                    Err(error) => {
                        // Sizes beyond a short series, and options for streaming models only.
                        let (asked, _) = super::checked(architecture, &serde_json::to_string(&raw).unwrap());
                        let too_large = matches!(knob.key, "window" | "horizon" | "segment");
                        unavailable |= refused(architecture, &asked);
                        assert!(too_large || refused(architecture, &asked), "{context}: {error}");
                        assert!(explains(&error, knob, &value), "{context}: {error}");
                    }
                }
                tried += 1;
            }
            let silent = MAY_BE_SILENT.iter().any(|(key, _)| *key == knob.key);
            assert!(matters || unavailable || silent, "{}: {} changes nothing", architecture.id, knob.key);
        }
        passed(architecture, "knobs", format!("{tried} values"));
    }
}

#[test]
fn an_architecture_reads_no_knob_that_it_does_not_list() {
    // Knobs that decide which others are read, each in combination with every other.
    let bases = ["{}", r#"{"loss_on": "every"}"#, r#"{"head": "rolled"}"#, r#"{"reading": "continuous"}"#];
    for architecture in registry::ALL {
        let listed: Vec<&About> = architecture.all_knobs().map(|knob| knob.about()).collect();
        let mut tried = 0;
        // The layers of another kind would read theirs.
        for knob in listed.iter().filter(|knob| knob.key != "mix") {
            for (base, value) in bases.iter().flat_map(|base| values(knob).into_iter().map(move |value| (base, value)))
            {
                let mut raw = crate::common::settings(base);
                raw.insert(knob.key.to_owned(), value);
                raw.retain(|key, _| architecture.reads(key));
                // Reading another knob panics, since these settings lack it.
                let settings = Settings::check(listed.iter().copied(), &raw, &Raw::new()).unwrap();
                architecture.all_equations(&settings);
                if let Ok(plan) = architecture.plan(&settings, (3, 2, 1), (24, 48, 12)) {
                    architecture.outline(&plan, &settings);
                    tried += 1;
                }
            }
        }
        assert!(tried > 0, "{}", architecture.id);
    }
}
