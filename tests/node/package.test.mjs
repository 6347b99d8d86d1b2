// The package without the page, in Node: all uses of it, on the first sample.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { builds } from '../../pkg/builds.js';
import * as unrolled from './package.mjs';
import { forms, hashOfTraining } from './shared.mjs';

const { catalog, jfk, parts, Series, Session, small, table, thrown, trainToTheEnd } = unrolled;

const HOUR = 3_600_000;
test('the package says of itself what is in it', () => {
  assert.deepEqual(builds, ['plain', 'relaxed']);
  const files = readdirSync(new URL('../../pkg/', import.meta.url));
  const about = JSON.parse(String(unrolled.read('pkg/package.json')));
  for (const file of [about.main, about.types, 'unrolled_bg.wasm', 'unrolled_relaxed_bg.wasm', 'unrolled_bg.wasm.d.ts']) assert.ok(files.includes(file), file);
  assert.deepEqual([about.name, about.version, about.type], ['unrolled', catalog().version, 'module']);
});

test('the catalog names every knob once, with words, bounds and a default within them', () => {
  const { version, automatic, architectures, knobs, presets } = catalog();
  assert.match(version, /^\d+\.\d+\.\d+$/);
  const keys = knobs.map((knob) => knob.key);
  assert.equal(new Set(keys).size, keys.length, 'no key twice');
  const groups = ['data', 'window', 'model', 'initialisation', 'training'];
  for (const { key, label, help, unit, source, group, kind, default: value, basic, when } of knobs) {
    assert.match(key, /^[a-z_]+$/);
    assert.ok(label && help.endsWith('.'), `${key} has a label and help in sentences`);
    assert.ok(typeof unit === 'string' && typeof source === 'string' && typeof basic === 'boolean' && groups.includes(group), key);
    if (kind.type === 'integer' || kind.type === 'number') {
      assert.ok(kind.min < kind.max && typeof value === 'number' && value >= kind.min && value <= kind.max, `${key}: ${value}`);
      if (kind.type === 'integer') assert.ok([kind.min, kind.max, value].every(Number.isSafeInteger), key);
      else assert.ok(!kind.log || kind.min > 0, `${key}: a logarithmic slider starts above zero`);
    } else if (kind.type === 'choice') {
      const values = kind.options.map((option) => option.value);
      assert.equal(new Set(values).size, values.length, key);
      assert.ok(values.includes(String(value)), `${key}: ${value}`);
      for (const option of kind.options) assert.ok(option.label && option.help, `${key}: ${option.value}`);
    } else {
      assert.equal(typeof value, kind.type === 'flag' ? 'boolean' : 'string', key);
    }
    if (when) {
      const other = knobs.find((knob) => knob.key === when[0]);
      assert.ok(other?.kind.type === 'choice', `${key} depends on a choice`);
      for (const wanted of when[1]) assert.ok(other.kind.options.some((option) => option.value === wanted), `${key}: ${wanted}`);
    }
  }

  assert.ok(architectures.length >= 3);
  const shared = new Set(architectures.flatMap((architecture) => architecture.knobs));
  for (const { id, label, summary, source, equations, knobs: own } of architectures) {
    assert.ok(label && summary && source && equations.includes('<math'), id);
    assert.equal(new Set(own).size, own.length, `${id} names no knob twice`);
    for (const key of own) assert.ok(keys.includes(key), `${id} reads ${key}, which is in the catalog`);
  }
  for (const { key, group } of knobs) {
    const model = group === 'model' || group === 'initialisation' || group === 'window';
    assert.ok(!model || key === 'architecture' || shared.has(key), `${key} belongs to some architecture`);
  }
  const choice = knobs.find((knob) => knob.key === 'architecture')?.kind;
  assert.deepEqual(choice?.type === 'choice' && choice.options.map((option) => option.value), [automatic.id, ...architectures.map(({ id }) => id)]);
});

