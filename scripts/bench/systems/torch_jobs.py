"""Times PyTorch on the jobs that our training is measured by: a job a line on standard input, its seconds a line on standard output.

    echo '{"do": "s_lstm", "count": 188}' | python torch_jobs.py THREADS

Job S: an hourly series of 8,760 points, windows of 24 steps, the next one as target, batch 32, one layer of 64, a linear head on the last
step, mean squared error, Adam at 1e-3, gradients clipped to norm 1: 188 steps are an epoch of 6,000 windows; with each network of
torch_networks.py.
Job M: two LSTM layers of 128, 168 steps in and 24 out, batch 64, otherwise the same: one step.
Job I: one window through S's LSTM; one step of a stream through it, from the state that the last one left.
`about` tells the jobs, what each network of job S is, and which cannot be timed because its package is not there.
Needs what scripts/reference/requirements.txt and requirements-alone.txt list.
"""

import json
import sys
import time

import torch

from torch_networks import HIDDEN, S, WINDOW, Network

POINTS = 8760
WINDOWS = 6000


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
        self.network = Network("lstm", HIDDEN, 1, 1).eval()
        self.x = torch.randn(WINDOW, 1, 1)

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


def about():
    """The jobs, and the networks of job S by their jobs; `missing`: what is not there, with the error."""
    networks, missing = {}, {}
    for name, one in S.items():
        try:
            parameters = sum(value.numel() for value in one.make().parameters())
            networks[f"s_{name}"] = {"by": one.by(), "parameters": parameters, "differs": one.differs}
        except ImportError as error:
            missing[f"s_{name}"] = f"{one.package}: {error}"
    jobs = [*networks, "m", "window", "stream"]
    return {"torch": torch.__version__.split("+")[0], "jobs": jobs, "networks": networks, "missing": missing}


def make(job):
    """What takes the steps of a job."""
    others = {"m": lambda: Training(lambda: Network("lstm", 128, 2, 24), 168, 24, 64), "window": Window, "stream": Stream}
    return others[job]() if job in others else Training(S[job.removeprefix("s_")].make, WINDOW, 1, 32)


def main():
    """Answers until standard input ends."""
    torch.set_num_threads(int(sys.argv[1]))
    made = {}
    for line in sys.stdin:
        asked = json.loads(line)
        name = asked["do"]
        if name == "about":
            print(json.dumps(about()), flush=True)
            continue
        if name not in made:
            made[name] = make(name)
        step = made[name].step
        start = time.perf_counter()
        for _ in range(asked["count"]):
            step()
        print(json.dumps({"seconds": time.perf_counter() - start}), flush=True)


if __name__ == "__main__":
    main()
