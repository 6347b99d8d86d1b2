"""Outputs, gradients and training runs of the recurrent networks."""

from dataclasses import asdict, dataclass

import numpy as np
import torch

import plain
import store

STEPS = 20
BATCHES = 4
# The rounding of one f32 run is a matter of luck; runs whose batches hold their samples in other orders show its size.
ORDERS = 8
LEARNING_RATE = 1e-2
MAX_NORM = 1.0
# The targets of the four batches differ in size, so that clipping binds in some steps and not in others.
TARGET_SCALES = (0.3, 0.8, 1.5, 2.5)


@dataclass(frozen=True)
class Case:
    """The sizes of one network and its batch. Kernels work on 8 rows and 4 samples: most sizes leave a remainder."""

    cell: str
    layers: int
    inputs: int
    hidden: int
    batch: int
    seq: int
    outputs: int
    seed: int

    @property
    def name(self):
        """The stem of the case's file."""
        return f"{self.cell}_{self.layers}"


CASES = [
    Case("rnn", 1, inputs=3, hidden=5, batch=4, seq=7, outputs=2, seed=101),
    Case("rnn", 2, inputs=2, hidden=16, batch=8, seq=5, outputs=1, seed=102),
    Case("lstm", 1, inputs=3, hidden=17, batch=5, seq=7, outputs=2, seed=103),
    Case("lstm", 2, inputs=3, hidden=11, batch=4, seq=7, outputs=3, seed=104),
    Case("gru", 1, inputs=3, hidden=5, batch=4, seq=7, outputs=2, seed=105),
    Case("gru", 2, inputs=4, hidden=12, batch=5, seq=6, outputs=2, seed=106),
    Case("gru_article", 1, inputs=1, hidden=13, batch=3, seq=9, outputs=1, seed=107),
    Case("gru_article", 2, inputs=3, hidden=12, batch=4, seq=7, outputs=2, seed=108),
]


class ArticleGru(torch.nn.Module):
    """`plain.gru_article` with the parameters and the calling convention of `torch.nn.GRU`."""

    def __init__(self, inputs, hidden, layers, dtype):
        super().__init__()
        self.layers, self.hidden = layers, hidden
        for layer in range(layers):
            shapes = {"weight_ih": (3 * hidden, inputs if layer == 0 else hidden), "weight_hh": (3 * hidden, hidden),
                      "bias_ih": (3 * hidden,), "bias_hh": (3 * hidden,)}
            for kind, shape in shapes.items():
                self.register_parameter(f"{kind}_l{layer}", torch.nn.Parameter(torch.zeros(shape, dtype=dtype)))

    def forward(self, x, h=None):
        """x [seq, batch, inputs], h [layers, batch, hidden] or zero -> (output, h_n)"""
        if h is None:
            h = x.new_zeros(self.layers, x.shape[1], self.hidden)
        output, (h,) = plain.run("gru_article", self.layers, dict(self.named_parameters()), x, (h,))
        return output, h


MODULES = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU, "gru_article": ArticleGru}


class Network(torch.nn.Module):
    """The recurrent layers and a linear head on the last step."""

    def __init__(self, case, parameters, dtype):
        super().__init__()
        self.recurrent = MODULES[case.cell](case.inputs, case.hidden, case.layers, dtype=dtype)
        self.head = torch.nn.Linear(case.hidden, case.outputs, dtype=dtype)
        with torch.no_grad():
            for name, value in self.named():
                value.copy_(parameters[name])

    def named(self):
        """Parameters by the names of a checkpoint of the bare module: `weight_ih_l0`, ..., `head.weight`, `head.bias`."""
        return [(name.removeprefix("recurrent."), value) for name, value in self.named_parameters()]

    def forward(self, x, state=None):
        """-> (output, tuple of final states, prediction of the head)"""
        if state is not None and len(state) == 1:
            state = state[0]
        output, final = self.recurrent(x, state)
        return output, final if isinstance(final, tuple) else (final,), self.head(output[-1])


def draw_parameters(case, rng):
    """Uniform within 1/sqrt(hidden), PyTorch's own initialisation; the two biases are drawn apart, so they differ."""
    rows, bound = plain.GATES[case.cell] * case.hidden, case.hidden**-0.5
    shapes = {}
    for layer in range(case.layers):
        shapes |= {
            f"weight_ih_l{layer}": (rows, case.inputs if layer == 0 else case.hidden),
            f"weight_hh_l{layer}": (rows, case.hidden),
            f"bias_ih_l{layer}": (rows,),
            f"bias_hh_l{layer}": (rows,),
        }
    shapes |= {"head.weight": (case.outputs, case.hidden), "head.bias": (case.outputs,)}
    return {name: store.draw(rng, *shape, scale=bound, uniform=True) for name, shape in shapes.items()}


def draw_inputs(case, rng):
    """One batch, nonzero initial states, and the weights of the scalar loss."""
    states = ["h", "c"] if case.cell == "lstm" else ["h"]
    inputs = {"x": store.draw(rng, case.seq, case.batch, case.inputs)}
    inputs |= {f"{s}0": store.draw(rng, case.layers, case.batch, case.hidden, scale=0.5) for s in states}
    inputs |= {"r1": store.draw(rng, case.seq, case.batch, case.hidden)}
    inputs |= {f"r{2 + i}": store.draw(rng, case.layers, case.batch, case.hidden) for i in range(len(states))}
    inputs |= {"target": store.draw(rng, case.batch, case.outputs)}
    return inputs


