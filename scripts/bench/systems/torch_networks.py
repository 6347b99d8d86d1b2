"""The networks of job S: torch.nn's recurrent layers, and published implementations of the other architectures, as their authors or
packages have them, with an input and a head like ours. A package is imported only for its own network."""

import sys
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Callable

import torch

sys.path.insert(0, str(Path(__file__).parents[2] / "reference"))
import published

WINDOW = 24
HIDDEN = 64
HEADS = 4
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


class Whole(torch.nn.Module):
    """A published module that goes from the window to the horizon by itself: x [batch, seq, 1] -> [batch, 1], or one more axis of 1."""

    def __init__(self, module):
        super().__init__()
        self.module = module

    def forward(self, x):
        """x [seq, batch, 1] -> [batch, 1] and nothing more"""
        return self.module(x.transpose(0, 1)).flatten(1), None


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


class EncoderDecoder(torch.nn.Module):
    """An LSTM reads the window; another starts from its state and the window's last value and gives the one step of the horizon."""

    def __init__(self):
        super().__init__()
        self.encoder, self.decoder = torch.nn.LSTM(1, HIDDEN), torch.nn.LSTM(1, HIDDEN)
        self.head = torch.nn.Linear(HIDDEN, 1)

    def forward(self, x):
        """x [seq, batch, 1] -> [batch, 1] and nothing more"""
        _, state = self.encoder(x)
        return self.head(self.decoder(x[-1:], state)[0][-1]), None


def bidirectional():
    """A GRU in each direction; read are both directions' last states."""
    both = lambda out: torch.cat([out[:, -1, :HIDDEN], out[:, 0, HIDDEN:]], dim=1)
    return Layers(First(torch.nn.GRU(1, HIDDEN, bidirectional=True, batch_first=True)), 2 * HIDDEN, both)


def transformer(causal):
    """One pre-norm layer, with learned positions; without the mask the mean of all steps is read."""
    layer = torch.nn.TransformerEncoderLayer(
        HIDDEN, HEADS, 4 * HIDDEN, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
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

    return Layers(Embedded(stack(HIDDEN, 1, HEADS, "none", WINDOW), HIDDEN, torch.nn.Identity()), HIDDEN)


def minimal(name):
    """minGRU or minLSTM of minGRU-pytorch."""
    layer = getattr(published.module(f"minGRU_pytorch.{name}"), name)
    return Layers(layer(1, expansion_factor=HIDDEN, proj_out=False), HIDDEN)


def linear(name):
    """NLinear or DLinear of torch-timeseries."""
    if name == "DLinear":
        # The model imports it from a package that imports much else.
        published.module("torch_timeseries.nn.decomp")
    return Whole(getattr(published.module(f"torch_timeseries.model.{name}"), name)(WINDOW, 1, 1))


def segrnn():
    """The first author's SegRNN, with segments of one step."""
    return Whole(published.module("pypots.nn.modules.segrnn.backbone").BackboneSegRNN(WINDOW, 1, 1, 1, HIDDEN, dropout=0.0))


def feed_forward():
    """One hidden layer of rectifiers."""
    layers = torch.nn.Linear(WINDOW, HIDDEN), torch.nn.ReLU(), torch.nn.Linear(HIDDEN, 1)
    return Whole(torch.nn.Sequential(torch.nn.Flatten(), *layers))


@dataclass(frozen=True)
class Published:
    """A network of job S, its package on PyPI, what of it is used, and what differs from ours, in size or work."""

    make: Callable[[], torch.nn.Module]
    package: str
    what: str
    differs: str = ""

    def by(self):
        """Package, version and what of it is used."""
        return f"{self.package} {version(self.package).split('+')[0]}: {self.what}"


LAST_STEP = "it computes every step of its last layer, ours what the last step needs"
NO_BIAS = "its layers have no biases"
S = {cell: Published(lambda cell=cell: Network(cell, HIDDEN, 1, 1), "torch", module.__name__) for cell, module in CELLS.items()} | {
    "bidirectional": Published(bidirectional, "torch", "GRU(bidirectional=True)"),
    "encoder_decoder": Published(EncoderDecoder, "torch", "two LSTMs"),
    "mlp": Published(feed_forward, "torch", "Linear"),
    "transformer": Published(lambda: transformer(causal=True), "torch", "TransformerEncoderLayer, masked", LAST_STEP),
    "transformer_encoder": Published(lambda: transformer(causal=False), "torch", "TransformerEncoderLayer"),
    "mamba": Published(mamba, "mambapy", "Mamba", LAST_STEP),
    "xlstm": Published(xlstm, "xlstm", "xLSTMBlockStack, an mLSTM block", LAST_STEP),
    "mingru": Published(lambda: minimal("minGRU"), "minGRU-pytorch", "minGRU", NO_BIAS),
    "minlstm": Published(lambda: minimal("minLSTM"), "minGRU-pytorch", "minLSTM", NO_BIAS),
    "segrnn": Published(segrnn, "pypots", "BackboneSegRNN"),
    "nlinear": Published(lambda: linear("NLinear"), "torch-timeseries", "NLinear"),
    "dlinear": Published(lambda: linear("DLinear"), "torch-timeseries", "DLinear"),
}
