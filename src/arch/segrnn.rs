//! SegRNN (Lin et al. 2023): a GRU over segments of the window, and the whole horizon at once from its last state.
//!
//! ```text
//! x̄     = x − x_L 1                                   each channel, centred on its last value
//! e_k   = max(W_e x̄_k + b_e, 0)       k = 1 … n       segments of w steps (section 3.2.1)
//! h_k   = GRU(e_k, h_{k−1})                           encoding
//! y_j   = W_p GRU([p_j; c], h_n) + b_p  j = 1 … m     parallel multi-step decoding (section 3.2.2), with the same GRU
//! ŷ     = [y_1; …; y_m] + x_L 1
//!
//! x̄_k, y_j [w × 1]            segments                    W_e [d × w], W_p [w × d]       d: hidden
//! p_j [d/2 × 1]               embedding of position j     pos_emb [m × d/2]
//! c [d/2 × 1]                 embedding of the channel    channel_emb [channels × d/2]
//! ```
//!
//! Every column of the data is a channel; one set of weights forecasts each of them separately and learns from all. Parameters are
//! named as in the authors' code. Without a whole number of segments, the oldest steps of the window are not read, and the last
//! segment of the forecast is cut.

use crate::Real;
use crate::arch::Forecaster;
use crate::arch::direct::{Direct, Network, Scope, Seen};
use crate::arch::gru;
use crate::arch::plan::Plan;
use crate::arch::recurrent::{GateBias, Layer};
use crate::arch::stacked::{HEAD_DROPOUT, HIDDEN};
use crate::grad::{Var, ops};
use crate::knob::Settings;
use crate::nn::{Bounds, Builder, Flow, Init, Linear, ParamId, Pass};
use crate::scan::{self, Walk};

#[derive(Debug)]
struct SegRnn {
    embed: Linear,
    gru: Layer,
    positions: ParamId,
    channels: Option<ParamId>,
    dropout: Real,
    predict: Linear,
    horizon: usize,
    /// Number of segments of the horizon.
    segments: usize,
}

/// The forecaster.
pub fn forecaster(builder: &mut Builder, plan: &Plan, settings: &Settings) -> Box<dyn Forecaster> {
    let hidden = settings.get(&HIDDEN);
    let segments = plan.horizon.div_ceil(plan.segment());
    let embed = Linear::new(builder, "valueEmbedding.0", plan.segment(), hidden);
    let bias = GateBias::from(settings, plan.tokens());
    let gru = Layer::new(builder, 0, hidden, hidden, &[None, Some(bias.keep), None], settings, false);
    let sizes = (hidden - hidden / 2, hidden / 2, plan.data_features);
    let positions = builder.table("pos_emb".to_owned(), segments, sizes.0, Init::Normal(1.0));
    // A single hidden unit belongs to the position.
    let named = || "channel_emb".to_owned();
    let channels = (sizes.1 > 0).then(|| builder.table(named(), sizes.2, sizes.1, Init::Normal(1.0)));
    let predict = Linear::new(builder, "predict.1", hidden, plan.segment());
    let dropout = crate::narrow(settings.get(&HEAD_DROPOUT));
    let network = SegRnn { embed, gru, positions, channels, dropout, predict, horizon: plan.horizon, segments };
    Box::new(Direct::new(builder, *plan, network))
}

impl Network for SegRnn {
    fn forward(&self, pass: &mut Pass<'_>, seen: &Seen<'_>) -> Var {
        let (columns, batch) = (seen.columns(), seen.batch.size);
        let segments = seen.segments(pass);
        let embedded = self.embed.forward(pass, segments);
        let embedded = ops::relu(pass.tape, embedded);
        let weights = self.gru.weights(pass);
        let states = scan::gru(pass.tape, embedded, weights, None, Walk::forward(columns));
        pass.probe_flow(0, "hidden state", Bounds::Signed, Flow::Carried, states.hidden);
        if let Some(gates) = states.gates {
            pass.probe_gates(0, gru::GATES, gates);
        }
        pass.probe_matrices(0, gru::MATRICES, weights.w_hh);
        let (_, all) = pass.tape.shape(states.hidden);
        let last = ops::slice_columns(pass.tape, states.hidden, all - columns, columns);

        // One step of the GRU for each segment of the horizon, channel and window.
        let decoded = self.segments * columns;
        let positions = pass.param(self.positions);
        let mut question = ops::lookup(pass.tape, positions, 0..self.segments, columns, decoded);
        if let Some(channels) = self.channels {
            let channels = pass.param(channels);
            let channel = ops::lookup(pass.tape, channels, 0..seen.channels, batch, decoded);
            question = ops::concat_rows(pass.tape, question, channel);
        }
        let last = ops::repeat_columns(pass.tape, last, self.segments);
        let answer = scan::gru(pass.tape, question, weights, Some(last), Walk::forward(decoded));
        let answer = pass.dropout(answer.hidden, self.dropout);
        let out = self.predict.forward(pass, answer);
        let out = ops::stack_steps(pass.tape, out, self.segments);
        if self.segments * self.predict.outputs > self.horizon {
            ops::slice_rows(pass.tape, out, 0, self.horizon)
        } else {
            out
        }
    }

    fn keeps_more(&self) -> usize {
        // Values of the embedding before and behind the rectifier, with gradients, beyond the matrix's rows; and the looked-up
        // embeddings.
        4 * self.embed.outputs
    }

    fn head(&self) -> Option<Linear> {
        Some(self.predict)
    }

    fn scope(&self) -> Scope {
        Scope::Features
    }
}
