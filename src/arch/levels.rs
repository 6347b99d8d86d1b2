//! Instance normalisation: the level and scale subtracted from a window before a network reads it, and restored in its forecast.
//!
//! ```text
//! x̃ = (x − m) / s                      a value x as the network reads it
//! ŷ = s o + m                          the forecast from the head's output o
//!
//! centred on     loss at the last step         loss at every step, at token t
//! nothing        m = 0,      s = 1             m = 0,                s = 1
//! last value     m = x_L,    s = 1             input: m = x₁, output: m = x_t,   s = 1
//! mean, std      m = mean,   s = std           m, s = mean and standard deviation of x₁ … x_t
//! ```
//!
//! Where a forecast is learnt at every token, none may know the values after it: a window centred on its end tells each of its
//! steps where it will end, which they are to forecast. So token `t` uses the rows up to its own end. Its own last value cannot be
//! subtracted from its input, since single rows would become zero; the input uses the last value of the first token, the same for
//! all. A window of one token is the same either way. A recursive forecast updates the levels as a measured value would; with the
//! loss at the last step they stay those of the window.

use crate::Real;
use crate::arch::plan::{Causal, Learning, Normalise, Plan};
use crate::data::Batch;
use crate::grad::{Tape, Var};

/// Added to the variance of a window before its square root (Kim et al. 2022, section 3).
const EPSILON: f64 = 1e-5;

/// Levels of the data features, `shift` and `scale` each `[data features × (places · batch)]`: one place for each token, or one for
/// all. They lie on the tape, whose buffers are reused: a training step allocates nothing.
#[derive(Debug, Clone, Copy)]
struct Level {
    features: usize,
    batch: usize,
    places: usize,
    shift: Var,
    scale: Var,
}

impl Level {
    fn at(&self, tape: &Tape, token: usize, feature: usize, sample: usize) -> (Real, Real) {
        // Behind the window, the level is that of its end.
        let place = token.min(self.places - 1);
        let at = (place * self.batch + sample) * self.features + feature;
        (tape.value(self.shift)[at], tape.value(self.scale)[at])
    }
}

/// The levels of each window of a batch.
#[derive(Debug, Clone, Copy)]
pub struct Levels {
    /// Of a token's input.
    read: Level,
    /// Of the forecast after a token.
    told: Level,
    /// Whether each token has its own levels.
    each: bool,
    /// Whether these are the last value before the forecast.
    follows: bool,
    /// Number of rows in the last level.
    rows: usize,
}

/// Running mean and variance (Welford 1962).
#[derive(Debug, Clone, Copy, Default)]
struct Running {
    count: f64,
    mean: f64,
    squares: f64,
}

impl Running {
    /// The same after `count` values, from their level.
    fn at(count: usize, (mean, scale): (Real, Real)) -> Self {
        let (count, scale) = (count as f64, crate::wide(scale));
        Self { count, mean: crate::wide(mean), squares: (scale * scale - EPSILON) * count }
    }

    fn add(&mut self, value: f64) {
        self.count += 1.0;
        let off = value - self.mean;
        self.mean += off / self.count;
        self.squares += off * (value - self.mean);
    }

    fn level(&self) -> (Real, Real) {
        (crate::narrow(self.mean), crate::narrow(libm::sqrt(self.squares / self.count + EPSILON)))
    }
}

