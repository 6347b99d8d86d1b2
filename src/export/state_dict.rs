//! A PyTorch state dict as a model: `nn.RNN`, `nn.LSTM` or `nn.GRU` with an `nn.Linear` on its last step.
//!
//! ```text
//! lstm.weight_ih_l0 [4·hidden × inputs]   lstm.weight_hh_l0 [4·hidden × hidden]   lstm.bias_ih_l0, lstm.bias_hh_l0 [4·hidden]
//! fc.weight         [horizon × hidden]    fc.bias [horizon]
//! ```
//!
//! There is one recurrent module, and the linear layer gives the horizon of one target. Both may have any names. The cell follows
//! from the shapes: `weight_ih` has one, three or four times as many rows as `weight_hh` has columns. The file's metadata may add,
//! as text: `window` (steps that the model reads), `nonlinearity` (of an `nn.RNN`; without it tanh, PyTorch's default), and `mean`
//! and `std` of each input, separated by spaces, where the model was trained on values with other scales than those of the present
//! training part (standard deviation with ddof 0).

use std::collections::BTreeMap;

use serde_json::Value;

use crate::arch::GRU_FORM;
use crate::arch::cells::CELLS;
use crate::arch::plan::{FROM_LINE, HEAD, HORIZON, LINEAR_SKIP, LOSS_ON, NORMALISE, READING, SEGMENT, WINDOW};
use crate::arch::registry::{ARCHITECTURE, MIX};
use crate::arch::stacked::{DROPOUT, HEAD_DROPOUT, HIDDEN, LAYERS};
use crate::data::Scale;
use crate::data::windows::frame::CALENDAR;
use crate::error::Result;
use crate::exact;
use crate::export::format::Tensors;
use crate::export::tensors::{File, broken, put};
use crate::knob::Raw;
use crate::nn::Params;

/// The findings in a file: a model's settings and its weights.
#[derive(Debug)]
pub struct StateDict<'a> {
    /// The module's name in PyTorch: `LSTM`.
    pub module: &'static str,
    /// The settings from the shapes and the metadata.
    pub settings: Raw,
    /// Number of columns of the input.
    pub inputs: usize,
    /// Scale of each input, if the metadata have it.
    pub scales: Option<Vec<Scale>>,
    /// Values `f32` or `f64`, by their names in this library.
    tensors: Tensors<'a>,
}

/// Beginnings of the names in `torch.nn.RNNBase`.
const PARTS: [&str; 4] = ["weight_ih_l", "weight_hh_l", "bias_ih_l", "bias_hh_l"];

impl<'a> StateDict<'a> {
    /// Reads a file.
    ///
    /// # Errors
    /// [`Error::Model`](crate::Error::Model) that names a missing, misshapen or unknown tensor.
    pub(super) fn read(file: File<'a>) -> Result<Self> {
        let mut tensors = Tensors::new();
        let (mut cells, mut heads) = (Vec::new(), Vec::new());
        for (name, view) in file.tensors {
            let (module, last) = name.rsplit_once('.').unwrap_or(("", &name));
            if last.ends_with("_reverse") {
                return Err(broken(format!(
                    "“{name}” belongs to a bidirectional network, and a state dict does not say which outputs its \
                     head reads; choose a network of one direction"
                )));
            }
            if last.starts_with("weight_hr_l") {
                return Err(broken(format!(
                    "“{name}” projects the state (proj_size), which no model here does; save a \
                                           model without it"
                )));
            }
            if PARTS.iter().any(|part| last.starts_with(part)) {
                cells.push(module.to_owned());
                tensors.insert(format!("rnn.{last}"), view);
            } else if matches!(last, "weight" | "bias") {
                heads.push(module.to_owned());
                tensors.insert(format!("head.{last}"), view);
            } else {
                return Err(broken(format!(
                    "“{name}” is not understood: one nn.RNN, nn.LSTM or nn.GRU and one nn.Linear can be read"
                )));
            }
        }
        if let Some((one, other)) = two_of(&cells) {
            return Err(broken(format!(
                "it holds two recurrent modules, “{one}” and “{other}”; one nn.RNN, nn.LSTM or nn.GRU can be read, with all its \
                 layers (num_layers): save a model of one, or train such a one here"
            )));
        }
        if let Some((one, other)) = two_of(&heads) {
            return Err(broken(format!(
                "it holds two layers besides the recurrent ones, “{one}” and “{other}”; one nn.Linear can be read: \
                 save a model with one"
            )));
        }
        let (module, settings, inputs) = sizes(&tensors)?;
        let mut found = Self { module, settings, inputs, scales: None, tensors };
        found.metadata(&file.metadata)?;
        Ok(found)
    }

