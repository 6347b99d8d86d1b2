"""Whole forecasters: prediction, loss and gradients of a batch of windows, by PyTorch's modules or the papers' equations.

Shapes: windows [window + horizon, batch, features], the first `data_features` of which are to be forecast; a prediction is
[channels, batch, horizon], of the values less the window's level, over its spread. Every module has its parameters under the
names that the stored file gives them.
"""

from dataclasses import dataclass

import json

import numpy as np
import torch

import store

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
    target: int = 0
    batch: int = 5
    normalise: str = "last"

    def size(self, key):
        """A setting that every case of this architecture gives."""
        return self.settings[key]


class NLinear(torch.nn.Module):
    """Zeng et al. 2023, section 4: one linear layer on the window less its last value."""

    def __init__(self, case):
        super().__init__()
        self.target = case.target
        self.Linear = torch.nn.Linear(case.window, case.horizon)

    def forward(self, past):
        return self.Linear(past[:, :, self.target].T).unsqueeze(0)


class DLinear(torch.nn.Module):
    """Zeng et al. 2023, section 4: a moving average over the window, whose ends are repeated, and the rest."""

    def __init__(self, case):
        super().__init__()
        self.target = case.target
        self.reach = (case.size("trend_span") - 1) // 2
        self.Linear_Seasonal = torch.nn.Linear(case.window, case.horizon)
        self.Linear_Trend = torch.nn.Linear(case.window, case.horizon)

    def forward(self, past):
        x = past[:, :, self.target].T
        padded = torch.nn.functional.pad(x.unsqueeze(1), (self.reach, self.reach), mode="replicate")
        trend = torch.nn.functional.avg_pool1d(padded, 2 * self.reach + 1, stride=1).squeeze(1)
        return (self.Linear_Seasonal(x - trend) + self.Linear_Trend(trend)).unsqueeze(0)


class Mlp(torch.nn.Module):
    """Linear layers with rectifiers on all features of the window, step after step."""

    def __init__(self, case):
        super().__init__()
        sizes = [case.window * case.features] + [case.size("hidden")] * case.size("layers")
        self.layers = torch.nn.ModuleList(torch.nn.Linear(a, b) for a, b in zip(sizes, sizes[1:]))
        self.head = torch.nn.Linear(sizes[-1], case.horizon)

    def forward(self, past):
        x = past.transpose(0, 1).flatten(1)
        for layer in self.layers:
            x = torch.relu(layer(x))
        return self.head(x).unsqueeze(0)


CASES = [
    Case("nlinear", "nlinear", NLinear, {}, window=13, horizon=5, seed=201, features=3, data_features=2, target=1),
    Case("dlinear", "dlinear", DLinear, {"trend_span": 7}, window=13, horizon=5, seed=202, normalise="none"),
    Case("dlinear_wide", "dlinear", DLinear, {"trend_span": 25}, window=9, horizon=3, seed=203, features=2, data_features=2,
         target=1, normalise="none"),
    Case("mlp", "mlp", Mlp, {"hidden": 11, "layers": 2, "normalise": "window"}, window=7, horizon=4, seed=204, features=3,
         data_features=2, target=1, normalise="window"),
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
    found = module(centred)
    channels = range(case.data_features) if found.shape[0] == case.data_features > 1 else [case.target]
    shift, spread = (part.T[channels].unsqueeze(-1) for part in (shift, spread))
    prediction = found * spread
    truth = future[:, :, : case.data_features].permute(2, 1, 0)[channels] - shift
    loss = torch.nn.functional.mse_loss(prediction, truth)
    loss.backward()

    of_target = list(channels).index(case.target)
    result = {"prediction": prediction, "loss": loss.reshape(1), "forecast": (prediction + shift)[of_target]}
    return result | {f"grad.{name}": value.grad for name, value in module.named_parameters()}


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
                 ("architecture", "features", "data_features", "target", "window", "horizon", "batch", "seed")}
        result = run(case, parameters, windows, torch.float64)
        yield f"forecaster_{case.name}", {"windows": windows} | parameters | result, sizes | {
            "settings": json.dumps(case.settings),
        }
