//! A view into a model: its inner values over one window, the gradient of the loss through time, and the norms of its recurrent
//! matrices.

use serde::Serialize;

use crate::Real;
use crate::arch::Forecaster;
use crate::data::Batch;
use crate::grad::Tape;
use crate::grad::ops::{self, Loss};
use crate::math::{self, norms};
use crate::nn::probe::{Bounds, Clock, Flow, Layout, Probe};
use crate::nn::{Params, Pass};

/// Below this share of the last step's gradient an early step has no effect: in single precision, adding it to the others changes
/// nothing.
const DROWNED: f64 = 1e-7;
/// Below this share it has little effect.
const FAINT: f64 = 1e-2;
/// Above this share the gradient grows backwards in time.
const GROWN: f64 = 1e2;
/// The quantile of attention's weights at the end of the palette: the first steps attend to few others, and their large weights
/// must not hide all the rest.
const TOLD_APART: f64 = 0.98;

/// An inner value for display.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct About {
    /// Its place: `Layer 1`.
    pub group: String,
    /// Name: `forget gate`.
    pub label: String,
    /// Its bounds.
    pub bounds: Bounds,
    /// Meaning of rows and columns.
    pub kind: Kind,
    /// Owner of a row, where rows are not steps: `unit`, `head`.
    pub row: &'static str,
    /// Whether the layer reads the window from its end.
    pub backwards: bool,
    /// Rows: units, or the steps attended to.
    pub rows: usize,
    /// Columns: steps, or the input units of a matrix of weights.
    pub columns: usize,
    /// Step of the window in the first column; the horizon's steps continue the count.
    pub first: usize,
    /// Steps of the window in one column.
    pub stride: usize,
    /// The same for the rows of attention.
    pub first_row: usize,
    /// Steps of the window in one row of attention.
    pub row_stride: usize,
    /// The smallest of the values; `NaN` if there are none.
    pub least: f64,
    /// The largest of the values; `NaN` if there are none.
    pub most: f64,
    /// End of the palette: the largest absolute value; for attention, the 98 % quantile. Zero if there are no values.
    pub reach: f64,
}

/// Meaning of rows and columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Units over time.
    Units,
    /// Attention: rows are the steps attended to, columns the reading steps.
    Looks,
    /// Weights, which are the same at all times.
    Weights,
}

/// An inner value over one window: `[rows × columns]`, column-major.
#[derive(Debug, Clone, PartialEq)]
pub struct Inner {
    /// Name.
    pub about: About,
    /// Its values.
    pub values: Vec<Real>,
}

/// Norm of the loss's gradient with respect to one layer's values, step by step.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GradientTrace {
    /// Its place: `Layer 1`, or `Input`.
    pub group: String,
    /// Name of the value: `cell state`.
    pub label: String,
    /// Whether later steps read the value, so that its gradient includes the paths through all of them.
    pub carried: bool,
    /// Whether the layer reads the window from its end: its gradient then flows to the end.
    pub backwards: bool,
    /// Step of the window of the first entry; the horizon's steps continue the count.
    pub first: usize,
    /// Steps of the window in one entry.
    pub stride: usize,
    /// Norm over all units, mean over the windows.
    pub norms: Vec<f64>,
    /// Result of [`GradientTrace::first_to_last`].
    pub ratio: f64,
}

impl GradientTrace {
    /// The norm at the step that is read first, divided by the norm at the step that is read last; `NaN` where that is zero.
    pub fn first_to_last(&self) -> f64 {
        let (Some(&first), Some(&last)) = (self.norms.first(), self.norms.last()) else { return f64::NAN };
        let (from, to) = if self.backwards { (last, first) } else { (first, last) };
        if to > 0.0 { from / to } else { f64::NAN }
    }
}

/// Norms of a recurrent matrix.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MatrixNorm {
    /// Its place: `Layer 1`.
    pub group: String,
    /// Its input and output: `state to forget gate`.
    pub label: String,
    /// Spectral norm: the largest factor on a vector's length.
    pub spectral: f64,
    /// Frobenius norm.
    pub frobenius: f64,
}

/// The gradient of the training loss through time.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Gradients {
    /// Number of training windows in the mean.
    pub windows: usize,
    /// Their loss, without dropout.
    pub loss: f64,
    /// Its meaning in a sentence, or empty.
    pub sentence: String,
    /// Norms through time: the input's, then each layer's.
    pub traces: Vec<GradientTrace>,
    /// The recurrent matrices.
    pub matrices: Vec<MatrixNorm>,
}

