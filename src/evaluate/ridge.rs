//! Ridge regression, the strongest baseline: one linear map from the window to the horizon, with an intercept.
//!
//! `ŷ = B (x − x̄) + ȳ`, `B = C (G + λI)⁻¹`, with `G = Σ (x − x̄)(x − x̄)ᵀ` `[inputs × inputs]` and `C = Σ (y − ȳ)(x − x̄)ᵀ`
//! `[horizon × inputs]` over the training windows (Hoerl and Kennard, Ridge regression, 1970; the intercept is not penalised). `λ`
//! is the one with the least squared error over the validation windows. Simple linear maps are hard to beat: Zeng et al., Are
//! Transformers Effective for Time Series Forecasting?, 2023.
//!
//! It needs only the windows' second moments (see [`crate::evaluate::moments`]), and the validation error follows from the
//! validation windows' moments.

use nalgebra::{DMatrix, DVector};
use serde::{Deserialize, Serialize};

use crate::{
    Real,
    data::{Frame, WindowSet},
    evaluate::moments::{Moments, Track},
};

/// Penalties to try.
pub const PENALTIES: [f64; 7] = [1e-2, 1e-1, 1.0, 10.0, 100.0, 1e3, 1e4];

/// Largest number of multiplications of the fits of all targets together (see [`operations`]): 863 inputs of one target over 24
/// steps, one to two seconds in wasm.
pub const MOST_OPERATIONS: f64 = 3.5e9;

/// Number of multiplications of fitting one target's map from `inputs` numbers to `horizon` steps: for both forms and every penalty
/// a Cholesky factor (`p³/3`), two triangular solutions for each step (`p²h`), and the validation error (`p²h`).
pub fn operations(inputs: usize, horizon: usize) -> f64 {
    let (inputs, horizon) = (inputs as f64, horizon as f64);
    (2 * PENALTIES.len()) as f64 * (inputs.powi(3) / 3.0 + 2.0 * inputs.powi(2) * horizon)
}

/// Number of the window's last rows that the linear model of one of `targets` targets reads with `columns` columns: as many as
/// [`MOST_OPERATIONS`] allow, at least one.
pub fn lags(window: usize, horizon: usize, columns: usize, targets: usize) -> usize {
    let fits = |rows: usize| operations(rows * columns, horizon) * targets as f64 <= MOST_OPERATIONS;
    // Bisection for the first number of rows that is too large.
    let (mut most, mut too_many) = (1, window + 1);
    while most + 1 < too_many {
        let middle = most + (too_many - most) / 2;
        if fits(middle) { most = middle } else { too_many = middle }
    }
    most
}

/// Number of windows in a block, and of steps of the horizon with sums in registers.
const BLOCK: usize = 4;
const LANES: usize = 4;

/// The input of the map.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// The values themselves.
    Plain,
    /// The target less its last value in the window, in window and horizon; the value is added back to the forecast.
    Centred,
}

impl Form {
    /// Moments of the values as this form reads them; `lags` of them are inputs of the target.
    fn of(self, moments: &Moments, lags: usize, horizon: usize) -> Moments {
        match self {
            Form::Plain => moments.clone(),
            Form::Centred => centred(moments, lags, horizon),
        }
    }
}

/// A fitted linear map.
#[derive(Debug, Clone, PartialEq)]
pub struct Ridge {
    /// Its input.
    pub form: Form,
    /// Index of its target in the frame.
    pub target: usize,
    /// The best penalty over the validation windows.
    pub penalty: f64,
    /// Mean squared error over the validation windows, scaled.
    pub validation_mse: f64,
    /// Its input features, the target first.
    pub inputs: Vec<usize>,
    /// Whether all inputs over the whole window were too many ([`lags`]), so that it reads the target alone.
    pub cut: bool,
    /// Number of the window's last rows that it reads: fewer than all where these are too many ([`lags`]).
    pub lags: usize,
    window: usize,
    horizon: usize,
    /// `B`, `[horizon × (lags · inputs)]`, one input after the other.
    weights: DMatrix<f64>,
    /// `ȳ − B x̄`, `[horizon]`.
    bias: DVector<f64>,
}

impl Ridge {
    /// Fits both forms, plain and centred, for the frame's target number `target`, in at most [`MOST_OPERATIONS`] for all targets:
    /// where all inputs over the whole window take more, it reads the target alone, and where that does, its last rows. `None`
    /// where no penalty gives finite numbers.
    pub fn fit(frame: &Frame, target: usize, train: &WindowSet, validation: &WindowSet) -> [Option<Ridge>; 2] {
        let (window, horizon) = (train.window, train.horizon);
        let lags_of = |columns| lags(window, horizon, columns, frame.targets);
        let cut = frame.data_features > 1 && lags_of(frame.data_features) < window;
        let mut inputs = vec![target];
        if !cut {
            inputs.extend((0..frame.data_features).filter(|&feature| feature != target));
        }
        let lags = lags_of(inputs.len());
        let moments = [train, validation].map(|set| moments(frame, set, &inputs, lags));
        [Form::Plain, Form::Centred].map(|form| {
            let [train, validation] = moments.each_ref().map(|moments| form.of(moments, lags, horizon));
            let (penalty, validation_mse, weights, bias) = best(&PENALTIES, [&train, &validation], horizon)?;
            let inputs = inputs.clone();
            Some(Ridge { form, target, penalty, validation_mse, inputs, cut, lags, window, horizon, weights, bias })
        })
    }

