//! After its first steps, training allocates nothing: a step reuses the buffers of earlier ones. The file has one test, since the
//! counter is the whole process's.
// In f64 the same buffers are twice as large.
#![cfg(not(any(target_arch = "wasm32", feature = "f64")))]

mod common;

use std::alloc::System;

use cap::Cap;
use common::{noisy_sine, settings};
use unrolled::arch::registry;
use unrolled::{Error, Session};

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);

/// Forms of every architecture with different paths through the code.
const FORMS: &[(&str, &str)] = &[
    ("one row a step", r#""segment": 1"#),
    ("segments", r#""segment": 0, "highway": true, "head_dropout": 0.3"#),
    ("from a line", r#""segment": 6, "from_line": true"#),
    ("two layers with dropout", r#""segment": 6, "layers": 2, "dropout": 0.2"#),
    (
        "every step, centred on the mean so far",
        r#""segment": 1, "loss_on": "every", "normalise": "window", "highway": true"#,
    ),
    ("two targets and an input", r#""segment": 6, "highway": true, "target": "temp_c, other", "inputs": "input""#),
    (
        "the series in chunks",
        r#""segment": 1, "layers": 2, "dropout": 0.2, "reading": "continuous", "lanes": 4, "chunk": 60"#,
    ),
    ("fed back", r#""segment": 1, "head": "rolled", "normalise": "last""#),
];

#[test]
fn training_allocates_nothing_after_its_first_steps() {
    let mut wrong = Vec::new();
    for architecture in registry::ALL {
        for (form, more) in FORMS {
            let mut series = noisy_sine(700);
            for name in ["other", "input"] {
                series.names.push(name.to_owned());
                series.columns.push(series.columns[0].iter().rev().copied().collect());
            }
            let mut session = Session::new(series);
            let all = format!(
                r#"{{ "architecture": "{}", "hidden": 20, "window": 48, "horizon": 12, "season": 24, "batch_size": 32, {more} }}"#,
                architecture.id
            );
            match session.configure(&settings(&all)) {
                // Only for models that stream.
                Err(Error::Knob { knob: "head" | "loss_on" | "reading", .. }) if !architecture.streams => continue,
                answer => drop(answer.unwrap_or_else(|error| panic!("{form}: {error}"))),
            }
            // The buffers reach their sizes within an epoch: its last batch is smaller, and validation follows.
            let epoch = session.configured().map_or(0, |configured| configured.steps_per_epoch);
            for _ in 0..=epoch {
                session.step().expect("a step");
            }
            // The test runner's own thread sometimes allocates, for instance to report that a test takes long; a step allocates the
            // same each time.
            let steps = 8;
            let mut measure = || {
                let before = ALLOCATOR.total_allocated();
                for _ in 0..steps {
                    session.step().expect("a step");
                }
                ALLOCATOR.total_allocated() - before
            };
            let mut bytes = measure();
            for _ in 0..2 {
                bytes = if bytes == 0 { 0 } else { bytes.min(measure()) };
            }
            println!("{:<14} {form:<32} {bytes:>8} bytes in {steps} steps", architecture.id);
            if bytes > 0 {
                wrong.push(format!("{}, {form}: {} bytes a step", architecture.id, bytes / steps));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
