"""Optimisers, learning-rate schedules and losses, apart from any network."""

import numpy as np
import torch

import store

SEED = 201
STEPS = 20
BATCH, INPUTS, OUTPUTS = 6, 5, 2

# Every setting that changes a number is named; those not at PyTorch's defaults are lr, momentum and adamw's weight_decay.
OPTIMISERS = {
    "adam": (torch.optim.Adam, {"lr": 1e-2, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.0}),
    "adamw": (torch.optim.AdamW, {"lr": 1e-2, "betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": 0.1}),
    "sgd": (torch.optim.SGD, {"lr": 1e-2, "momentum": 0.9, "dampening": 0.0, "weight_decay": 0.0, "nesterov": False}),
    "rmsprop": (torch.optim.RMSprop, {"lr": 1e-2, "alpha": 0.99, "eps": 1e-8, "weight_decay": 0.0, "momentum": 0.0, "centered": False}),
}

COSINE = {"lr": 1e-2, "t_max": 20, "eta_min": 1e-5}
PLATEAUS = {
    "plateau": {"lr": 1e-2, "factor": 0.5, "patience": 2, "threshold": 1e-4, "threshold_mode": "rel", "cooldown": 0, "min_lr": 1e-3, "eps": 1e-8},
    "plateau_defaults": {"lr": 1e-3, "factor": 0.1, "patience": 10, "threshold": 1e-4, "threshold_mode": "rel", "cooldown": 0, "min_lr": 0.0, "eps": 1e-8},
}
PLATEAU_EPOCHS = 40

LOSSES = {
    "mse": (torch.nn.functional.mse_loss, {}),
    "l1": (torch.nn.functional.l1_loss, {}),
    "huber": (torch.nn.functional.huber_loss, {"delta": 1.0}),
    "huber_half": (torch.nn.functional.huber_loss, {"delta": 0.5}),
}


def optimise(kind, options, problem, dtype):
    """20 steps on the mean squared error of x W^T + b; losses before each update, weights after it."""
    x, y = problem["problem.x"].to(dtype), problem["problem.y"].to(dtype)
    # clone: in f64 `to` copies nothing, and the optimiser writes in place.
    weight, bias = (problem[f"problem.{name}"].to(dtype).clone().requires_grad_() for name in ("weight", "bias"))
    optimiser = kind([weight, bias], **options)
    losses, weights, biases = [], [], []
    for _ in range(STEPS):
        optimiser.zero_grad()
        loss = torch.nn.functional.mse_loss(x @ weight.T + bias, y)
        loss.backward()
        optimiser.step()
        losses.append(loss.detach())
        weights.append(weight.detach().clone())
        biases.append(bias.detach().clone())
    return {"losses": torch.stack(losses), "weight": torch.stack(weights), "bias": torch.stack(biases)}


def optimisers(rng):
    """-> (tensors, settings)"""
    x = store.draw(rng, BATCH, INPUTS)
    # A feature that is always zero: only weight decay may move its weights. A tiny one: eps beside sqrt(v) becomes visible.
    x[:, 3] = 0.0
    x[:, 4] = (x[:, 4] * 2.0**-26).float().double()
    problem = {
        "problem.x": x,
        "problem.y": store.draw(rng, BATCH, OUTPUTS),
        "problem.weight": store.draw(rng, OUTPUTS, INPUTS, scale=0.5),
        "problem.bias": store.draw(rng, OUTPUTS, scale=0.5),
    }
    tensors, settings = dict(problem), {"steps": STEPS}
    for name, (kind, options) in OPTIMISERS.items():
        for suffix, dtype in (("", torch.float64), (".f32", torch.float32)):
            tensors |= {f"{name}.{key}{suffix}": value for key, value in optimise(kind, options, problem, dtype).items()}
        for key, value in options.items():
            parts = {"beta1": value[0], "beta2": value[1]} if key == "betas" else {key: value}
            settings |= {f"{name}.{part}": number for part, number in parts.items()}
    return tensors, settings


def dummy_optimiser(lr):
    """Something for a scheduler to act on: its step changes nothing."""
    return torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=lr)


def schedules(rng):
    """Cosine: the rate of epochs 0 to t_max. Plateau: the rate after the scheduler has seen metric[i]."""
    optimiser = dummy_optimiser(COSINE["lr"])
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, T_max=COSINE["t_max"], eta_min=COSINE["eta_min"])
    rates = []
    for _ in range(COSINE["t_max"] + 1):
        rates.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        scheduler.step()
    tensors = {"cosine.lr": torch.tensor(rates, dtype=torch.float64)}
    settings = {f"cosine.{key}": value for key, value in COSINE.items()}

    # Falls, then hovers above its best, but for three values: two gain less than the threshold and must not count, one must.
    decay = torch.exp(-torch.arange(PLATEAU_EPOCHS, dtype=torch.float64) / 2)
    metric = 1.0 + decay + store.draw(rng, PLATEAU_EPOCHS, scale=0.01).abs()
    metric[15:] += 0.02
    for epoch, gain in ((15, 3e-5), (19, 3e-5), (23, 2e-4)):
        metric[epoch] = metric[:epoch].min() * (1 - gain)
    tensors["plateau.metric"] = metric
    for name, options in PLATEAUS.items():
        optimiser = dummy_optimiser(options["lr"])
        rest = {key: value for key, value in options.items() if key != "lr"}
        scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimiser, mode="min", **rest)
        rates = []
        for value in metric.tolist():
            optimiser.step()
            scheduler.step(value)
            rates.append(optimiser.param_groups[0]["lr"])
        tensors[f"{name}.lr"] = torch.tensor(rates, dtype=torch.float64)
        settings |= {f"{name}.{key}": value for key, value in options.items()}
    assert len(set(tensors["plateau.lr"].tolist())) >= 4 and len(set(tensors["plateau_defaults.lr"].tolist())) >= 2
    return tensors, settings


def losses(rng):
    """Mean over all entries; the gradient is with respect to the prediction."""
    target = store.draw(rng, 6, 4)
    difference = store.draw(rng, 6, 4)
    # Kinks: no difference at all, and one of exactly each delta. The targets there are simple so that the sums are exact.
    target[0] = torch.tensor([0.25, -0.5, 1.0, -2.0])
    difference[0] = torch.tensor([0.0, 1.0, -1.0, 0.5])
    tensors, settings = {"loss.prediction": (target + difference).float().double(), "loss.target": target}, {}
    for name, (function, options) in LOSSES.items():
        for suffix, dtype in (("", torch.float64), (".f32", torch.float32)):
            prediction = tensors["loss.prediction"].to(dtype).clone().requires_grad_()
            value = function(prediction, target.to(dtype), **options)
            value.backward()
            tensors |= {f"{name}.value{suffix}": value.detach().reshape(1), f"{name}.grad{suffix}": prediction.grad}
        settings |= {f"{name}.{key}": option for key, option in options.items()} | {f"{name}.reduction": "mean"}
    return tensors, settings


def make():
    """Yields (name, tensors, settings) of the one file."""
    rng = np.random.Generator(np.random.PCG64(SEED))
    tensors, settings = {}, {"seed": SEED}
    for part in (optimisers, schedules, losses):
        more, named = part(rng)
        tensors |= more
        settings |= named
    yield "optim", tensors, settings
