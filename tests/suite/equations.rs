//! The equations shown are those of the model's layers.

use crate::common::{noisy_sine, plain};
use unrolled::Session;
use unrolled::arch::registry::{self, Make};
use unrolled::session::Configured;

const MLSTM: &str = include_str!("../../src/arch/equations/mlstm.mml");
const SLSTM: &str = include_str!("../../src/arch/equations/slstm.mml");

fn configured(architecture: &str, mix: &str, layers: usize, slstm: &str) -> Configured {
    let mut raw = plain(r#"{"window": 24, "horizon": 4, "segment": 4, "hidden": 8}"#);
    raw.insert("architecture".into(), architecture.into());
    raw.insert("mix".into(), mix.into());
    raw.insert("layers".into(), layers.into());
    raw.insert("slstm".into(), slstm.into());
    Session::new(noisy_sine(300)).configure(&raw).unwrap().clone()
}

#[test]
fn the_equations_of_an_xlstm_are_those_of_its_blocks() {
    // The names of its weights show its blocks.
    let has = |model: &Configured, cell: &str| model.parameters.rows.iter().any(|row| row.name.contains(cell));
    for (architecture, mix) in [("xlstm", "same"), ("xlstm", "xlstm"), ("xlstm", "lstm"), ("lstm", "xlstm")] {
        for layers in 1..=4 {
            for slstm in ["none", "second", "last", "all"] {
                let model = configured(architecture, mix, layers, slstm);
                for (cell, equations) in [("mlstm_cell", MLSTM), ("slstm_cell", SLSTM)] {
                    assert_eq!(
                        model.equations.contains(equations),
                        has(&model, cell),
                        "{architecture} with {mix}, {layers} layers, sLSTM in {slstm}: {cell}"
                    );
                }
            }
        }
    }
}

#[test]
fn a_stack_of_two_kinds_shows_the_equations_of_both() {
    let layers = || registry::ALL.iter().filter(|one| one.streams && matches!(one.make, Make::Layer(_)));
    let alone: Vec<String> = layers().map(|one| configured(one.id, "same", 2, "none").equations).collect();
    for (own, of_own) in layers().zip(&alone) {
        for (other, of_other) in layers().zip(&alone).filter(|(other, _)| other.id != own.id) {
            let both = configured(own.id, other.id, 2, "none").equations;
            assert_eq!(both, format!("{of_own}{of_other}"), "{} with {}", own.id, other.id);
            let one = configured(own.id, other.id, 1, "none").equations;
            assert_eq!(&one, of_own, "one layer of {}, with {} beside it", own.id, other.id);
        }
    }
}
