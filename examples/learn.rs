//! Trains architectures on the sample at JFK (168 hours in, 24 out) and prints their test errors with the last value's.
//! `cargo run --release --example learn` trains all of them with their defaults; arguments select some, and `key=value` sets a
//! knob.

mod common;

use std::time::Instant;

use unrolled::arch::registry;
use unrolled::data::Part;
use unrolled::knob::Raw;
use unrolled::{Result, Session};

use common::jfk;

fn train(architecture: &str, more: &Raw) -> Result<()> {
    let mut session = Session::new(jfk());
    let mut raw: Raw = [("target", "temp_c".into()), ("window", 168.into()), ("horizon", 24.into())]
        .map(|(key, value): (&str, serde_json::Value)| (key.to_owned(), value))
        .into();
    raw.insert("architecture".to_owned(), architecture.into());
    raw.extend(more.clone());
    let parameters = session.configure(&raw)?.parameters.total;
    let begin = Instant::now();
    while session.advance()? {}
    let seconds = begin.elapsed().as_secs_f64();
    let rows = session.evaluate(Part::Test)?.rows;
    let (model, last) = (&rows[0].scores, &rows[1].scores);
    println!(
        "{architecture:<14} {parameters:>7} weights {seconds:>6.1} s   MSE {:.3} (last value {:.3})   MAE {:.3} ({:.3})",
        model.rmse * model.rmse,
        last.rmse * last.rmse,
        model.mae,
        last.mae
    );
    Ok(())
}

fn main() -> Result<()> {
    let (mut more, mut some) = (Raw::new(), Vec::new());
    for argument in std::env::args().skip(1) {
        match argument.split_once('=') {
            Some((key, value)) => {
                let value = serde_json::from_str(value).unwrap_or_else(|_| value.into());
                more.insert(key.to_owned(), value);
            }
            None => some.push(argument),
        }
    }
    for architecture in registry::ALL.iter().filter(|one| some.is_empty() || some.iter().any(|id| id == one.id)) {
        train(architecture.id, &more)?;
    }
    Ok(())
}