test('every preset and every architecture is a model', () => {
  const { architectures, presets } = catalog();
  const session = new Session(parts());
  for (const { id, label, help, settings } of presets) {
    assert.ok(label && help, id);
    const configured = session.configure(settings);
    for (const [key, value] of Object.entries(settings)) if (value !== 0) assert.equal(configured.settings[key], value, `${id}: ${key}`);
  }
  for (const { id } of architectures) {
    const { parameters, equations } = session.configure({ ...small, architecture: id });
    assert.ok(equations.includes('<math'), id);
    const counted = parameters.rows.reduce((sum, row) => sum + row.count, 0);
    assert.equal(counted, parameters.total, `${id}: the rows add up`);
    for (const { name, shape, count } of parameters.rows) assert.equal(shape.reduce((a, b) => a * b), count, name);
    // The formula is arithmetic with names in brackets: 64·(24 + 1) (segments) + …
    const said = parameters.formula.replace(/\((?![\d\s·+]+\))[^)]*\)/g, '').replace(/·/g, '*');
    assert.equal(Function(`return ${said}`)(), parameters.total, `${id}: ${parameters.formula}`);
    assert.equal(session.current_weights().length, parameters.total);
    // Only recurrent layers have a second bias.
    const second = parameters.rows.filter(({ name }) => name.includes('bias_hh')).reduce((sum, row) => sum + row.count, 0);
    assert.equal(parameters.total_one_bias, parameters.total - second, id);
  }
});

test('a file in pieces of any size is the same table', () => {
  const whole = table(jfk);
  const { rows, bytes, encoding, delimiter, header, time, columns, suggested_target: target, notes } = whole.understood();
  assert.deepEqual({ rows, bytes, encoding, delimiter, header, target, notes }, { rows: 8730, bytes: jfk.length, encoding: 'utf-8', delimiter: ',', header: true, target: 'temp_c', notes: [] });
  assert.deepEqual(time?.columns, ['time_utc']);
  assert.ok(time?.utc);
  assert.deepEqual(columns.map(({ name, kind }) => [name, kind]), [['time_utc', 'time'], ['temp_c', 'number'], ['filled', 'number']]);
  assert.deepEqual(whole.preview(0, 2), [['2013-01-01T06:00:00Z', '3.9', '0'], ['2013-01-01T07:00:00Z', '3.9', '0']]);
  for (const chunk of [1009, 65_536]) {
    const pieces = table(jfk, chunk);
    assert.deepEqual(pieces.understood(), whole.understood(), `pieces of ${chunk}`);
    assert.deepEqual(pieces.series().to_parts(), whole.series().to_parts(), `pieces of ${chunk}`);
  }
});

test('decimals of any length are read to the last bit', () => {
  // Quotients of 64-bit integers, and numbers for the platform's reader: more digits, smaller exponents.
  const texts = ['21.489999771118164', '0.1', '-0.30000000000000004', '123456789.12345678901234567890', '1.2345678901234567e20', '2.5e-30', '9007199254740993', '9007199254740992.5', '-4.9406564584124654e-324', '1e22', '1e23', '3.14159265358979323846264338327950288'];
  const text = `value\n${texts.join('\n')}\n`;
  assert.deepEqual([...table(new TextEncoder().encode(text)).series().column(0)], texts.map(Number));
});

test('the series is regular, knows its times, and says what fits it', () => {
  const series = table(jfk).series();
  const about = series.about();
  const first = Date.UTC(2013, 0, 1, 6);
  assert.deepEqual([about.start, about.step, about.step_label, about.length, about.utc, about.gap_count], [first, { unit: 'milliseconds', count: HOUR }, 'hour', 8730, true, 0]);
  const times = series.times();
  assert.ok(times.length === 8730 && times.every((time, row) => time === first + row * HOUR));
  assert.equal(about.end, times.at(-1));
  assert.deepEqual([...series.column(0).subarray(0, 3)], [3.9, 3.9, 4.4]);
  const { season, window, horizon, gaps, why } = series.suggest('temp_c');
  assert.deepEqual([season, window, horizon, gaps], [24, 168, 24, 'leave']);
  assert.ok(why);
  assert.deepEqual(table(jfk).series({ columns: ['temp_c'] }).about().names, ['temp_c']);
});