    /// Reads the metadata.
    fn metadata(&mut self, metadata: &BTreeMap<String, String>) -> Result<()> {
        if let Some(text) = metadata.get("window") {
            let window = text.trim().parse::<u32>().ok().filter(|&window| window > 0);
            let window =
                window.ok_or_else(|| broken(format!("its metadata’s window “{text}” is not a number of steps")))?;
            self.settings.insert(WINDOW.key.to_owned(), window.into());
        }
        if let Some(text) = metadata.get("nonlinearity").filter(|text| text.trim() != "tanh") {
            return Err(broken(format!(
                "its metadata’s nonlinearity is “{text}”; an nn.RNN can be read with tanh alone"
            )));
        }
        let list = |key: &str| -> Result<Option<Vec<f64>>> {
            let Some(text) = metadata.get(key) else { return Ok(None) };
            let numbers: Option<Vec<f64>> =
                text.split_whitespace().map(|one| exact::read(one).filter(|x| x.is_finite())).collect();
            match numbers.filter(|numbers| numbers.len() == self.inputs) {
                Some(numbers) => Ok(Some(numbers)),
                None => Err(broken(format!("its metadata’s {key} “{text}” should be {} number(s)", self.inputs))),
            }
        };
        let (means, stds) = (list("mean")?, list("std")?);
        self.scales = match (means, stds) {
            (None, None) => None,
            (Some(means), Some(stds)) if stds.iter().all(|&std| std > 0.0) => {
                Some(means.into_iter().zip(stds).map(|(mean, std)| Scale { mean, std, constant: false }).collect())
            }
            _ => return Err(broken("its metadata need both mean and std, and std above 0")),
        };
        Ok(())
    }

    /// Puts the weights into `params`; a missing bias is 0.
    ///
    /// # Errors
    /// [`Error::Model`](crate::Error::Model) for a tensor of another shape, or a NaN.
    pub fn load(&self, params: &mut Params) -> Result<()> {
        for index in 0..params.slots().len() {
            let slot = &params.slots()[index];
            match self.tensors.get(&slot.name) {
                Some(tensor) => put(params, index, tensor)?,
                None if slot.name.contains("bias") => params.set_row_major(index, std::iter::repeat_n(0.0, slot.len())),
                None => return Err(broken(format!("the weights “{}” are missing", slot.name))),
            }
        }
        Ok(())
    }
}

/// Two different names among `modules`, if there are.
fn two_of(modules: &[String]) -> Option<(&str, &str)> {
    let other = modules.iter().find(|module| **module != modules[0])?;
    Some((&modules[0], other))
}

/// The module, the settings and the number of inputs, from the shapes.
fn sizes(tensors: &Tensors<'_>) -> Result<(&'static str, Raw, usize)> {
    let matrix = |name: &str| match tensors.get(name).map(|tensor| tensor.shape.as_slice()) {
        Some([rows, cols]) if *rows > 0 && *cols > 0 => Ok((*rows, *cols)),
        Some(shape) => Err(broken(format!("“{name}” is {shape:?}, and a matrix is needed"))),
        None => Err(broken(format!("it has no “{name}”: one nn.RNN, nn.LSTM or nn.GRU and one nn.Linear can be read"))),
    };
    let ((rows, inputs), (_, hidden)) = (matrix("rnn.weight_ih_l0")?, matrix("rnn.weight_hh_l0")?);
    let (horizon, read) = matrix("head.weight")?;
    let cell = CELLS.into_iter().find(|cell| rows == cell.gates * hidden);
    let cell = cell.ok_or_else(|| {
        broken(format!("“weight_ih_l0” has {rows} rows and a state of {hidden}; no RNN, GRU or LSTM has this shape"))
    })?;
    if read != hidden {
        return Err(broken(format!("its linear layer reads {read} numbers, and the state has {hidden}")));
    }
    let layers = (0..).take_while(|layer| tensors.contains_key(&format!("rnn.weight_ih_l{layer}"))).count();
    let known = |name: &str| {
        let layer = PARTS.iter().find_map(|part| name.strip_prefix("rnn.")?.strip_prefix(part)?.parse::<usize>().ok());
        name.starts_with("head.") || layer.is_some_and(|layer| layer < layers)
    };
    if let Some(name) = tensors.keys().find(|name| !known(name)) {
        return Err(broken(format!("“{name}” belongs to no layer that follows the one before")));
    }
    let mut settings = Raw::new();
    for (key, value) in [
        (ARCHITECTURE.key, Value::from(cell.choice.value)),
        (HIDDEN.key, hidden.into()),
        (LAYERS.key, layers.into()),
        (HORIZON.key, horizon.into()),
        (SEGMENT.key, 1.into()),
        (NORMALISE.key, "none".into()),
        (HEAD.key, "direct".into()),
        (LOSS_ON.key, "last".into()),
        (READING.key, "windows".into()),
        (LINEAR_SKIP.key, false.into()),
        (FROM_LINE.key, false.into()),
        (DROPOUT.key, 0.into()),
        (HEAD_DROPOUT.key, 0.into()),
        (MIX.key, "same".into()),
        (CALENDAR.key, false.into()),
        (GRU_FORM.key, "after".into()),
    ] {
        settings.insert(key.to_owned(), value);
    }
    Ok((cell.module, settings, inputs))
}
