//! Does the gradient of the loss at the end of a window reach its beginning? The gradient's norm at the first step divided by that
//! at the last, for every architecture of the registry, before and after some training, in double precision:
//! `cargo run --release --features f64 --example gradients` writes docs/gradients.md.

mod common;

use std::fmt::Write as _;
use std::time::Instant;

use unrolled::Session;
use unrolled::arch::registry::{self, Architecture};
use unrolled::data::Series;
use unrolled::knob::{Default, Kind, Raw};
use unrolled::session::catalog;
use unrolled::train::inside::{GradientTrace, Gradients};

use common::jfk;

const WINDOWS: [usize; 3] = [24, 100, 168];
const OUT: &str = "docs/gradients.md";
/// Windows of a batch, and of the mean of the gradients.
const BATCH: usize = 16;
/// Optimiser steps between the two readings.
const STEPS: usize = 100;
/// Knobs that decide how far a gradient reaches at the start; all their options are tried, one knob at a time.
const KNOBS: [(&str, &str); 2] = [("forget_bias", "forget bias"), ("recurrent_init", "recurrent matrix")];

/// The defaults, and each option of the two knobs, as far as `architecture` reads them.
fn variants(architecture: &Architecture) -> Vec<Option<(&'static str, &'static str)>> {
    let mut all = vec![None];
    for (key, _) in KNOBS.iter().filter(|(key, _)| architecture.reads(key)) {
        let knob = catalog().knobs.into_iter().find(|knob| knob.key == *key).expect("a knob of the catalog");
        let Kind::Choice { options } = knob.kind else { continue };
        let others = options.iter().filter(|option| knob.default != Default::Text(option.value));
        all.extend(others.map(|option| Some((*key, option.value))));
    }
    all
}

/// The trace of the lowest layer with a carried state, or the input's without one.
fn chosen(gradients: &Gradients) -> &GradientTrace {
    let carried = |trace: &&GradientTrace| trace.carried && trace.norms.len() > 1;
    let states = gradients.traces.iter().filter(|trace| trace.group != "Input");
    states.clone().find(carried).or(gradients.traces.first()).expect("a network reads something")
}

struct Row {
    name: String,
    of: String,
    before: Vec<f64>,
    after: Vec<f64>,
    spectral: Option<f64>,
}

fn measure(series: &Series, architecture: &Architecture, variant: Option<(&'static str, &'static str)>) -> Row {
    let mut name = architecture.label.to_owned();
    if let Some((key, value)) = variant {
        let of = KNOBS.iter().find(|(known, _)| *known == key).map_or("", |(_, name)| name);
        name += &format!(", {of} {value}");
    }
    let mut row = Row { name, of: String::new(), before: Vec::new(), after: Vec::new(), spectral: None };
    for window in WINDOWS {
        let mut raw = Raw::from([
            ("architecture".into(), architecture.id.into()),
            ("target".into(), "temp_c".into()),
            ("window".into(), window.into()),
            ("horizon".into(), 24.into()),
            ("segment".into(), 1.into()),
            ("hidden".into(), 64.into()),
            ("head_dropout".into(), 0.0.into()),
            ("from_line".into(), false.into()),
            ("batch_size".into(), BATCH.into()),
        ]);
        raw.extend(variant.iter().map(|(key, value)| ((*key).to_owned(), (*value).into())));
        let mut session = Session::new(series.clone());
        session.configure(&raw).expect("settings within their bounds");
        let before = session.gradients().expect("a model");
        let trace = chosen(&before);
        row.of = if trace.group == "Input" { "input".into() } else { trace.label.clone() };
        row.before.push(trace.first_to_last());
        row.spectral = before.matrices.iter().map(|matrix| matrix.spectral).reduce(f64::max);
        for _ in 0..STEPS {
            session.step().expect("training that does not explode");
        }
        row.after.push(chosen(&session.gradients().expect("a model")).first_to_last());
    }
    row
}

fn table(rows: &[Row]) -> String {
    let heads = |when: &str| WINDOWS.map(|window| format!(" {when}, {window} |")).concat();
    let mut text = format!("| model | of | spectral norm |{}{}\n", heads("new"), heads("trained"));
    text += &format!("| --- | --- | ---: |{}\n", " ---: |".repeat(2 * WINDOWS.len()));
    for row in rows {
        let spectral = row.spectral.map_or("–".to_owned(), |norm| format!("{norm:.2}"));
        let _ = write!(text, "| {} | {} | {spectral} |", row.name, row.of);
        for ratio in row.before.iter().chain(&row.after) {
            let _ = write!(text, " {ratio:.0e} |");
        }
        text.push('\n');
    }
    text
}

fn main() {
    if cfg!(not(feature = "f64")) {
        eprintln!("In single precision what is small is lost: build with --features f64.");
        std::process::exit(1);
    }
    let only = std::env::args().nth(1);
    let (series, begin) = (jfk(), Instant::now());
    let mut rows = Vec::new();
    for architecture in registry::ALL.iter().filter(|one| only.as_ref().is_none_or(|only| one.id == only)) {
        for variant in variants(architecture) {
            let row = measure(&series, architecture, variant);
            println!("{:>5.0} s  {} {:?} {:?}", begin.elapsed().as_secs_f64(), row.name, row.before, row.after);
            rows.push(row);
        }
    }
    let text = format!(
        "# The gradient through time

Does the gradient of the loss at the end of a window reach its beginning? The table has the gradient's norm with respect to a
layer's state after the first step, divided by that after the last step; for a network without a state, with respect to the
input at the first and at the last step. With a ratio near 1, the beginning teaches as much as the end. Below about 1e-7 it
teaches nothing in single precision. “Read backwards”: from the other end.

Written by `cargo run --release --features f64 --example gradients`: hourly temperatures at JFK, one layer of 64 units that
reads one hour a step, windows of {WINDOWS:?} hours, loss on the 24 hours after the last step, mean over {BATCH} training
windows, one seed, double precision. “New”: before the first step of training; “trained”: after {STEPS} steps. “Spectral norm”:
the largest of the recurrent matrices of the new model with the longest window. Rows name only what differs from the defaults:
forget bias 1, and PyTorch's uniform recurrent matrix.

Theory predicts a plain RNN's first values: entries that are uniform within ±1/√64 have a variance of 1/(3 · 64), so the largest
eigenvalue is near 1/√3 = 0.58 (the circular law), and 0.58 to the power of 100 is some 1e-24. Another seed's 0.63 would give
1e-20: numbers this small differ by powers of ten from seed to seed. All eigenvalues of an orthogonal matrix have modulus 1.

{}",
        table(&rows)
    );
    if only.is_some() {
        println!("{text}");
    } else if let Err(error) = std::fs::write(OUT, text) {
        eprintln!("{OUT}: {error}");
        std::process::exit(1);
    }
}
