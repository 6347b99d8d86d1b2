//! Schedules of the learning rate over the epochs.

/// Multiplies the rate by a factor after some epochs without improvement, as `torch.optim.lr_scheduler.ReduceLROnPlateau` in its
/// relative mode.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plateau {
    /// Factor on the learning rate.
    pub factor: f64,
    /// Number of epochs without improvement before a cut.
    pub patience: u32,
    /// An improvement must be at least this share of the best so far.
    pub threshold: f64,
    /// Smallest rate.
    pub least: f64,
    best: f64,
    bad: u32,
}

impl Plateau {
    /// A new schedule without epochs.
    pub fn new(factor: f64, patience: u32, threshold: f64, least: f64) -> Self {
        Self { factor, patience, threshold, least, best: f64::INFINITY, bad: 0 }
    }

    /// The rate after an epoch that ended with `loss`.
    pub fn after(&mut self, loss: f64, rate: f64) -> f64 {
        /// Smaller changes of the rate are skipped; PyTorch's default.
        const EPSILON: f64 = 1e-8;
        if loss < self.best * (1.0 - self.threshold) {
            self.best = loss;
            self.bad = 0;
        } else {
            self.bad += 1;
        }
        if self.bad <= self.patience {
            return rate;
        }
        self.bad = 0;
        let cut = (rate * self.factor).max(self.least);
        if rate - cut > EPSILON { cut } else { rate }
    }
}

/// The learning rate over the epochs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Schedule {
    /// Constant.
    Constant,
    /// Half a cosine from the full rate to `least` over `epochs` (Loshchilov and Hutter 2017, without restarts).
    Cosine {
        /// Epochs until the end.
        epochs: u32,
        /// The final rate.
        least: f64,
    },
    /// Cut when validation stops improving.
    Plateau(Plateau),
}

impl Schedule {
    /// The rate after `done` epochs, the last of which ended with validation `loss` at rate `now`; `full` is the initial rate.
    pub fn next(&mut self, full: f64, now: f64, done: u32, loss: f64) -> f64 {
        match self {
            Schedule::Constant => full,
            Schedule::Cosine { epochs, least } => {
                let turn = f64::from(done.min(*epochs)) / f64::from((*epochs).max(1));
                *least + 0.5 * (full - *least) * (1.0 + libm::cos(std::f64::consts::PI * turn))
            }
            Schedule::Plateau(plateau) => plateau.after(loss, now),
        }
    }
}
