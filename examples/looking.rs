//! The cost of “Look inside” for training: steps alone, and with the gradient through time read now and then, as on the page, where
//! a reading may take a tenth of the time. `cargo run --release --example looking` writes docs/looking.md.

mod common;

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use unrolled::Session;
use unrolled::knob::Raw;

use common::jfk;

/// A reading waits this many times the duration of the last one, and at least this long.
const SHARE: u32 = 10;
const EVERY: Duration = Duration::from_millis(600);
/// Duration and number of measurements of each variant, in turn.
const SPAN: Duration = Duration::from_secs(3);
const REPEATS: usize = 5;

const OUT: &str = "docs/looking.md";

const JOBS: [(&str, &str); 3] = [
    (
        "LSTM 64, 24 → 1, batch 32",
        r#"{"architecture": "lstm", "window": 24, "horizon": 1, "segment": 1, "batch_size": 32, "epochs": 10000, "patience": 0}"#,
    ),
    (
        "LSTM 64, 168 → 24, batch 32",
        r#"{"architecture": "lstm", "window": 168, "horizon": 24, "segment": 1, "batch_size": 32, "epochs": 10000, "patience": 0}"#,
    ),
    ("the defaults", r#"{"epochs": 10000, "patience": 0}"#),
];

/// Optimiser steps and seconds of all measurements of one variant.
#[derive(Default)]
struct Spans {
    steps: u32,
    seconds: f64,
    readings: u32,
}

impl Spans {
    /// One more measurement; `due`: time of the next reading, if any.
    fn add(&mut self, session: &mut Session, mut due: Option<&mut Instant>) {
        let begin = Instant::now();
        while begin.elapsed() < SPAN {
            session.step().expect("training that does not explode");
            self.steps += 1;
            if let Some(due) = due.as_deref_mut().filter(|due| Instant::now() >= **due) {
                let from = Instant::now();
                session.gradients().expect("a model");
                self.readings += 1;
                *due = Instant::now() + EVERY.max(from.elapsed() * SHARE);
            }
        }
        self.seconds += begin.elapsed().as_secs_f64();
    }

    fn rate(&self) -> f64 {
        f64::from(self.steps) / self.seconds
    }
}

fn main() -> std::io::Result<()> {
    let series = jfk();
    let mut text = format!(
        "# What looking inside costs\n\n\
         Written by `cargo run --release --example looking`, natively, on one core: {REPEATS} times {} seconds of \
         training alone and as many with the gradient through time read now and then, in turn. As on the page, a \
         reading waits {SHARE} times the duration of the last one. Without a viewer nothing is read: a training step \
         notes no inner value.\n\n\
         | job | steps/s | steps/s, looking | slower by | a reading takes |\n| --- | ---: | ---: | ---: | ---: |\n",
        SPAN.as_secs()
    );
    for (name, json) in JOBS {
        let raw: Raw = serde_json::from_str(json).expect("settings");
        let mut session = Session::new(series.clone());
        session.configure(&raw).expect("settings within their bounds");
        let (mut off, mut on, mut due) = (Spans::default(), Spans::default(), Instant::now());
        for _ in 0..REPEATS {
            off.add(&mut session, None);
            on.add(&mut session, Some(&mut due));
        }
        let from = Instant::now();
        (0..REPEATS).for_each(|_| drop(session.gradients().expect("a model")));
        let reading = from.elapsed().as_secs_f64() / REPEATS as f64;
        let (off, on, count) = (off.rate(), on.rate(), on.readings);
        let _ = writeln!(
            text,
            "| {name} | {off:.1} | {on:.1} ({count} readings) | {:.1} % | {:.1} steps |",
            100.0 * (1.0 - on / off),
            reading * off
        );
    }
    print!("{text}");
    std::fs::write(OUT, text)
}
