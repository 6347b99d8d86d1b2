//! The rival to beat: one linear map from the window to the horizon, with an intercept, ridge-regularised.
//!
//! `ŷ = B (x − x̄) + ȳ`, `B = C (G + λI)⁻¹`, with `G = Σ (x − x̄)(x − x̄)ᵀ` `[inputs × inputs]` and
//! `C = Σ (y − ȳ)(x − x̄)ᵀ` `[horizon × inputs]` over the training windows (Hoerl and Kennard, Ridge regression, 1970;
//! the intercept is not penalised). `λ` is the one with the least squared error over the validation windows. That simple linear maps are hard to beat: Zeng et al., Are Transformers Effective for Time Series
//! Forecasting?, 2023.
//!
//! All that is needed of the windows are their second moments (see [`crate::evaluate::moments`]), and the validation
//! error follows from the validation windows' moments as well.

use nalgebra::{DMatrix, DVector};
use serde::{Deserialize, Serialize};

use crate::{
    Real,
    data::{Frame, WindowSet},
    evaluate::moments::{Moments, Track},
};

/// Penalties that are tried.
pub const PENALTIES: [f64; 7] = [1e-2, 1e-1, 1.0, 10.0, 100.0, 1e3, 1e4];

/// Most inputs (rows of the window times columns) that are fitted: work grows with the third power of their number, and
/// these take about a second in wasm. Beyond, the linear model reads the target alone.
pub const MOST_INPUTS: usize = 768;

/// What the map is applied to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// The values as they are.
    Plain,
    /// The target after its last value in the window is subtracted, from window and horizon alike; it is added back
    /// to the forecast.
    Centred,
}

/// A fitted linear map.
#[derive(Debug, Clone, PartialEq)]
pub struct Ridge {
    /// What it is applied to.
    pub form: Form,
    /// The penalty that was best over the validation windows.
    pub penalty: f64,
    /// Mean squared error over the validation windows, scaled.
    pub validation_mse: f64,
    /// Features it reads: the target first.
    pub inputs: Vec<usize>,
    /// Whether there were more inputs than [`MOST_INPUTS`], so that it reads the target alone.
    pub cut: bool,
    window: usize,
    horizon: usize,
    /// `B`, `[horizon × (window · inputs)]`, one input after the other.
    weights: DMatrix<f64>,
    /// `ȳ − B x̄`, `[horizon]`.
    bias: DVector<f64>,
}

impl Ridge {
    /// Fits both forms, plain and centred. `None` where no penalty gives finite numbers.
    pub fn fit(frame: &Frame, train: &WindowSet, validation: &WindowSet) -> [Option<Ridge>; 2] {
        let (window, horizon) = (train.window, train.horizon);
        let cut = frame.data_features * window > MOST_INPUTS && frame.data_features > 1;
        let mut inputs = vec![frame.target];
        if !cut {
            inputs.extend((0..frame.data_features).filter(|&feature| feature != frame.target));
        }
        // The target goes on through the horizon; it stands last, so that all inputs lie together, before the horizon.
        let mut tracks: Vec<Track> = inputs[1..].iter().map(|&feature| (feature, window)).collect();
        tracks.push((frame.target, window + horizon));
        let moments = [train, validation].map(|set| Moments::of(frame, set, &tracks));
        [Form::Plain, Form::Centred].map(|form| {
            let [train, validation] = moments.each_ref().map(|moments| match form {
                Form::Plain => moments.clone(),
                Form::Centred => centred(moments, window, horizon),
            });
            let (penalty, validation_mse, weights, bias) = best(&train, &validation, horizon)?;
            let inputs = inputs.clone();
            Some(Ridge { form, penalty, validation_mse, inputs, cut, window, horizon, weights, bias })
        })
    }

