"""How well statsforecast forecasts public series: automatic ETS, theta and ARIMA, MSTL, and the last season repeated.

    python forecasts.py FOLDER            completes tests/reference/forecasts.json
    python forecasts.py FOLDER --check    makes some series anew and compares with the stored numbers instead

FOLDER holds the files of SETS, JSON that maps a series' name to {"x": past, "xx": the values that came}. Their values are not
stored, errors are. A method that is missing for a series is made; stop the script when you like and start it again. Everything takes
about an hour on one core, most of it AutoARIMA on hours.
"""

import json
import os
import platform
import sys
import time
import warnings
from pathlib import Path

# One core, before numpy and numba look for more.
os.environ |= {name: "1" for name in ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")}

import numpy as np  # noqa: E402
import statsforecast  # noqa: E402
from statsforecast.models import MSTL, AutoARIMA, AutoETS, AutoTheta, SeasonalNaive  # noqa: E402

OUTPUT = Path(__file__).resolve().parents[2] / "tests" / "reference" / "forecasts.json"
# Seasons in rows, the competition's first, and rows to forecast.
SETS = {
    "tourism_quarterly": {"seasons": [4], "horizon": 8},
    "m3_monthly": {"seasons": [12], "horizon": 18},
    "m4_hourly_odd": {"seasons": [24, 168], "horizon": 48},
}
# AutoARIMA takes up to a minute on one hourly series: it has every 8th.
EVERY = {("m4_hourly_odd", "AutoARIMA"): 8}
METHODS = {
    "SeasonalNaive": lambda seasons: SeasonalNaive(season_length=seasons[0]),
    "AutoTheta": lambda seasons: AutoTheta(season_length=seasons[0]),
    "AutoETS": lambda seasons: AutoETS(season_length=seasons[0]),
    "MSTL": lambda seasons: MSTL(season_length=seasons, trend_forecaster=AutoETS(model="ZZN")),
    "AutoARIMA": lambda seasons: AutoARIMA(season_length=seasons[0]),
}
LEVEL = 80
# Seconds between two writings.
PAUSE = 30
# One series of this many is made anew by --check, and may differ by this share: a search amplifies the last bits.
CHECKED = 50
TOLERANCE = 0.01

warnings.filterwarnings("ignore")


def digits(value, count):
    return float(f"{value:.{count}g}")


def conformal(past, season, mean):
    """The range around the last season repeated: of its errors in the past at each lead, the size that LEVEL % do not exceed."""
    half = []
    for lead in range(len(mean)):
        lag = season * (lead // season + 1)
        errors = np.sort(np.abs(past[lag:] - past[:-lag]))
        half.append(errors[min(int(np.ceil((len(errors) + 1) * LEVEL / 100)), len(errors)) - 1])
    return mean - half, mean + half


def measures(past, came, season, mean, lower, upper):
    """MASE; values that came inside the range; its mean width and interval score (Winkler 1972) in the unit of MASE."""
    scale = np.abs(past[season:] - past[:-season]).mean()
    missed = np.maximum(np.maximum(lower - came, came - upper), 0)
    return (
        np.abs(came - mean).mean() / scale,
        int(((lower <= came) & (came <= upper)).sum()),
        (upper - lower).mean() / scale,
        (upper - lower + 2 / (1 - LEVEL / 100) * missed).mean() / scale,
    )


def forecast(name, method, series):
    """-> measures, seconds of one core"""
    past, came = (np.array(series[key], dtype=float) for key in ("x", "xx"))
    seasons, horizon = SETS[name]["seasons"], SETS[name]["horizon"]
    begin = time.process_time()
    made = METHODS[method](seasons).forecast(past, horizon, level=[LEVEL])
    seconds = time.process_time() - begin
    found = [made[key] for key in ("mean", f"lo-{LEVEL}", f"hi-{LEVEL}")]
    if method == "SeasonalNaive":
        found[1:] = conformal(past, seasons[0], found[0])
    if not np.isfinite(found).all():
        raise ValueError(f"{method} has no number for {name}")
    return measures(past, came, seasons[0], *found), seconds


def cell(name, method, series):
    """What is stored of one method's forecast of a series, and seconds."""
    (mase, inside, width, score), seconds = forecast(name, method, series)
    naive = forecast(name, "SeasonalNaive", series)[0][0]
    # As many digits as still tell whether it is worse than seasonal naive.
    counts = [6] if method == "SeasonalNaive" else [4, 6, 9]
    exact = mase > naive
    kept = next(count for count in counts if (digits(mase, count) > digits(naive, 6)) == exact or count == counts[-1])
    return [digits(mase, kept), inside, digits(width, 3), digits(score, 3)], seconds


def read(folder):
    """-> {set: {series: past and what came}}, series in the order of their numbers"""
    sets = {name: json.loads((Path(folder) / f"{name}.json").read_text()) for name in SETS}
    return {name: dict(sorted(found.items(), key=lambda item: (len(item[0]), item[0]))) for name, found in sets.items()}


def stored(sets):
    """The stored numbers, or none of any series yet."""
    if OUTPUT.exists():
        return json.loads(OUTPUT.read_text())
    head = {"versions": {"statsforecast": statsforecast.__version__, "numpy": np.__version__, "python": platform.python_version()}}
    empty = {
        name: SETS[name] | {"seconds": [0.0] * len(METHODS), "series": {series: [None] * len(METHODS) for series in found}}
        for name, found in sets.items()
    }
    return head | {"level": LEVEL, "methods": list(METHODS), "every": [[*which, every] for which, every in EVERY.items()], "sets": empty}


def write(result):
    """In one step, so that what is stored is whole at any moment; a line for each series."""
    head = {key: value for key, value in result.items() if key != "sets"}
    sets = []
    for name, found in result["sets"].items():
        about = {key: value for key, value in found.items() if key != "series"}
        lines = [f"{json.dumps(series)}:{json.dumps(cells, separators=(',', ':'))}" for series, cells in found["series"].items()]
        sets.append(f"{json.dumps(name)}: {json.dumps(about)[:-1]}, \"series\": {{\n" + ",\n".join(lines) + "\n}}")
    new = OUTPUT.with_suffix(".new")
    new.write_text(json.dumps(head)[:-1] + ', "sets": {\n' + ",\n".join(sets) + "\n}}\n")
    new.replace(OUTPUT)


def complete(sets):
    result = stored(sets)
    written = time.monotonic()
    for at, method in enumerate(METHODS):
        for name, found in sets.items():
            cells = result["sets"][name]["series"]
            missing = [series for series in list(found)[:: EVERY.get((name, method), 1)] if cells[series][at] is None]
            if missing:
                # The first forecast compiles.
                forecast(name, method, found[missing[0]])
            for series in missing:
                cells[series][at], seconds = cell(name, method, found[series])
                result["sets"][name]["seconds"][at] = round(result["sets"][name]["seconds"][at] + seconds, 3)
                if time.monotonic() - written > PAUSE:
                    write(result)
                    written = time.monotonic()
            write(result)
            have = [row[at] for row in cells.values() if row[at]]
            print(f"{name}, {method}: {len(have)} series, mean MASE {np.mean([row[0] for row in have]):.4f}", flush=True)


def check(sets):
    """The places where some series, made anew, differ from what is stored."""
    result = stored(sets)
    differing = 0
    for name, found in sets.items():
        for series in list(found)[::CHECKED]:
            for method, old in zip(METHODS, result["sets"][name]["series"][series], strict=True):
                if old is not None and not np.allclose(cell(name, method, found[series])[0], old, rtol=TOLERANCE):
                    differing += 1
                    print(f"{name}, {series}, {method}: not {old}")
    print(f"{differing} differ from what is stored" if differing else "all as stored")
    sys.exit(bool(differing))


def main():
    if len(sys.argv) < 2:
        sys.exit("name the folder of the series: forecasts.py FOLDER")
    sets = read(sys.argv[1])
    if "--check" in sys.argv:
        check(sets)
    else:
        complete(sets)


if __name__ == "__main__":
    main()
