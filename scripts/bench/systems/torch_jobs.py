"""Times PyTorch on the jobs that our training is measured by: a job a line on standard input, its seconds a line on standard output.

    echo '{"do": "s_lstm", "count": 188}' | python torch_jobs.py THREADS

Job S: an hourly series of 8,760 points, windows of 24 steps, the next one as target, batch 32, one layer of 64, a linear head on the last
step, mean squared error, Adam at 1e-3, gradients clipped to norm 1: 188 steps are an epoch of 6,000 windows; with LSTM, GRU and RNN.
Job M: two LSTM layers of 128, 168 steps in and 24 out, batch 64, otherwise the same: one step.
Job I: one window through S's LSTM; one step of a stream through it, from the state that the last one left.
Needs PyTorch alone: scripts/reference/requirements.txt.
"""

import json
import sys
import time

import torch

POINTS = 8760
WINDOWS = 6000
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


class Training:
    """Optimiser steps, one after another, through epochs that are shuffled anew."""

    def __init__(self, cell, hidden, layers, window, horizon, batch):
        torch.manual_seed(0)
        self.network = Network(cell, hidden, layers, horizon)
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


JOBS = {
    **{f"s_{cell}": (lambda cell=cell: Training(cell, 64, 1, 24, 1, 32)) for cell in CELLS},
    "m": lambda: Training("lstm", 128, 2, 168, 24, 64),
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
            print(json.dumps({"torch": torch.__version__.split("+")[0], "jobs": list(JOBS)}), flush=True)
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
