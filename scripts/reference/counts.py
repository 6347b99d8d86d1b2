"""How many parameters PyTorch's modules and the published xLSTM have, with a linear head on the last step; writes or (--check) compares tests/reference/counts.json."""

import json
import sys
from pathlib import Path

import torch

from sequences import xlstm

FILE = Path(__file__).resolve().parents[2] / "tests" / "reference" / "counts.json"
CELLS = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}
# Inputs, hidden, layers, horizon; the second is the article's LSTM.
SIZES = [(1, 64, 1, 1), (1, 128, 2, 1), (1, 256, 2, 24), (3, 5, 4, 7)]


def count(*modules):
    """All numbers in all parameters."""
    return sum(value.numel() for module in modules for value in module.parameters())


def main():
    """Writes or checks the file."""
    rows = []
    for inputs, hidden, layers, horizon in SIZES:
        sizes = {"features": inputs, "hidden": hidden, "layers": layers, "horizon": horizon}
        for name, cell in CELLS.items():
            one = count(cell(inputs, hidden, layers), torch.nn.Linear(hidden, horizon))
            both = count(cell(inputs, hidden, layers, bidirectional=True), torch.nn.Linear(2 * hidden, horizon))
            rows.append({"architecture": name, **sizes, "parameters": one})
            rows.append({"architecture": "bidirectional", "bidirectional_cell": name, **sizes, "parameters": both})
    # The published blocks need channels that blocks of four divide.
    for inputs, hidden, layers, horizon in SIZES[:3]:
        sizes = {"features": inputs, "hidden": hidden, "layers": layers, "horizon": horizon}
        for slstm in ("none", "last", "all"):
            stack = xlstm(hidden, layers, heads=4, slstm=slstm, seq=1)
            one = count(torch.nn.Linear(inputs, hidden), stack, torch.nn.Linear(hidden, horizon))
            rows.append({"architecture": "xlstm", "slstm": slstm, "heads": 4, **sizes, "parameters": one})
    text = json.dumps(rows, indent=1) + "\n"
    if "--check" in sys.argv[1:]:
        sys.exit(FILE.read_text() != text)
    FILE.write_text(text)


if __name__ == "__main__":
    main()