test('a series goes to another worker as plain data and back', () => {
  const there = structuredClone(parts());
  const back = Series.from_parts(there);
  assert.deepEqual(back.to_parts(), there);
  assert.deepEqual(back.suggest('temp_c'), table(jfk).series().suggest('temp_c'));
});

test('what stands for a missing value, and what fits a column, is settled by the training part of a split', () => {
  // -999 occurs twice, at rows 400 and 450; a wave of 24 hours becomes one of 31 at row 300.
  const cell = (/** @type {number} */ row) => (row === 400 || row === 450 ? -999 : 10 * Math.sin((row / (row < 300 ? 24 : 31)) * 2 * Math.PI));
  const rows = Array.from({ length: 1000 }, (_, row) => `${new Date(Date.UTC(2013, 0, 1, row)).toISOString()},${cell(row)}`);
  const series = table(new TextEncoder().encode(`time,v\n${rows.join('\n')}\n`)).series();
  const there = structuredClone(series.to_parts());
  assert.deepEqual([...(there.sentinels?.aside ?? [])], [0, 400, -999, 0, 450, -999]);
  assert.ok(Number.isNaN(there.columns[0][400]));
  assert.deepEqual(Series.from_parts(there).to_parts(), there);
  const session = new Session(there);
  const early = session.configure({ split: '300, 500, 1000', hidden: 4, window: 24, horizon: 4 });
  assert.match(early.notes.join(), /does not show that -999 stands for “no value”/);
  assert.equal(early.season, 24);
  assert.deepEqual(session.configure({ hidden: 4, window: 24, horizon: 4 }).notes, []);
  assert.equal(series.suggest('v', '300, 500, 1000').season, 24);
  assert.equal(thrown(() => series.suggest('v', 'half')).knob, 'split');
  for (const sentinels of [
    { said: [], aside: new Float64Array([0, 1000, 1]) },
    { said: [], aside: new Float64Array([NaN, 5, 1]) },
    { said: [], aside: new Float64Array([0, 0.5, 1]) },
    { said: [-999, 'none'], aside: new Float64Array() },
  ])
    assert.equal(thrown(() => Series.from_parts(/** @type {any} */ ({ ...there, sentinels }))).code, 'not-ready');
});