def gradients(case, parameters, inputs, dtype):
    """One pass forward and backward in `dtype`; L = sum(output r1) + sum(h_n r2) [+ sum(c_n r3)] + MSE(prediction, target)"""
    network = Network(case, parameters, dtype)
    # clone: in f64 `to` copies nothing, and the inputs themselves would begin to record.
    leaves = {name: value.to(dtype).clone().requires_grad_() for name, value in inputs.items() if name in ("x", "h0", "c0")}
    state = tuple(leaves[name] for name in ("h0", "c0") if name in leaves)
    fixed = {name: value.to(dtype) for name, value in inputs.items()}

    output, final, prediction = network(leaves["x"], state)
    loss = (output * fixed["r1"]).sum() + torch.nn.functional.mse_loss(prediction, fixed["target"])
    for part, weight in zip(final, ("r2", "r3")):
        loss = loss + (part * fixed[weight]).sum()
    loss.backward()

    result = {"output": output, "prediction": prediction, "loss": loss.reshape(1)}
    result |= dict(zip(("h_n", "c_n"), final))
    result |= {f"grad.{name}": leaf.grad for name, leaf in leaves.items()}
    result |= {f"grad.{name}": value.grad for name, value in network.named()}
    return result


def confirm(case, parameters, inputs, result):
    """Stops unless the module agrees with the plain equations, and autograd with central differences (article's GRU)."""
    state = tuple(inputs[name] for name in ("h0", "c0") if name in inputs)
    output, final = plain.run(case.cell, case.layers, parameters, inputs["x"], state)
    torch.testing.assert_close(output, result["output"], rtol=0, atol=1e-13)
    for part, name in zip(final, ("h_n", "c_n")):
        torch.testing.assert_close(part, result[name], rtol=0, atol=1e-13)
    if case.cell == "gru_article":
        names = [name for name in parameters if not name.startswith("head")]
        values = [value.clone().requires_grad_() for value in (inputs["x"], *state, *(parameters[n] for n in names))]
        assert torch.autograd.gradcheck(
            lambda x, h, *weights: plain.run(case.cell, case.layers, dict(zip(names, weights)), x, (h,))[0],
            values,
            fast_mode=True,
        )


def train(case, parameters, x, target, dtype):
    """Adam with clipping, cycling through the batches; the loss and the norm are those before each update."""
    network = Network(case, parameters, dtype)
    optimiser = torch.optim.Adam(network.parameters(), lr=LEARNING_RATE)
    losses, norms = [], []
    for step in range(STEPS):
        batch = step % BATCHES
        optimiser.zero_grad()
        loss = torch.nn.functional.mse_loss(network(x[batch].to(dtype))[2], target[batch].to(dtype))
        loss.backward()
        norms.append(torch.nn.utils.clip_grad_norm_(network.parameters(), MAX_NORM))
        optimiser.step()
        losses.append(loss)
    return torch.stack(losses), torch.stack(norms), network


def make():
    """Yields (name, tensors, settings) of every file."""
    for case in CASES:
        rng = np.random.Generator(np.random.PCG64(case.seed))
        parameters, inputs = draw_parameters(case, rng), draw_inputs(case, rng)
        settings = asdict(case)

        result = gradients(case, parameters, inputs, torch.float64)
        confirm(case, parameters, inputs, result)
        single = gradients(case, parameters, inputs, torch.float32)
        results = result | {f"{key}.f32": value for key, value in single.items()}
        yield case.name, parameters | inputs | results, settings

        x = store.draw(rng, BATCHES, case.seq, case.batch, case.inputs)
        target = store.draw(rng, BATCHES, case.batch, case.outputs)
        # Rounded again: a scaled target need not be a number that f32 holds.
        scales = torch.tensor(TARGET_SCALES).reshape(-1, 1, 1)
        target = (target * scales).float().double()
        losses, norms, network = train(case, parameters, x, target, torch.float64)
        clipped = int((norms > MAX_NORM).sum())
        assert 3 <= clipped <= STEPS - 3, f"{case.name}: {clipped} of {STEPS} steps are clipped; change the targets"
        losses_single, norms_single, _ = train(case, parameters, x, target, torch.float32)
        orders = [torch.from_numpy(rng.permutation(case.batch)) for _ in range(ORDERS)]
        reordered = [train(case, parameters, x[:, :, order], target[:, order], torch.float32)[0] for order in orders]
        training = parameters | {"batches.x": x, "batches.target": target}
        training |= {"losses": losses, "losses.f32": losses_single, "losses.orders.f32": torch.stack(reordered)}
        training |= {"grad_norms": norms, "grad_norms.f32": norms_single}
        training |= {f"final.{name}": value for name, value in network.named()}
        yield f"{case.name}_training", training, settings | {
            "optimiser": "adam", "lr": LEARNING_RATE, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "weight_decay": 0.0,
            "max_norm": MAX_NORM, "clip_eps": 1e-6, "steps": STEPS, "batches": BATCHES, "clipped_steps": clipped,
        }
