//! Truncated backpropagation through time over the series, for every streaming architecture: values pass from chunk to chunk, the
//! gradient does not, and the state is empty after a gap.

use std::ops::Range;

use crate::common::{noisy_sine, plain, settings};
use unrolled::arch::{Architecture, Forecaster, Plan, registry};
use unrolled::data::windows::frame::{CALENDAR, TARGET};
use unrolled::data::{Batch, Cut, Fill, Frame, FrameOptions, Lane, Part, Series, Split};
use unrolled::grad::{Tape, Var, ops};
use unrolled::knob::{Raw, Settings};
use unrolled::math::Rng;
use unrolled::nn::{Params, Pass, State};
use unrolled::train::Truncated;
use unrolled::train::source::{Room, Shard, Source};
use unrolled::train::truncated::LANES;
use unrolled::{Error, Real, Session, narrow, wide};

const WINDOW: usize = 24;
const HORIZON: usize = 4;

/// Chunks that divide no lane, dropout in both places, segments, a recursive head, known features, several targets.
const SHAPES: &[&str] = &[
    r#"{"segment": 1, "hidden": 5, "layers": 2, "dropout": 0.3, "head_dropout": 0.2, "chunk": 7, "lanes": 3}"#,
    r#"{"segment": 2, "hidden": 6, "layers": 2, "mix": "gru", "head": "rolled", "loss": "huber", "head_dropout": 0, "chunk": 11, "lanes": 2}"#,
    r#"{"segment": 3, "hidden": 5, "loss": "mae", "head_dropout": 0.4, "calendar": true, "chunk": 3, "lanes": 16}"#,
    r#"{"segment": 1, "hidden": 5, "head": "rolled", "head_dropout": 0, "chunk": 5, "lanes": 1}"#,
    r#"{"target": "temp_c, wind", "segment": 2, "hidden": 6, "head_dropout": 0.2, "calendar": true, "chunk": 8, "lanes": 3}"#,
    r#"{"target": "wind, temp_c", "segment": 2, "hidden": 5, "head": "rolled", "head_dropout": 0, "chunk": 6, "lanes": 2}"#,
];

fn streaming() -> impl Iterator<Item = &'static Architecture> {
    registry::ALL.iter().filter(|architecture| architecture.streams)
}

/// Two columns with gaps in the training part: one value, a run too short for any lane, and another.
fn gappy() -> Series {
    let mut series = noisy_sine(260);
    series.names.push("wind".to_owned());
    series.columns.push((0..260).map(|t| (t as f64 / 7.0).cos()).collect());
    series.columns[0][61] = f64::NAN;
    series.columns[1][65] = f64::NAN;
    series.columns[0][120..123].fill(f64::NAN);
    series
}

struct Bench {
    forecaster: Box<dyn Forecaster>,
    params: Params,
    plan: Plan,
    frame: Frame,
    train: Range<usize>,
    truncated: Truncated,
    loss: ops::Loss,
    lanes: Vec<Lane>,
    side: usize,
}

fn bench(architecture: &Architecture, json: &str) -> Bench {
    let mut raw = plain(json);
    raw.insert("architecture".into(), architecture.id.into());
    raw.insert("reading".into(), "continuous".into());
    let checked = Settings::check(&unrolled::session::catalog().knobs, &raw, &Raw::new()).unwrap();
    let series = gappy();
    let split = Split::parse("70/10/20", &series.axis).unwrap();
    let named = match checked.get(&TARGET) {
        named if named.is_empty() => "temp_c".to_owned(),
        named => named,
    };
    let options = FrameOptions {
        targets: named.split(", ").map(str::to_owned).collect(),
        inputs: vec!["wind".to_owned()],
        calendar: checked.get(&CALENDAR),
        fill: Fill::default(),
        ahead: HORIZON,
        scales: None,
        cycles: None,
    };
    let frame = Frame::new(&series, &split, &options).unwrap();
    let features = (frame.features, frame.data_features, frame.targets);
    let plan = architecture.plan(&checked, features, (24, WINDOW, HORIZON)).unwrap();
    let (forecaster, mut params) = architecture.build(&plan, &checked, 3);
    // A small random step away from the start, where some weights are zero.
    let mut rng = Rng::new(21, 0);
    params.values.iter_mut().for_each(|p| *p += narrow(0.05 * rng.normal()));
    let train = split.rows(Part::Train);
    let of = (&frame, train.clone());
    let truncated = Truncated::new(&checked, &plan, forecaster.as_ref(), of, 1).unwrap().unwrap();
    let ahead = if plan.recursive() { plan.segment() } else { HORIZON };
    let fed_back = if plan.recursive() { HORIZON.div_ceil(plan.segment()) } else { 0 };
    let longest = (forecaster.state(2) > forecaster.state(1)).then(|| plan.tokens() + fed_back);
    let side = checked.get(&LANES);
    let lanes = frame.lanes(train.clone(), Cut { count: side, longest, segment: plan.segment(), ahead });
    let loss = unrolled::train::Options::new(&checked).loss;
    Bench { forecaster, params, plan, frame, train, truncated, loss, lanes, side }
}

