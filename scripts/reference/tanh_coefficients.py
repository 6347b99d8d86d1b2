"""Coefficients of the fast tanh in src/math/kernels/activation.rs.

    python tanh_coefficients.py

Fits tanh x with x P(x^2) / Q(x^2), P and Q of degree 4 and Q(0) = 1, on [-8.5, 8.5]: beyond, tanh is 1 to the last bit of an f32.
Least squares on x P - tanh(x) Q, which is linear in the coefficients, over and over with other weights: divided by the last
Q, so that the fraction's own error counts, and raised where that error is largest (after Lawson), so that it levels out.
Prints the coefficients, the largest error of the fit, and that of the kernel's own coefficients, computed in f32 as the kernel
computes; fails if the kernel's coefficients are others. Needs NumPy alone.
"""

import re
import sys
from pathlib import Path

import numpy as np

KERNEL = Path(__file__).resolve().parents[2] / "src" / "math" / "kernels" / "activation.rs"
LIMIT = 8.5
DEGREE = 4
ROUNDS = 60
POINTS = 4000


def fit():
    """-> (coefficients of P, of Q, lowest degree first; largest relative error)"""
    # Chebyshev points: dense at the ends, where the error would peak. Near 0 both sides vanish.
    x = (np.cos(np.pi * (np.arange(POINTS) + 0.5) / POINTS) + 1) / 2 * LIMIT
    x = x[x > 1e-3]
    truth = np.tanh(x)
    # x^2 in units of its largest value keeps the powers comparable.
    square = (x / LIMIT) ** 2
    powers = square[:, None] ** np.arange(DEGREE + 1)
    columns = np.hstack([x[:, None] * powers, -truth[:, None] * powers[:, 1:]])
    weight, last_q = np.ones_like(x), np.ones_like(x)
    best = (np.inf, None, None)
    for _ in range(ROUNDS):
        rows = weight / (last_q * truth)
        system = columns * rows[:, None]
        scale = np.abs(system).max(axis=0)
        solution = np.linalg.lstsq(system / scale, truth * rows, rcond=1e-16)[0] / scale
        p, q = solution[: DEGREE + 1], np.concatenate([[1.0], solution[DEGREE + 1 :]])
        error = np.abs(x * (powers @ p) / (powers @ q) / truth - 1)
        if error.max() < best[0]:
            best = (error.max(), p, q)
        last_q = np.abs(powers @ q)
        weight *= (error / error.max() + 0.05) ** 0.3
        weight /= weight.mean()
    units = LIMIT ** (2.0 * np.arange(DEGREE + 1))
    return best[1] / units, best[2] / units, best[0]


def horner(coefficients, z):
    value = np.full_like(z, coefficients[-1])
    for coefficient in coefficients[-2::-1]:
        value = value * z + coefficient
    return value


def errors_in_f32(p, q):
    """-> (largest absolute, largest relative error), every operation rounded to f32"""
    x = np.linspace(-12, 12, 2_000_001).astype(np.float32)
    clamped = np.clip(x, np.float32(-LIMIT), np.float32(LIMIT))
    z = clamped * clamped
    value = np.clip(clamped * horner(p, z) / horner(q, z), np.float32(-1), np.float32(1))
    truth = np.tanh(x.astype(np.float64))
    error = np.abs(value - truth)
    return error.max(), (error / np.maximum(np.abs(truth), 1e-30)).max()


def in_kernel(name):
    """The coefficients that the kernel has, as they are written there."""
    body = re.search(rf"const {name}: \[f32; {DEGREE + 1}\] = \[([^]]*)\]", KERNEL.read_text()).group(1)
    return [number.strip().replace("_", "") for number in body.split(",")]


def last_digit(text):
    """One unit of the last digit that is written: 1e-8 for 1.2345678e-1."""
    mantissa, _, exponent = text.partition("e")
    return 10.0 ** (int(exponent or 0) - len(mantissa.partition(".")[2]))


def main():
    p, q, error = fit()
    same = True
    written = []
    for name, exact in (("P", p), ("Q", q)):
        print(f"{name} = [{', '.join(f'{number:.9e}' for number in exact.astype(np.float32))}]")
        kernel = in_kernel(name)
        same &= all(abs(np.float32(ours) - float(text)) < last_digit(text) for ours, text in zip(exact, kernel, strict=True))
        written.append(np.array([float(text) for text in kernel], dtype=np.float32))
    absolute, relative = errors_in_f32(*written)
    print(f"largest relative error of the fit, before rounding: {error:.2e}")
    print(f"largest error of the kernel's coefficients in f32: {absolute:.2e} absolute, {relative:.2e} relative")
    print("the kernel's coefficients are these, to less than one unit of the last digit written there" if same else "THE KERNEL HAS OTHER COEFFICIENTS")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
