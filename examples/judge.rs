//! Times the work around a model in an evaluation: gathering windows, fitting the linear models, scoring all baselines.
//! `cargo run --release --example judge`: the sample at JFK, and 100,000 similar hours.

mod common;

use std::time::Instant;

use unrolled::data::{Batch, Fill, Frame, FrameOptions, Part, Series, Split};
use unrolled::evaluate::{self, About, Baselines, CHUNK};

const WINDOW: usize = 168;
const HORIZON: usize = 24;
const REPEATS: usize = 5;

/// Seconds of the fastest of several runs.
fn fastest(mut work: impl FnMut()) -> f64 {
    let mut once = || {
        let begin = Instant::now();
        work();
        begin.elapsed().as_secs_f64()
    };
    (0..REPEATS).map(|_| once()).fold(f64::INFINITY, f64::min)
}

fn judge(name: &str, series: &Series, target: &str) {
    let split = Split::parse("70/10/20", &series.axis).expect("a split");
    let options = FrameOptions {
        targets: vec![target.to_owned()],
        inputs: Vec::new(),
        calendar: false,
        fill: Fill::default(),
        ahead: HORIZON,
        scales: None,
        cycles: None,
    };
    let frame = Frame::new(series, &split, &options).expect("a frame");
    let windows = |part| frame.windows(&split, part, WINDOW, HORIZON).expect("windows");
    let (train, validation, test) = (windows(Part::Train), windows(Part::Validation), windows(Part::Test));
    let mut batch = Batch::default();
    let mut gather = |starts: &[u32]| {
        for starts in starts.chunks(CHUNK) {
            frame.gather(starts, WINDOW, HORIZON, &mut batch);
        }
    };
    let numbers = |windows: usize| (windows * (WINDOW + HORIZON)) as f64 * size_of::<unrolled::Real>() as f64 * 1e-9;
    // In random order, as in training. 48,271 is a multiplier with a full period (Park and Miller, 1988).
    let mixed: Vec<u32> = (0..train.starts.len()).map(|at| train.starts[at * 48_271 % train.starts.len()]).collect();
    let (in_order, in_none) = (fastest(|| gather(&test.starts)), fastest(|| gather(&mixed)));
    let baselines = Baselines::fit(&frame, &split, &train, &validation, 24);
    let fit = fastest(|| drop(Baselines::fit(&frame, &split, &train, &validation, 24)));
    let mut nothing = |_: &Batch, out: &mut [unrolled::Real]| out.fill(0.0);
    let about = About { label: "nothing", scored_times: 1, ranges: None };
    let mut said = String::new();
    let all = fastest(|| {
        let evaluation = evaluate::evaluate(&frame, Part::Test, &test, &baselines, &mut nothing, &about);
        said = evaluation.rows.iter().map(|row| format!(" {}", row.scores.mae)).collect();
    });
    println!("{name}: {} training and {} test windows of {WINDOW} + {HORIZON}", train.starts.len(), test.starts.len());
    println!(
        "  gathered in order {:.2} GB/s, in none {:.2} GB/s",
        numbers(test.starts.len()) / in_order,
        numbers(mixed.len()) / in_none
    );
    println!(
        "  linear models fitted in {:.1} ms; all baselines scored on the test part in {:.1} ms",
        fit * 1e3,
        all * 1e3
    );
    println!("  MAE:{said}");
}

fn main() {
    let jfk = common::jfk();
    judge("JFK", &jfk, "temp_c");
    let mut long = jfk.clone();
    long.axis.len = 100_000;
    let year = &jfk.columns[0];
    let values = (0..long.axis.len).map(|row| year[row % year.len()] + (row as f64 * 0.37).sin()).collect();
    long.columns = vec![values];
    long.names.truncate(1);
    judge("100,000 hours", &long, "temp_c");
}
