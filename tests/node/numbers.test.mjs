// The page's function for writing numbers, and its forms: over magnitudes from 1e-9 to 1e12, of both signs, with small ranges on
// large offsets.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { column, count, exact, figure, labels, lossMarks, MISSING, plain, ticks, valuesOf, write } from '../../www/charts/numbers.js';
import { size } from '../../www/views/format.js';

/** @param {string} text @returns {number} */
const parsed = (text) => Number(text.replaceAll(',', '').replaceAll('−', '-'));

/** @param {string} text @returns {number} The value of its last digit's unit. */
function lastDigit(text) {
  const [digits, power = '0'] = text.replaceAll(',', '').replaceAll('−', '-').split('e');
  const point = digits.indexOf('.');
  return 10 ** (Number(power) - (point < 0 ? 0 : digits.length - point - 1));
}

/** Rounding error of arithmetic, as a share of a number. */
const ROUNDING = 4 * Number.EPSILON;

/** @param {string} text @param {number} value */
function assertReadsBack(text, value) {
  assert.match(text, /^−?\d{1,3}(,\d{3})*(\.\d+)?(e−?\d+)?$/, `${value} is written as ${text}`);
  assert.ok(Math.abs(parsed(text) - value) <= lastDigit(text) * 0.5 + ROUNDING * Math.abs(value), `${value} is written as ${text}`);
  assert.ok(parsed(text) !== 0 || !text.startsWith('−'), `${value} is written as ${text}`);
}

// Mulberry32: the same numbers in every run.
let seed = 1;
function random() {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
}

const POWERS = Array.from({ length: 22 }, (_, index) => index - 9);
const edges = POWERS.flatMap((power) => [1, 1.005, 2.5, 9.994, 9.995, 9.999, 9.9999999].map((digits) => Number(`${digits}e${power}`)));
const scattered = Array.from({ length: 4000 }, () => 10 ** (random() * 21 - 9));
const sizes = [...edges, ...scattered];
const numbers = [0, -0, ...sizes, ...sizes.map((size) => -size)];

/** The chart library's marks of an axis: multiples of 1, 2, 2.5 or 5 times a power of ten. @param {number} low @param {number} high @param {number} most */
function marks(low, high, most) {
  const rough = (high - low) / most;
  const power = Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((digit) => Number(`${digit}e${power}`)).find((size) => size >= rough) ?? rough;
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, index) => (first + index) * step);
}

/** Ranges of a column's values: of every size, around zero and on offsets up to a billion times as large. @type {[number, number][]} */
const ranges = [];
for (const power of POWERS)
  for (const offset of [0, 1, 7.3, 1e3, 2e6, 1e9])
    for (const sign of [1, -1]) {
      const spread = (0.5 + random()) * 10 ** power;
      if (offset * spread > 1e12) continue;
      ranges.push([sign * offset * spread - spread / 2, sign * offset * spread + spread / 2], [sign * offset * spread, sign * offset * spread + spread]);
    }

test('a number by itself is read back to within half of its last digit, and as many digits count as were asked for', () => {
  for (const digits of [1, 2, 3, 4]) {
    for (const value of numbers) {
      const text = figure(value, digits);
      assertReadsBack(text, value);
      if (Math.abs(value) > 0 && Math.abs(value) < 99) {
        const counting = text.replace(/e.*|−|\./g, '').replace(/^0+/, '');
        assert.equal(counting.length, digits < 2 && Math.abs(value) >= 9.5 ? counting.length : digits, `${value} is written as ${text}`);
      }
    }
  }
});

test('three digits count once a number is rounded, and no digit before the point is left out', () => {
  const written = { 2.4449: '2.44', 24.44: '24.4', 244.4: '244', 0.024449: '0.0244', 12345.6: '12,346', 9.999: '10.0', 0.9999: '1.00', 99.96: '100', 999.9: '1,000', 1e-7: '1.00e−7', '3.2e12': '3.20e12', '9.9999e-5': '1.00e−4' };
  for (const [value, text] of Object.entries(written)) {
    assert.equal(figure(Number(value)), text);
    assert.equal(figure(-Number(value)), `−${text}`);
  }
  assert.equal(figure(0), '0');
});

