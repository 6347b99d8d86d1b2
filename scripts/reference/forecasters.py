"""Whole forecasters: prediction, loss and gradients of a batch of windows, by published packages, PyTorch's modules or the
papers' equations.

Shapes: windows [window + horizon, batch, features], the first `targets` of which are to be forecast; a module gives
[channels, batch, horizon], of the values less the window's level, over its spread: the targets, or every data feature where it
learns from all of them. A module that is `whole` does that itself: it reads the windows and gives the forecasts as they are.
Every module has its parameters under the names that the stored file gives them.
"""

import json
from dataclasses import dataclass, replace

import numpy as np
import torch
from minGRU_pytorch.minGRU import minGRU
from minGRU_pytorch.minLSTM import minLSTM

import published
import store

# Before torch-timeseries's DLinear, which imports it.
SeriesDecomp = published.module("torch_timeseries.nn.decomp").SeriesDecomp

# Added to a window's variance before its root is taken (Kim et al. 2022, section 3).
EPSILON = 1e-5


@dataclass(frozen=True)
class Case:
    """One forecaster, its settings and the sizes of its batch."""

    name: str
    architecture: str
    module: type
    settings: dict
    window: int
    horizon: int
    seed: int
    features: int = 1
    data_features: int = 1
    targets: int = 1
    batch: int = 5
    normalise: str = "last"

    def size(self, key):
        """A setting that every case of this architecture gives."""
        return self.settings[key]


class NLinear(published.module("torch_timeseries.model.NLinear").NLinear):
    """Zeng et al. 2023, section 4, by torch-timeseries: one set of weights for all channels; centred and put back there."""

    whole = True

    def __init__(self, case):
        super().__init__(case.window, case.horizon, case.targets)

    def forward(self, past):
        return super().forward(past[:, :, : self.channels].transpose(0, 1)).permute(2, 0, 1)


class DLinear(published.module("torch_timeseries.model.DLinear").DLinear):
    """Zeng et al. 2023, section 4, by torch-timeseries: one set of weights for all channels."""

    whole = True

    def __init__(self, case):
        super().__init__(case.window, case.horizon, case.targets)
        # The model's trend has the paper's 25 steps; the package's decomposition takes other odd ones.
        if case.size("trend_span") != self.decompsition.moving_avg.kernel_size:
            self.decompsition = SeriesDecomp(case.size("trend_span"))

    def forward(self, past):
        return super().forward(past[:, :, : self.channels].transpose(0, 1)).permute(2, 0, 1)


class Head(torch.nn.Linear):
    """A linear layer that gives the horizon of all targets at once, one target after the other."""

    def __init__(self, inputs, case):
        super().__init__(inputs, case.targets * case.horizon)
        self.targets = case.targets

    def forward(self, x):
        return super().forward(x).unflatten(-1, (self.targets, -1)).transpose(0, 1)


class Mlp(torch.nn.Module):
    """Linear layers with rectifiers on all features of the window, step after step."""

    def __init__(self, case):
        super().__init__()
        sizes = [case.window * case.features] + [case.size("hidden")] * case.size("layers")
        self.layers = torch.nn.ModuleList(torch.nn.Linear(a, b) for a, b in zip(sizes, sizes[1:]))
        self.head = Head(sizes[-1], case)

    def forward(self, past):
        x = past.transpose(0, 1).flatten(1)
        for layer in self.layers:
            x = torch.relu(layer(x))
        return self.head(x)


class Recurrent(torch.nn.Module):
    """Recurrent layers of PyTorch, one row a step, and a linear head on the last state of each direction."""

    CELLS = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}

    def __init__(self, case):
        super().__init__()
        cell, hidden = self.CELLS[case.size("bidirectional_cell")], case.size("hidden")
        self.rnn = cell(case.features, hidden, case.size("layers"), bidirectional=True)
        self.head = Head(2 * hidden, case)

    def forward(self, past):
        _, final = self.rnn(past)
        final = final[0] if isinstance(final, tuple) else final
        return self.head(torch.cat([final[-2], final[-1]], dim=-1))


class SegRnn(published.module("pypots.nn.modules.segrnn.backbone").BackboneSegRNN):
    """Lin et al. 2023 by the paper's first author, in PyPOTS: centred and put back there. It takes whole segments alone: the
    oldest steps that fill none are not shown to it, and what it forecasts beyond the horizon is cut."""

    whole = True

    def __init__(self, case):
        segment = case.size("segment")
        past, future = case.window // segment * segment, -(-case.horizon // segment) * segment
        super().__init__(past, case.data_features, future, segment, case.size("hidden"), dropout=0.0)
        self.horizon = case.horizon

    def forward(self, past):
        channels = past[-self.n_steps :, :, : self.n_features].transpose(0, 1)
        return super().forward(channels).permute(2, 0, 1)[:, :, : self.horizon]


