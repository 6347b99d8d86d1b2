//! The recurrent cells, which PyTorch has as modules, for use in other architectures.

use crate::arch::plan::Plan;
use crate::arch::{gru, lstm, rnn};
use crate::knob::{Choice, Choices, Settings};
use crate::nn::{Block, Builder};

/// Makes layer `index` of a stack, with `inputs` rows, from the last step to the first in `reverse`.
pub type MakeCell =
    fn(&mut Builder, index: usize, inputs: usize, plan: &Plan, settings: &Settings, reverse: bool) -> Box<dyn Block>;

/// One cell.
#[derive(Debug, Clone, Copy)]
pub struct Cell {
    /// Its option on the page; the value is the id of the architecture made of this cell alone.
    pub choice: Choice,
    /// Its name in `torch.nn`.
    pub module: &'static str,
    /// Gates stacked in the rows of its matrices.
    pub gates: usize,
    /// Its constructor.
    pub make: MakeCell,
}

/// All of them.
pub const CELLS: [Cell; 3] = [
    Cell {
        choice: Choice {
            value: "rnn",
            label: "vanilla RNN",
            help: "One tanh layer with its last output fed back (Elman 1990).",
        },
        module: "RNN",
        gates: 1,
        make: rnn::directed,
    },
    Cell {
        choice: Choice {
            value: "lstm",
            label: "LSTM",
            help: "A cell state with gates (Hochreiter and Schmidhuber 1997).",
        },
        module: "LSTM",
        gates: 4,
        make: lstm::directed,
    },
    Cell {
        choice: Choice { value: "gru", label: "GRU", help: "Two gates and no cell state (Cho et al. 2014)." },
        module: "GRU",
        gates: 3,
        make: gru::directed,
    },
];

impl Choices for Cell {
    const OPTIONS: &'static [Choice] = &[CELLS[0].choice, CELLS[1].choice, CELLS[2].choice];

    fn nth(index: usize) -> Option<Self> {
        CELLS.get(index).copied()
    }
}