test('the labels of an axis are read back exactly, no two are the same, and all have as many decimals', () => {
  for (const [low, high] of ranges) {
    for (const most of [1, 2, 5, 9]) {
      const splits = marks(low, high, most);
      if (!splits.length) continue;
      for (const write of [ticks, labels]) {
        const texts = write(splits);
        const step = splits.length > 1 ? splits[1] - splits[0] : Math.abs(splits[0]) || 1;
        texts.forEach((text, index) => {
          assertReadsBack(text, splits[index]);
          assert.ok(Math.abs(parsed(text) - splits[index]) <= 1e-3 * step + 2 * ROUNDING * Math.abs(splits[index]), `${splits[index]} is written as ${text}`);
        });
        assert.equal(new Set(texts).size, texts.length, `from ${low} to ${high}: ${texts.join(' ')}`);
        // Zero times a power of ten is 0.
        const tails = new Set(texts.filter((text) => text !== '0' || !texts.some((other) => other.includes('e'))).map((text) => `${/\.(\d+)/.exec(text)?.[1].length ?? 0} ${/e.*/.exec(text)?.[0] ?? ''}`));
        assert.equal(tails.size, 1, `from ${low} to ${high}: ${texts.join(' ')}`);
        assert.ok(texts.every((text) => text.length <= 24), `from ${low} to ${high}: ${texts.join(' ')}`);
      }
    }
  }
});

test('an axis from 0 to 250 says so, and a billion with a spread of five tells its marks apart', () => {
  assert.deepEqual(ticks([0, 50, 100, 150, 200, 250]), ['0', '50', '100', '150', '200', '250']);
  assert.deepEqual(ticks([-1, -0.5, 0, 0.5, 1]), ['−1.0', '−0.5', '0.0', '0.5', '1.0']);
  assert.deepEqual(ticks([1e9, 1e9 + 2, 1e9 + 4]), ['1,000,000,000', '1,000,000,002', '1,000,000,004']);
  assert.deepEqual(ticks([0, 5e-10, 1e-9]), ['0', '0.5e−9', '1.0e−9']);
  assert.deepEqual(ticks([0, 2e11, 1e12]), ['0', '0.2e12', '1.0e12']);
  assert.deepEqual(ticks([0.1 + 0.2, 0.4, null, 0.5]), ['0.3', '0.4', '', '0.5']);
  assert.deepEqual(ticks([0]), ['0']);
  assert.deepEqual(ticks([]), []);
  assert.deepEqual(labels([0.05, 0.1, 1, 20]), ['0.05', '0.1', '1', '20']);
  assert.deepEqual(labels([0.5012, 0.5014, 0.5016]), ['0.5012', '0.5014', '0.5016']);
});

test('the axis of a loss has a few marks between any two losses, round ones, and no two labels of it are the same', () => {
  for (const power of POWERS) {
    for (const factor of [1.0001, 1.02, 1.25, 3.9, 4.1, 30, 1e3, 1e6, 1e12]) {
      const low = (1 + random()) * 10 ** power;
      const found = lossMarks(low, low * factor, 5);
      assert.ok(found.length >= 1 && found.length <= 6, `from ${low} by ${factor}: ${found.join(' ')}`);
      assert.ok(found.every((value) => value >= low * (1 - 1e-9) && value <= low * factor * (1 + 1e-9)), `from ${low} by ${factor}: ${found.join(' ')}`);
      const texts = labels(found);
      texts.forEach((text, index) => assert.ok(Math.abs(parsed(text) - found[index]) <= 1e-8 * found[index]));
      assert.equal(new Set(texts).size, texts.length, texts.join(' '));
    }
  }
  assert.deepEqual(labels(lossMarks(0.04, 11, 5)), ['0.1', '1', '10']);
  assert.deepEqual(labels(lossMarks(0.4, 2.2, 5)), ['0.5', '0.7', '1', '1.5', '2']);
});

