"""Times PyTorch on the jobs that our training is measured by: a job a line on standard input, its seconds a line on standard output.

    echo '{"do": "s_lstm", "count": 188}' | python torch_jobs.py THREADS

Job S: an hourly series of 8,760 points, windows of 24 steps, the next one as target, batch 32, one layer of 64, a linear head on the last
step, mean squared error, Adam at 1e-3, gradients clipped to norm 1: 188 steps are an epoch of 6,000 windows; with LSTM, GRU and RNN, and
with the published implementations of other architectures: torch.nn's bidirectional GRU and Transformer layers, mambapy, the xLSTM authors'
package, minGRU-pytorch (whose layers have no biases, unlike ours).
Job M: two LSTM layers of 128, 168 steps in and 24 out, batch 64, otherwise the same: one step.
Job I: one window through S's LSTM; one step of a stream through it, from the state that the last one left.
Needs what scripts/reference/requirements.txt lists.
"""

import json
import sys
import time
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).parents[2] / "reference"))

POINTS = 8760
WINDOWS = 6000
# Of job S.
WINDOW = 24
HIDDEN = 64
CELLS = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU, "rnn": torch.nn.RNN}


class Network(torch.nn.Module):
    """Recurrent layers and a linear head on the last step."""

    def __init__(self, cell, hidden, layers, horizon):
        super().__init__()
        self.recurrent = CELLS[cell](1, hidden, layers)
        self.head = torch.nn.Linear(hidden, horizon)

    def forward(self, x, state=None):
        """x [seq, batch, 1] -> [batch, horizon] and the state after it"""
        out, state = self.recurrent(x, state)
        return self.head(out[-1]), state


class Layers(torch.nn.Module):
    """Published layers over the window's steps, and a linear head on what `read` takes of their output: by default the last step."""

    def __init__(self, layers, features, read=lambda out: out[:, -1]):
        super().__init__()
        self.layers, self.read = layers, read
        self.head = torch.nn.Linear(features, 1)

    def forward(self, x):
        """x [seq, batch, 1] -> [batch, 1] and nothing more"""
        return self.head(self.read(self.layers(x.transpose(0, 1)))), None


class Embedded(torch.nn.Module):
    """Layers of one width, the values embedded before the first, with a norm behind the last: x [batch, seq, 1] -> [batch, seq, width]"""

    def __init__(self, layer, width, norm, positions=0):
        super().__init__()
        self.enter, self.layer, self.norm = torch.nn.Linear(1, width), layer, norm
        self.positions = torch.nn.Parameter(0.02 * torch.randn(positions, width)) if positions else None

    def forward(self, x):
        x = self.enter(x)
        if self.positions is not None:
            x = x + self.positions[: x.shape[1]]
        return self.norm(self.layer(x))


class Causal(torch.nn.Module):
    """A Transformer layer in which a step sees none that follows."""

    def __init__(self, layer, steps):
        super().__init__()
        self.layer = layer
        self.register_buffer("mask", torch.nn.Transformer.generate_square_subsequent_mask(steps))

    def forward(self, x):
        return self.layer(x, src_mask=self.mask, is_causal=True)


class First(torch.nn.Module):
    """The first of what a module gives."""

    def __init__(self, module):
        super().__init__()
        self.module = module

    def forward(self, x):
        return self.module(x)[0]


def bidirectional():
    """A GRU in each direction; read are both directions' last states."""
    both = lambda out: torch.cat([out[:, -1, :HIDDEN], out[:, 0, HIDDEN:]], dim=1)
    return Layers(First(torch.nn.GRU(1, HIDDEN, bidirectional=True, batch_first=True)), 2 * HIDDEN, both)


def transformer(causal):
    """One pre-norm layer of four heads, with learned positions; without the mask the mean of all steps is read."""
    layer = torch.nn.TransformerEncoderLayer(
        HIDDEN, 4, 4 * HIDDEN, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
    )
    norm = torch.nn.LayerNorm(HIDDEN)
    if causal:
        return Layers(Embedded(Causal(layer, WINDOW), HIDDEN, norm, WINDOW + 1), HIDDEN)
    return Layers(Embedded(layer, HIDDEN, norm, WINDOW + 1), HIDDEN, lambda out: out.mean(1))