impl Bench {
    /// Part `index` of `shards` of step `at` of an epoch with these weights.
    fn shard(&self, at: usize, shard: (usize, usize), values: Option<&[Real]>) -> Vec<Real> {
        let mut params = self.params.clone();
        if let Some(values) = values {
            params.values.copy_from_slice(values);
        }
        let (forecaster, frame) = (self.forecaster.as_ref(), &self.frame);
        let shard = Shard { forecaster, frame, params: &params, at, shard, key: (5, at as u64), loss: self.loss };
        let mut out = Vec::new();
        self.truncated.shard(shard, &mut Room::default(), &mut out);
        out
    }

    /// Loss and gradient of step `at` for these states of each lane, and the states after it: one lane after the other, without
    /// batches and masks.
    fn by_hand(&self, at: usize, states: &mut [Vec<Kept>]) -> (f64, Vec<f64>) {
        let (chunk, segment) = (self.truncated.cuts().unwrap().chunk / self.plan.segment(), self.plan.segment());
        let pieces: Vec<(Range<usize>, usize)> = (0..self.lanes.len())
            .step_by(self.side)
            .map(|first| first..(first + self.side).min(self.lanes.len()))
            .flat_map(|group| (0..self.lanes[group.start].tokens.div_ceil(chunk)).map(move |k| (group.clone(), k)))
            .collect();
        let ((group, k), shift) = (&pieces[at % pieces.len()], at / pieces.len() % segment);
        let ahead = if self.plan.recursive() { segment } else { HORIZON };
        let model = self.forecaster.stretches().unwrap();
        let (mut sum, mut count, mut gradient) = (0.0, 0, vec![0.0; self.params.len()]);
        for lane in group.clone() {
            let left = self.lanes[lane].tokens.saturating_sub(k * chunk).min(chunk);
            if left == 0 {
                continue;
            }
            let first = self.lanes[lane].first + shift + k * chunk * segment;
            let mut batch = Batch::default();
            self.frame.gather(&[u32::try_from(first).unwrap()], left * segment, ahead, &mut batch);
            assert!(batch.values.iter().all(|value| value.is_finite()), "a lane crosses no gap");
            assert!(first + left * segment + ahead <= self.train.end, "and stays in the training part");
            let mut tape = Tape::new(true);
            let before = if *k == 0 { vec![State::default(); model.states()] } else { put(&mut tape, &states[lane]) };
            let mut after = before;
            let mut pass = Pass::training(&mut tape, &self.params, 1, 5, at as u64, (lane - group.start) as u64);
            let (prediction, truth) = model.fit_stretch(&mut pass, &batch, 0..left, &mut after).unwrap();
            let loss = ops::loss(&mut tape, self.loss, prediction, truth);
            tape.backward(loss);
            let mut params = self.params.clone();
            params.collect(&tape);
            sum += wide(tape.scalar(loss)) * left as f64;
            gradient.iter_mut().zip(&params.grads).for_each(|(sum, g)| *sum += wide(*g) * left as f64);
            count += left;
            states[lane] = after.iter().map(|state| state.map(|var| var.map(|var| keep(&tape, var)))).collect();
        }
        gradient.iter_mut().for_each(|g| *g /= count as f64);
        (sum / count as f64, gradient)
    }
}

