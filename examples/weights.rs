//! Trains for a number of steps and prints the weights, one a line, with enough digits for each `f32`:
//! `cargo run --example weights -- FILE STEPS SETTINGS`, with the settings as JSON. `tests/node/native.test.mjs` compares them with
//! those of the package.

use std::error::Error;
use std::io::Write as _;

use unrolled::Session;
use unrolled::data::{CsvReader, SeriesOptions};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file, steps, settings] = arguments.as_slice() else {
        return Err("weights FILE STEPS SETTINGS".into());
    };
    let mut reader = CsvReader::default();
    reader.push(&std::fs::read(file)?)?;
    let mut session = Session::new(reader.finish()?.series(&SeriesOptions::default())?.series);
    session.configure(&serde_json::from_str(settings)?)?;
    for _ in 0..steps.parse()? {
        session.step()?;
    }
    let mut out = std::io::stdout().lock();
    for weight in session.current_weights()? {
        writeln!(out, "{weight:e}")?;
    }
    Ok(())
}
