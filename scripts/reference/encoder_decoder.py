"""Encoder-decoders: training predictions, their loss and every gradient, free-running and teacher-forced forecasts.

Recurrent layers are PyTorch's modules, stepped as they are; attention is written down from the papers, sample by sample in
batched products: Bahdanau, Cho and Bengio 2015 (appendix A.1.2 and A.2.2) and Luong, Pham and Manning 2015 (equations 5 to 8).
Which value the decoder is fed is scheduled sampling's toss of a coin (Bengio, Vinyals, Jaitly and Shazeer 2015, section 2.4).
"""

from dataclasses import asdict, dataclass

import numpy as np
import torch

import store

MODULES = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}
MASK = (1 << 64) - 1
GOLDEN = 0x9E3779B97F4A7C15


@dataclass(frozen=True)
class Case:
    """The sizes of one network and its batch; `forcing` is the share of teacher-forced steps in training, at optimiser step `step`."""

    name: str
    encoder: str
    decoder: str
    layers: int
    attention: str
    segment: int
    hidden: int
    window: int
    horizon: int
    batch: int
    known: int
    normalise: str
    forcing: float
    sampling: str
    half: int
    step: int
    seed: int
    targets: int = 1


CASES = [
    Case("forced", "rnn", "rnn", 1, "none", 1, 5, 7, 4, 3, 0, "last", 1.0, "none", 10, 0, seed=301),
    Case("coins", "lstm", "lstm", 2, "none", 1, 6, 6, 5, 4, 2, "last", 0.8, "none", 10, 3, seed=302),
    Case("additive", "gru", "lstm", 1, "additive", 1, 6, 7, 5, 4, 2, "window", 0.0, "none", 10, 0, seed=303),
    Case("additive_coins", "lstm", "gru", 2, "additive", 2, 5, 8, 5, 3, 0, "none", 1.0, "linear", 10, 8, seed=304),
    Case("dot", "lstm", "lstm", 1, "dot", 3, 9, 10, 6, 5, 2, "last", 1.0, "none", 10, 0, seed=305),
    Case("general", "gru", "gru", 2, "general", 1, 5, 6, 5, 4, 0, "window", 1.0, "exponential", 6, 5, seed=306, targets=2),
    Case("dot_coins", "rnn", "gru", 1, "dot", 1, 8, 6, 6, 4, 2, "none", 0.9, "inverse_sigmoid", 100, 90, seed=307, targets=3),
]


def mix(z):
    """SplitMix64's mixing function (Steele, Lea and Flood 2014)."""
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def uniform(*keys):
    """A number in [0, 1) of 24 bits that depends on its keys alone."""
    state = GOLDEN
    for key in keys:
        state = mix(((state + key) * GOLDEN) & MASK)
    return (state >> 40) / (1 << 24)


def share(case):
    """The probability of feeding the truth (section 2.4), k and c chosen so that half is left after `half` steps."""
    i = case.step
    if case.sampling == "linear":
        return case.forcing * max(0.0, 1 - i / (2 * case.half))
    if case.sampling == "exponential":
        return case.forcing * 0.5 ** (i / case.half)
    if case.sampling == "inverse_sigmoid":
        # k ln k = half, by bisection
        low, high = 1.0, case.half + 2.0
        for _ in range(200):
            k = (low + high) / 2
            low, high = (k, high) if k * np.log(k) < case.half else (low, k)
        return case.forcing * k / (k + np.exp(i / k))
    return case.forcing


def coins(case):
    """Whether each step is teacher-forced, [horizon, batch]. The coin's key is the one after those of the encoder's dropouts."""
    place = case.step * 1024 + case.layers - 1
    draws = [[uniform(case.seed, place, sample, step) for sample in range(case.batch)] for step in range(case.horizon)]
    return torch.tensor(draws) < share(case)


class Part(torch.nn.Module):
    """Recurrent layers; an encoder of segments has a linear layer and a rectifier before them, a decoder a head behind."""

    def __init__(self, cell, inputs, hidden, layers, dtype, embed=None, head=(0, 0)):
        super().__init__()
        if embed:
            self.embed = torch.nn.Linear(embed, hidden, dtype=dtype)
        self.rnn = MODULES[cell](hidden if embed else inputs, hidden, layers, dtype=dtype)
        if head[0]:
            self.head = torch.nn.Linear(*head, dtype=dtype)


class Attention(torch.nn.Module):
    """The parameters of attention; in the papers none of them is a bias."""

    def __init__(self, kind, hidden, dtype):
        super().__init__()
        linear = lambda inputs: torch.nn.Linear(inputs, hidden, bias=False, dtype=dtype)
        if kind == "additive":
            self.query, self.key = linear(hidden), linear(hidden)
            self.v = torch.nn.Parameter(torch.zeros(hidden, dtype=dtype))
        elif kind in ("dot", "general"):
            if kind == "general":
                self.general = linear(hidden)
            self.combine = linear(2 * hidden)