/// A layer's state as values.
type Kept = [Option<(usize, usize, Vec<Real>)>; 4];

fn keep(tape: &Tape, var: Var) -> (usize, usize, Vec<Real>) {
    let (rows, cols) = tape.shape(var);
    (rows, cols, tape.value(var).to_vec())
}

fn put(tape: &mut Tape, states: &[Kept]) -> Vec<State> {
    states
        .iter()
        .map(|state| std::array::from_fn(|k| state[k].as_ref().map(|(rows, cols, x)| tape.constant(*rows, *cols, x))))
        .collect()
}

fn bound() -> f64 {
    if cfg!(feature = "f64") { 1e-12 } else { 2e-5 }
}

#[test]
fn each_step_is_what_its_lanes_give_one_by_one_from_the_states_that_they_left() {
    for architecture in streaming() {
        let mut worst = 0.0_f64;
        for json in SHAPES {
            let mut bench = bench(architecture, json);
            let mut states = vec![Vec::new(); bench.lanes.len()];
            assert_eq!(bench.truncated.steps() % bench.plan.segment(), 0, "a pass for each row of a segment");
            for at in 0..bench.truncated.steps() {
                let (loss, gradient) = bench.by_hand(at, &mut states);
                let count = gradient.len();
                let part = bench.shard(at, (0, 1), None);
                let size = gradient.iter().map(|g| g.abs()).fold(1e-3, f64::max);
                for (found, expected) in part.iter().zip(&gradient) {
                    worst = worst.max((wide(*found) - expected).abs() / size);
                }
                worst = worst.max((wide(part[count]) - loss).abs() / loss);
                assert_eq!(bench.truncated.carried(&part[count + 1..]), Some(part.len() - count - 1));
                bench.truncated.carry(0, &part[count + 1..]);
            }
        }
        println!("{:<14} chunks side by side and lane by lane differ by {worst:.1e}", architecture.id);
        assert!(worst < bound(), "{}: {worst:e}", architecture.id);
    }
}

#[test]
fn the_gradient_is_that_of_the_chunk_with_the_state_before_it_held() {
    for architecture in streaming() {
        let mut worst = 0.0_f64;
        for json in SHAPES {
            let mut bench = bench(architecture, json);
            for at in 0..3 {
                let part = bench.shard(at, (0, 1), None);
                let count = bench.params.len();
                let mut rng = Rng::new(at as u64, 7);
                let direction: Vec<f64> = (0..count).map(|_| rng.normal()).collect();
                let slope: f64 = part.iter().zip(&direction).map(|(g, d)| wide(*g) * d).sum();
                let moved = |h: f64| {
                    let near: Vec<Real> =
                        bench.params.values.iter().zip(&direction).map(|(x, d)| narrow(wide(*x) + h * d)).collect();
                    wide(bench.shard(at, (0, 1), Some(&near))[count])
                };
                // A kink within a step spoils the difference; a wrong gradient is wrong for every step.
                let error = |h: f64| {
                    let difference = (8.0 * (moved(h) - moved(-h)) - (moved(2.0 * h) - moved(-2.0 * h))) / (12.0 * h);
                    (slope - difference).abs() / slope.abs().max(difference.abs()).max(1e-3)
                };
                worst = worst.max([1e-4, 1e-5, 1e-6].into_iter().map(error).fold(f64::INFINITY, f64::min));
                bench.truncated.carry(0, &part[count + 1..]);
            }
        }
        println!("{:<14} gradient of a chunk: largest relative error {worst:.1e}", architecture.id);
        if cfg!(feature = "f64") {
            assert!(worst < 1e-6, "{}: {worst:e}", architecture.id);
        }
    }
}

