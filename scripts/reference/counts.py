"""The number of parameters of PyTorch's modules and of the published xLSTM, with a linear head on the last step; writes or (--check) compares
tests/reference/counts.json. Where the residual stream is as wide as the hidden size, a linear layer leads into it."""

import json
import sys
from pathlib import Path

import torch

from sequences import xlstm

FILE = Path(__file__).resolve().parents[2] / "tests" / "reference" / "counts.json"
CELLS = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}
# Inputs, hidden, layers, horizon; the second is the article's LSTM.
SIZES = [(1, 64, 1, 1), (1, 128, 2, 1), (1, 256, 2, 24), (3, 5, 4, 7)]
# The same with heads and the width of the feed-forward part, in hidden sizes; the last two are those of sequences.py.
TRANSFORMERS = [(*sizes, 4, 4) for sizes in SIZES[:3]] + [(3, 8, 2, 5, 2, 4), (1, 9, 1, 2, 3, 4), (4, 12, 4, 3, 1, 2)]
# Rows that are read: a learned position has a vector for each, and for each that is forecast.
WINDOW = 24


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
    for inputs, hidden, layers, horizon, heads, wide in TRANSFORMERS:
        layer = torch.nn.TransformerEncoderLayer(hidden, heads, wide * hidden, norm_first=True)
        stack = torch.nn.TransformerEncoder(layer, layers, norm=torch.nn.LayerNorm(hidden), enable_nested_tensor=False)
        around = torch.nn.Linear(inputs, hidden), torch.nn.Linear(hidden, horizon)
        learned = torch.nn.Embedding(WINDOW + horizon, hidden)
        sizes = {"features": inputs, "hidden": hidden, "layers": layers, "horizon": horizon}
        for positions, places in [("none", []), ("learned", [learned])]:
            one = {"heads": heads, "feed_forward": wide, "positions": positions, **sizes, "parameters": count(stack, *around, *places)}
            # A mask is not a parameter.
            rows += [{"architecture": name, **one} for name in ("transformer", "transformer_encoder")]
    rows = [{**row, "window": WINDOW} for row in rows]
    text = json.dumps(rows, indent=1) + "\n"
    if "--check" in sys.argv[1:]:
        sys.exit(FILE.read_text() != text)
    FILE.write_text(text)


if __name__ == "__main__":
    main()
