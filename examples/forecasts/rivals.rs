//! The forecasts beside one press's.

use unrolled::baseline::Method;
use unrolled::data::{Axis, Fill, Frame, FrameOptions, Series, Split, WindowSet};
use unrolled::evaluate::interval::SHOWN;
use unrolled::evaluate::{Form, Ridge};

use crate::press::Made;
use crate::sets::Set;

/// Repeats the last season. The range is conformal: at each lead the size that 80 % of the past's errors there do not exceed.
pub fn seasonal(set: &Set, past: &[f64]) -> Made {
    let last = &past[past.len() - set.season..];
    let values: Vec<f64> = (0..set.horizon).map(|lead| last[lead % set.season]).collect();
    let half = |lead: usize| {
        let lag = set.season * (lead / set.season + 1);
        let mut errors: Vec<f64> =
            past.iter().zip(&past[lag..]).map(|(before, after)| (after - before).abs()).collect();
        errors.sort_by(f64::total_cmp);
        let rank = ((errors.len() + 1) as f64 * SHOWN).ceil() as usize;
        errors[rank.min(errors.len()) - 1]
    };
    let bounds = |sign: f64| values.iter().enumerate().map(|(lead, value)| value + sign * half(lead)).collect();
    Made { range: Some((bounds(-1.0), bounds(1.0))), values }
}

/// Theta, exponential smoothing or MSTL, fitted to all rows.
pub fn statistical(method: Method, set: &Set, past: &[f64]) -> Result<Made, String> {
    let mut values = vec![0.0; set.horizon];
    method.fit(past, set.seasons).map_err(|error| error.to_string())?.forecast(&mut values);
    Ok(Made { values, range: None })
}

/// Our ridge regression on all rows, after subtracting the last value: its penalty is the best on the last fifth of the windows, and
/// the map is then fitted to all of them.
pub fn ridge(set: &Set, past: &[f64]) -> Result<Made, String> {
    let rows = past.len();
    // At least five windows, of which one validates.
    let window = set.lags.min(rows.saturating_sub(set.horizon + 4)).max(1);
    let axis = Axis { start: 0, step: unrolled::data::Step::Rows, len: rows, utc: true };
    let series = Series { axis, names: vec!["value".to_owned()], columns: vec![past.to_vec()], sentinels: None };
    let options = FrameOptions {
        targets: series.names.clone(),
        inputs: vec![],
        calendar: false,
        fill: Fill::default(),
        ahead: set.horizon,
        scales: None,
        cycles: None,
    };
    let split = Split { train: 0..rows, validation: rows..rows, test: rows..rows };
    let frame = Frame::new(&series, &split, &options).map_err(|error| error.to_string())?;
    let count = u32::try_from(rows + 1 - window - set.horizon).map_err(|error| error.to_string())?;
    let set_of = |starts: std::ops::Range<u32>| WindowSet { starts: starts.collect(), window, horizon: set.horizon };
    let last = count - (count / 5).max(1);
    let fitted = Ridge::fit(&frame, 0, &set_of(0..last), &set_of(last..count));
    let found = fitted.into_iter().flatten().find(|ridge| ridge.form == Form::Centred);
    let whole =
        found.and_then(|ridge| ridge.refitted(&frame, 0..1, &set_of(0..count))).ok_or("no penalty gives numbers")?;
    let mut out = vec![0.0; set.horizon];
    whole.forecast(&frame, &[u32::try_from(rows - window).map_err(|error| error.to_string())?], &mut out);
    let values = out.into_iter().map(|value| frame.scales[0].unscale(unrolled::wide(value))).collect();
    Ok(Made { values, range: None })
}