test('configure, train, watch, judge, forecast', () => {
  const session = new Session(parts());
  assert.equal(session.configured(), null);
  const configured = session.configure(small);
  assert.deepEqual(session.configured(), configured);
  assert.deepEqual([configured.target, configured.season, configured.window, configured.horizon, configured.segment], ['temp_c', 24, 48, 12, 24]);
  const { train, validation, test: last } = configured.split;
  assert.deepEqual([train.from, train.to, validation.from, validation.to, last.from, last.to], [0, 6111, 6111, 6984, 6984, 8730]);
  assert.equal(last.last, Date.UTC(2013, 11, 30, 23));
  // Training windows lie in the training part; a test window's past may reach back before the test part.
  assert.deepEqual(configured.windows, { train: 6111 - 59, validation: 873 - 11, test: 1746 - 11 });
  assert.equal(configured.steps_per_epoch, Math.ceil(configured.windows.train / 64));

  assert.equal(session.progress().state, 'ready');
  const once = session.train(0);
  assert.deepEqual([once.state, once.step], ['running', 1], 'at least one step');
  const end = trainToTheEnd(session);
  assert.deepEqual([end.step, end.steps_per_epoch, end.epoch], [2 * configured.steps_per_epoch, configured.steps_per_epoch, 2]);
  assert.ok(end.why && end.best && end.best.epoch >= 1 && end.gradient_norm > 0);
  assert.deepEqual(session.train(100), end, 'nothing more is done');

  const history = session.history(0);
  assert.deepEqual(history.map(({ epoch, step }) => [epoch, step]), [[1, configured.steps_per_epoch], [2, end.step]]);
  assert.deepEqual(session.history(1), history.slice(1));
  assert.deepEqual(session.history(9), []);
  assert.ok(history[1].train < history[0].train && history.every(({ validation: loss, naive_validation: naive }) => loss > 0 && naive > 0));
  assert.equal(end.best.validation, Math.min(...history.map(({ validation: loss }) => loss)));

  for (const part of /** @type {const} */ (['validation', 'test'])) {
    const judged = session.evaluate(part);
    assert.deepEqual([judged.part, judged.windows, judged.horizon, judged.unit], [part, configured.windows[part], 12, '°C']);
    assert.deepEqual(judged.rows.slice(0, 3).map(({ id }) => id), ['model', 'last', 'seasonal']);
    assert.ok(judged.rows.some(({ id }) => id === 'ridge') && judged.sentence.includes('°C'));
    for (const { id, mae, rmse, mase, per_step_mae: each, per_step_rmse: squares } of judged.rows) {
      assert.ok(mae > 0 && mae <= rmse && (mase ?? 0) > 0, id);
      assert.ok(each.length === 12 && squares.length === 12, id);
      assert.ok(Math.abs(each.reduce((a, b) => a + b) / 12 - mae) < 1e-9, `${id}: the mean of the steps is the whole`);
    }

    const { times, predicted, actual } = session.predictions(part, 1);
    const rows = configured.split[part];
    assert.equal(times.length, rows.to - rows.from);
    assert.deepEqual([times[0], times.at(-1)], [rows.first, rows.last]);
    const errors = [...predicted].map((value, row) => Math.abs(value - actual[row])).filter((error) => !Number.isNaN(error));
    assert.equal(errors.length, rows.to - rows.from, 'of every row');
    // The scored windows begin with the first rows; the last rows are the first step of none of them.
    const mean = errors.slice(0, judged.windows).reduce((a, b) => a + b) / judged.windows;
    assert.ok(Math.abs(mean - judged.rows[0].per_step_mae[0]) < 1e-9, 'the predictions are what was judged');
  }
  session.evaluate('test');
  assert.equal(session.evaluate('test').scored_times, 1, 'asking again scores nothing anew');

  const forecast = session.forecast(30);
  const lastTime = Date.UTC(2013, 11, 30, 23);
  assert.deepEqual([...forecast.times], Array.from({ length: 30 }, (_, k) => lastTime + (k + 1) * HOUR), 'it begins an hour after the last row');
  const { lower, upper } = forecast;
  assert.ok(lower instanceof Float64Array && upper instanceof Float64Array);
  for (let k = 0; k < 12; k++) assert.ok(lower[k] < forecast.values[k] && forecast.values[k] < upper[k], `step ${k}`);
  for (let k = 12; k < 30; k++) assert.ok(Number.isNaN(lower[k]) && Number.isNaN(upper[k]), `step ${k}: no errors were seen so far ahead`);
  // The nominal level, and the coverage on the test part.
  const { range, targets } = session.evaluate('test');
  assert.deepEqual([forecast.level, forecast.no_range, forecast.measured], [0.8, '', [range]]);
  assert.deepEqual([targets[0].range, range?.level, range?.windows], [range, 0.8, configured.windows.test]);
  assert.ok(range && range.coverage > 0 && range.coverage < 1 && range.width > 0 && range.score > range.width);
  assert.deepEqual(targets[0].ranges.map(({ id, level, per_step_score: { length } }) => [id, level, length]), ['model', 'seasonal'].flatMap((id) => [0.5, 0.8, 0.95].map((level) => [id, level, 12])));
  assert.deepEqual(forecast.levels, [0.5, 0.8, 0.95]);
  assert.deepEqual([forecast.lowers.subarray(30, 60), forecast.uppers.subarray(30, 60)], [lower, upper]);
  for (let k = 0; k < 12; k++) assert.ok(forecast.lowers[60 + k] < lower[k] && lower[k] < forecast.lowers[k] && forecast.uppers[k] < upper[k] && upper[k] < forecast.uppers[60 + k], `step ${k}`);
  assert.equal(session.evaluate('validation').range, null);
  // The upper bound of 80 % is crossed with a chance of 10 %.
  const crossing = session.crossing(upper[11], 'temp_c');
  assert.ok(Math.abs(crossing.above[11] - 0.1) < 1e-3 && (crossing.ever_above ?? 0) >= Math.max(...crossing.above), JSON.stringify(crossing));
  assert.match(crossing.sentence, /^The chance that temp_c is above .* at step 12 is 10 %\./);
  assert.match(forecast.note, /Beyond 12 steps/);
  assert.deepEqual(session.forecast(12).values, forecast.values.slice(0, 12));
});

