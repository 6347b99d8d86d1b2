"""Blocks that read whole sequences: Mamba by mambapy, xLSTM by its authors' package, Transformer and TCN from modules of torch.nn."""

from dataclasses import asdict, dataclass

import numpy as np
import torch
from mambapy.mamba import Mamba, MambaConfig
from xlstm.blocks.mlstm.block import mLSTMBlockConfig
from xlstm.blocks.mlstm.layer import mLSTMLayerConfig
from xlstm.blocks.slstm.block import sLSTMBlockConfig
from xlstm.blocks.slstm.layer import sLSTMLayerConfig
from xlstm.blocks.slstm.src.vanilla import slstm as slstm_equations
from xlstm.components.feedforward import FeedForwardConfig
from xlstm.xlstm_block_stack import xLSTMBlockStack, xLSTMBlockStackConfig

import store


@dataclass(frozen=True)
class Case:
    """One stack of blocks, all of one width."""

    kind: str
    name: str
    seed: int
    width: int
    layers: int
    batch: int
    seq: int
    heads: int = 1
    activation: str = ""
    slstm: str = ""
    forget_gate: str = ""
    kernel: int = 0
    levels: int = 0


CASES = [
    Case("mamba", "mamba_2", 71, width=6, layers=2, batch=2, seq=11),
    Case("mamba", "mamba_1", 72, width=17, layers=1, batch=3, seq=5),
    # Longer than a chunk of the mLSTM; the sLSTM is a recurrence.
    Case("xlstm", "xlstm_mlstm", 79, width=8, layers=2, batch=1, seq=37, heads=2, slstm="none", forget_gate="sigmoid"),
    Case("xlstm", "xlstm_slstm", 76, width=8, layers=2, batch=3, seq=7, heads=2, slstm="all", forget_gate="sigmoid"),
    Case("xlstm", "xlstm_both", 77, width=8, layers=2, batch=2, seq=9, heads=2, slstm="second", forget_gate="sigmoid"),
    Case("xlstm", "xlstm_exponential", 78, width=10, layers=2, batch=2, seq=6, heads=2, slstm="last", forget_gate="exponential"),
    Case("transformer", "transformer_causal", 73, width=8, layers=2, batch=3, seq=7, heads=2, activation="gelu"),
    Case("transformer", "transformer_encoder", 74, width=9, layers=1, batch=2, seq=9, heads=3, activation="relu"),
    # As many levels as reach over a window of 12 steps; the sequences are longer.
    Case("tcn", "tcn_2", 81, width=5, layers=2, batch=2, seq=21, kernel=3, levels=3),
    Case("tcn", "tcn_1", 82, width=6, layers=1, batch=3, seq=19, kernel=2, levels=4),
]

# The published sizes but for the state, which is smaller so that the files are small.
STATE = 5


def xlstm(width, layers, heads, slstm, seq):
    """The published stack in plain PyTorch, its widths not rounded up to what a GPU likes, the paper's 4/3 in the feed-forward part."""
    every = range(layers)
    at = {"none": [], "second": [k for k in every if k % 2], "last": [layers - 1], "all": list(every)}[slstm]
    matrix = mLSTMLayerConfig(num_heads=heads, round_proj_up_to_multiple_of=1)
    scalar = sLSTMLayerConfig(num_heads=heads, embedding_dim=width, backend="vanilla")
    feed_forward = FeedForwardConfig(proj_factor=4 / 3, round_proj_up_to_multiple_of=1, embedding_dim=width)
    config = xLSTMBlockStackConfig(
        mlstm_block=mLSTMBlockConfig(mlstm=matrix),
        slstm_block=sLSTMBlockConfig(slstm=scalar, feedforward=feed_forward),
        context_length=seq,
        num_blocks=layers,
        embedding_dim=width,
        slstm_at=at,
    )
    return xLSTMBlockStack(config)


class Tcn(torch.nn.Module):
    """Gated causal convolutions (WaveNet, equation 2), each level twice as dilated, padded on the left (Bai et al. 2018), with residual
    and skip connections; a GELU for WaveNet's rectifier; x [batch, seq, width] to the same."""

    def __init__(self, width, kernel, levels):
        super().__init__()
        conv = torch.nn.Conv1d
        dilated = lambda: torch.nn.ModuleList(conv(width, width, kernel, dilation=2**level) for level in range(levels))
        self.filters, self.gates = dilated(), dilated()
        self.skips = torch.nn.ModuleList(conv(width, width, 1) for _ in range(levels))
        self.residuals = torch.nn.ModuleList(conv(width, width, 1) for _ in range(levels - 1))
        self.leave = conv(width, width, 1)

    def forward(self, x):
        x = first = x.transpose(1, 2)
        skips = 0
        for level, conv in enumerate(self.filters):
            padded = torch.nn.functional.pad(x, ((conv.kernel_size[0] - 1) * conv.dilation[0], 0))
            z = torch.tanh(conv(padded)) * torch.sigmoid(self.gates[level](padded))
            skips = skips + self.skips[level](z)
            if level < len(self.residuals):
                x = x + self.residuals[level](z)
        return (first + self.leave(torch.nn.functional.gelu(skips))).transpose(1, 2)


