"""How long PyTorch takes for the two jobs that our training is measured by; prints JSON.

    python torch_job_s.py [--repeats 5] [--threads 1 2]

Job S: an hourly series of 8,760 points, windows of 24 steps, the next one as target, batch 32, one layer of 64, a linear head on the last
step, mean squared error, Adam at 1e-3, gradients clipped to norm 1: one epoch of 6,000 windows (188 steps), with LSTM, GRU and RNN.
Job M: two LSTM layers of 128, 168 steps in and 24 out, batch 64, otherwise the same: one step.
Needs PyTorch alone: scripts/reference/requirements.txt.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time

import torch

POINTS = 8760
S_WINDOWS, S_BATCH = 6000, 32
M_BATCH, M_STEPS = 64, 10
CELLS = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU, "rnn": torch.nn.RNN}


class Network(torch.nn.Module):
    """Recurrent layers and a linear head on the last step."""

    def __init__(self, cell, hidden, layers, horizon):
        super().__init__()
        self.recurrent = CELLS[cell](1, hidden, layers)
        self.head = torch.nn.Linear(hidden, horizon)

    def forward(self, x):
        """x [seq, batch, 1] -> [batch, horizon]"""
        return self.head(self.recurrent(x)[0][-1])


def windows(length, horizon, count):
    """A day's wave with noise, as inputs [count, length] and targets [count, horizon]."""
    generator = torch.Generator().manual_seed(1)
    hours = torch.arange(POINTS)
    series = torch.sin(2 * torch.pi * hours / 24) + 0.3 * torch.randn(POINTS, generator=generator)
    rows = series.unfold(0, length + horizon, 1)[:count]
    return rows[:, :length], rows[:, length:]


def train(network, optimiser, inputs, targets, batches):
    """One update for each batch, an index into the windows."""
    for batch in batches:
        x = inputs[batch].T.contiguous().unsqueeze(-1)
        optimiser.zero_grad()
        loss = torch.nn.functional.mse_loss(network(x), targets[batch])
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        # Read, as a training run that shows its loss does.
        loss.item()


def timed(network, inputs, targets, batches, repeats):
    """Seconds of each repeat, after one that warms up."""
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-3)
    seconds = []
    for _ in range(repeats + 1):
        start = time.perf_counter()
        train(network, optimiser, inputs, targets, batches)
        seconds.append(time.perf_counter() - start)
    return seconds[1:]


def measure(threads, repeats):
    """-> {job: {median, all}} in seconds, an epoch of S and a step of M"""
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    result = {}
    inputs, targets = windows(24, 1, S_WINDOWS)
    for cell in CELLS:
        batches = torch.randperm(S_WINDOWS).split(S_BATCH)
        seconds = timed(Network(cell, 64, 1, 1), inputs, targets, batches, repeats)
        result[f"s_{cell}_seconds_per_epoch"] = {"median": statistics.median(seconds), "all": seconds}
    inputs, targets = windows(168, 24, S_WINDOWS)
    batches = torch.randperm(S_WINDOWS)[: M_BATCH * M_STEPS].split(M_BATCH)
    seconds = [total / M_STEPS for total in timed(Network("lstm", 128, 2, 24), inputs, targets, batches, repeats)]
    result["m_lstm_seconds_per_step"] = {"median": statistics.median(seconds), "all": seconds}
    return result


def main():
    """Measures each number of threads in a process of its own, so that no pool of threads is left over from another."""
    parser = argparse.ArgumentParser(description="Times jobs S and M in PyTorch and prints JSON.")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    options = parser.parse_args()
    if len(options.threads) == 1:
        print(json.dumps({"torch": torch.__version__, "threads": {options.threads[0]: measure(options.threads[0], options.repeats)}}, indent=1))
        return
    merged = {"torch": torch.__version__, "threads": {}}
    for threads in options.threads:
        command = [sys.executable, __file__, "--repeats", str(options.repeats), "--threads", str(threads)]
        run = subprocess.run(command, check=True, capture_output=True, text=True)
        merged["threads"] |= json.loads(run.stdout)["threads"]
    print(json.dumps(merged, indent=1))


if __name__ == "__main__":
    main()