/// Inner values of the first sample of `batch` during a forecast of `model`; the forecasts go to `out`, `[horizon × batch]`.
pub fn look(model: &dyn Forecaster, params: &Params, batch: &Batch, out: &mut [Real]) -> Vec<Inner> {
    let mut tape = Tape::new(false);
    let mut pass = Pass::new(&mut tape, params, batch.size).inside();
    model.forecast(&mut pass, batch, out);
    let probes = pass.probes.take().unwrap_or_default().all;
    let mut found: Vec<(Probe, Inner)> = Vec::new();
    for probe in probes.iter().filter(|probe| probe.layout != Layout::Stacked) {
        match found.iter_mut().find(|(known, _)| goes_on(known, probe)) {
            Some((_, inner)) => append(inner, probe, &tape),
            None => {
                let mut inner = Inner { about: about(probe), values: Vec::new() };
                append(&mut inner, probe, &tape);
                found.push((probe.clone(), inner));
            }
        }
    }
    let mut found: Vec<Inner> = found.into_iter().map(|(_, inner)| inner).collect();
    for Inner { about, values } in &mut found {
        measure(about, values);
    }
    found
}

/// Notes the bounds of `values`.
fn measure(about: &mut About, values: &[Real]) {
    about.least = values.iter().copied().map(crate::wide).fold(f64::NAN, f64::min);
    about.most = values.iter().copied().map(crate::wide).fold(f64::NAN, f64::max);
    let sizes = values.iter().map(|&value| crate::wide(value.abs()));
    let reach = if about.kind == Kind::Looks {
        let mut sizes: Vec<f64> = sizes.collect();
        math::sort(&mut sizes);
        sizes.get((sizes.len().saturating_sub(1) as f64 * TOLD_APART) as usize).copied()
    } else {
        sizes.max_by(f64::total_cmp)
    };
    about.reach = reach.unwrap_or(0.0);
}

/// The gradient of the loss of `batch` through time, without dropout.
pub fn gradients(model: &dyn Forecaster, params: &Params, batch: &Batch, loss: Loss) -> Gradients {
    let mut tape = Tape::new(true);
    let mut pass = Pass::new(&mut tape, params, batch.size).inside();
    let (prediction, truth) = model.fit(&mut pass, batch);
    let probes = pass.probes.take().unwrap_or_default().all;
    let loss = ops::loss(&mut tape, loss, prediction, truth);
    tape.backward(loss);

    let traces = traces(&tape, &probes);
    Gradients {
        windows: batch.size,
        loss: crate::wide(tape.scalar(loss)),
        sentence: sentence(&traces, model.stretches().is_some_and(|model| model.learnt_from() > 1)),
        traces,
        matrices: matrix_norms(&tape, &probes),
    }
}

/// The gradients on `tape` with respect to `probes`, step by step.
pub fn traces(tape: &Tape, probes: &[Probe]) -> Vec<GradientTrace> {
    let mut traces: Vec<(Probe, GradientTrace)> = Vec::new();
    for probe in probes.iter().filter(|probe| probe.flow != Flow::None) {
        let place = traces.iter().position(|(known, _)| goes_on(known, probe)).unwrap_or_else(|| {
            let About { group, label, backwards, first, stride, .. } = about(probe);
            let stride = if probe.layout == Layout::Stacked { 1 } else { stride };
            let carried = probe.flow == Flow::Carried;
            traces.push((
                probe.clone(),
                GradientTrace { group, label, carried, backwards, first, stride, norms: Vec::new(), ratio: f64::NAN },
            ));
            traces.len() - 1
        });
        norms_over_time(tape, probe, &mut traces[place].1.norms);
    }
    for (_, trace) in &mut traces {
        trace.ratio = trace.first_to_last();
    }
    traces.into_iter().map(|(_, trace)| trace).collect()
}

/// Norms of the different recurrent matrices among `probes`.
fn matrix_norms(tape: &Tape, probes: &[Probe]) -> Vec<MatrixNorm> {
    let mut matrices: Vec<MatrixNorm> = Vec::new();
    for probe in probes.iter().filter(|probe| probe.layout == Layout::Weights) {
        let About { group, label, .. } = about(probe);
        if matrices.iter().all(|known| (&known.group, &known.label) != (&group, &label)) {
            let values = rows_of(tape.value(probe.var), tape.shape(probe.var).0, probe);
            let (spectral, frobenius) = (norms::spectral(&values, probe.rows.len()), norms::frobenius(&values));
            matrices.push(MatrixNorm { group, label, spectral, frobenius });
        }
    }
    matrices
}

/// Whether `probe` continues the sequence that begins with `known`.
fn goes_on(known: &Probe, probe: &Probe) -> bool {
    let key = |one: &Probe| (one.part, one.layer, one.name, one.head, one.backwards, one.layout == Layout::Weights);
    key(known) == key(probe)
}