test('a model with too few past forecasts has no range, and says why', () => {
  const session = new Session(parts());
  const rows = parts().axis.len;
  const { windows } = session.configure({ ...small, horizon: 2, split: `${rows - 8}, ${rows - 4}, ${rows}` });
  assert.deepEqual([windows.validation, windows.test], [3, 3]);
  trainToTheEnd(session);
  session.evaluate('test');
  const { values, lower, upper, levels, lowers, no_range: why, measured } = session.forecast(2);
  assert.deepEqual([values.length, lower, upper, levels, lowers.length, measured], [2, null, null, [], 0, []]);
  assert.match(why, /at least 9 past forecasts .*, and there are 8/);
});

test('one window of the test part, and where it lies', () => {
  const session = new Session(parts());
  const { window, horizon, windows, split } = session.configure(small);
  session.step();
  const column = parts().columns[0];
  for (const index of [0, windows.test - 1]) {
    const { origin, count, past_times: before, past, future_times: after, actual, predicted } = session.sample(index);
    assert.deepEqual([origin, count], [split.test.from + index, windows.test]);
    assert.deepEqual([past.length, before.length, after.length, actual.length, predicted.length], [window, window, horizon, horizon, horizon]);
    assert.equal(after[0] - /** @type {number} */ (before.at(-1)), HOUR);
    assert.equal(after[0], Date.UTC(2013, 0, 1, 6) + origin * HOUR);
    for (let k = 0; k < window; k++) assert.ok(Math.abs(past[k] - column[origin - window + k]) < 1e-5);
    for (let k = 0; k < horizon; k++) assert.ok(Math.abs(actual[k] - column[origin + k]) < 1e-5);
  }
});