    /// One map for every target of the frame, each from its own window alone, in at most [`MOST_OPERATIONS`]: the moments of all targets
    /// are added. With one column it is [`Ridge::fit`]'s. `None` where no penalty gives finite numbers.
    pub fn shared(frame: &Frame, form: Form, train: &WindowSet, validation: &WindowSet) -> Option<Ridge> {
        let (window, horizon) = (train.window, train.horizon);
        let lags = lags(window, horizon, 1, 1);
        let of = |set: &WindowSet| {
            let each = (0..frame.targets).map(|target| form.of(&moments(frame, set, &[target], lags), lags, horizon));
            each.reduce(Moments::and)
        };
        let (train, validation) = (of(train)?, of(validation)?);
        let (penalty, validation_mse, weights, bias) = best(&PENALTIES, [&train, &validation], horizon)?;
        let inputs = vec![0];
        Some(Ridge {
            form,
            target: 0,
            penalty,
            validation_mse,
            inputs,
            cut: false,
            lags,
            window,
            horizon,
            weights,
            bias,
        })
    }

    /// The same map with the same penalty, fitted to the windows `set`; a map of each target's own window to those of all `targets`
    /// together. `None` where that gives no finite numbers.
    pub fn refitted(&self, frame: &Frame, targets: std::ops::Range<usize>, set: &WindowSet) -> Option<Ridge> {
        let of = |target| match self.inputs.len() {
            1 => moments(frame, set, &[target], self.lags),
            _ => moments(frame, set, &self.inputs, self.lags),
        };
        let all = targets.map(|target| self.form.of(&of(target), self.lags, self.horizon)).reduce(Moments::and)?;
        let (_, _, weights, bias) = best(&[self.penalty], [&all; 2], self.horizon)?;
        Some(Ridge { inputs: self.inputs.clone(), weights, bias, ..*self })
    }

    /// Its weights as a map from the whole window, `[horizon × window]`, for a map from its target alone, and its bias, `[horizon]`.
    pub fn whole(&self) -> (DMatrix<f64>, &[f64]) {
        (self.weights.clone().insert_columns(0, self.window - self.lags, 0.0), self.bias.as_slice())
    }

    /// Forecasts of its target in the windows that begin at `starts`, scaled, `[horizon × starts.len()]`.
    pub fn forecast(&self, frame: &Frame, starts: &[u32], out: &mut [Real]) {
        let inputs = self.weights.ncols();
        // The windows of a block, stacked, and their sums: each column of weights is read once for a block.
        let mut values = vec![0.0; BLOCK * inputs];
        let mut sums = vec![0.0; BLOCK * self.horizon];
        let mut levels = [0.0; BLOCK];
        let outs = out.chunks_mut(BLOCK * self.horizon);
        for (starts, out) in starts.chunks(BLOCK).zip(outs) {
            for (slot, &start) in starts.iter().enumerate() {
                let start = start as usize;
                levels[slot] = match self.form {
                    Form::Plain => 0.0,
                    Form::Centred => f64::from(frame.target_at(self.target, start + self.window - 1)),
                };
                // As in the moments: the other inputs first, the target last.
                let order = self.inputs[1..].iter().chain(&self.inputs[..1]);
                let mut values = values[slot..].iter_mut().step_by(BLOCK);
                for &feature in order {
                    let level = if feature == self.target { levels[slot] } else { 0.0 };
                    let first = start + self.window - self.lags;
                    for (step, value) in values.by_ref().take(self.lags).enumerate() {
                        *value = f64::from(frame.row(first + step)[feature]) - level;
                    }
                }
                sums[slot * self.horizon..(slot + 1) * self.horizon].copy_from_slice(self.bias.as_slice());
            }
            self.map(&values, &mut sums);
            for (slot, out) in out.chunks_exact_mut(self.horizon).take(starts.len()).enumerate() {
                for (out, sum) in out.iter_mut().zip(&sums[slot * self.horizon..]) {
                    *out = (sum + levels[slot]) as Real;
                }
            }
        }
    }

    /// Adds `B x` to the sums of a block's windows: `values` is `[BLOCK × inputs]`, `sums` `[horizon × BLOCK]`, both column-major.
    /// Every sum adds the inputs in their order, whatever else is in the block.
    fn map(&self, values: &[f64], sums: &mut [f64]) {
        let (values, _) = values.as_chunks::<BLOCK>();
        let whole = self.horizon - self.horizon % LANES;
        for first in (0..whole).step_by(LANES) {
            self.map_steps::<LANES>(first, values, sums);
        }
        for first in whole..self.horizon {
            self.map_steps::<1>(first, values, sums);
        }
    }

