"""State dicts of whole PyTorch models as a person saves them, and what the models forecast."""

import json
import math

import numpy as np
import safetensors.torch
import torch

import store

ROWS, WINDOW, HORIZON = 400, 20, 5
MEAN, STD = 12.5, 4.0


def series():
    """The series that the test makes, too: in f64, from a formula."""
    return [12.0 + 5.0 * math.sin(0.26 * t) + 0.5 * math.cos(1.7 * t) for t in range(ROWS)]


class Model(torch.nn.Module):
    """As in the first chapter of every tutorial: a recurrent layer, and a linear one on its last step."""

    def __init__(self, cell, layers, bias):
        super().__init__()
        self.cell = cell(1, 7, num_layers=layers, batch_first=True, bias=bias)
        self.fc = torch.nn.Linear(7, HORIZON)

    def forward(self, x):
        return self.fc(self.cell(x)[0][:, -1])


CASES = {
    "rnn": (torch.nn.RNN, 1, True),
    "lstm": (torch.nn.LSTM, 2, True),
    "gru": (torch.nn.GRU, 2, False),
}


def make():
    """The files' bytes by name, and the forecasts in the series' own unit."""
    files, expected = {}, {}
    for seed, (name, (cell, layers, bias)) in enumerate(CASES.items()):
        torch.manual_seed(seed)
        model = Model(cell, layers, bias)
        metadata = {"window": str(WINDOW), "mean": str(MEAN), "std": str(STD)}
        files[f"state_dict_{name}"] = safetensors.torch.save(model.state_dict(), metadata=metadata)
        model.double()
        last = torch.tensor(series()[-WINDOW:], dtype=torch.float64)
        with torch.no_grad():
            out = model(((last - MEAN) / STD).reshape(1, WINDOW, 1))[0]
        expected[name] = (out * STD + MEAN).tolist()
    return files, expected


def write():
    """Writes every file."""
    files, expected = make()
    for name, saved in files.items():
        (store.FOLDER / f"{name}.safetensors").write_bytes(saved)
    (store.FOLDER / "state_dicts.json").write_text(json.dumps(expected, indent=1) + "\n")


def check():
    """What differs from the stored forecasts."""
    _, expected = make()
    stored = json.loads((store.FOLDER / "state_dicts.json").read_text())
    return [
        f"state_dicts.json: {name}"
        for name, values in expected.items()
        if not np.allclose(values, stored.get(name, []), rtol=1e-11)
    ]


if __name__ == "__main__":
    write()
