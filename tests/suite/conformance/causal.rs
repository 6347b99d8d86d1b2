//! With the loss at every step, a step's forecast depends on no later row.

use unrolled::arch::{Architecture, Plan, registry};
use unrolled::data::{Batch, Fill, Frame, FrameOptions, Part, Series, Split};
use unrolled::grad::Tape;
use unrolled::knob::Kind;
use unrolled::math::Rng;
use unrolled::nn::Pass;
use unrolled::{Error, Real, Session, narrow, wide};

use super::{checked, columns, passed};
use crate::common::{noisy_sine, plain};

const WINDOW: usize = 13;
const HORIZON: usize = 4;
/// First row of the tested window.
const START: usize = 20;
/// Smallest difference between distinct forecasts, in standard deviations of the training part: above rounding, where later rows
/// change by two.
const ROUNDING: f64 = if cfg!(feature = "f64") { 1e-9 } else { 1e-4 };

/// Segments that fill the window or leave its oldest rows out, heads, and a linear skip.
const FORMS: &[&str] = &[
    r#"{"segment": 1}"#,
    r#"{"segment": 1, "head": "rolled", "layers": 2}"#,
    r#"{"segment": 3, "highway": true}"#,
    r#"{"segment": 4, "head": "rolled"}"#,
    r#"{"segment": 13, "highway": true}"#,
];

/// The centrings that `architecture` allows.
fn normalisations() -> Vec<&'static str> {
    let Kind::Choice { options } = unrolled::arch::plan::NORMALISE.kind else { panic!("a choice") };
    options.iter().map(|option| option.value).collect()
}

/// The window from [`START`] on of a series with other rows from `changed` on, scaled as before.
fn batch(series: &Series, targets: usize, changed: usize) -> (Batch, Frame) {
    let split = Split::parse("70/10/20", &series.axis).unwrap();
    let frame = |series: &Series, scales| {
        let (targets, inputs) = series.names.split_at(targets);
        let options = FrameOptions {
            targets: targets.to_vec(),
            inputs: inputs.to_vec(),
            calendar: true,
            fill: Fill::default(),
            ahead: 8,
            scales,
            cycles: None,
        };
        Frame::new(series, &split, &options).unwrap()
    };
    let fitted = frame(series, None);
    let (mut other, mut rng) = (series.clone(), Rng::new(31, changed as u64));
    for (column, scale) in other.columns.iter_mut().zip(&fitted.scales) {
        for value in &mut column[changed..] {
            *value = scale.unscale(scale.scale(*value) + 2.0 + rng.normal());
        }
    }
    let frame = frame(&other, Some(fitted.scales));
    assert!(frame.windows(&split, Part::Train, WINDOW, HORIZON).unwrap().starts.contains(&(START as u32)));
    let mut batch = Batch::default();
    frame.gather(&[START as u32], WINDOW, HORIZON, &mut batch);
    (batch, frame)
}

/// The forecast at each token of a window in training, in the scale of the training part.
fn told(
    architecture: &Architecture,
    json: &str,
    targets: usize,
    changed: usize,
) -> Result<(Plan, Vec<Vec<f64>>), Error> {
    let (settings, _) = checked(architecture, json);
    let (batch, frame) = batch(&columns(240), targets, changed);
    let sizes = (frame.features, frame.data_features, frame.targets);
    let plan = architecture.plan(&settings, sizes, (24, WINDOW, HORIZON))?;
    let (forecaster, mut params) = architecture.build(&plan, &settings, 3);
    // Away from the initial weights, where the linear skip is zero.
    let mut rng = Rng::new(21, 0);
    params.values.iter_mut().for_each(|p| *p += narrow(0.1 * rng.normal()));
    let mut tape = Tape::new(false);
    let mut pass = Pass::training(&mut tape, &params, 1, 5, 0, 0);
    let (prediction, truth) = forecaster.fit(&mut pass, &batch);
    let (steps, features) = if plan.recursive() { (plan.segment(), plan.data_features) } else { (HORIZON, targets) };
    assert_eq!(tape.shape(prediction), (steps * features, plan.tokens()), "{} {json}", architecture.id);
    let pairs =
        tape.value(prediction).chunks_exact(steps * features).zip(tape.value(truth).chunks_exact(steps * features));
    let of_token = |(token, (prediction, truth)): (usize, (&[Real], &[Real]))| {
        let first = plan.skipped() + (token + 1) * plan.segment();
        let entry = |row: usize| {
            let (step, feature) =
                if plan.recursive() { (row / features, row % features) } else { (row % steps, row / steps) };
            let actual = wide(batch.column(first + step, 0)[feature]);
            wide(prediction[row]) + actual - wide(truth[row])
        };
        (0..steps * features).map(entry).collect()
    };
    Ok((plan, pairs.enumerate().map(of_token).collect()))
}

