//! Architectures of equal size: the nearest number of hidden units is found.

use crate::common::{noisy_sine, plain, settings};
use unrolled::Session;
use unrolled::arch::registry;
use unrolled::knob::Raw;

fn asked(architecture: &str) -> Raw {
    let mut raw = plain(r#"{"window": 24, "horizon": 4, "segment": 4, "layers": 2, "seed": 3}"#);
    raw.insert("architecture".into(), architecture.into());
    raw
}

fn total(raw: &Raw) -> usize {
    Session::new(noisy_sine(300)).configure(raw).unwrap().parameters.total
}

/// Hidden sizes that the test builds: beyond the last one every architecture has too many parameters.
const TRIED: usize = 192;

#[test]
fn every_architecture_comes_as_near_as_its_hidden_units_allow() {
    let session = Session::new(noisy_sine(300));
    for architecture in registry::ALL {
        let raw = asked(architecture.id);
        let with = |hidden: usize| {
            let mut raw = raw.clone();
            raw.insert("hidden".into(), hidden.into());
            raw
        };
        let reads = architecture.reads("hidden");
        let totals: Vec<usize> = (1..=TRIED).filter(|_| reads).map(|hidden| total(&with(hidden))).collect();
        for target in [1, 700, 3_000, 7_777, 20_000] {
            let found = session.sized(&raw, target).unwrap();
            let nearest = (1..).zip(&totals).min_by_key(|(hidden, total)| (total.abs_diff(target), *hidden));
            let expected = nearest.map_or(raw.clone(), |(hidden, _)| with(hidden));
            assert_eq!(found, expected, "{} with {target} parameters: {nearest:?} is nearest", architecture.id);
        }
        assert!(totals.last().is_none_or(|total| *total > 40_000), "{}: larger ones could be nearer", architecture.id);
    }
}

#[test]
fn a_size_beyond_reach_gives_the_largest_model_and_wrong_settings_are_refused() {
    let mut session = Session::new(noisy_sine(300));
    let mut raw = asked("rnn");
    assert_eq!(session.sized(&raw, usize::MAX).unwrap()["hidden"], 512);
    // The present model stays.
    let before = session.configure(&asked("lstm")).unwrap().clone();
    session.sized(&raw, 500).unwrap();
    assert_eq!(session.configured(), Some(&before));
    raw.insert("segment".into(), 25.into());
    assert_eq!(session.sized(&raw, 500).unwrap_err().place().knob.as_deref(), Some("segment"));
}

#[test]
fn a_segment_left_open_gives_the_network_eight_steps_where_the_window_has_eight_rows() {
    let segment = |season: usize, window: usize, horizon: usize, more: &str| {
        let mut raw = plain(r#"{"hidden": 4}"#);
        raw.extend(
            [("season", season), ("window", window), ("horizon", horizon)].map(|(k, v)| (k.to_owned(), v.into())),
        );
        raw.extend(settings(more));
        let mut session = Session::new(noisy_sine(900));
        session.configure(&raw).unwrap_or_else(|error| panic!("{raw:?}: {error}")).segment
    };
    for (season, window, expected) in
        [(24, 168, 12), (24, 336, 24), (24, 192, 24), (24, 191, 12), (7, 28, 1), (12, 12, 1), (96, 480, 48), (1, 48, 1)]
    {
        assert_eq!(segment(season, window, 4, "{}"), expected, "{season} in {window}");
    }
    // The season does not fit: a divisor of the window.
    assert_eq!([segment(168, 96, 4, "{}"), segment(168, 60, 4, "{}"), segment(168, 7, 4, "{}")], [12, 6, 1]);
    // What is forecast recursively is no shorter than a segment.
    assert_eq!([segment(24, 168, 24, r#"{"head": "rolled"}"#), segment(24, 168, 5, r#"{"head": "rolled"}"#)], [12, 4]);
    assert_eq!(segment(24, 48, 4, r#"{"architecture": "segrnn"}"#), 6);
    // A network that reads its window at once has no segment.
    assert_eq!(segment(24, 168, 4, r#"{"architecture": "mlp"}"#), 168);
}