#[test]
fn the_values_of_a_carried_state_are_those_of_one_long_pass_and_its_gradient_is_not() {
    let json = r#"{"segment": 1, "hidden": 5, "layers": 2, "head_dropout": 0, "chunk": 5, "lanes": 1}"#;
    for architecture in streaming() {
        let mut bench = bench(architecture, json);
        let Lane { first, tokens } = bench.lanes[0];
        let (mut batch, mut tape) = (Batch::default(), Tape::new(true));
        bench.frame.gather(&[u32::try_from(first).unwrap()], tokens, HORIZON, &mut batch);
        let model = bench.forecaster.stretches().unwrap();
        let mut states = vec![State::default(); model.states()];
        let mut pass = Pass::training(&mut tape, &bench.params, 1, 5, 0, 0);
        let (prediction, truth) = model.fit_stretch(&mut pass, &batch, 0..tokens, &mut states).unwrap();
        let loss = ops::loss(&mut tape, bench.loss, prediction, truth);
        tape.backward(loss);
        let mut long = bench.params.clone();
        long.collect(&tape);

        let (count, steps) = (bench.params.len(), tokens.div_ceil(5));
        let (mut sum, mut gradient) = (0.0, vec![0.0; count]);
        for at in 0..steps {
            let part = bench.shard(at, (0, 1), None);
            let share = bench.truncated.examples(at) as f64 / tokens as f64;
            sum += share * wide(part[count]);
            gradient.iter_mut().zip(&part).for_each(|(sum, g)| *sum += share * wide(*g));
            bench.truncated.carry(0, &part[count + 1..]);
        }
        let expected = wide(tape.scalar(loss));
        assert!((sum - expected).abs() < bound() * expected, "{}: {sum} {expected}", architecture.id);
        let off = gradient.iter().zip(&long.grads).map(|(a, b)| (a - wide(*b)).abs()).fold(0.0, f64::max);
        let size = gradient.iter().map(|g| g.abs()).fold(0.0, f64::max);
        println!("{:<14} a gradient that is cut is {:.1} % off", architecture.id, 100.0 * off / size);
        assert!(off > 1e-4 * size, "{}: the gradient crossed all borders", architecture.id);
    }
}

#[test]
fn lanes_cross_no_gap_and_leave_out_no_row_that_can_be_read() {
    let series = gappy();
    let split = Split::parse("70/10/20", &series.axis).unwrap();
    let options = FrameOptions {
        targets: vec!["temp_c".to_owned()],
        inputs: vec!["wind".to_owned()],
        calendar: false,
        fill: Fill::default(),
        ahead: HORIZON,
        scales: None,
        cycles: None,
    };
    let frame = Frame::new(&series, &split, &options).unwrap();
    for (count, longest, segment, ahead) in
        [(1, None, 1, 4), (3, None, 1, 4), (5, None, 3, 2), (1, Some(7), 1, 1), (40, Some(4), 2, 4), (1000, None, 1, 4)]
    {
        let lanes = frame.lanes(split.rows(Part::Train), Cut { count, longest, segment, ahead });
        let mut read = vec![0; frame.rows];
        for lane in &lanes {
            assert!(lane.tokens > 0 && longest.is_none_or(|longest| lane.tokens <= longest));
            let last = lane.first + lane.tokens * segment + (segment - 1) + ahead;
            assert!(last <= split.train.end && (lane.first..last).all(|row| frame.missing_at(row).is_none()));
            read[lane.first..lane.first + lane.tokens * segment].iter_mut().for_each(|times| *times += 1);
        }
        assert!(read.iter().all(|&times| times <= 1), "no row is read twice in a pass");
        assert!(lanes.is_sorted_by_key(|lane| std::cmp::Reverse(lane.tokens)));
        let whole: usize = [0..61, 66..120, 123..182]
            .map(|rows: Range<usize>| (rows.len() - (segment - 1) - ahead) / segment * segment)
            .iter()
            .sum();
        // Rows 62 to 64 are too few, except for a short segment.
        let short = 3_usize.saturating_sub(segment - 1 + ahead) / segment * segment;
        assert_eq!(read.iter().sum::<usize>(), whole + short);
    }
}

fn session(more: &str) -> Result<Session, Error> {
    let mut raw = plain(
        r#"{"reading": "continuous", "hidden": 8, "window": 24, "horizon": 4, "segment": 1, "split": "70/10/20"}"#,
    );
    raw.extend(settings(more));
    let mut session = Session::new(noisy_sine(600));
    session.configure(&raw)?;
    Ok(session)
}