fn about(probe: &Probe) -> About {
    let layer = probe.layer + 1;
    let group = match (probe.layout, probe.part) {
        (Layout::Stacked, "") => "Input".to_owned(),
        (Layout::Stacked, part) => format!("{part}, input"),
        (_, "") => format!("Layer {layer}"),
        (_, part) => format!("{part}, layer {layer}"),
    };
    let mut label = probe.name.to_owned();
    if let Some(head) = probe.head {
        label += &format!(", head {}", head + 1);
    }
    if probe.backwards {
        label += ", read backwards";
    }
    let keys = match probe.layout {
        Layout::Looks(clock) => clock,
        _ => Clock { first: 0, stride: 1, samples: 1 },
    };
    About {
        group,
        label,
        bounds: probe.bounds,
        kind: match probe.layout {
            Layout::Looks(_) => Kind::Looks,
            Layout::Weights => Kind::Weights,
            _ => Kind::Units,
        },
        row: probe.row,
        backwards: probe.backwards,
        rows: 0,
        columns: 0,
        first: probe.clock.first,
        stride: probe.clock.stride,
        first_row: keys.first,
        row_stride: keys.stride,
        least: f64::NAN,
        most: f64::NAN,
        reach: 0.0,
    }
}

/// The probe's rows of a matrix with `height` rows.
fn rows_of(matrix: &[Real], height: usize, probe: &Probe) -> Vec<Real> {
    matrix.chunks_exact(height).flat_map(|column| &column[probe.rows.clone()]).copied().collect()
}

/// Adds the first sample's columns of `probe`.
fn append(inner: &mut Inner, probe: &Probe, tape: &Tape) {
    let about = &mut inner.about;
    let samples = if about.kind == Kind::Weights { 1 } else { probe.clock.samples };
    let rows = probe.rows.len();
    if about.kind == Kind::Weights && about.columns > 0 {
        return;
    }
    // Later steps may attend to more of them.
    if rows > about.rows {
        let mut wider = vec![0.0; rows * about.columns];
        for (to, from) in wider.chunks_exact_mut(rows).zip(inner.values.chunks_exact(about.rows.max(1))) {
            to[..about.rows].copy_from_slice(from);
        }
        (about.rows, inner.values) = (rows, wider);
    }
    let height = tape.shape(probe.var).0;
    for column in tape.value(probe.var).chunks_exact(height).step_by(samples) {
        inner.values.extend_from_slice(&column[probe.rows.clone()]);
        about.columns += 1;
        inner.values.resize(about.columns * about.rows, 0.0);
    }
}

/// Adds the norm of the gradient with respect to each step's values, summed over the samples. The mean loss divides each sample's
/// gradient by their number, so this is the mean over the samples' own losses.
fn norms_over_time(tape: &Tape, probe: &Probe, norms: &mut Vec<f64>) {
    let (height, columns) = tape.shape(probe.var);
    let steps = columns / probe.clock.samples;
    let inside = if probe.layout == Layout::Stacked { probe.clock.stride } else { 1 };
    let from = norms.len();
    norms.resize(from + steps * inside, 0.0);
    let rows = probe.rows.len() / inside;
    // A missing gradient is zero.
    for (column, gradient) in tape.grad(probe.var).chunks_exact(height).enumerate() {
        let step = from + column / probe.clock.samples * inside;
        for (norm, part) in norms[step..].iter_mut().zip(gradient[probe.rows.clone()].chunks_exact(rows)) {
            *norm += norms::frobenius(part);
        }
    }
}

/// A sentence on the gradient through time of the lowest layer with a carried state, or of the input; `every_step`: whether the
/// model forecasts at every step of the window.
fn sentence(traces: &[GradientTrace], every_step: bool) -> String {
    let carries = |trace: &&GradientTrace| trace.carried && trace.norms.len() > 1;
    let Some(trace) =
        traces.iter().filter(carries).find(|trace| trace.group != "Input").or(traces.iter().find(carries))
    else {
        return String::new();
    };
    let (ratio, steps) = (trace.first_to_last(), trace.norms.len());
    let (from, to) = if trace.backwards { ("last", "first") } else { ("first", "last") };
    let where_ = if trace.group == "Input" {
        format!("At the {from} of {steps} steps of the window")
    } else {
        format!("At the {from} of the {steps} steps of {}", trace.group.to_ascii_lowercase())
    };
    let share = match ratio {
        r if r.is_nan() => return format!("No gradient reaches the {to} step: nothing is learnt there."),
        0.0 => format!("the gradient is too small to measure, compared with that at the {to}"),
        r if r < 0.01 => format!("the gradient is {r:.0e} of that at the {to}"),
        r if r < 1.0 => format!("the gradient is {:.0} % of that at the {to}", 100.0 * r),
        r => format!("the gradient is {r:.1} times that at the {to}"),
    };
    if every_step {
        return format!("{where_}, {share}; each step has its own forecast, so each is learnt from directly.");
    }
    let so = match ratio {
        r if r < DROWNED => "vanished, so nothing can be learnt from that step",
        r if r < FAINT => "faded, so that step teaches little",
        r if r <= GROWN => "not vanished, so that step can be learnt from",
        _ => "grown on its way back, so the steps read first dominate",
    };
    format!("{where_}, {share}: {so}.")
}
