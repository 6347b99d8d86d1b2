"""What statsforecast and statsmodels make of some series: theta, ETS, MSTL.

    python baselines.py            writes tests/reference/baselines.json
    python baselines.py --check    compares with the stored numbers instead

Series are drawn here, or are hours of the sample at JFK that the page ships. Of theta and ETS each model and form is fitted by itself:
statsforecast's automatic choice narrows the bounds of one form by those fitted before it, so the choice is made here, by its own rule.
Of a decomposition every seventh row is stored.
"""

import csv
import json
import platform
import sys
import warnings
from pathlib import Path

import numpy as np
import statsforecast
import statsmodels
from statsforecast.ets import etsmodel, forecast_ets
from statsforecast.models import MSTL
from statsforecast.mstl import mstl
from statsforecast.theta import auto_theta, forecast_theta
from statsmodels.tsa.seasonal import MSTL as Decomposition

ROOT = Path(__file__).resolve().parents[2]
OUTPUT = ROOT / "tests" / "reference" / "baselines.json"
HORIZON = 12
STRIDE = 7
MODELS = ("STM", "OTM", "DSTM", "DOTM")
# Parameters to fit, and AutoETS's bounds of them, which each fit changes.
OPEN = (np.nan,) * 4
BOUNDS = ((1e-4, 1e-4, 1e-4, 0.8), (0.9999, 0.9999, 0.9999, 0.98))
# Two machines may round in another order; a search amplifies the last bits.
TOLERANCE = 1e-4

warnings.filterwarnings("ignore")


def drawn():
    """-> {name: (values, periods)}"""
    rng = np.random.default_rng(7)

    def noise(n, scale):
        return rng.standard_normal(n) * scale

    def wave(n, period):
        """A season of two harmonics between about -1 and 1."""
        turn = 2 * np.pi * np.arange(n) / period
        return 0.8 * np.sin(turn) + 0.3 * np.cos(2 * turn + 1)

    def line(n, start, slope):
        return start + slope * np.arange(n)

    counts = np.maximum(rng.poisson(3, 90) - 2, 0).astype(float)
    shift = np.where(np.arange(96) < 60, 200.0, 320.0)
    return {
        "trend_60": (line(60, 100, 1.5) + noise(60, 4), [12]),
        "additive_60": (line(60, 300, 0.8) + 40 * wave(60, 12) + noise(60, 6), [12]),
        "multiplicative_60": (line(60, 200, 4) * (1 + 0.3 * wave(60, 12)) * (1 + noise(60, 0.03)), [12]),
        "growth_120": (100 * 1.012 ** np.arange(120) * (1 + 0.2 * wave(120, 12)) * (1 + noise(120, 0.04)), [12]),
        "noise_80": (100 + noise(80, 10), []),
        "walk_120": (500 + np.cumsum(noise(120, 5)), []),
        "walk_with_drift_50": (50 + np.cumsum(1 + noise(50, 2)), []),
        "years_14": (line(14, 20, 2.5) + noise(14, 1.5), []),
        "months_30": (line(30, 80, 1) + 15 * wave(30, 12) + noise(30, 3), [12]),
        "quarters_40": (line(40, 500, 6) * (1 + 0.15 * wave(40, 4)) + noise(40, 12), [4]),
        "quarters_11": (line(11, 60, 1.2) + 8 * wave(11, 4) + noise(11, 1), [4]),
        "fading_50": (200 - 120 * 0.9 ** np.arange(50) + noise(50, 3), []),
        "negative_72": (line(72, -20, 0.5) + 12 * wave(72, 12) + noise(72, 3), [12]),
        "counts_90": (counts, [7]),
        "shift_96": (shift + 20 * wave(96, 12) + noise(96, 8), [12]),
        "days_140": (line(140, 1000, 0.5) + 150 * wave(140, 7) + noise(140, 30), [7]),
        "fifths_63": (line(63, 40, 0.1) + 6 * wave(63, 5) + noise(63, 1), [5]),
        "large_96": (1e6 * (line(96, 3, 0.01) + 0.4 * wave(96, 12) + noise(96, 0.05)), [12]),
        "small_96": (1e-3 * (line(96, 3, 0.01) + 0.4 * wave(96, 12) + noise(96, 0.05)), [12]),
        "hours_400": (60 + 20 * wave(400, 24) + np.cumsum(noise(400, 0.5)) + noise(400, 2), [24]),
        "hours_700": (900 + 200 * wave(700, 24) + 80 * wave(700, 168) + noise(700, 25), [24, 168]),
    }


def series():
    """-> {name: (values, periods)}, values with few digits."""
    with open(ROOT / "www" / "samples" / "jfk_2013_hourly_celsius.csv", newline="") as file:
        jfk = [float(row["temp_c"]) for row in csv.DictReader(file)]
    found = drawn() | {"jfk_500": (np.array(jfk[4000:4500]), [24])}
    return {name: (np.array([float(f"{value:.6g}") for value in values]), periods) for name, (values, periods) in found.items()}


