//! Architectures at equal size: the hidden units are found, and nothing nearer is missed.

mod common;

use common::{noisy_sine, settings};
use unrolled::Session;
use unrolled::arch::registry;
use unrolled::knob::Raw;

fn asked(architecture: &str) -> Raw {
    let mut raw = settings(r#"{"window": 24, "horizon": 4, "segment": 4, "layers": 2, "seed": 3}"#);
    raw.insert("architecture".into(), architecture.into());
    raw
}

fn total(raw: &Raw) -> usize {
    Session::new(noisy_sine(300)).configure(raw).unwrap().parameters.total
}

#[test]
fn every_architecture_comes_as_near_as_its_hidden_units_allow() {
    let session = Session::new(noisy_sine(300));
    for architecture in registry::ALL {
        let raw = asked(architecture.id);
        for target in [1, 3_000, 20_000] {
            let found = session.sized(&raw, target).unwrap();
            let with = |hidden: i64| {
                let mut raw = raw.clone();
                raw.insert("hidden".into(), hidden.into());
                raw
            };
            if !architecture.reads("hidden") {
                assert_eq!(found, raw, "{}", architecture.id);
                continue;
            }
            let hidden = found["hidden"].as_i64().unwrap();
            assert_eq!(found, with(hidden), "{}: nothing else is touched", architecture.id);
            let off = |hidden: i64| total(&with(hidden)).abs_diff(target);
            let nearest = off(hidden);
            for other in (1..hidden + 12).filter(|&other| other != hidden) {
                assert!(
                    nearest < off(other) || (nearest == off(other) && hidden < other),
                    "{}: {hidden} units are {nearest} away from {target}, {other} units {}",
                    architecture.id,
                    off(other)
                );
            }
        }
    }
}

#[test]
fn a_size_beyond_reach_gives_the_largest_model_and_wrong_settings_are_refused() {
    let mut session = Session::new(noisy_sine(300));
    let mut raw = asked("rnn");
    assert_eq!(session.sized(&raw, usize::MAX).unwrap()["hidden"], 512);
    // The model that is there stays.
    let before = session.configure(&asked("lstm")).unwrap().clone();
    session.sized(&raw, 500).unwrap();
    assert_eq!(session.configured(), Some(&before));
    raw.insert("segment".into(), 25.into());
    assert_eq!(session.sized(&raw, 500).unwrap_err().place().knob.as_deref(), Some("segment"));
}
