//! Gradient checkpointing gives the same gradients; tests/memory.rs checks the memory.

use crate::common::{noisy_sine, plain, settings};
use unrolled::arch::{Architecture, registry};
use unrolled::train::checkpoints::stretch;
use unrolled::{Error, Real, Session, wide};

/// A session; `None` where a model that does not stream would have to.
fn session(architecture: &Architecture, checkpoints: bool, more: &str) -> Option<Session> {
    let mut raw = plain(r#"{"window": 23, "horizon": 4, "batch_size": 13, "seed": 5, "epochs": 2, "shards": 1}"#);
    raw.insert("architecture".into(), architecture.id.into());
    raw.insert("checkpoints".into(), checkpoints.into());
    raw.extend(settings(more));
    let mut session = Session::new(noisy_sine(900));
    match session.configure(&raw) {
        Err(Error::Knob { knob: "head" | "loss_on", .. }) if !architecture.streams => None,
        answer => {
            answer.unwrap();
            Some(session)
        }
    }
}

fn part(session: &mut Session) -> Vec<Real> {
    let mut part = Vec::new();
    session.part(0, &mut part).unwrap();
    part
}

/// Heads, learnt tokens, segments that fill the window or not, dropout in both places, a window of one token.
const SHAPES: &[&str] = &[
    r#"{"segment": 1, "hidden": 5, "layers": 2, "dropout": 0.3, "head_dropout": 0.2}"#,
    r#"{"segment": 1, "hidden": 6, "layers": 3, "dropout": 0.2, "loss_on": "every", "head_dropout": 0.4, "highway": true}"#,
    r#"{"segment": 4, "hidden": 9, "normalise": "window", "highway": true, "loss": "huber"}"#,
    r#"{"segment": 1, "hidden": 4, "head": "rolled", "loss_on": "every", "normalise": "none", "loss": "mae"}"#,
    r#"{"segment": 2, "hidden": 8, "head": "rolled", "gru_form": "before", "calendar": true, "normalise": "window"}"#,
    r#"{"segment": 23, "hidden": 8, "loss_on": "every"}"#,
    r#"{"segment": 4, "hidden": 6, "loss_on": "every", "normalise": "window", "highway": true}"#,
];

#[test]
fn checkpoints_change_no_gradient() {
    let bound = if cfg!(feature = "f64") { 1e-12 } else { 1e-5 };
    for architecture in registry::ALL {
        let mut worst = 0.0_f64;
        for shape in SHAPES {
            let both = (session(architecture, false, shape), session(architecture, true, shape));
            let (Some(mut whole), Some(mut stretches)) = both else { continue };
            for _ in 0..2 {
                let (expected, found) = (part(&mut whole), part(&mut stretches));
                let size = expected.iter().map(|x| wide(*x).abs()).fold(0.0, f64::max);
                let off = expected.iter().zip(&found).map(|(a, b)| (wide(*a) - wide(*b)).abs());
                worst = worst.max(off.fold(0.0, f64::max) / size);
                // The next step has other masks and weights.
                whole.advance().unwrap();
                stretches.advance().unwrap();
            }
        }
        println!("{:<14} gradients with and without checkpoints differ by {worst:.1e} of the largest", architecture.id);
        assert!(worst < bound, "{}: {worst:e}", architecture.id);
    }
}

#[test]
fn stretches_are_about_as_many_as_they_are_long() {
    for (tokens, length) in [(1_usize, 1), (2, 2), (7, 3), (24, 5), (168, 13), (1000, 32)] {
        assert_eq!(stretch(tokens), length, "{tokens}");
        assert!(tokens.div_ceil(length).abs_diff(length) <= 1, "{tokens}");
    }
}