class Stack(torch.nn.Module):
    """Blocks and the norm after the last one; x [batch, seq, width] to the same."""

    def __init__(self, case):
        super().__init__()
        self.case = case
        if case.kind == "mamba":
            config = MambaConfig(d_model=case.width, n_layers=case.layers, d_state=STATE, pscan=False)
            self.layers = Mamba(config).layers
            self.norm_f = torch.nn.RMSNorm(case.width, eps=1e-5)
        elif case.kind == "xlstm":
            stack = xlstm(case.width, case.layers, case.heads, case.slstm, case.seq)
            self.blocks = stack.blocks
            self.post_blocks_norm = stack.post_blocks_norm
        elif case.kind == "tcn":
            self.layers = torch.nn.ModuleList(Tcn(case.width, case.kernel, case.levels) for _ in range(case.layers))
            self.norm = torch.nn.Identity()
        else:
            make = lambda: torch.nn.TransformerEncoderLayer(
                case.width, case.heads, 4 * case.width, dropout=0.0, activation=case.activation, batch_first=True, norm_first=True
            )
            self.layers = torch.nn.ModuleList(make() for _ in range(case.layers))
            self.norm = torch.nn.LayerNorm(case.width)

    def forward(self, x):
        if self.case.kind == "mamba":
            for layer in self.layers:
                x = layer(x)
            return self.norm_f(x)
        if self.case.kind == "xlstm":
            for block in self.blocks:
                x = block(x)
            return self.post_blocks_norm(x)
        mask = None
        if self.case.name.endswith("causal"):
            mask = torch.nn.Transformer.generate_square_subsequent_mask(x.shape[1], dtype=x.dtype)
        for layer in self.layers:
            x = layer(x) if self.case.kind == "tcn" else layer(x, src_mask=mask)
        return self.norm(x)

    def attention(self, x):
        """How much each head of the first layer looks where: [batch, heads, query, key]"""
        layer = self.layers[0]
        mask = None
        if self.case.name.endswith("causal"):
            mask = torch.nn.Transformer.generate_square_subsequent_mask(x.shape[1], dtype=x.dtype)
        normed = layer.norm1(x)
        return layer.self_attn(normed, normed, normed, attn_mask=mask, need_weights=True, average_attn_weights=False)[1]


def run(case, rng_seed, dtype):
    """One pass forward and backward; L = sum(output r1) + sum(output^2) / 2"""
    before = torch.get_default_dtype(), torch.Tensor.float, torch.nn.functional.logsigmoid
    # mambapy casts some parameters to 32 bits whatever they are; without that it computes in f64.
    torch.set_default_dtype(dtype)
    torch.Tensor.float = lambda self: self
    if case.forget_gate == "exponential":
        # The package has the sigmoid alone; the logarithm of the paper's other choice is the pre-activation itself.
        torch.nn.functional.logsigmoid = slstm_equations.logsigmoid = lambda x: x
    try:
        rng = np.random.Generator(np.random.PCG64(rng_seed))
        torch.manual_seed(rng_seed)
        stack = Stack(case).to(dtype)
        with torch.no_grad():
            for name, value in stack.named_parameters():
                # Around what the module starts with, so that no bias is zero and no norm's factor one.
                less = stored_less(case, name)
                moved = value.double().numpy() + less + 0.1 * rng.standard_normal(tuple(value.shape))
                value.copy_(torch.from_numpy(moved.astype(np.float32).astype(np.float64) - less))
        x = store.draw(rng, case.batch, case.seq, case.width).to(dtype).requires_grad_()
        r1 = store.draw(rng, case.batch, case.seq, case.width).to(dtype)
        output = stack(x)
        loss = (output * r1).sum() + (output * output).sum() / 2
        loss.backward()
        inputs = {name: flat(case, value.detach()) + stored_less(case, name) for name, value in stack.named_parameters()}
        inputs |= {"x": x.detach(), "r1": r1}
        result = {"output": output, "loss": loss.reshape(1), "grad.x": x.grad}
        result |= {f"grad.{name}": flat(case, value.grad) for name, value in stack.named_parameters()}
        if case.kind == "transformer":
            result["attention"] = stack.attention(x)
        return inputs, result
    finally:
        torch.set_default_dtype(before[0])
        torch.Tensor.float = before[1]
        torch.nn.functional.logsigmoid = slstm_equations.logsigmoid = before[2]


def flat(case, kernel):
    """A TCN's kernels [out, in, taps] as matrices, tap beside tap; all other tensors as they are."""
    return kernel.permute(0, 2, 1).flatten(1) if case.kind == "tcn" and kernel.dim() == 3 else kernel


def stored_less(case, name):
    """What the module holds its norms' factors less: those of xLSTM are 1 more than its parameters."""
    return 1.0 if case.kind == "xlstm" and name.endswith("norm.weight") else 0.0


def time_first(tensors):
    """The sequences as [seq, batch, width], as everywhere here."""
    swapped = ("x", "r1", "output", "grad.x")
    return {key: value.transpose(0, 1).contiguous() if key in swapped else value for key, value in tensors.items()}


def make():
    """Yields (name, tensors, settings) of every file."""
    for case in CASES:
        inputs, result = run(case, case.seed, torch.float64)
        settings = asdict(case)
        if case.kind == "mamba":
            settings["state"] = STATE
        if case.kind != "xlstm":
            del settings["slstm"], settings["forget_gate"]
        if case.kind != "tcn":
            del settings["kernel"], settings["levels"]
        yield case.name, time_first(inputs | result), settings