def theta(values, period):
    """Each model's objective, and the forecast of the one with the least."""
    fits = {name: auto_theta(values, period, model=name) for name in MODELS}
    objectives = {name: float(fit["mse"]) for name, fit in fits.items()}
    chosen = min(MODELS, key=objectives.get)
    fit = fits[chosen]
    season = fit["decomposition_type"] if fit.get("decompose") else None
    return {"objectives": objectives, "chosen": chosen, "season": season, "forecast": forecast_theta(fit, HORIZON)["mean"]}


def forms(values, period):
    """The forms of ETS that fit these values, as (error, trend, season, damped)."""
    for error in "AM":
        for trend, damped in (("N", False), ("A", True), ("A", False)):
            for season in "NAM" if period > 1 else "N":
                if (error == "A" and season == "M") or (min(values) <= 0 and "M" in (error, season)):
                    continue
                yield error, trend, season, damped


def ets(values, period):
    """Each form's -2 log L, and the forecast of the one with the least AICc."""
    fits = {}
    for error, trend, season, damped in forms(values, period):
        fit = etsmodel(values, period, error, trend, season, damped, *OPEN, *(np.array(bound) for bound in BOUNDS), "lik", 3, "both")
        if np.isfinite(fit["aicc"]):
            fits[f"{error},{trend}{'d' if damped else ''},{season}"] = fit
    chosen = min(fits, key=lambda name: fits[name]["aicc"])
    return {
        "objectives": {name: -2 * float(fit["loglik"]) for name, fit in fits.items()},
        "aicc": {name: float(fit["aicc"]) for name, fit in fits.items()},
        "chosen": chosen,
        "forecast": forecast_ets(fits[chosen], HORIZON)["mean"],
    }


def parts(seasons, trend):
    return {"seasons": [season[::STRIDE] for season in seasons], "trend": trend[::STRIDE]}


def decomposition(values, periods):
    """By statsforecast (phases smoothed by constants) with its forecast, and by statsmodels (by lines)."""
    constant = mstl(values, periods)
    names = ["seasonal"] if len(periods) == 1 else [f"seasonal{period}" for period in periods]
    lines = Decomposition(values, periods=periods).fit()
    seasons = np.atleast_2d(lines.seasonal.T)
    return {
        "constant": parts([constant[name].to_numpy() for name in names], constant["trend"].to_numpy()),
        "line": parts(list(seasons), lines.trend),
        "forecast": MSTL(season_length=periods).fit(values).predict(HORIZON)["mean"],
    }


def digits(value):
    """Twelve digits of every number."""
    if isinstance(value, dict):
        return {key: digits(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [digits(item) for item in value]
    return float(f"{value:.12g}") if isinstance(value, (float, np.floating)) else value


def differences(path, new, stored):
    """The places where two results differ."""
    if isinstance(new, dict):
        keys = new.keys() | stored.keys()
        return [line for key in sorted(keys) for line in differences(f"{path}.{key}", new.get(key), stored.get(key))]
    if isinstance(new, list):
        return [line for at, (a, b) in enumerate(zip(new, stored, strict=True)) for line in differences(f"{path}[{at}]", a, b)]
    same = abs(new - stored) <= TOLERANCE * max(abs(stored), 1e-3) if isinstance(new, float) else new == stored
    return [] if same else [f"{path}: {new} for {stored}"]


def main():
    made = {}
    for name, (values, periods) in series().items():
        period = min(periods, default=1)
        made[name] = {"values": values, "periods": periods, "theta": theta(values, period), "ets": ets(values, period)}
        if periods and 2 * max(periods) < len(values):
            made[name]["mstl"] = decomposition(values, periods)
        print(f"{name}: {made[name]['theta']['chosen']}, ETS({made[name]['ets']['chosen']})", flush=True)
    result = digits({
        "versions": {"statsforecast": statsforecast.__version__, "statsmodels": statsmodels.__version__, "numpy": np.__version__},
        "python": platform.python_version(),
        "horizon": HORIZON,
        "stride": STRIDE,
        "series": made,
    })
    if "--check" in sys.argv:
        found = differences("", result["series"], json.loads(OUTPUT.read_text())["series"])
        print("\n".join(found) or "all as stored")
        sys.exit(bool(found))
    # A line for each series keeps changes readable.
    head = {key: value for key, value in result.items() if key != "series"}
    lines = [f"{json.dumps(name)}: {json.dumps(value, separators=(',', ':'))}" for name, value in result["series"].items()]
    OUTPUT.write_text(json.dumps(head)[:-1] + ', "series": {\n' + ",\n".join(lines) + "\n}}\n")
    print(f"{OUTPUT.name}: {OUTPUT.stat().st_size} bytes")


if __name__ == "__main__":
    main()