def mamba():
    """One block of mambapy, at its defaults."""
    from mambapy.mamba import Mamba, MambaConfig

    return Layers(Embedded(Mamba(MambaConfig(d_model=HIDDEN, n_layers=1)), HIDDEN, torch.nn.RMSNorm(HIDDEN)), HIDDEN)


def xlstm():
    """One mLSTM block of the authors' package, its own norm behind it."""
    from sequences import xlstm as stack

    return Layers(Embedded(stack(HIDDEN, 1, 4, "none", WINDOW), HIDDEN, torch.nn.Identity()), HIDDEN)


def minimal(name):
    """minGRU or minLSTM of minGRU-pytorch."""
    from importlib import import_module

    layer = getattr(import_module(f"minGRU_pytorch.{name}"), name)
    return Layers(layer(1, expansion_factor=HIDDEN, proj_out=False), HIDDEN)


class Training:
    """Optimiser steps, one after another, through epochs that are shuffled anew."""

    def __init__(self, make, window, horizon, batch):
        torch.manual_seed(0)
        self.network = make()
        self.optimiser = torch.optim.Adam(self.network.parameters(), lr=1e-3)
        generator = torch.Generator().manual_seed(1)
        hours = torch.arange(POINTS)
        series = torch.sin(2 * torch.pi * hours / 24) + 0.3 * torch.randn(POINTS, generator=generator)
        rows = series.unfold(0, window + horizon, 1)[:WINDOWS]
        self.inputs, self.targets = rows[:, :window], rows[:, window:]
        self.batch = batch
        self.order = []

    def step(self):
        """One update."""
        if not self.order:
            self.order = list(torch.randperm(WINDOWS).split(self.batch))
        batch = self.order.pop()
        x = self.inputs[batch].T.contiguous().unsqueeze(-1)
        self.optimiser.zero_grad()
        loss = torch.nn.functional.mse_loss(self.network(x)[0], self.targets[batch])
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimiser.step()
        # Read, as a training run that shows its loss does.
        loss.item()


class Window:
    """One window through S's LSTM."""

    def __init__(self):
        self.network = Network("lstm", 64, 1, 1).eval()
        self.x = torch.randn(24, 1, 1)

    def step(self):
        """One answer."""
        with torch.inference_mode():
            self.network(self.x)[0].item()


class Stream(Window):
    """One step of a stream."""

    def __init__(self):
        super().__init__()
        self.state = None

    def step(self):
        """One answer, from the state that the last one left."""
        with torch.inference_mode():
            out, self.state = self.network(self.x[:1], self.state)
            out.item()


PUBLISHED = {
    "bidirectional": bidirectional,
    "transformer": lambda: transformer(causal=True),
    "transformer_encoder": lambda: transformer(causal=False),
    "mamba": mamba,
    "xlstm": xlstm,
    "mingru": lambda: minimal("minGRU"),
    "minlstm": lambda: minimal("minLSTM"),
}
NETWORKS = {cell: (lambda cell=cell: Network(cell, HIDDEN, 1, 1)) for cell in CELLS} | PUBLISHED
JOBS = {
    **{f"s_{name}": (lambda make=make: Training(make, WINDOW, 1, 32)) for name, make in NETWORKS.items()},
    "m": lambda: Training(lambda: Network("lstm", 128, 2, 24), 168, 24, 64),
    "window": Window,
    "stream": Stream,
}


def main():
    """Answers until standard input ends."""
    torch.set_num_threads(int(sys.argv[1]))
    made = {}
    for line in sys.stdin:
        asked = json.loads(line)
        name = asked["do"]
        if name == "about":
            parameters = {f"s_{name}": sum(value.numel() for value in make().parameters()) for name, make in NETWORKS.items()}
            about = {"torch": torch.__version__.split("+")[0], "jobs": list(JOBS), "parameters": parameters}
            print(json.dumps(about), flush=True)
            continue
        if name not in made:
            made[name] = JOBS[name]()
        step = made[name].step
        start = time.perf_counter()
        for _ in range(asked["count"]):
            step()
        print(json.dumps({"seconds": time.perf_counter() - start}), flush=True)


if __name__ == "__main__":
    main()