class SegRnnByEquations(torch.nn.Module):
    """The same from the paper: channels by themselves, segments through a GRU (section 3.2.1), parallel decoding (section 3.2.2),
    for what the author's cannot take: an odd width, and windows that are normalised in another way. See `agree`."""

    def __init__(self, case):
        super().__init__()
        self.segment, self.hidden, self.horizon = case.size("segment"), case.size("hidden"), case.horizon
        hidden, count = self.hidden, -(-case.horizon // self.segment)
        self.valueEmbedding = torch.nn.Sequential(torch.nn.Linear(self.segment, hidden), torch.nn.ReLU())
        self.rnn = torch.nn.GRU(hidden, hidden)
        self.pos_emb = torch.nn.Parameter(torch.zeros(count, hidden - hidden // 2))
        self.channel_emb = torch.nn.Parameter(torch.zeros(case.data_features, hidden // 2))
        self.predict = torch.nn.Sequential(torch.nn.Dropout(0.0), torch.nn.Linear(hidden, self.segment))

    def forward(self, past):
        forecasts = []
        for channel, embedding in enumerate(self.channel_emb):
            x = past[len(past) % self.segment :, :, channel]
            segments = x.T.reshape(x.shape[1], -1, self.segment).transpose(0, 1)
            _, state = self.rnn(self.valueEmbedding(segments))
            parts = []
            for position in self.pos_emb:
                question = torch.cat([position, embedding]).expand(1, x.shape[1], self.hidden)
                parts.append(self.predict(self.rnn(question, state)[0][0]))
            forecasts.append(torch.cat(parts, dim=-1)[:, : self.horizon])
        return torch.stack(forecasts)


class Minimal(torch.nn.Module):
    """minGRU and minLSTM of the package minGRU-pytorch (positive candidates, parallel scan in log space), or by the equations
    of Feng et al. 2024, sections 3.1.3 and 3.2.4 (linear candidates, step by step); a linear head on the last step."""

    def __init__(self, case):
        super().__init__()
        self.positive, self.hidden = case.size("candidate") == "positive", case.size("hidden")
        self.gates = {"mingru": 2, "minlstm": 3}[case.architecture]
        self.rnn = torch.nn.Module()
        rows, inputs = self.gates * self.hidden, case.features
        self.rnn.register_parameter("weight_ih_l0", torch.nn.Parameter(torch.zeros(rows, inputs)))
        self.rnn.register_parameter("bias_ih_l0", torch.nn.Parameter(torch.zeros(rows)))
        self.head = Head(self.hidden, case)

    def forward(self, past):
        run = self.published if self.positive else self.by_equations
        return self.head(run(past, self.rnn.weight_ih_l0, self.rnn.bias_ih_l0))

    def by_equations(self, past, weight, bias):
        h = past.new_zeros(past.shape[1], self.hidden)
        for x in past:
            parts = (x @ weight.T + bias).chunk(self.gates, dim=-1)
            if self.gates == 2:
                z = torch.sigmoid(parts[0])
                h = (1 - z) * h + z * parts[1]
            else:
                f, i = torch.sigmoid(parts[0]), torch.sigmoid(parts[1])
                h = f / (f + i) * h + i / (f + i) * parts[2]
        return h

    def published(self, past, weight, bias):
        # The package's layer has no bias: a column of ones is one. Its rows begin with the candidate's.
        ones = torch.cat([past, torch.ones_like(past[:, :, :1])], dim=-1).transpose(0, 1)
        rows = torch.cat([weight, bias.unsqueeze(-1)], dim=-1).chunk(self.gates)
        kind, name = {2: (minGRU, "to_hidden_and_gate"), 3: (minLSTM, "to_hidden_and_f_i_gate")}[self.gates]
        layer = kind(ones.shape[-1], self.hidden / ones.shape[-1], proj_out=False).to(past.dtype)
        rows = torch.cat([rows[-1], *rows[:-1]])
        return torch.func.functional_call(layer, {f"{name}.weight": rows}, (ones,))[:, -1]


CASES = [
    Case("nlinear", "nlinear", NLinear, {}, window=13, horizon=5, seed=201, features=3, data_features=3, targets=2),
    Case("dlinear", "dlinear", DLinear, {"trend_span": 7}, window=13, horizon=5, seed=202, normalise="none"),
    Case("dlinear_wide", "dlinear", DLinear, {"trend_span": 25}, window=9, horizon=3, seed=203, features=4, data_features=3,
         targets=3, normalise="none"),
    *(
        Case(f"bidirectional_{cell}_{layers}", "bidirectional", Recurrent,
             {"bidirectional_cell": cell, "hidden": hidden, "layers": layers, "segment": 1}, window=6, horizon=3, seed=seed,
             features=3, data_features=2, targets=targets)
        for cell, hidden, layers, seed, targets in
        [("rnn", 9, 2, 205, 1), ("lstm", 5, 2, 206, 2), ("gru", 6, 2, 207, 2), ("gru", 13, 1, 208, 1)]
    ),
    *(
        Case(f"segrnn{name}", "segrnn", SegRnn, {"hidden": hidden, "segment": segment}, window=window, horizon=horizon, seed=seed,
             features=4, data_features=3, targets=2)
        for name, hidden, segment, window, horizon, seed in [("", 8, 4, 12, 8, 209), ("_uneven", 6, 3, 11, 7, 215)]
    ),
    Case("segrnn_window", "segrnn", SegRnnByEquations, {"hidden": 7, "segment": 3, "normalise": "window"}, window=11, horizon=7,
         seed=210, normalise="window"),
    *(
        Case(f"{architecture}_{candidate}", architecture, Minimal,
             {"hidden": hidden, "layers": 1, "segment": 1, "candidate": candidate, "scan": scan}, window=9, horizon=2, seed=seed,
             features=3, data_features=2, targets=2)
        for architecture, candidate, scan, hidden, seed in [
            ("mingru", "linear", "sequential", 8, 211), ("mingru", "positive", "parallel", 12, 212),
            ("minlstm", "linear", "parallel", 8, 213), ("minlstm", "positive", "sequential", 12, 214)]
    ),
    Case("mlp", "mlp", Mlp, {"hidden": 11, "layers": 2, "normalise": "window"}, window=7, horizon=4, seed=204, features=3,
         data_features=2, targets=2, normalise="window"),
]


def levels(case, past):
    """What is taken out of each window: shift and spread [batch, data_features]."""
    data = past[:, :, : case.data_features]
    if case.normalise == "last":
        return data[-1], torch.ones_like(data[-1])
    if case.normalise == "window":
        return data.mean(0), (data.var(0, unbiased=False) + EPSILON).sqrt()
    return torch.zeros_like(data[-1]), torch.ones_like(data[-1])


def run(case, parameters, windows, dtype):
    """One pass forward and backward in `dtype`; the loss is the mean squared error over all that is predicted."""
    windows = windows.to(dtype)
    past, future = windows[: case.window], windows[case.window :]
    shift, spread = levels(case, past)
    known = past[:, :, case.data_features :]
    centred = torch.cat([(past[:, :, : case.data_features] - shift) / spread, known], dim=-1)

    module = case.module(case).to(dtype)
    with torch.no_grad():
        for name, value in module.named_parameters():
            value.copy_(parameters[name])
    whole = getattr(module, "whole", False)
    found = module(past if whole else centred)
    channels = range(found.shape[0])
    shift, spread = (part.T[channels].unsqueeze(-1) for part in (shift, spread))
    prediction = found - shift if whole else found * spread
    truth = future[:, :, : case.data_features].permute(2, 1, 0)[channels] - shift
    loss = torch.nn.functional.mse_loss(prediction, truth)
    loss.backward()

    # A head gives one window's targets together.
    together = prediction.transpose(0, 1) if hasattr(module, "head") else prediction
    forecast = (prediction + shift)[: case.targets].transpose(0, 1)
    result = {"prediction": together, "loss": loss.reshape(1), "forecast": forecast}
    return result | {f"grad.{name}": value.grad for name, value in module.named_parameters()}


def agree(case, parameters, windows, result):
    """The paper's equations say what the author's SegRNN computes."""
    ours = run(replace(case, module=SegRnnByEquations), parameters, windows, torch.float64)
    for name, value in result.items():
        worst = (ours[name] - value).abs().max() / value.abs().max()
        assert worst < 1e-12, f"{case.name}: {name} differs by {worst:.1e}"


def make():
    """Yields (name, tensors, settings) of every file."""
    for case in CASES:
        rng = np.random.Generator(np.random.PCG64(case.seed))
        windows = store.draw(rng, case.window + case.horizon, case.batch, case.features)
        parameters = {
            name: store.draw(rng, *value.shape, scale=0.5, uniform=True)
            for name, value in case.module(case).named_parameters()
        }
        sizes = {key: getattr(case, key) for key in
                 ("architecture", "features", "data_features", "targets", "window", "horizon", "batch", "seed")}
        result = run(case, parameters, windows, torch.float64)
        if case.module is SegRnn:
            agree(case, parameters, windows, result)
        yield f"forecaster_{case.name}", {"windows": windows} | parameters | result, sizes | {
            "settings": json.dumps(case.settings),
        }