test('what goes on inside every architecture, and the gradient through time', () => {
  for (const { id } of catalog().architectures) {
    const session = new Session(parts());
    const { window, horizon, windows } = session.configure({ ...small, architecture: id });
    session.step();
    const weights = session.current_weights();
    const { origin, count, times, past, probes } = session.probes();
    assert.deepEqual([count, times.length, past.length], [windows.test, window + horizon, window], id);
    assert.equal(origin, parts().axis.len);
    probes.forEach((about, index) => {
      const values = session.probe(index);
      assert.ok(values instanceof Float32Array);
      assert.equal(values.length, about.rows * about.columns, `${id}: ${about.label}`);
      const [least, most] = { unit: [0, 1], signed: [-1, 1], positive: [0, Infinity], free: [-Infinity, Infinity] }[about.bounds];
      assert.ok(values.every((value) => value >= least && value <= most), `${id}: ${about.label}`);
      const sorted = values.slice().sort();
      assert.deepEqual([about.least, about.most], [sorted[0], sorted[sorted.length - 1]], `${id}: ${about.label}`);
      const sizes = values.map(Math.abs).sort();
      const beyond = sizes.filter((size) => size > about.reach).length;
      assert.ok(sizes.includes(about.reach) && beyond <= (about.kind === 'looks' ? Math.ceil(0.02 * sizes.length) : 0), `${id}: ${about.label}`);
    });
    const names = (/** @type {typeof probes} */ all) => all.map(({ least: _, most: __, reach: ___, ...about }) => about);
    assert.deepEqual(names(session.probes(count - 1).probes), names(probes), 'every window has the same');
    if (probes.length) assert.notDeepEqual(session.probe(0, 0), session.probe(0, count - 1), 'and other values');
    const { traces, matrices, windows: averaged, loss, sentence } = session.gradients();
    assert.ok(averaged > 1 && loss > 0 && sentence.endsWith('.'), `${id}: ${sentence}`);
    assert.ok(traces.length > 0 && traces.every(({ norms, first, stride }) => first + norms.length * stride <= window + horizon), id);
    assert.ok(traces.every(({ norms }) => norms.some((norm) => norm > 0) && norms.every(Number.isFinite)), id);
    for (const { norms, ratio, backwards } of traces) {
      const [first, last] = backwards ? [norms[norms.length - 1], norms[0]] : [norms[0], norms[norms.length - 1]];
      assert.ok(last > 0 ? ratio === first / last : Number.isNaN(ratio), id);
    }
    for (const { spectral, frobenius } of matrices) assert.ok(0 < spectral && spectral <= frobenius * (1 + 1e-6), id);
    assert.deepEqual(session.current_weights(), weights, 'looking changes nothing');
    assert.equal(thrown(() => session.probe(probes.length)).code, 'not-ready');
    assert.equal(thrown(() => session.probes(count)).code, 'not-ready');
    session.free();
  }
});

for (const form of forms(catalog())) {
  test(`${Object.values(form).join(', ')} beats the last value after a few epochs`, () => {
    const session = new Session(parts());
    session.configure({ ...small, ...form, hidden: 16, layers: 1, dropout: 0, epochs: 4, learning_rate: 0.003 });
    trainToTheEnd(session);
    const { rows, sentence } = session.evaluate('test');
    const mae = (/** @type {string} */ wanted) => /** @type {number} */ (rows.find(({ id }) => id === wanted)?.mae);
    assert.ok(mae('model') < 0.95 * mae('last'), sentence);
  });
}

test('a saved model forecasts the same in a fresh session', () => {
  const session = new Session(parts());
  session.configure({ ...small, architecture: 'gru', gru_form: 'before', highway: true, calendar: true });
  trainToTheEnd(session);
  const bytes = session.save();
  const again = new Session(parts());
  const configured = again.load(bytes);
  assert.deepEqual(configured.settings, session.configured()?.settings);
  assert.deepEqual(again.weights(), session.weights());
  assert.deepEqual(again.forecast(40), session.forecast(40));
  assert.deepEqual(again.evaluate('test').rows, session.evaluate('test').rows);
  assert.equal(again.progress().state, 'finished');

  const header = headerOf(bytes);
  assert.deepEqual(header['rnn.weight_hh_l0'].shape, [24, 8]);
  const about = JSON.parse(header.__metadata__.unrolled);
  assert.deepEqual([about.version, about.best[0], about.columns, about.targets], [3, session.progress().best?.epoch, ['temp_c'], 1]);
  assert.deepEqual(about.calendar, ['hour of day sin', 'hour of day cos', 'weekday sin', 'weekday cos']);
  assert.deepEqual(JSON.parse(headerOf(again.save()).__metadata__.unrolled), about, 'saved again, it is described as before');
});