test('values of a column are read back, have as many decimals, and a hundredth of its range is seen', () => {
  for (const [min, max] of ranges) {
    const write = valuesOf({ min, max });
    const values = Array.from({ length: 11 }, (_, index) => min + (index / 10) * (max - min));
    for (const value of values) assertReadsBack(write(value), value);
    const seen = max - min > 100 * Number.EPSILON * Math.max(Math.abs(min), Math.abs(max));
    assert.ok(!seen || write(min + 0.01 * (max - min)) !== write(min), `from ${min} to ${max}: ${write(min)}`);
    assert.ok(!seen || max === 0 || lastDigit(write(max)) <= (max - min) / 100, `from ${min} to ${max}: ${write(max)}`);
  }
  assert.equal(valuesOf({ min: 0, max: 250 })(100), '100');
  assert.equal(valuesOf({ min: 1e9, max: 1e9 + 5 })(1e9 + 2.5), '1,000,000,002.50');
  assert.equal(valuesOf({ min: 5, max: 5 })(5), '5.00');
  assert.equal(valuesOf({ min: 0, max: 1 })(-1e-9), '0.000');
  assert.equal(valuesOf({ min: 0, max: 1 })(1e30), '1.00e30');
  assert.equal(valuesOf({ min: 0, max: 1e-9 })(5), '5.00');
  for (const odd of [undefined, {}, { min: NaN, max: NaN }, { min: 0, max: 0 }, { min: -Infinity, max: Infinity }]) assertReadsBack(valuesOf(/** @type {any} */ (odd))(0.25), 0.25);
});

test('a column of errors has as many decimals in all its rows, and its least is not rounded away', () => {
  for (const power of POWERS) {
    for (const ratio of [1, 3.7, 40, 999]) {
      const values = [ratio * 10 ** power, 10 ** power, 1.5 * 10 ** power];
      const texts = values.map(column(values));
      texts.forEach((text, index) => assertReadsBack(text, values[index]));
      assert.ok(texts.every((text) => parsed(text) > 0), texts.join(' '));
      assert.equal(new Set(texts.map((text) => lastDigit(text))).size, 1, texts.join(' '));
    }
  }
  assert.deepEqual([9.999, 4.2].map(column([9.999, 4.2])), ['10.0', '4.2']);
  assert.deepEqual([0.524, 310].map(column([0.524, 310])), ['0.52', '310.00']);
  assert.equal(column([])(0), '0.00');
  assert.equal(column([NaN, Infinity])(NaN), MISSING);
});

test('a bound is as short as it can be, and exact', () => {
  for (const value of [0, 1e-6, 1.5e-5, 1e-4, 0.001, 0.1 + 0.2, 1, 24, 1000, 123456, 1e9, 4294967295]) {
    assert.ok(Math.abs(parsed(plain(value)) - value) <= 1e-8 * value, `${value} is written as ${plain(value)}`);
    assert.doesNotMatch(plain(value), /\.\d*0(e|$)/);
  }
  assert.deepEqual([1.5e-5, 0.001, 1000, 1e9, 4294967295, 2 ** 53 - 1].map(plain), ['1.5e−5', '0.001', '1,000', '1e9', '4,294,967,295', '9.007199254740991e15']);
});

test('what a program reads is the number itself, and nothing where there is none', () => {
  for (const value of numbers) assert.equal(Number(exact(value)), value === 0 ? 0 : value);
  assert.equal(exact(-0), '0');
  assert.deepEqual([NaN, Infinity, null, undefined].map(exact), ['', '', '', '']);
});

test('nothing else on the page turns a number into digits, or takes zeros away by a pattern', () => {
  const www = fileURLToPath(new URL('../../www/', import.meta.url));
  const files = readdirSync(www, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.js') && !file.startsWith('vendor'));
  assert.ok(files.length > 50);
  for (const file of files) {
    const lines = readFileSync(path.join(www, file), 'utf8').split('\n');
    lines.forEach((line, index) => {
      if (file === path.join('charts', 'numbers.js')) return;
      assert.doesNotMatch(line, /toFixed|toExponential|toLocaleString|NumberFormat|replace\w*\([^)]*0[+*?]|toPrecision\(\d\)\.replace/, `www/${file}:${index + 1}`);
    });
  }
});

test('there is no number in –, and none is minus zero', () => {
  for (const none of [NaN, Infinity, -Infinity, null, undefined])
    for (const write of [count, figure, valuesOf({ min: 0, max: 9 }), column([1])]) assert.equal(write(/** @type {any} */ (none)), MISSING);
  assert.equal(count(-0), '0');
  assert.equal(write(-0.4), '0');
  assert.equal(count(1234567), '1,234,567');
});

test('a size is written in the unit that leaves it a short number', () => {
  const sizes = [[12, '12 bytes'], [2048, '2 kB'], [1.5 * 1024 ** 2, '1.5 MB'], [295e3 * 1024 ** 2, '288.1 GB']];
  for (const [bytes, text] of sizes) assert.equal(size(/** @type {number} */ (bytes)), text);
});
