//! Scores the statistical baselines, a linear model and equal-weight means of them on a set of series, as the forecasting competitions do.
//! `cargo run --release --example baselines -- FILE.json PERIODS HORIZON EVERY LAGS`: the file holds
//! `{"id": {"x": [past], "xx": [future]}, …}`, periods are such as `24,168`, and of every `EVERY` series the middle one is forecast once.
//! `LAGS` are those of the linear model. Without arguments it times a fit on 8,760 hours.

use std::time::Instant;

use nalgebra::{DMatrix, DVector};
use unrolled::baseline::Method;
use unrolled::evaluate::ridge::PENALTIES;
use unrolled::math::Rng;

/// Mean absolute error over the horizon divided by that of the past against the season before.
fn mase(past: &[f64], future: &[f64], forecast: &[f64], period: usize) -> f64 {
    let mean = |pairs: &mut dyn Iterator<Item = (&f64, &f64)>| {
        let (sum, count) = pairs.fold((0.0, 0.0), |(sum, count), (a, b)| (sum + (a - b).abs(), count + 1.0));
        sum / count
    };
    mean(&mut future.iter().zip(forecast)) / mean(&mut past[period..].iter().zip(past))
}

/// Ridge regression from the last `lags` values to the horizon, less the last one: the penalty is the best on the last fifth of the windows,
/// and the map is then fitted to all of them.
fn ridge(past: &[f64], lags: usize, horizon: usize) -> Vec<f64> {
    let mean = past.iter().sum::<f64>() / past.len() as f64;
    let variance = past.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / past.len() as f64;
    let unit = variance.sqrt().max(f64::MIN_POSITIVE);
    let lags = lags.min(past.len().saturating_sub(horizon + 4)).max(1);
    let count = past.len() + 1 - lags - horizon;
    let relative = |window: usize, at: usize| (past[window + at] - past[window + lags - 1]) / unit;
    let inputs = |windows: std::ops::Range<usize>| {
        DMatrix::from_fn(windows.len(), lags, |row, lag| relative(windows.start + row, lag))
    };
    let truth = |windows: std::ops::Range<usize>| {
        DMatrix::from_fn(windows.len(), horizon, |row, step| relative(windows.start + row, lags + step))
    };
    let fit = |windows: std::ops::Range<usize>, penalty: f64| {
        let (x, y) = (inputs(windows.clone()), truth(windows));
        let (x_mean, y_mean) = (x.row_mean(), y.row_mean());
        let (x, y) = (
            x.clone() - DVector::repeat(x.nrows(), 1.0) * &x_mean,
            y.clone() - DVector::repeat(y.nrows(), 1.0) * &y_mean,
        );
        let gram = x.transpose() * &x + DMatrix::identity(lags, lags) * penalty;
        let weights = gram.cholesky().expect("a penalty").solve(&(x.transpose() * y));
        move |x: &DMatrix<f64>| {
            (x - DVector::repeat(x.nrows(), 1.0) * &x_mean) * &weights + DVector::repeat(x.nrows(), 1.0) * &y_mean
        }
    };
    let last = count - (count / 5).max(1);
    let error = |penalty: &f64| (fit(0..last, *penalty)(&inputs(last..count)) - truth(last..count)).norm_squared();
    let penalty = PENALTIES.into_iter().min_by(|a, b| error(a).total_cmp(&error(b))).expect("penalties");
    let first = past.len() - lags;
    let end = DMatrix::from_fn(1, lags, |_, lag| (past[first + lag] - past[past.len() - 1]) / unit);
    fit(0..count, penalty)(&end).iter().map(|value| value * unit + past[past.len() - 1]).collect()
}

/// The means to score, by the ids of their members.
const MEANS: [&[&str]; 6] = [
    &["theta", "ets"],
    &["theta", "ets", "mstl"],
    &["theta", "ets", "ridge"],
    &["theta", "ets", "mstl", "ridge"],
    &["theta", "ets", "mstl", "harmonic"],
    &["theta", "ets", "mstl", "harmonic", "ridge"],
];

