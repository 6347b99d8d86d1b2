//! The members of an average: their weighted forecasts, and a description of the whole.

use super::baseline::Baseline;
use super::errors::{no_model, of_member};
use crate::Real;
use crate::arch::plan::HORIZON;
use crate::data::{Batch, Frame, Scale};
use crate::error::Result;
use crate::evaluate::{Forecasts, Past};
use crate::forecast;
use crate::session::configured::{Configured, Share, Windows};
use crate::session::model::Model;
use crate::session::view::{Sets, View};

/// The members with their shares, which sum to 1.
#[derive(Debug)]
pub struct Members(Vec<(f64, Of)>);

/// A member.
#[derive(Debug)]
pub enum Of {
    Model(Box<Model>),
    Baseline(Baseline),
}

impl Members {
    /// With their shares, which sum to 1.
    pub fn new(members: Vec<(f64, Of)>) -> Self {
        Self(members)
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Each with its share.
    pub fn iter(&self) -> impl Iterator<Item = &(f64, Of)> {
        self.0.iter()
    }

    /// The models, each with its number from 0.
    fn models(&self) -> impl Iterator<Item = (usize, &Model)> {
        self.0.iter().enumerate().filter_map(|(index, (_, of))| match of {
            Of::Model(model) => Some((index, &**model)),
            Of::Baseline(_) => None,
        })
    }

    /// Steps that the first model forecasts at once.
    pub fn horizon(&self) -> Option<usize> {
        self.models().next().map(|(_, model)| model.configured.horizon)
    }

    /// Whether a network among them has learnt from all rows.
    pub fn has_learnt_last(&self) -> bool {
        self.models().any(|(_, model)| model.learnt_last().is_some())
    }

    /// A description of the whole.
    pub fn configured(&self, view: &View) -> Result<Configured> {
        let Some((_, first)) = self.models().next() else { return Err(no_model()) };
        let needed: u64 = self.models().map(|(_, model)| model.configured.memory_bytes).sum();
        let label = |of: &Of| match of {
            Of::Model(model) => model.view.label.clone(),
            Of::Baseline(baseline) => baseline.fitted.label(&baseline.about.id, &view.frame.axis).unwrap_or_default(),
        };
        let all = self.models().map(|(index, model)| (index, &model.configured.trained_on));
        let said: Vec<(usize, &String)> = all.filter(|(_, sentence)| !sentence.is_empty()).collect();
        let is_same = said.len() == self.models().count() && said.iter().all(|(_, other)| *other == said[0].1);
        let trained_on: Vec<String> = match said.first() {
            Some((_, sentence)) if is_same => vec![(*sentence).clone()],
            _ => said.iter().map(|(index, sentence)| format!("Member {}: {sentence}", index + 1)).collect(),
        };
        let Sets { validation, test, .. } = &view.windows;
        let members: Vec<Share> =
            self.0.iter().map(|(weight, of)| Share { label: label(of), weight: *weight }).collect();
        let shares: Vec<String> =
            members.iter().map(|Share { label, weight }| format!("{label} ({:.0} %)", 100.0 * weight)).collect();
        let horizon = view.lengths().1;
        let mut settings = first.configured.settings.clone();
        settings.insert(HORIZON.key.to_owned(), horizon.into());
        let mut notes = first.configured.notes.clone();
        notes.push(format!("The forecast is the average of {} members: {}.", members.len(), shares.join(", ")));
        if horizon > first.configured.horizon {
            notes.push(format!(
                "Its networks forecast {} steps at once, and go on from their own forecasts.",
                first.configured.horizon
            ));
        }
        Ok(Configured {
            settings,
            horizon,
            judged_on: view.experiment.judged_on([validation, test], &view.frame.scales[..view.frame.targets]),
            trained_on: trained_on.join(" "),
            windows: Windows {
                validation: validation.starts.len(),
                test: test.starts.len(),
                ..first.configured.windows
            },
            memory_bytes: needed,
            notes,
            members,
            ..first.configured.clone()
        })
    }

    /// The row from which on no value has fitted a model, or why their errors make no range.
    pub fn unseen_from(&self, view: &View) -> std::result::Result<usize, String> {
        let fitted_to = |(_, model): (usize, &Model)| match &model.origin {
            Some(origin) => origin.fitted_to,
            None => Some(view.experiment.split.train.end),
        };
        let fitted = self.models().map(fitted_to).collect::<Option<Vec<usize>>>();
        let first = fitted.map(|rows| rows.into_iter().max().unwrap_or(0));
        first.ok_or_else(|| "No range: the training rows of a member are unknown.".to_owned())
    }

    /// Errors at past origins, for a forecast beyond the end.
    pub fn past(&mut self, view: &View) -> std::result::Result<Past, String> {
        let first = self.unseen_from(view)?;
        let refitted = self.models().any(|(_, model)| model.learnt_last().is_some());
        Ok(Past { refitted, ..view.past_of_end(first, self) })
    }

    /// Forecasts of `steps` steps beyond the end of `frame`, of each target, scaled like the frame.
    pub fn beyond(&mut self, frame: &Frame, (window, horizon): (usize, usize), steps: usize) -> Result<Vec<Vec<Real>>> {
        let mut sums = Vec::new();
        for (index, (weight, of)) in self.0.iter_mut().enumerate() {
            let (found, scales) = match of {
                Of::Model(model) => {
                    let found = model.beyond(steps).map_err(|error| of_member(index, error))?;
                    (found.concat(), &model.view.frame.scales)
                }
                Of::Baseline(baseline) => {
                    let most = baseline.reach(horizon);
                    let why = format!("a baseline among the members forecasts {most} steps");
                    forecast::within(frame, steps, most, why)?;
                    (baseline.beyond((frame, (window, horizon)), steps)?.concat(), &frame.scales)
                }
            };
            sums.resize(found.len(), 0.0);
            add(&mut sums, &found, *weight, steps, (scales, frame));
        }
        Ok(sums.chunks_exact(steps.max(1)).map(|sums| sums.iter().copied().map(crate::narrow).collect()).collect())
    }
}

impl Forecasts for Members {
    fn forecast(&mut self, frame: &Frame, lengths: (usize, usize), starts: &[u32], out: &mut [Real]) {
        let (window, horizon) = lengths;
        let (mut sums, mut found) = (vec![0.0; out.len()], vec![0.0; out.len()]);
        for (weight, of) in &mut self.0 {
            let scales = match of {
                Of::Model(model) => {
                    model.forecast_from(starts.iter().map(|&start| start as usize + window), horizon, &mut found);
                    &model.view.frame.scales
                }
                Of::Baseline(baseline) => {
                    baseline.of_windows(frame, lengths, starts, &mut found);
                    &frame.scales
                }
            };
            add(&mut sums, &found, *weight, horizon, (scales, frame));
        }
        out.iter_mut().zip(sums).for_each(|(out, sum)| *out = crate::narrow(sum));
    }
}

/// Adds `weight` times the forecasts `found`, `steps` for each target, from their own `scales` to those of `frame`.
fn add(sums: &mut [f64], found: &[Real], weight: f64, steps: usize, (scales, frame): (&[Scale], &Frame)) {
    for (index, (sum, value)) in sums.iter_mut().zip(found).enumerate() {
        let target = index / steps % frame.targets;
        *sum += weight * frame.scales[target].scale(scales[target].unscale(crate::wide(*value)));
    }
}

/// A model as it forecasts in an average: beyond its own horizon it goes on from its own forecasts.
pub struct Whole<'a>(pub &'a mut Model);