#[test]
fn what_cannot_be_read_as_one_is_refused_naming_the_knob() {
    let refused = |more: &str| match session(more) {
        Err(Error::Knob { knob, problem, .. }) => (knob, problem),
        other => panic!("{more}: {other:?}"),
    };
    for architecture in registry::ALL.iter().filter(|architecture| !architecture.streams) {
        let (knob, problem) = refused(&format!(r#"{{"architecture": "{}"}}"#, architecture.id));
        assert_eq!(knob, "reading", "{}", architecture.id);
        assert!(problem.contains("cannot stream"), "{problem}");
    }
    let (knob, problem) = refused(r#"{"segment": 12, "chunk": 11}"#);
    assert_eq!((knob, problem.as_str()), ("chunk", "11 steps are less than one segment of 12; choose at least 12"));
    assert_eq!(refused(r#"{"highway": true}"#).0, "highway");
    assert!(session(r#"{"highway": true, "head": "rolled"}"#).is_ok(), "a recursive forecast has no linear skip");
}

#[test]
fn it_says_what_was_cut() {
    // 420 rows of training, of which the last four are only forecast.
    let cut = session(r#"{"chunk": 10, "lanes": 4}"#).unwrap();
    let configured = cut.configured().unwrap();
    let said = configured.truncated.clone().unwrap();
    assert_eq!((said.chunk, said.side_by_side, said.lanes, said.borders), (10, 4, 4, 40));
    assert_eq!((said.starts.len(), said.cuts.len()), (4, 40));
    let hour = 3_600_000;
    assert_eq!(said.starts[1] - said.starts[0], 104 * hour);
    assert_eq!(said.cuts[..2], [said.starts[0] + 10 * hour, said.starts[0] + 20 * hour]);
    assert_eq!(configured.steps_per_epoch, 11 * said.passes as u64);
    for part in [
        "as 4 streams, 4 in parallel, in chunks of 10 steps",
        "cuts the gradient at 40 borders between chunks",
        "the state’s values carry over",
        "Before a forecast the state is warmed up over the window, from empty",
    ] {
        assert!(said.sentence.contains(part), "{}", said.sentence);
    }
    assert_eq!(configured.settings["chunk"], 10);
    let windows = session(r#"{"reading": "windows"}"#).unwrap();
    assert_eq!(windows.configured().unwrap().truncated, None);
    // A quarter of the window, and lanes of two windows.
    let said = session("{}").unwrap().configured().unwrap().truncated.clone().unwrap();
    assert_eq!((said.chunk, said.side_by_side), (6, 8));
    let many = session(r#"{"lanes": 1024, "chunk": 10000}"#).unwrap().configured().unwrap().truncated.clone().unwrap();
    assert_eq!((many.lanes, many.borders, many.chunk), (416, 0, 1), "a lane for each step, nothing to cut");
}

#[test]
fn a_part_whose_states_are_not_told_is_refused_and_changes_nothing() {
    let mut session = session(r#"{"lanes": 4, "shards": 2}"#).unwrap();
    let parts = |session: &mut Session| -> Vec<Vec<Real>> {
        (0..2)
            .map(|index| {
                let mut part = Vec::new();
                session.part(index, &mut part).unwrap();
                part
            })
            .collect()
    };
    let right = parts(&mut session);
    let weights = session.current_weights().unwrap().to_vec();
    let count = weights.len() + 1;
    let (mut short, mut none, mut wrong, mut huge) = (right.clone(), right.clone(), right.clone(), right.clone());
    short[1].pop();
    none[0].truncate(count);
    wrong[0][count] = 0.5;
    huge[1][count] = 1e30;
    for parts in [&short, &none, &wrong, &huge] {
        assert!(matches!(session.apply(parts), Err(Error::NotReady { .. })));
        assert_eq!(session.current_weights().unwrap(), weights);
    }
    assert!(session.apply(&right).unwrap());
    assert_ne!(session.current_weights().unwrap(), weights);
}
