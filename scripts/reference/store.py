"""How the reference numbers are kept: one safetensors file per case, settings as strings in its metadata."""

import json
from pathlib import Path

import numpy as np
import safetensors
import safetensors.numpy
import torch

FOLDER = Path(__file__).resolve().parents[2] / "tests" / "reference"

# Two machines may sum in another order, and training amplifies the last bits; a changed formula is far above this.
TOLERANCE = {np.dtype("float64"): 1e-11, np.dtype("float32"): 1e-4}

# Small files keep the repository light and the tests quick to load.
MAX_BYTES = 60_000


def draw(rng, *shape, scale=1.0, uniform=False):
    """Random f64 numbers that f32 holds exactly, so that a run in f32 starts from the very same point as one in f64."""
    raw = rng.uniform(-1.0, 1.0, shape) if uniform else rng.standard_normal(shape)
    return torch.from_numpy((raw * scale).astype(np.float32).astype(np.float64))


def write(name, tensors, settings):
    """Writes `name`.safetensors; every value of `settings` becomes a string of the metadata."""
    arrays = {key: np.ascontiguousarray(torch.as_tensor(value).detach().numpy()) for key, value in tensors.items()}
    for key, value in arrays.items():
        assert np.isfinite(value).all(), f"{name}: {key} is not finite"
    path = FOLDER / f"{name}.safetensors"
    settings = {"torch": torch.__version__.split("+")[0]} | settings
    saved = safetensors.numpy.save(arrays, metadata={key: _text(value) for key, value in settings.items()})
    path.write_bytes(_ordered(saved))
    size = path.stat().st_size
    assert size < MAX_BYTES, f"{path.name} has {size} bytes"
    print(f"{path.name}: {len(arrays)} tensors, {size} bytes")


def check(name, tensors, settings):
    """Compares with the stored file, relative to each tensor's largest entry, and returns what differs."""
    wrong = []
    with safetensors.safe_open(FOLDER / f"{name}.safetensors", "np") as stored:
        if set(stored.keys()) != set(tensors):
            wrong.append(f"{name}: other tensors")
        for key, value in settings.items():
            if stored.metadata().get(key) != _text(value):
                wrong.append(f"{name}: metadata {key}")
        for key in sorted(set(stored.keys()) & set(tensors)):
            new, old = torch.as_tensor(tensors[key]).detach().numpy(), stored.get_tensor(key)
            if new.shape != old.shape or new.dtype != old.dtype:
                wrong.append(f"{name}: {key} has shape {new.shape} {new.dtype}, stored {old.shape} {old.dtype}")
                continue
            difference = np.abs(new - old).max() / max(np.abs(old).max(), 1e-30)
            if difference > TOLERANCE[old.dtype]:
                wrong.append(f"{name}: {key} differs by {difference:.1e}")
    return wrong


def _ordered(saved):
    """The same file with its header's keys sorted: the library orders the metadata anew in every run."""
    length = int.from_bytes(saved[:8], "little")
    header = json.dumps(json.loads(saved[8 : 8 + length]), sort_keys=True, separators=(",", ":")).encode()
    assert len(header) <= length
    return saved[:8] + header.ljust(length) + saved[8 + length :]


def _text(value):
    return value if isinstance(value, str) else json.dumps(value)