test('an average of models and baselines forecasts, is scored and is saved as one file', () => {
  const files = [1, 2].map((seed) => {
    const session = new Session(parts());
    session.configure({ ...small, seed });
    trainToTheEnd(session);
    return session.save();
  });
  const session = new Session(parts());
  const { members } = session.combine([{ model: files[0] }, { model: files[1], weight: 2 }, { baseline: 'ridge' }]);
  assert.deepEqual(members.map(({ weight }) => weight), [0.25, 0.5, 0.25]);
  assert.match(session.evaluate('test').sentence, /average of 3 forecasts/);
  const again = new Session(parts());
  again.load(session.save());
  assert.deepEqual(again.evaluate('test').rows, session.evaluate('test').rows);
  assert.deepEqual(again.forecast(8), session.forecast(8));
  assert.equal(again.progress().state, 'finished');
  for (const [members, message] of /** @type {[any[], RegExp][]} */ ([
    [[{ model: files[0] }, { baseline: 'oracle' }], /Member 2.*oracle/],
    [[{ baseline: 'last' }], /at least one model/],
    [[{ model: files[0] }, {}], /member 2/i],
    [[{ model: files[0] }, { baseline: 'last', weight: 'much' }], /Member 2.*weight/],
  ])) assert.throws(() => session.combine(members), (/** @type {any} */ error) => error.name === 'UnrolledError' && message.test(error.message), String(message));
});

test('a baseline alone forecasts beyond the end, with a range, and a column is shown in its parts', () => {
  const session = new Session(parts());
  const { season, suggested } = session.configure(small);
  assert.deepEqual(suggested.seasons, [season]);
  const evaluation = session.evaluate('validation');
  assert.deepEqual(evaluation.absent, []);
  const compared = evaluation.rows.filter((row) => row.compared).map(({ id }) => id);
  assert.deepEqual([compared.length, ...compared.slice(0, 3)], [4, 'model', 'last', 'seasonal']);
  for (const { id } of evaluation.rows.slice(1)) {
    const { values, lower, upper } = session.forecast(12, /** @type {import('../../pkg/unrolled.js').Baseline} */ (id));
    assert.ok(values.length === 12 && values.every((value) => value > -40 && value < 50), id);
    assert.ok(values.every((value, step) => (lower?.[step] ?? NaN) <= value && value <= (upper?.[step] ?? NaN)), id);
  }
  assert.throws(() => session.forecast(13, 'ridge'), /1 to 12 steps/);
  assert.throws(() => session.forecast(121, 'theta'), /1 to 120 steps/);
  assert.throws(() => session.forecast(2, /** @type {any} */ ('oracle')), /no baseline “oracle”.*theta/);

  const [name] = parts().names;
  const { first, periods, trend, seasons, remainder, autocorrelation, noise } = new Session(parts()).glance(name);
  const values = parts().columns[0];
  assert.deepEqual(periods, [24]);
  assert.ok(seasons.length === trend.length * periods.length && remainder.length === trend.length);
  for (let row = 0; row < trend.length; row += 97) {
    const sum = trend[row] + seasons[row] + remainder[row];
    assert.ok(Number.isNaN(values[first + row]) || Math.abs(sum - values[first + row]) < 1e-9, `row ${row}`);
  }
  assert.ok(autocorrelation[0] === 1 && autocorrelation.length === 73 && noise > 0 && noise < 0.1);
  assert.throws(() => session.glance('wind'), /wind/);
});

test('sessions of one series count the scorings of a test part together, and go on from a count that they are given', () => {
  const session = new Session(parts());
  const { fingerprint } = session.configure(small);
  session.step();
  assert.match(fingerprint, /^[0-9a-f]{16}$/);
  session.scored_before(fingerprint, 4);
  assert.equal(session.evaluate('test').scored_times, 5);
  const fork = session.fork();
  assert.equal(fork.configured(), null);
  fork.configure({ ...small, seed: 2 });
  fork.step();
  session.free();
  assert.equal(fork.evaluate('test').scored_times, 6);
  assert.deepEqual(fork.evaluate('test').rows.slice(1).map(({ id }) => id), ['last', 'seasonal', 'ridge', 'ridge-centred', 'theta', 'ets', 'mstl', 'harmonic']);
});