    /// Forecasts of the windows that begin at `starts`, scaled, `[horizon × starts.len()]`.
    pub fn forecast(&self, frame: &Frame, starts: &[u32], out: &mut [Real]) {
        let mut sum = DVector::zeros(self.horizon);
        for (&start, out) in starts.iter().zip(out.chunks_exact_mut(self.horizon)) {
            let start = start as usize;
            let level = match self.form {
                Form::Plain => 0.0,
                Form::Centred => f64::from(frame.target_at(start + self.window - 1)),
            };
            sum.copy_from(&self.bias);
            // As in the moments: the other inputs first, the target last.
            let order = self.inputs[1..].iter().chain(&self.inputs[..1]);
            let values = order.flat_map(|&feature| {
                let level = if feature == frame.target { level } else { 0.0 };
                (0..self.window).map(move |step| f64::from(frame.row(start + step)[feature]) - level)
            });
            for (value, weights) in values.zip(self.weights.column_iter()) {
                sum.axpy(value, &weights, 1.0);
            }
            for (out, sum) in out.iter_mut().zip(sum.iter()) {
                *out = (sum + level) as Real;
            }
        }
    }
}

/// Moments after the last value of the target's window, `L`, is subtracted from the target's rows: a linear map `T` of
/// the window's vector, applied to its moments as `T Σz` and `T G Tᵀ`.
fn centred(moments: &Moments, window: usize, horizon: usize) -> Moments {
    let mut moments = moments.clone();
    let size = moments.sum.len();
    let first = size - window - horizon;
    let last = first + window - 1;
    let level = moments.sum[last];
    moments.sum.rows_mut(first, window + horizon).add_scalar_mut(-level);
    let row = moments.gram.row(last).clone_owned();
    for index in first..size {
        let mut target = moments.gram.row_mut(index);
        target -= &row;
    }
    let column = moments.gram.column(last).clone_owned();
    for index in first..size {
        let mut target = moments.gram.column_mut(index);
        target -= &column;
    }
    moments
}

/// The best penalty: with its validation error, weights and bias.
fn best(train: &Moments, validation: &Moments, horizon: usize) -> Option<(f64, f64, DMatrix<f64>, DVector<f64>)> {
    let inputs = train.sum.len() - horizon;
    let mean = &train.sum / train.count;
    let gram = &train.gram - &train.sum * mean.transpose();
    let cross = gram.view((0, inputs), (inputs, horizon)).into_owned();
    let gram = gram.view((0, 0), (inputs, inputs)).into_owned();
    let mut best: Option<(f64, f64, DMatrix<f64>, DVector<f64>)> = None;
    // A Cholesky factor for each penalty costs inputs³ / 3; one eigen-decomposition for all seven costs some 9 inputs³.
    for penalty in PENALTIES {
        let mut penalised = gram.clone();
        for index in 0..inputs {
            penalised[(index, index)] += penalty;
        }
        let Some(factor) = penalised.cholesky() else { continue };
        let weights = factor.solve(&cross);
        let bias = mean.rows(inputs, horizon) - weights.tr_mul(&mean.rows(0, inputs));
        let error = squared_error(validation, &weights, &bias);
        if error.is_finite() && best.as_ref().is_none_or(|&(_, least, ..)| error < least) {
            best = Some((penalty, error, weights.transpose(), bias));
        }
    }
    best
}

/// Mean of `(y − Bx − b)²` over windows and horizon, from the moments alone; `weights` is `Bᵀ` `[inputs × horizon]`:
/// per step of the horizon `Σy² − 2 B·Σxy − 2 b Σy + B (Σxxᵀ) Bᵀ + 2 b B·Σx + n b²`.
fn squared_error(moments: &Moments, weights: &DMatrix<f64>, bias: &DVector<f64>) -> f64 {
    let (inputs, horizon) = weights.shape();
    let gram = moments.gram.view((0, 0), (inputs, inputs));
    let mapped = gram * weights;
    let mut total = 0.0;
    for step in 0..horizon {
        let (row, bias) = (inputs + step, bias[step]);
        let weights = weights.column(step);
        let cross = moments.gram.view((0, row), (inputs, 1));
        total += moments.gram[(row, row)] - 2.0 * weights.dot(&cross) - 2.0 * bias * moments.sum[row]
            + weights.dot(&mapped.column(step))
            + 2.0 * bias * weights.dot(&moments.sum.rows(0, inputs))
            + moments.count * bias * bias;
    }
    total / (moments.count * horizon as f64)
}
