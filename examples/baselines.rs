//! Scores the statistical baselines on a set of series, as the forecasting competitions do.
//! `cargo run --release --example baselines -- FILE.json PERIODS HORIZON EVERY`: the file holds `{"id": {"x": [past], "xx": [future]}, …}`,
//! periods are such as `24,168`, and of every `EVERY` series the middle one is forecast once. Without arguments it times a fit on 8,760
//! hours.

use std::time::Instant;

use unrolled::baseline::Method;
use unrolled::math::Rng;

/// Mean absolute error over the horizon divided by that of the past against the season before.
fn mase(past: &[f64], future: &[f64], forecast: &[f64], period: usize) -> f64 {
    let mean = |pairs: &mut dyn Iterator<Item = (&f64, &f64)>| {
        let (sum, count) = pairs.fold((0.0, 0.0), |(sum, count), (a, b)| (sum + (a - b).abs(), count + 1.0));
        sum / count
    };
    mean(&mut future.iter().zip(forecast)) / mean(&mut past[period..].iter().zip(past))
}

fn score(file: &str, periods: &[usize], horizon: usize, every: usize) {
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
    for method in Method::ALL {
        let clock = Instant::now();
        let (mut sum, mut slowest, mut refused) = (0.0, 0.0_f64, 0);
        for (past, future) in &chosen {
            let clock = Instant::now();
            let mut forecast = vec![0.0; horizon];
            match method.fit(past, periods) {
                Ok(fitted) => fitted.forecast(&mut forecast),
                Err(error) => {
                    println!("  {error}");
                    refused += 1;
                    continue;
                }
            }
            slowest = slowest.max(clock.elapsed().as_secs_f64());
            sum += mase(past, future, &forecast, periods[0]);
        }
        let seconds = clock.elapsed().as_secs_f64();
        let mean = sum / (chosen.len() - refused) as f64;
        println!("  {:6} MASE {mean:.4}  {seconds:.2} s, a series at most {slowest:.3} s", method.id());
    }
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
            let [periods, horizon, every] = numbers else { panic!("FILE PERIODS HORIZON EVERY") };
            let periods: Vec<usize> = periods.split(',').map(whole).collect();
            score(file, &periods, whole(horizon), whole(every));
        }
    }
}