    /// The same for `STEPS` steps of the horizon, whose sums stay in registers.
    fn map_steps<const STEPS: usize>(&self, first: usize, values: &[[f64; BLOCK]], sums: &mut [f64]) {
        let mut tile = [[0.0; STEPS]; BLOCK];
        for (slot, tile) in tile.iter_mut().enumerate() {
            let at = slot * self.horizon + first;
            tile.copy_from_slice(&sums[at..at + STEPS]);
        }
        for (weights, values) in self.weights.as_slice().chunks_exact(self.horizon).zip(values) {
            let Some(weights) = weights[first..].first_chunk::<STEPS>() else { continue };
            for slot in 0..BLOCK {
                for step in 0..STEPS {
                    tile[slot][step] += values[slot] * weights[step];
                }
            }
        }
        for (slot, tile) in tile.iter().enumerate() {
            let at = slot * self.horizon + first;
            sums[at..at + STEPS].copy_from_slice(tile);
        }
    }
}

/// Moments of the windows `set` over the last `lags` rows of `inputs`, the target first. The target continues through the horizon; it
/// comes last, so that all inputs lie together, before the horizon.
fn moments(frame: &Frame, set: &WindowSet, inputs: &[usize], lags: usize) -> Moments {
    let mut tracks: Vec<Track> = inputs[1..].iter().map(|&feature| (feature, lags)).collect();
    tracks.push((inputs[0], lags + set.horizon));
    Moments::of(frame, &recent(set, lags), &tracks)
}

/// The same windows with only the last `lags` rows of the past.
fn recent(set: &WindowSet, lags: usize) -> WindowSet {
    let skipped = u32::try_from(set.window - lags).unwrap_or(0);
    if skipped == 0 {
        return set.clone();
    }
    WindowSet { starts: set.starts.iter().map(|start| start + skipped).collect(), window: lags, ..*set }
}

/// Moments after subtracting the last value of the target's window, `L`, from the target's rows: a linear map `T` of the window's
/// vector, applied to its moments as `T Σz` and `T G Tᵀ`.
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

/// The best of `penalties`: its validation error, weights and bias.
fn best(
    penalties: &[f64],
    [train, validation]: [&Moments; 2],
    horizon: usize,
) -> Option<(f64, f64, DMatrix<f64>, DVector<f64>)> {
    let inputs = train.sum.len() - horizon;
    let mean = &train.sum / train.count;
    let gram = &train.gram - &train.sum * mean.transpose();
    let cross = gram.view((0, inputs), (inputs, horizon)).into_owned();
    let gram = gram.view((0, 0), (inputs, inputs)).into_owned();
    let mut best: Option<(f64, f64, DMatrix<f64>, DVector<f64>)> = None;
    // A Cholesky factor for each penalty costs inputs³ / 3; one eigendecomposition for all seven costs some 9 inputs³.
    for &penalty in penalties {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_window_takes_more_operations_than_allowed_and_none_that_fits_is_shortened() {
        for horizon in [1, 24, 96, 1000] {
            for (columns, targets) in [(1, 1), (2, 1), (7, 7), (1, 40)] {
                let allowed = MOST_OPERATIONS / targets as f64;
                for window in (1..=10_000).step_by(111) {
                    let rows = lags(window, horizon, columns, targets);
                    let case = format!("{window} rows, {horizon} ahead, {columns} of {targets}: {rows}");
                    assert!((1..=window).contains(&rows) && operations(rows * columns, horizon) <= allowed, "{case}");
                    assert!(rows == window || operations((rows + 1) * columns, horizon) > allowed, "{case}");
                }
            }
        }
        assert_eq!([lags(10_000, 24, 1, 1), lags(336, 96, 1, 7)], [863, 336]);
    }

    #[test]
    fn the_map_is_bit_for_bit_one_input_after_another() {
        for (inputs, horizon) in [(1, 1), (7, 3), (24, 4), (31, 9)] {
            let number = |at: usize| ((at * 7919 % 1009) as f64 - 500.0) / 37.0;
            let ridge = Ridge {
                form: Form::Plain,
                target: 0,
                penalty: 1.0,
                validation_mse: 0.0,
                inputs: vec![0],
                cut: false,
                lags: inputs,
                window: inputs,
                horizon,
                weights: DMatrix::from_fn(horizon, inputs, |row, column| number(row * 101 + column)),
                bias: DVector::from_fn(horizon, |row, _| number(row + 5)),
            };
            let values: Vec<f64> = (0..BLOCK * inputs).map(|at| number(at * 13 + 1)).collect();
            let mut sums: Vec<f64> = ridge.bias.as_slice().repeat(BLOCK);
            ridge.map(&values, &mut sums);
            for slot in 0..BLOCK {
                let mut slow = ridge.bias.clone();
                for (input, weights) in ridge.weights.column_iter().enumerate() {
                    slow.axpy(values[input * BLOCK + slot], &weights, 1.0);
                }
                assert_eq!(&sums[slot * horizon..(slot + 1) * horizon], slow.as_slice());
            }
        }
    }
}
