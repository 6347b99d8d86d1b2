//! Claims about the memory of architectures.

/// A claim, with the architectures concerned: id, and the value of the other option.
pub struct Claim {
    /// The claim in one sentence, with its source.
    pub said: &'static str,
    /// The rows of the table.
    pub of: &'static [(&'static str, Option<&'static str>)],
}

/// From the oldest to the newest.
pub const CLAIMS: [Claim; 9] = [
    Claim {
        said: "A plain RNN forgets: its gradient vanishes from step to step (Bengio et al. 1994).",
        of: &[("rnn", None)],
    },
    Claim {
        said: "It remembers longer if its recurrent matrix starts orthogonal, and so keeps lengths (Le et al. 2015).",
        of: &[("rnn", Some("orthogonal"))],
    },
    Claim {
        said: "An LSTM bridges hundreds of steps: its gradients do not vanish (Hochreiter and Schmidhuber 1997, who trained on \
               74,000 sequences for 100 steps, and on 853,000 for 1,000).",
        of: &[("lstm", None)],
    },
    Claim {
        said: "The bias of its forget gate decides how far it reaches (Tallec and Ollivier 2018).",
        of: &[("lstm", Some("chrono")), ("gru", Some("chrono"))],
    },
    Claim {
        said: "Simpler gates suffice: one gate less (Cho et al. 2014), or gates that do not read the state (Feng et al. 2024).",
        of: &[("gru", None), ("mingru", None), ("minlstm", None)],
    },
    Claim {
        said: "The last state of an encoder is a bottleneck; a decoder that looks back at all states has none (Bahdanau et al. \
               2015; Luong et al. 2015).",
        of: &[("encoder_decoder", None), ("encoder_decoder", Some("additive")), ("encoder_decoder", Some("dot"))],
    },
    Claim { said: "Attention alone reaches every step at once (Vaswani et al. 2017).", of: &[("transformer", None)] },
    Claim {
        said: "A state-space model with input-dependent steps recalls over thousands of steps (Gu and Dao 2023, with two layers \
               and more).",
        of: &[("mamba", None)],
    },
    Claim {
        said: "A matrix memory stores values under keys, as attention does, and exponential gates can revise it (Beck et al. \
               2024).",
        of: &[("xlstm", None)],
    },
];