impl Levels {
    /// Computes the level of every data feature in every window of `batch`.
    pub fn of(tape: &mut Tape, plan: &Plan, batch: &Batch) -> Self {
        let (features, tokens) = (plan.data_features, plan.tokens());
        let (each, taken) = match plan.learning {
            Learning::End(normalise) => (false, normalise),
            Learning::Every(Causal::None) | Learning::Series => (false, Normalise::None),
            Learning::Every(Causal::Last) => (true, Normalise::Last),
            Learning::Every(Causal::SoFar) => (true, Normalise::Window),
        };
        let (segment, places) = (plan.segment(), if each { tokens } else { 1 });
        let size = features * places * batch.size;
        let (mut shifts, mut scales) = (tape.buffer(size), tape.buffer(size));
        shifts.fill(0.0);
        scales.fill(1.0);
        // The last row of a place.
        let end = |place: usize| plan.window - 1 - (places - 1 - place) * segment;
        for (sample, feature) in (0..batch.size).flat_map(|sample| (0..features).map(move |feature| (sample, feature)))
        {
            let (mut running, mut row) = (Running::default(), 0);
            for place in 0..places {
                let at = (place * batch.size + sample) * features + feature;
                match taken {
                    Normalise::None => {}
                    Normalise::Last => shifts[at] = batch.column(end(place), sample)[feature],
                    Normalise::Window => {
                        while row <= end(place) {
                            running.add(crate::wide(batch.column(row, sample)[feature]));
                            row += 1;
                        }
                        (shifts[at], scales[at]) = running.level();
                    }
                }
            }
        }
        let shift = tape.push(features, places * batch.size, shifts, None);
        let scale = tape.push(features, places * batch.size, scales, None);
        let told = Level { features, batch: batch.size, places, shift, scale };
        let follows = each && taken == Normalise::Last;
        // The first place alone, where all tokens are read relative to the first one's end.
        let read = if follows { Level { places: 1, ..told } } else { told };
        Self { read, told, each, follows, rows: plan.window }
    }

    /// Level and scale of one feature in the forecast after `token` of one window.
    pub fn after(&self, tape: &Tape, token: usize, feature: usize, sample: usize) -> (Real, Real) {
        self.told.at(tape, token, feature, sample)
    }

    /// The same after the whole window.
    pub fn at(&self, tape: &Tape, feature: usize, sample: usize) -> (Real, Real) {
        self.after(tape, self.told.places - 1, feature, sample)
    }

    /// A value in `token` as the network reads it; features known ahead are unchanged.
    pub fn read(&self, tape: &Tape, token: usize, feature: usize, sample: usize, value: Real) -> Real {
        centred(&self.read, tape, token, feature, sample, value)
    }

    /// A value relative to the forecast from the whole window, for the linear skip and for its targets.
    pub fn centred(&self, tape: &Tape, feature: usize, sample: usize, value: Real) -> Real {
        centred(&self.told, tape, self.told.places - 1, feature, sample, value)
    }

    /// The levels after `steps` forecast rows have been fed back; `said(tape, feature, sample, step)` is the head's output.
    pub fn moved(self, tape: &mut Tape, steps: usize, said: impl Fn(&Tape, usize, usize, usize) -> Real) -> Self {
        if !self.each {
            return self;
        }
        let Level { features, batch, .. } = self.told;
        let (mut shifts, mut scales) = (tape.buffer(features * batch), tape.buffer(features * batch));
        for (at, (new_shift, new_scale)) in shifts.iter_mut().zip(&mut scales).enumerate() {
            let (sample, feature) = (at / features, at % features);
            let (shift, scale) = self.at(tape, feature, sample);
            let value = |step: usize| said(tape, feature, sample, step) * scale + shift;
            (*new_shift, *new_scale) = if self.follows {
                (value(steps - 1), 1.0)
            } else {
                let mut running = Running::at(self.rows, (shift, scale));
                (0..steps).for_each(|step| running.add(crate::wide(value(step))));
                running.level()
            };
        }
        let shift = tape.push(features, batch, shifts, None);
        let scale = tape.push(features, batch, scales, None);
        let told = Level { places: 1, shift, scale, ..self.told };
        Self { read: if self.follows { self.read } else { told }, told, rows: self.rows + steps, ..self }
    }

    /// The head's output as the network reads it when it is fed back and the levels have `moved`.
    pub fn fed_back(&self, tape: &Tape, moved: &Self, feature: usize, sample: usize, said: Real) -> Real {
        if !self.each {
            return said;
        }
        let (shift, scale) = self.at(tape, feature, sample);
        centred(&moved.read, tape, moved.read.places - 1, feature, sample, said * scale + shift)
    }
}

fn centred(level: &Level, tape: &Tape, token: usize, feature: usize, sample: usize, value: Real) -> Real {
    if feature < level.features {
        let (shift, scale) = level.at(tape, token, feature, sample);
        (value - shift) / scale
    } else {
        value
    }
}