test('a model of other rows is refused by a code that says whether it can be used all the same', () => {
  const session = new Session(parts());
  session.configure(small);
  trainToTheEnd(session);
  const bytes = session.save();
  const other = parts();
  other.columns[0] = other.columns[0].map((value) => 30 - value);
  const elsewhere = new Session(other);
  const refused = thrown(() => elsewhere.load(bytes));
  assert.equal(refused.code, 'other-rows');
  assert.equal(elsewhere.configured(), null);
  assert.match(elsewhere.load(bytes, {}, true).trained_on, /it was trained on other values of “temp_c”/);
  const daily = parts();
  daily.axis.step = { unit: 'milliseconds', count: 86_400_000 };
  assert.equal(thrown(() => new Session(daily).load(bytes, {}, true)).code, 'other-series');
});

/** A safetensors file begins with the length of a JSON header, and the header. @param {Uint8Array} bytes */
function headerOf(bytes) {
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  return JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
}

test('how training is cut into slices changes no number', () => {
  /** @type {((session: Session) => {step: number})[]} */
  const ways = [(session) => session.step(), (session) => session.train(0), (session) => session.train(1)];
  const [stepped, ...sliced] = ways.map((way) => {
    const session = new Session(parts());
    session.configure(small);
    // Past the end of the first epoch, so that it includes a validation; a slice may overshoot, so it stops short.
    while (session.progress().step < 120) way(session);
    while (session.progress().step < 150) session.step();
    return session.current_weights();
  });
  for (const weights of sliced) assert.deepEqual(weights, stepped);

  // Slices of many steps, to the end.
  const ends = [0, 37, 5000].map((slice) => {
    const session = new Session(parts());
    session.configure(small);
    const progress = trainToTheEnd(session, slice);
    return { progress, weights: session.weights(), history: session.history(0) };
  });
  assert.deepEqual(ends[1], ends[0]);
  assert.deepEqual(ends[2], ends[0]);
});

test('a seed is a run: the same again, another one otherwise', async () => {
  const run = (/** @type {number} */ seed) => {
    const session = new Session(parts());
    session.configure({ ...small, seed });
    for (let step = 0; step < 20; step++) session.step();
    return session.current_weights();
  };
  assert.deepEqual(run(7), run(7));
  assert.notDeepEqual(run(7), run(8));
  const [form] = forms(catalog());
  assert.deepEqual(await hashOfTraining(unrolled, jfk, form), await hashOfTraining(unrolled, jfk, form));
});

test('stopping puts the weights in place', () => {
  const session = new Session(parts());
  session.configure(small);
  for (let step = 0; step < 5; step++) session.step();
  const now = session.current_weights();
  const { state, why } = session.stop();
  assert.deepEqual([state, why], ['finished', 'Stopped by hand.']);
  assert.deepEqual(session.weights(), now);
});

test('two sessions that share the parts of every round hold what one holds that trains alone', async () => {
  const settings = { ...small, shards: 4, loss: 'huber', schedule: 'plateau', seed: 9 };
  const [alone, one, other] = Array.from({ length: 3 }, () => new Session(parts()));
  for (const session of [alone, one, other]) assert.equal(session.configure(settings).settings.shards, 4);
  trainToTheEnd(alone);
  let rounds = 0;
  for (; one.parts(); rounds++) {
    const round = Array.from({ length: one.parts() }, (_, index) => (index % 2 ? other : one).part(index));
    one.apply(round);
    other.apply(round);
    assert.deepEqual(other.parts(), one.parts());
  }
  assert.ok(rounds > 2 * one.configured().steps_per_epoch, 'the validations are rounds too');
  const digest = async (/** @type {Session} */ session) =>
    Buffer.from(await crypto.subtle.digest('SHA-256', /** @type {Float32Array<ArrayBuffer>} */ (session.weights()))).toString('hex');
  const [expected, ...found] = await Promise.all([alone, one, other].map(digest));
  assert.deepEqual(found, [expected, expected]);
  assert.deepEqual(one.history(0), alone.history(0));
  assert.deepEqual(thrown(() => one.part(0)), { code: 'not-ready', row: null, column: null, knob: null });
});
