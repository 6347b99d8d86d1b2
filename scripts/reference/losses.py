"""The losses of 200 optimiser steps of jobs S and M, in f64 and in f32; with --check, compares instead of writing (minutes: M is large).

Weights and batches follow a formula that `examples/bench/losses.rs` computes too, line by line, so that none are stored: SplitMix64's mixing
function (Steele, Lea and Flood 2014), 16 bits of each number, so that f32 holds every weight and every value exactly.
"""

import sys

import numpy as np
import torch

import store

STEPS = 200
WINDOWS = 6000
LEARNING_RATE = 1e-3
MAX_NORM = 1.0
# Streams of `draw`; below them, each parameter has the stream of its place.
SERIES, STARTS = 100, 101
S = {"hidden": 64, "layers": 1, "window": 24, "horizon": 1, "batch": 32, "bound": 0.125}
M = {"hidden": 128, "layers": 2, "window": 168, "horizon": 24, "batch": 64, "bound": 0.0859375}
CASES = {"s_lstm": ("lstm", S), "s_gru": ("gru", S), "s_rnn": ("rnn", S), "m_lstm": ("lstm", M)}
MODULES = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}


def mix(stream, index):
    """The `index`-th number of a stream, 64 bits; `index` may be an array."""
    with np.errstate(over="ignore"):
        z = (np.uint64(stream << 32) + np.asarray(index, np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def draw(stream, index):
    """Uniform in [-1, 1), 16 bits."""
    return (mix(stream, index) >> np.uint64(48)).astype(np.float64) / 32768.0 - 1.0


def series(hours):
    """A day's wave, as a triangle, with noise."""
    return np.abs(hours % 24 - 12.0) / 8.0 - 0.75 + 0.5 * draw(SERIES, hours)


class Network(torch.nn.Module):
    """Recurrent layers and a linear head on the last step, its weights by the formula."""

    def __init__(self, cell, case, dtype):
        super().__init__()
        self.recurrent = MODULES[cell](1, case["hidden"], case["layers"], dtype=dtype)
        self.head = torch.nn.Linear(case["hidden"], case["horizon"], dtype=dtype)
        with torch.no_grad():
            for place, value in enumerate(self.parameters()):
                numbers = case["bound"] * draw(place, np.arange(value.numel()))
                value.copy_(torch.from_numpy(numbers.reshape(tuple(value.shape))))

    def forward(self, x):
        """x [seq, batch, 1] -> [batch, horizon]"""
        return self.head(self.recurrent(x)[0][-1])


def train(cell, case, dtype):
    """The loss before each step."""
    network = Network(cell, case, dtype)
    optimiser = torch.optim.Adam(network.parameters(), lr=LEARNING_RATE)
    window, batch = case["window"], case["batch"]
    steps = np.arange(window + case["horizon"]).reshape(-1, 1)
    losses = []
    for step in range(STEPS):
        starts = (mix(STARTS, np.arange(step * batch, (step + 1) * batch)) >> np.uint64(32)) % np.uint64(WINDOWS)
        values = torch.from_numpy(series(starts.astype(np.int64) + steps)).to(dtype)
        optimiser.zero_grad()
        loss = torch.nn.functional.mse_loss(network(values[:window].unsqueeze(-1)), values[window:].T)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), MAX_NORM)
        optimiser.step()
        losses.append(loss.detach())
    return torch.stack(losses)


def main():
    """Writes or checks the file."""
    # One thread, so that sums are always taken in one order.
    torch.set_num_threads(1)
    tensors = {}
    for name, (cell, case) in CASES.items():
        tensors[name] = train(cell, case, torch.float64)
        tensors[f"{name}.f32"] = train(cell, case, torch.float32)
        away = (tensors[name] - tensors[f"{name}.f32"]).abs().max()
        print(f"{name}: {tensors[name][0]:.4f} ... {tensors[name][-1]:.4f}; f32 is off by {away:.1e} at most", flush=True)
    settings = {"steps": STEPS, "lr": LEARNING_RATE, "max_norm": MAX_NORM}
    if "--check" in sys.argv[1:]:
        wrong = store.check("losses", tensors, settings)
        print("\n".join(wrong) or "no difference")
        sys.exit(bool(wrong))
    store.write("losses", tensors, settings)


if __name__ == "__main__":
    main()