fn score(file: &str, periods: &[usize], horizon: usize, every: usize, lags: usize) {
    let text = std::fs::read_to_string(file).expect("the file can be read");
    let all: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let numbers = |value: &serde_json::Value| -> Vec<f64> {
        value.as_array().expect("numbers").iter().map(|value| value.as_f64().expect("a number")).collect()
    };
    let mut series: Vec<(&String, &serde_json::Value)> = all.as_object().expect("series by id").iter().collect();
    let order = |id: &str| id.trim_start_matches(|sign: char| !sign.is_ascii_digit()).parse::<usize>().unwrap_or(0);
    series.sort_by_key(|(id, _)| order(id));
    let chosen: Vec<(Vec<f64>, Vec<f64>)> = series
        .into_iter()
        .skip(every / 2)
        .step_by(every)
        .map(|(_, series)| (numbers(&series["x"]), numbers(&series["xx"])))
        .collect();
    println!("{file}: {} series", chosen.len());
    // The forecasts of each series, by method.
    let mut found: Vec<(&str, Vec<Option<Vec<f64>>>)> = Vec::new();
    for method in Method::ALL {
        let (clock, mut slowest) = (Instant::now(), 0.0_f64);
        let of = |(past, _): &(Vec<f64>, Vec<f64>)| {
            let clock = Instant::now();
            let mut forecast = vec![0.0; horizon];
            let fitted = method.fit(past, periods).map_err(|error| println!("  {error}")).ok()?;
            fitted.forecast(&mut forecast);
            slowest = slowest.max(clock.elapsed().as_secs_f64());
            Some(forecast)
        };
        let forecasts: Vec<Option<Vec<f64>>> = chosen.iter().map(of).collect();
        println!("  {}: {:.2} s, a series at most {slowest:.3} s", method.id(), clock.elapsed().as_secs_f64());
        found.push((method.id(), forecasts));
    }
    found.push(("ridge", chosen.iter().map(|(past, _)| Some(ridge(past, lags, horizon))).collect()));
    // Of what cannot be forecast, the others' mean counts.
    let scored = |ids: &[&str]| {
        let members: Vec<_> = found.iter().filter(|(id, _)| ids.contains(id)).map(|(_, forecasts)| forecasts).collect();
        let errors: Vec<f64> = chosen
            .iter()
            .enumerate()
            .filter_map(|(at, (past, future))| {
                let those: Vec<&Vec<f64>> = members.iter().filter_map(|member| member[at].as_ref()).collect();
                let mean = |step: usize| those.iter().map(|forecast| forecast[step]).sum::<f64>() / those.len() as f64;
                let forecast: Vec<f64> = (0..horizon).map(mean).collect();
                (!those.is_empty()).then(|| mase(past, future, &forecast, periods[0]))
            })
            .collect();
        println!("  {:36} MASE {:.4}", ids.join(" + "), errors.iter().sum::<f64>() / errors.len() as f64);
    };
    found.iter().for_each(|(id, _)| scored(&[id]));
    MEANS.iter().for_each(|ids| scored(ids));
}

fn time() {
    let mut rng = Rng::new(1, 0);
    let mut level = 500.0;
    let values: Vec<f64> = (0..8760 + 1752)
        .map(|hour| {
            level += rng.normal();
            let turn = |period: f64| libm::sin(2.0 * std::f64::consts::PI * f64::from(hour) / period);
            level + 40.0 * turn(24.0) + 15.0 * turn(168.0) + 5.0 * rng.normal()
        })
        .collect();
    let origins: Vec<usize> = (8760..values.len() - 24).collect();
    for periods in [&[24][..], &[24, 168]] {
        for method in Method::ALL {
            let clock = Instant::now();
            let fitted = method.fit(&values[..8760], periods).expect("a year of hours");
            let fit = clock.elapsed().as_secs_f64();
            let clock = Instant::now();
            let forecasts = fitted.forecasts(&values, 8760, &origins, 24);
            let error: f64 = origins
                .iter()
                .zip(forecasts.chunks_exact(24))
                .flat_map(|(&origin, forecast)| values[origin..].iter().zip(forecast))
                .map(|(value, forecast)| (value - forecast).abs())
                .sum();
            println!(
                "seasons of {periods:?}: {}: fitted in {fit:.3} s, {} origins in {:.3} s, mean absolute error {:.3}",
                fitted.description(),
                origins.len(),
                clock.elapsed().as_secs_f64(),
                error / forecasts.len() as f64
            );
        }
    }
}

fn main() {
    let given: Vec<String> = std::env::args().skip(1).collect();
    match &given[..] {
        [] => time(),
        [file, numbers @ ..] => {
            let whole = |text: &str| text.parse().expect("a whole number");
            let [periods, horizon, every, lags] = numbers else { panic!("FILE PERIODS HORIZON EVERY LAGS") };
            let periods: Vec<usize> = periods.split(',').map(whole).collect();
            score(file, &periods, whole(horizon), whole(every), whole(lags));
        }
    }
}