impl Forecasts for Whole<'_> {
    fn forecast(&mut self, _: &Frame, (window, horizon): (usize, usize), starts: &[u32], out: &mut [Real]) {
        self.0.forecast_from(starts.iter().map(|&start| start as usize + window), horizon, out);
    }
}

impl Model {
    /// Forecasts of `horizon` rows that begin at the rows `origins`, scaled, `[(targets · horizon) × origins]`; beyond its own horizon with
    /// its own forecasts as the past. `NaN` behind a window that the model cannot read: it begins before the series, or has a value that
    /// is missing or was unknown at its end.
    fn forecast_from(&mut self, origins: impl Iterator<Item = usize>, horizon: usize, out: &mut [Real]) {
        let (frame, (window, own)) = (&self.view.frame, self.view.lengths());
        let targets = frame.targets;
        out.fill(Real::NAN);
        let start = |origin: usize| {
            let start = origin.checked_sub(window).filter(|&start| frame.reads(start, window))?;
            u32::try_from(start).ok()
        };
        let outs = origins.zip(out.chunks_exact_mut(targets * horizon));
        let (starts, outs): (Vec<u32>, Vec<&mut [Real]>) =
            outs.filter_map(|(origin, out)| Some((start(origin)?, out))).unzip();
        if starts.is_empty() {
            return;
        }
        let origins: Vec<usize> = starts.iter().map(|&start| start as usize + window).collect();
        let (mut batch, mut block) = (Batch::default(), vec![0.0; targets * own * starts.len()]);
        let mut made = vec![Vec::with_capacity(horizon + own); targets * starts.len()];
        frame.gather(&starts, window, own, &mut batch);
        loop {
            batch.hide_future(frame.data_features);
            self.trainer.forecast(&mut self.tape, &batch, &mut block);
            made.iter_mut().zip(block.chunks_exact(own)).for_each(|(made, block)| made.extend_from_slice(block));
            if made[0].len() >= horizon {
                break;
            }
            forecast::roll(frame, &mut batch, &origins, |sample, target| &made[sample * targets + target]);
        }
        let outs = outs.into_iter().flat_map(|out| out.chunks_exact_mut(horizon));
        outs.zip(&made).for_each(|(out, made)| out.copy_from_slice(&made[..horizon]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Axis, Series, Step};
    use crate::experiment::Experiments;
    use crate::session::build::Fitted;
    use crate::session::memory::MOST_MEMORY;

    fn wave(rows: usize) -> Series {
        let value = |at: usize| (at as f64 / 4.0).sin() + 0.1 * ((at * 7919 % 101) as f64 / 101.0);
        Series {
            axis: Axis { start: 0, step: Step::Milliseconds(3_600_000), len: rows, utc: true },
            names: vec!["a".to_owned(), "b".to_owned()],
            columns: vec![(0..rows).map(value).collect(), (0..rows).map(|at| 3.0 * value(at + 5)).collect()],
            sentinels: None,
        }
    }

    fn model(rows: usize, split: &str, scales: Option<Vec<Scale>>) -> Model {
        let raw = format!(
            r#"{{"architecture": "gru", "target": "a, b", "calendar": true, "hidden": 5, "window": 20, "horizon": 6, "split": "{split}"}}"#
        );
        let raw = serde_json::from_str(&raw).expect("settings");
        let fitted = Fitted { scales, cycles: None };
        Model::new(&Experiments::new(wave(rows)), &raw, fitted, MOST_MEMORY).expect("a model")
    }

    #[test]
    fn at_a_past_origin_a_model_goes_on_as_beyond_the_end_of_rows_that_end_there() {
        let mut whole = model(300, "150, 200, 300", None);
        whole.begin();
        for _ in 0..20 {
            whole.advance().expect("a step");
        }
        let weights = whole.trainer.in_use().values.clone();
        let mut found = vec![0.0; 2 * 2 * 15];
        whole.forecast_from([240, 270].into_iter(), 15, &mut found);
        for (origin, found) in [240, 270].into_iter().zip(found.chunks_exact(2 * 15)) {
            let split = format!("150, 200, {origin}");
            let mut cut = model(origin, &split, Some(whole.view.frame.scales.clone()));
            let put = |params: &mut crate::nn::Params| {
                params.values.copy_from_slice(&weights);
                Ok(())
            };
            cut.line = None;
            cut.trainer.restore(put, String::new()).expect("its weights");
            let beyond = cut.beyond(15).expect("a forecast").concat();
            for (found, beyond) in found.iter().zip(&beyond) {
                assert!((found - beyond).abs() < 1e-5, "{origin}: {found} and {beyond}");
            }
        }
    }
}