class Network(torch.nn.Module):
    """The network; sequences are [steps, batch, features]."""

    def __init__(self, case, dtype):
        super().__init__()
        self.case = case
        features, additive = case.targets + case.known, case.attention == "additive"
        context = case.hidden if additive else 0
        embed = case.segment * features if case.segment > 1 else None
        self.encoder = Part(case.encoder, features, case.hidden, case.layers, dtype, embed=embed)
        self.attention = Attention(case.attention, case.hidden, dtype)
        head = (case.hidden + context, case.targets)
        self.decoder = Part(case.decoder, features + context, case.hidden, case.layers, dtype, head=head)

    def encode(self, window):
        """[window, batch, features] -> states of all tokens [tokens, batch, hidden], the decoder's first state"""
        case = self.case
        if case.segment > 1:
            tokens = case.window // case.segment
            x = window[case.window - tokens * case.segment :].reshape(tokens, case.segment, case.batch, -1)
            window = torch.relu(self.encoder.embed(x.transpose(1, 2).reshape(tokens, case.batch, -1)))
        states, last = self.encoder.rnn(window)
        h, c = last if isinstance(last, tuple) else (last, torch.zeros_like(last))
        return states, (h, c) if case.decoder == "lstm" else h

    def context(self, scores, states):
        """scores [batch, tokens] -> sum over tokens of softmax(scores) times states (Bahdanau 5 and 6; Luong 7)"""
        weights = torch.softmax(scores, dim=-1)
        return torch.einsum("bs,sbh->bh", weights, states), weights

    def decode(self, states, state, before, known, forced):
        """before [horizon, batch, targets], forced [horizon, batch], known [horizon, batch, known] -> predictions
        [horizon, batch, targets], weights"""
        case, attention = self.case, self.attention
        predictions, all_weights = [], []
        fed = before[0]
        for t in range(case.horizon):
            if t > 0:
                fed = torch.where(forced[t][:, None], before[t], predictions[-1])
            x = torch.cat([fed, known[t]], dim=-1)
            if case.attention == "additive":
                # e_ij = v^T tanh(W_a s_{i-1} + U_a h_j)
                top = (state[0] if isinstance(state, tuple) else state)[-1]
                inner = torch.tanh(attention.query(top)[None] + attention.key(states))
                context, weights = self.context(torch.einsum("h,sbh->bs", attention.v, inner), states)
                x = torch.cat([x, context], dim=-1)
            output, state = self.decoder.rnn(x[None], state)
            h = output[0]
            if case.attention == "additive":
                h = torch.cat([h, context], dim=-1)
            elif case.attention != "none":
                # (8) score = h_t^T h_s, or h_t^T W_a h_s; (5) tanh(W_c [c_t; h_t])
                keys = attention.general(states) if case.attention == "general" else states
                context, weights = self.context(torch.einsum("bh,sbh->bs", h, keys), states)
                h = torch.tanh(attention.combine(torch.cat([context, h], dim=-1)))
            if case.attention != "none":
                all_weights.append(weights)
            predictions.append(self.decoder.head(h))
        return torch.stack(predictions), torch.stack(all_weights) if all_weights else None


def levels(case, target):
    """[window, batch, targets] -> each window's shift and scale, [batch, targets] each"""
    if case.normalise == "window":
        return target.mean(0), torch.sqrt(target.var(0, unbiased=False) + 1e-5)
    shift = target[-1] if case.normalise == "last" else torch.zeros_like(target[0])
    return shift, torch.ones_like(shift)


def run(case, parameters, x, dtype):
    """x [window + horizon, batch, targets + known], the targets first"""
    network = Network(case, dtype)
    network.load_state_dict({name: value.to(dtype) for name, value in parameters.items()})
    x = x.to(dtype)
    shift, spread = levels(case, x[: case.window, :, : case.targets])
    seen = torch.cat([(x[..., : case.targets] - shift) / spread, x[..., case.targets :]], dim=-1)
    window, known = seen[: case.window], seen[case.window :, :, case.targets :]
    before, future = seen[case.window - 1 : -1, :, : case.targets], x[case.window :, :, : case.targets]

    def decode(forced):
        return network.decode(*network.encode(window), before, known, forced)

    always = torch.ones(case.horizon, case.batch, dtype=torch.bool)
    predictions, _ = decode(coins(case))
    loss = ((predictions * spread - (future - shift)) ** 2).mean()
    loss.backward()
    result = {"fit": predictions * spread, "loss": loss.reshape(1)}
    result |= {f"grad.{name}": value.grad for name, value in network.named_parameters()}
    with torch.no_grad():
        free, weights = decode(~always)
        result |= {"forecast": free * spread + shift, "forced": decode(always)[0] * spread + shift}
        if weights is not None:
            result["alignment"] = weights
    return result


def make():
    """Yields (name, tensors, settings) of every file."""
    for case in CASES:
        rng = np.random.Generator(np.random.PCG64(case.seed))
        shapes = {name: tuple(value.shape) for name, value in Network(case, torch.float64).state_dict().items()}
        scale = 2 * case.hidden**-0.5
        parameters = {name: store.draw(rng, *shape, scale=scale, uniform=True) for name, shape in shapes.items()}
        x = store.draw(rng, case.window + case.horizon, case.batch, case.targets + case.known)
        flips = coins(case)[1:].float().mean()
        assert (0.2 < flips < 0.8) == (0 < share(case) < 1), f"{case.name}: the truth is fed {flips:.0%} of the time"
        result = run(case, parameters, x, torch.float64)
        single = run(case, parameters, x, torch.float32)
        yield f"encoder_decoder_{case.name}", parameters | {"x": x} | result | {
            f"{key}.f32": value for key, value in single.items()
        }, asdict(case)