#[test]
fn a_forecast_at_a_step_knows_nothing_of_the_rows_behind_it() {
    for architecture in registry::ALL.iter().filter(|one| one.reads("loss_on")) {
        let mut tried = 0;
        for (normalise, form) in normalisations().iter().flat_map(|one| FORMS.iter().map(move |form| (one, form))) {
            let json = format!(
                r#"{{"hidden": 6, "dropout": 0.2, "loss_on": "every", "normalise": "{normalise}", {}"#,
                &form[1..]
            );
            for targets in [1, 2] {
                let told = |changed: usize| told(architecture, &json, targets, changed);
                if !architecture.streams {
                    let error = told(240).expect_err(architecture.id);
                    assert!(
                        matches!(error, Error::Knob { knob: "loss_on" | "head", .. }),
                        "{}: {error}",
                        architecture.id
                    );
                    continue;
                }
                let (plan, before) = told(240).unwrap_or_else(|error| panic!("{} {json}: {error}", architecture.id));
                for token in 0..plan.tokens() {
                    let behind = START + plan.skipped() + (token + 1) * plan.segment();
                    let (_, after) = told(behind).unwrap();
                    let moved = |token: usize| {
                        let pairs = before[token].iter().zip(&after[token]);
                        pairs.map(|(one, other)| (one - other).abs()).fold(0.0, f64::max)
                    };
                    for earlier in 0..=token {
                        let off = moved(earlier);
                        assert!(
                            off < ROUNDING,
                            "{} {json}: token {earlier} moved by {off:e} with row {behind}",
                            architecture.id
                        );
                    }
                    // Rows up to the token do change it.
                    assert!(token + 1 == plan.tokens() || moved(token + 1) > ROUNDING, "{} {json}", architecture.id);
                    tried += 1;
                }
            }
        }
        passed(
            architecture,
            "every step is causal",
            if tried == 0 { "refuses".to_owned() } else { format!("{tried} tokens") },
        );
    }
    for architecture in registry::ALL.iter().filter(|one| !one.reads("loss_on")) {
        // It learns from the window's end alone, whatever the knob says.
        let (settings, _) = checked(architecture, r#"{"loss_on": "every"}"#);
        assert!(!architecture.plan(&settings, (3, 3, 1), (24, WINDOW, HORIZON)).unwrap().learns_throughout());
        passed(architecture, "every step is causal", "last step");
    }
}

#[test]
fn a_decoder_that_is_fed_the_truth_is_fed_none_of_what_it_forecasts() {
    let mut tried = 0;
    for architecture in registry::ALL {
        for (normalise, attention) in
            normalisations().into_iter().flat_map(|one| [(one, "none"), (one, "dot"), (one, "additive")])
        {
            let json =
                format!(r#"{{"hidden": 6, "segment": 1, "normalise": "{normalise}", "attention": "{attention}"}}"#);
            let (settings, _) = checked(architecture, &json);
            // `[targets × horizon]`, with other rows from `changed` on.
            let forced = |changed: usize| {
                let (batch, frame) = batch(&columns(240), 2, changed);
                let sizes = (frame.features, frame.data_features, frame.targets);
                let plan = architecture.plan(&settings, sizes, (24, WINDOW, HORIZON)).unwrap();
                let (forecaster, params) = architecture.build(&plan, &settings, 3);
                let mut tape = Tape::new(false);
                let mut out = vec![0.0; 2 * HORIZON];
                let mut pass = Pass::new(&mut tape, &params, 1);
                forecaster.feeds_back().then(|| {
                    forecaster.forced(&mut pass, &batch, &mut out);
                    out
                })
            };
            let Some(before) = forced(240) else { continue };
            for lead in 0..HORIZON {
                let after = forced(START + WINDOW + lead).unwrap();
                let moved = |lead: usize| {
                    let at =
                        |target: usize| wide((before[target * HORIZON + lead] - after[target * HORIZON + lead]).abs());
                    at(0).max(at(1))
                };
                assert!((0..=lead).all(|earlier| moved(earlier) < ROUNDING), "{} {json}: step {lead}", architecture.id);
                assert!(lead + 1 == HORIZON || moved(lead + 1) > ROUNDING, "{} {json}: step {lead}", architecture.id);
                tried += 1;
            }
        }
    }
    assert!(tried > 0, "one architecture at least feeds on its own forecasts");
}

#[test]
fn what_is_fed_back_is_read_as_if_it_had_been_measured() {
    // All columns are forecast, so every fed-back value is known; windows of whole segments begin at the same row.
    const TARGETS: usize = 3;
    let (window, horizon) = (12, 6);
    for architecture in registry::ALL.iter().filter(|one| one.streams) {
        for (normalise, segment) in normalisations().into_iter().flat_map(|one| [(one, 1), (one, 2)]) {
            let json = format!(
                r#"{{"hidden": 6, "loss_on": "every", "head": "rolled", "normalise": "{normalise}", "segment": {segment}}}"#
            );
            let (settings, _) = checked(architecture, &json);
            let (mut batch, frame) = batch(&columns(240), TARGETS, 240);
            let features = frame.features;
            // `[TARGETS × horizon]`, with the same weights for any window: the number of tokens is the same in all.
            let forecast = |batch: &Batch| {
                let sizes = (features, frame.data_features, TARGETS);
                let plan = architecture.plan(&settings, sizes, (24, batch.window, batch.horizon)).unwrap();
                let (forecaster, params) = architecture.build(&plan, &settings, 3);
                let mut tape = Tape::new(false);
                let mut out = vec![0.0; TARGETS * batch.horizon];
                forecaster.forecast(&mut Pass::new(&mut tape, &params, 1), batch, &mut out);
                out
            };
            (batch.window, batch.horizon) = (window, horizon);
            batch.values.resize((window + horizon) * features, 0.5);
            let before = forecast(&batch);
            // The first segment of the forecast becomes part of the window.
            for (step, target) in (0..segment).flat_map(|step| (0..TARGETS).map(move |target| (step, target))) {
                batch.values[(window + step) * features + target] = before[target * horizon + step];
            }
            (batch.window, batch.horizon) = (window + segment, horizon - segment);
            let after = forecast(&batch);
            for (before, after) in before.chunks_exact(horizon).zip(after.chunks_exact(horizon - segment)) {
                for (one, other) in before[segment..].iter().zip(after) {
                    assert!(wide((one - other).abs()) < ROUNDING, "{} {json}: {one} {other}", architecture.id);
                }
            }
        }
    }
}

/// A random walk: the sum of independent steps, which nothing predicts.
fn random_walk(rows: usize) -> Series {
    let (mut series, mut rng, mut at) = (noisy_sine(rows), Rng::new(5, 0), 0.0);
    for value in &mut series.columns[0] {
        at += rng.normal();
        *value = at;
    }
    series
}

#[test]
fn on_a_random_walk_no_training_loss_is_below_that_of_the_last_value() {
    const ROWS: usize = 900;
    let series = random_walk(ROWS);
    let train = &series.columns[0][..ROWS * 7 / 10];
    let mean = train.iter().sum::<f64>() / train.len() as f64;
    let variance = train.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / train.len() as f64;
    let squares = |lead: usize| {
        let pairs = train.iter().zip(&train[lead..]);
        pairs.map(|(now, then)| (then - now) * (then - now)).sum::<f64>() / (train.len() - lead) as f64
    };
    let honest = (1..=HORIZON).map(squares).sum::<f64>() / HORIZON as f64 / variance;
    for architecture in registry::ALL.iter().filter(|one| one.streams) {
        for normalise in ["last", "window"] {
            let mut raw = plain(
                r#"{"hidden": 8, "window": 24, "horizon": 4, "segment": 1, "loss_on": "every", "epochs": 8,
                    "learning_rate": 0.01, "head_dropout": 0, "patience": 0, "split": "70/10/20"}"#,
            );
            raw.insert("architecture".into(), architecture.id.into());
            raw.insert("normalise".into(), normalise.into());
            let mut session = Session::new(series.clone());
            session.configure(&raw).unwrap();
            while session.advance().unwrap() {}
            let least = session.history(0).unwrap().iter().map(|epoch| epoch.train).fold(f64::INFINITY, f64::min);
            println!("{:<14} {normalise:<7} training loss {least:.4}; of the last value {honest:.4}", architecture.id);
            // A few hundred weights memorise some of these steps.
            assert!(least > 0.9 * honest, "{} {normalise}: {least} {honest}", architecture.id);
        }
    }
}
