//! The forms of exponential smoothing.

/// Longest season; the search would have too many initial states.
pub const LONGEST_SEASON: usize = 24;

/// How errors or a season act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// As a summand.
    Additive,
    /// As a factor.
    Multiplicative,
}

/// How the level moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trend {
    /// It keeps.
    None,
    /// By the slope.
    Additive,
    /// By a slope that fades.
    Damped,
}

/// Which parts a model has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Form {
    /// The errors.
    pub error: Effect,
    /// The trend.
    pub trend: Trend,
    /// The season; `None` without one.
    pub season: Option<Effect>,
}

impl Form {
    /// The usual notation: `M,Ad,N`.
    pub fn name(self) -> String {
        let of = |effect| if effect == Effect::Additive { "A" } else { "M" };
        let trend = match self.trend {
            Trend::None => "N",
            Trend::Additive => "A",
            Trend::Damped => "Ad",
        };
        [of(self.error), trend, self.season.map_or("N", of)].join(",")
    }

    /// All forms for these values.
    pub(super) fn all(values: &[f64], period: usize) -> impl Iterator<Item = Form> {
        let positive = values.iter().all(|&value| value > 0.0);
        let seasonal = (2..=LONGEST_SEASON).contains(&period) && values.len() > period;
        let effects = [Effect::Additive, Effect::Multiplicative];
        let seasons = [None, Some(Effect::Additive), Some(Effect::Multiplicative)];
        let trends = [Trend::None, Trend::Damped, Trend::Additive];
        let all = effects.into_iter().flat_map(move |error| {
            trends.into_iter().flat_map(move |trend| seasons.map(|season| Form { error, trend, season }))
        });
        all.filter(move |form| {
            let multiplies = form.error == Effect::Multiplicative || form.season == Some(Effect::Multiplicative);
            let unstable = form.error == Effect::Additive && form.season == Some(Effect::Multiplicative);
            !unstable && (positive || !multiplies) && (seasonal || form.season.is_none())
        })
    }

    /// Number of smoothing parameters.
    pub(super) fn weights(self) -> usize {
        let trend = match self.trend {
            Trend::None => 0,
            Trend::Additive => 1,
            Trend::Damped => 2,
        };
        1 + trend + usize::from(self.season.is_some())
    }
}
