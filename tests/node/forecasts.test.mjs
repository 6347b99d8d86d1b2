// The stored forecast errors of statsforecast (scripts/reference/forecasts.py): whole, possible, as its README says, and as found
// before on some of the same series by a script of its own.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

/** MASE, values inside the range, its width and its interval score. @typedef {[number, number, number, number]} Cell */
/** @typedef {{ seasons: number[], horizon: number, seconds: number[], series: Record<string, (Cell | null)[]> }} Stored */
/** @type {{ level: number, methods: string[], every: [string, string, number][], sets: Record<string, Stored> }} */
const { level, methods, every, sets } = JSON.parse(readFileSync(new URL('../reference/forecasts.json', import.meta.url), 'utf8'));
const readme = readFileSync(new URL('../reference/README.md', import.meta.url), 'utf8');

/**
 * How many series the files hold, and mean MASE of every n-th of them, from the middle of the first n on, as another script measured it.
 * AutoARIMA is missing: that script limited its orders, and did not keep how.
 */
const BEFORE = /** @type {Record<string, { series: number, nth: number, means: Record<string, number> }>} */ ({
  m4_hourly_odd: { series: 207, nth: 2, means: { SeasonalNaive: 1.147, MSTL: 0.996, AutoETS: 1.575, AutoTheta: 2.379 } },
  m3_monthly: { series: 1428, nth: 10, means: { SeasonalNaive: 1.168, AutoTheta: 0.85, AutoETS: 0.855, MSTL: 0.867 } },
  tourism_quarterly: { series: 427, nth: 4, means: { SeasonalNaive: 1.705, AutoTheta: 1.579, AutoETS: 1.591, MSTL: 1.605 } },
});
/** Those means have three decimals. */
const ROUNDING = 0.0005 + 1e-9;

/** @param {number[]} values */
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** @param {number[]} values */
function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
}

/** A method's column: one cell a series. @param {string} set @param {string} method @returns {(Cell | null)[]} */
const column = (set, method) => Object.values(sets[set].series).map((row) => row[methods.indexOf(method)]);

/** @param {Cell | null} cell @returns {number} */
const mase = (cell) => cell?.[0] ?? Number.NaN;

test('every set of series is there', () => {
  assert.deepEqual(Object.keys(sets).sort(), Object.keys(BEFORE).sort());
});

for (const [set, { series, nth, means }] of Object.entries(BEFORE)) {
  test(`${set}: every method has its series, and each number is one that a forecast can have`, (t) => {
    const { horizon, series: rows } = sets[set];
    assert.equal(Object.keys(rows).length, series);
    for (const method of methods) {
      const step = every.find(([ofSet, ofMethod]) => ofSet === set && ofMethod === method)?.[2] ?? 1;
      const cells = column(set, method);
      const found = cells.flatMap((cell, at) => (at % step === 0 ? [cell] : []));
      t.diagnostic(`${method}: ${cells.filter((cell) => cell).length} of ${series} series`);
      assert.equal(found.filter((cell) => !cell).length, 0, `${method} misses series; run scripts/reference/forecasts.py again`);
      for (const [mase, inside, width, score] of /** @type {Cell[]} */ (cells.filter((cell) => cell))) {
        assert.ok(mase >= 0 && Number.isInteger(inside) && inside >= 0 && inside <= horizon && width >= 0, `${method}: ${mase}, ${inside}, ${width}`);
        // The score adds to the width what lies outside, and nothing where all lies inside.
        assert.ok(inside === horizon ? score === width : score >= width, `${method}: ${score} for ${width} with ${inside} inside`);
      }
    }
  });

  test(`${set}: means over one series of ${nth} are those measured before`, () => {
    for (const [method, before] of Object.entries(means)) {
      const found = mean(column(set, method).flatMap((cell, at) => (at % nth === Math.floor(nth / 2) ? [mase(cell)] : [])));
      assert.ok(Math.abs(found - before) <= ROUNDING, `${method}: ${found.toFixed(4)} for ${before}`);
    }
  });

  test(`${set}: the README's table has the stored numbers`, () => {
    for (const method of methods) {
      const pairs = Object.values(sets[set].series).map((row) => [row[methods.indexOf(method)], row[methods.indexOf('SeasonalNaive')]]);
      const found = /** @type {[Cell, Cell][]} */ (pairs.filter(([cell]) => cell));
      const of = (/** @type {number} */ place) => found.map(([cell]) => cell[place]);
      const worse = found.filter(([cell, naive]) => cell[0] > naive[0]).length;
      const cells = [
        ...[set, method, found.length, mean(of(0)).toFixed(3), median(of(0)).toFixed(3), `${((100 * worse) / found.length).toFixed(1)} %`],
        ...[`${((100 * mean(of(1))) / sets[set].horizon).toFixed(1)} %`, mean(of(2)).toFixed(2), mean(of(3)).toFixed(2)],
        (sets[set].seconds[methods.indexOf(method)] / found.length).toPrecision(2),
      ];
      const line = `| ${cells.join(' | ')} |`;
      assert.ok(readme.includes(line), `tests/reference/README.md: ${line}`);
    }
  });

  test(`${set}: ranges of ${level} % hold some of the values that came, and not all`, (t) => {
    for (const method of methods) {
      const cells = /** @type {Cell[]} */ (column(set, method).filter((cell) => cell));
      const share = mean(cells.map(([, inside]) => inside)) / sets[set].horizon;
      t.diagnostic(`${method}: ${(100 * share).toFixed(1)} %`);
      assert.ok(share > 0.5 && share < 0.99, `${method}: ${share}`);
    }
  });
}
