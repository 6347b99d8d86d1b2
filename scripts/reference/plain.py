"""The cells as plain equations, one step at a time, differentiated by autograd.

`gru_article` exists nowhere else; the other three are here to show that the modules of PyTorch compute what the equations say.
Shapes: x [batch, inputs], h and c [batch, hidden], weight_ih [gates * hidden, inputs], weight_hh [gates * hidden, hidden].
"""

import torch

GATES = {"rnn": 1, "lstm": 4, "gru": 3, "gru_article": 3}


def rnn(x, state, w_ih, w_hh, b_ih, b_hh):
    """h' = tanh(W x + b + U h + d)"""
    (h,) = state
    return (torch.tanh(x @ w_ih.T + b_ih + h @ w_hh.T + b_hh),)


def lstm(x, state, w_ih, w_hh, b_ih, b_hh):
    """c' = f c + i g, h' = o tanh(c'); rows of the weights: i, f, g, o"""
    h, c = state
    i, f, g, o = (x @ w_ih.T + b_ih + h @ w_hh.T + b_hh).chunk(4, dim=-1)
    c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(c), c


def gru(x, state, w_ih, w_hh, b_ih, b_hh):
    """n = tanh(W x + b + r (U h + d)), h' = (1 - z) n + z h: the reset gate after the product; rows: r, z, n"""
    (h,) = state
    x_r, x_z, x_n = (x @ w_ih.T + b_ih).chunk(3, dim=-1)
    h_r, h_z, h_n = (h @ w_hh.T + b_hh).chunk(3, dim=-1)
    r, z = torch.sigmoid(x_r + h_r), torch.sigmoid(x_z + h_z)
    return ((1 - z) * torch.tanh(x_n + r * h_n) + z * h,)


def gru_article(x, state, w_ih, w_hh, b_ih, b_hh):
    """n = tanh(W x + b + U (r h) + d), h' = (1 - z) h + z n: the reset gate before the product; rows: r, z, n

    z near 1 replaces the state, as in Chung et al. 2014, "Empirical evaluation of gated recurrent neural networks".
    """
    (h,) = state
    w_r, w_z, w_n = w_ih.chunk(3)
    u_r, u_z, u_n = w_hh.chunk(3)
    b_r, b_z, b_n = b_ih.chunk(3)
    d_r, d_z, d_n = b_hh.chunk(3)
    r = torch.sigmoid(x @ w_r.T + b_r + h @ u_r.T + d_r)
    z = torch.sigmoid(x @ w_z.T + b_z + h @ u_z.T + d_z)
    n = torch.tanh(x @ w_n.T + b_n + (r * h) @ u_n.T + d_n)
    return ((1 - z) * h + z * n,)


STEPS = {"rnn": rnn, "lstm": lstm, "gru": gru, "gru_article": gru_article}


def run(cell, layers, parameters, x, state):
    """A stack over a whole sequence: x [seq, batch, inputs] and each state [layers, batch, hidden] -> (output, states)."""
    final = []
    for layer in range(layers):
        weights = [parameters[f"{kind}_l{layer}"] for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]
        now = tuple(part[layer] for part in state)
        outputs = []
        for x_t in x:
            now = STEPS[cell](x_t, now, *weights)
            outputs.append(now[0])
        x = torch.stack(outputs)
        final.append(now)
    return x, tuple(torch.stack(parts) for parts in zip(*final))
