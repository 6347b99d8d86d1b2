//! A round of training in parts: their sum is the whole, in any session.

use crate::common::{noisy_sine, plain, settings};
use unrolled::arch::registry;
use unrolled::{Error, Real, Session, wide};

/// Both dropouts, layers, a batch size without a common divisor with the numbers of parts, an epoch of seven steps and a shorter
/// one.
const SMALL: &str = r#"{"hidden": 7, "layers": 2, "dropout": 0.3, "head_dropout": 0.4, "window": 12, "horizon": 4,
    "segment": 1, "batch_size": 47, "epochs": 3, "loss": "huber", "schedule": "plateau", "seed": 5}"#;

fn session(architecture: &str, shards: usize, more: &str) -> Session {
    let mut raw = plain(SMALL);
    raw.insert("architecture".into(), architecture.into());
    raw.insert("shards".into(), shards.into());
    raw.extend(settings(more));
    let mut session = Session::new(noisy_sine(500));
    session.configure(&raw).unwrap();
    session
}

/// All parts of the next round.
fn parts(session: &mut Session) -> Vec<Vec<Real>> {
    let mut all = vec![Vec::new(); session.parts().unwrap()];
    for (index, part) in all.iter_mut().enumerate() {
        session.part(index, part).unwrap();
    }
    all
}

#[test]
fn the_parts_of_a_batch_sum_to_the_whole() {
    let bound = if cfg!(feature = "f64") { 1e-12 } else { 1e-5 };
    for architecture in registry::ALL {
        let mut worst = 0.0_f64;
        // A recursive head learns from every step; 64 parts are more than the batch has windows.
        let forms = [
            r#"{}"#,
            r#"{"head": "rolled", "loss_on": "every"}"#,
            r#"{"batch_size": 9}"#,
            r#"{"reading": "continuous", "chunk": 5, "lanes": 11}"#,
        ];
        for more in forms {
            // A model that needs its whole window at once has no recursive head; tests/conformance checks its message.
            if !architecture.streams && (more.contains("rolled") || more.contains("continuous")) {
                continue;
            }
            for shards in [2, 3, 5, 16] {
                let mut whole = session(architecture.id, 1, more);
                let mut cut = session(architecture.id, shards, more);
                // Two steps, so that the masks of a later step are compared as well, from the same weights.
                for _ in 0..2 {
                    let step = parts(&mut whole);
                    let cuts = parts(&mut cut);
                    assert_eq!((step.len(), cuts.len()), (1, shards));
                    let size = step[0].iter().map(|x| wide(*x).abs()).fold(0.0, f64::max);
                    // After the gradient and its loss there may be states, which are not summed.
                    let count = whole.current_weights().unwrap().len() + 1;
                    for (index, &expected) in step[0][..count].iter().enumerate() {
                        let sum: f64 = cuts.iter().map(|part| wide(part[index])).sum();
                        worst = worst.max((sum - wide(expected)).abs() / size);
                    }
                    whole.advance().unwrap();
                    cut.advance().unwrap();
                }
            }
        }
        println!(
            "{:<6} largest difference between a batch and its parts, of the largest gradient: {worst:.1e}",
            architecture.id
        );
        assert!(worst < bound, "{}: {worst:e}", architecture.id);
    }
}

#[test]
fn sessions_that_share_the_parts_hold_what_one_holds_alone() {
    let readings = [("{}", 2), ("{}", 3), ("{}", 4), (r#"{"reading": "continuous", "chunk": 9, "lanes": 5}"#, 3)];
    for architecture in registry::ALL {
        for (more, shards) in readings {
            if !architecture.streams && more.contains("continuous") {
                continue;
            }
            let mut alone = session(architecture.id, shards, more);
            let mut sharing = [session(architecture.id, shards, more), session(architecture.id, shards, more)];
            let mut rounds = 0;
            loop {
                let count = sharing[0].parts().unwrap();
                let mut round = vec![Vec::new(); count];
                rounds += 1;
                for (index, part) in round.iter_mut().enumerate() {
                    // Alternating: any session with the round's parts can compute any of the next.
                    sharing[(index + rounds) % 2].part(index, part).unwrap();
                }
                let more = alone.advance().unwrap();
                for other in &mut sharing {
                    assert_eq!(other.apply(&round).unwrap(), more);
                    assert_eq!(other.current_weights().unwrap(), alone.current_weights().unwrap());
                }
                if !more {
                    break;
                }
            }
            for other in &sharing {
                assert_eq!(other.history(0).unwrap(), alone.history(0).unwrap());
                assert_eq!(other.progress().unwrap(), alone.progress().unwrap());
                assert_eq!(other.weights().unwrap(), alone.weights().unwrap());
            }
            assert_eq!(alone.history(0).unwrap().len(), 3, "three epochs were trained");
        }
    }
}

#[test]
fn parts_that_are_not_the_rounds_are_refused_and_change_nothing() {
    let mut session = session("gru", 3, "{}");
    let right = parts(&mut session);
    let before = session.current_weights().unwrap().to_vec();
    let mut short = right.clone();
    short[2].pop();
    for wrong in [&right[..2], &[], &short] {
        assert!(matches!(session.apply(wrong), Err(Error::NotReady { .. })));
    }
    assert!(matches!(session.part(3, &mut Vec::new()), Err(Error::NotReady { .. })));
    assert_eq!(session.current_weights().unwrap(), before);
    assert_eq!(session.progress().unwrap().step, 0);
    assert!(session.apply(&right).unwrap());
    assert_ne!(session.current_weights().unwrap(), before);
    session.stop().unwrap();
    assert_eq!(session.parts().unwrap(), 0, "nothing is left to do");
    assert!(!session.apply(&[]).unwrap());
}

#[test]
fn an_explosion_is_told_to_all_who_share() {
    let wild =
        r#"{"loss": "mse", "optimiser": "sgd", "learning_rate": 10, "clip": 0, "init_scale": 10, "normalise": "none"}"#;
    let (mut one, mut other) = (session("gru", 2, wild), session("gru", 2, wild));
    let told = loop {
        let mut round = vec![Vec::new(); one.parts().unwrap()];
        for (index, part) in round.iter_mut().enumerate() {
            if index == 0 { one.part(index, part).unwrap() } else { other.part(index, part).unwrap() }
        }
        match (one.apply(&round), other.apply(&round)) {
            (Ok(true), Ok(true)) => {}
            (Err(one), Err(other)) => break (one.to_string(), other.to_string()),
            ends => panic!("{ends:?}"),
        }
    };
    assert_eq!(told.0, told.1);
    assert!(told.0.contains("gradient clipping"), "{}", told.0);
}

#[test]
fn how_many_parts_follows_from_the_settings_alone() {
    let chosen = |json: &str| {
        let mut raw = plain(r#"{"architecture": "lstm", "window": 24, "horizon": 1, "segment": 1, "batch_size": 32}"#);
        raw.extend(settings(json));
        let mut session = Session::new(noisy_sine(900));
        let shards = session.configure(&raw).unwrap().settings["shards"].clone();
        (shards.to_string(), session.parts().unwrap())
    };
    assert_eq!(chosen(r#"{}"#), ("1".to_owned(), 1), "a small step is not cut up");
    let large = r#"{"hidden": 128, "layers": 2, "window": 168, "horizon": 24, "batch_size": 64}"#;
    assert_eq!(chosen(large), ("4".to_owned(), 4));
    assert_eq!(chosen(r#"{"shards": 3}"#), ("3".to_owned(), 3));
}
