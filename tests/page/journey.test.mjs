// What a person does from first opening the page to leaving it, in both browsers.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { PLAIN } from '../plain.mjs';
import { inBrowsers, root } from './harness.mjs';
import { LASTING, daily, forecastAsCsv, hourly, press, status, untilEpoch, untilJudged, untilKept, untilReady, untilStatus, verdict } from './steps.mjs';

const built = existsSync(path.join(root, 'dist/unrolled.html')) ? {} : { skip: 'dist/ is not built: make build' };

inBrowsers((browser) => {
  test('the sample is drawn, and after one press a forecast beats the last value on validation within five epochs', async () => {
    const page = await browser.open();
    await untilReady(page);
    assert.match(await page.text('#data .extent'), /8,730 values, one every hour/);
    assert.equal(await page.run(() => document.querySelectorAll('#forecast canvas').length), 1);
    await press(page, 'Train');
    await page.until('a forecast', () => /begins at/.test(document.querySelector('#hero-summary').textContent));
    assert.match(await page.text('#hero-summary'), /The forecast begins at Tue,? 31 Dec 2013, 00:00 UTC/);
    // The check runs at the moment of a change of the table, since training continues.
    const epochs = await page.until('a model that beats the last value', () => {
      const [model, last] = ['model', 'last'].map((id) => Number(document.querySelector(`[data-id="${id}"] td`)?.textContent));
      return model < last && Number(/After (\d+) epochs?/.exec(document.querySelector('#curve-summary').textContent)?.[1]);
    });
    assert.ok(epochs <= 5, `${epochs} epochs`);
    assert.match(await page.text('#errors .lead'), /On the validation part/);
  });

  test('pause, resume, one step, stop: the test part is scored once, at the end', async () => {
    // Long enough not to end before the pause, on a fast machine too.
    const page = await browser.open({ address: `#${PLAIN}&sample=seattle&epochs=5000&patience=0` });
    await untilReady(page);
    await press(page, 'Train');
    await untilStatus(page, 'running');
    await untilEpoch(page);
    await press(page, 'Pause');
    await untilStatus(page, 'paused');
    const epoch = await page.text('#train .facts dd');
    await new Promise((resolve) => setTimeout(resolve, 400));
    assert.equal(await page.text('#train .facts dd'), epoch, 'it stands still while it is paused');
    await press(page, 'One step');
    await page.until('the step', () => document.querySelector('#train').dataset.status === 'paused');
    await press(page, 'Continue');
    await untilStatus(page, 'running');
    await press(page, 'Stop');
    await untilStatus(page, 'stopped');
    await page.until('the verdict on the test part', () =>
      /On the test part, .* scored once/.test(document.querySelector('.verdict-note').textContent),
    );
    assert.ok(await verdict(page));
    assert.match(await page.text('#errors'), /Shuffling all rows but the last .* the error (?:from|at) [\d.].*: (?:the order|whether)/);
  });

  test('the 80 % range stands beside its coverage of the test part once that is scored, and not before', async () => {
    const page = await browser.open({ address: `#${PLAIN}&sample=co2&epochs=5000&patience=0` });
    await untilReady(page);
    await press(page, 'Train');
    await page.until('a forecast', () => /begins at/.test(document.querySelector('#hero-summary').textContent));
    assert.match(await page.text('#forecast .key-band'), /80 % range \(coverage unknown until the test part is scored\)/);
    await press(page, 'Stop');
    await untilJudged(page);
    await page.until('what it held', () => document.querySelector('#errors .range'));
    const held = /80 % range \(covered (\d+) % of the test values in ([\d,]+) windows, mean width ([\d.]+)\)/;
    const [, coverage, windows, width] = held.exec(await page.text('#forecast .key-band')) ?? assert.fail(await page.text('#forecast .key-band'));
    const sentence = await page.text('#errors .range');
    assert.ok(sentence.includes(`covered ${coverage} % of the values in ${windows} test windows; its mean width is ${width}`), sentence);
  });

  test('the ranges of each level stand beside those of the last season, and a value has its chance', async () => {
    const page = await browser.open({ address: `#${PLAIN}&sample=co2&epochs=1` });
    await untilReady(page);
    await press(page, 'Train');
    await untilJudged(page);
    await page.until('the ranges', () => document.querySelectorAll('#errors .ranges table').length === 2);
    const rows = await page.run(() => [...document.querySelectorAll('#errors .ranges table')[0].querySelectorAll('tbody th')].map(({ textContent }) => textContent));
    assert.deepEqual(rows.map((row) => /^\d+ %/.exec(row)?.[0]), ['50 %', '80 %', '95 %', '50 %', '80 %', '95 %']);
    await page.run(() => {
      const field = document.querySelector('#crossing');
      field.value = '0';
      field.dispatchEvent(new Event('change'));
    });
    await page.until('the chance', () => document.querySelector('#crossing-words').textContent);
    assert.match(await page.text('#crossing-words'), /^The chance that .* is above 0 at step \d+ is (?:more than 99|100) %\./);
  });

  test('from eight past forecasts no range is drawn, and where it would be named stands why', async () => {
    const page = await browser.open({ address: '#sample=co2&window=24&horizon=2&epochs=1&split=738,742' });
    await untilReady(page);
    await press(page, 'Train');
    await untilJudged(page);
    assert.match(await page.text('#forecast .key-band'), /No range: it needs the errors of at least 9 past forecasts that begin after the training part, and there are 8/);
    assert.match(await page.text('#hero-summary'), /No range/);
    assert.doesNotMatch(await page.text('#hero-summary'), /between/);
    assert.equal(await page.run(() => document.querySelector('#errors .range')), null);
    await page.run(() => document.querySelector('#forecast details.fold summary').click());
    await page.until('the table', () => document.querySelectorAll('#forecast details.fold td').length === 4);
    assert.deepEqual(await page.run(() => [...document.querySelectorAll('#forecast details.fold th')].map(({ textContent }) => textContent)), ['Time', 'Forecast']);
    const csv = await forecastAsCsv(page);
    assert.match(csv, /^time,[^,]+\n[\dT:-]+,[\d.]+\n/);
  });

  test('a default that is an architecture’s own stands at its knob; another value is kept, and the way back names the own one', async () => {
    const page = await browser.open({ address: '#sample=co2' });
    await untilReady(page);
    const { id, key, value, usual } = await page.run(async () => {
      const { catalog } = await import('/pkg/unrolled.js').then(async (core) => (await core.default(), core));
      const { architectures, knobs } = catalog();
      const own = architectures.find(({ defaults }) => Object.keys(defaults).length);
      const [key, value] = Object.entries(own.defaults)[0];
      return { id: own.id, key, value, usual: knobs.find((knob) => knob.key === key).default };
    });
    const input = `#model .knob input[id$="-${key}"]`;
    assert.equal(await page.run((at) => document.querySelector(at).value, input), String(usual));
    await page.run((name) => document.querySelector(`#model input[name="architecture"][value="${name}"]`).click(), id);
    await page.until('its own default', (at, wanted) => document.querySelector(at).value === wanted, { args: [input, String(value)] });
    const knob = () => page.run((at) => {
      const element = document.querySelector(at).closest('.knob');
      return { found: element.classList.contains('found'), back: element.querySelector('.reset').title, disabled: element.querySelector('.reset').disabled };
    }, input);
    assert.deepEqual(await knob(), { found: false, back: `Back to the default: ${value}`, disabled: true });
    await page.run((at, other) => {
      const field = document.querySelector(at);
      field.value = other;
      field.dispatchEvent(new Event('change'));
    }, input, String(usual));
    await page.until('the choice in the address', (word) => location.hash.includes(word), { args: [`${key}=${usual}`] });
    assert.equal((await knob()).disabled, false);
    await page.reload();
    await untilReady(page);
    await page.until('the choice after a reload', (at, wanted) => document.querySelector(at)?.value === wanted, { args: [input, String(usual)] });
    await page.run((at) => document.querySelector(at).closest('.knob').querySelector('.reset').click(), input);
    await page.until('its own default again', (at, wanted) => document.querySelector(at).value === wanted, { args: [input, String(value)] });
  });

  test('another architecture, a preset and a wrong value; the way back from each', async () => {
    const page = await browser.open({ address: '#sample=co2' });
    await untilReady(page);
    const weights = await page.text('#model .weights');
    const other = await page.run(() => {
      const input = document.querySelector('#model input[name="architecture"]:not(:checked)');
      input.click();
      return input.value;
    });
    await page.until('another number of weights', (before) => document.querySelector('#model .weights').textContent !== before, {
      args: [weights],
    });
    await page.until('it is in the address', (id) => location.hash.includes(`architecture=${id}`), { args: [other] });

    await page.run(() => {
      const input = document.querySelector('#model .knob-integer input');
      input.value = '-3';
      input.dispatchEvent(new Event('change'));
    });
    await page.until('the message at the knob', () =>
      [...document.querySelectorAll('#model .knob .problem')].some((problem) => !problem.hidden && problem.textContent),
    );
    assert.equal(await page.run(() => document.querySelector('#train .main').disabled), true);
    await page.run(() => document.querySelector('#model .knob-integer .reset').click());
    await page.until('the message is gone', () => !document.querySelector('#train .main').disabled);

    await page.run(() => {
      const preset = document.querySelector('#preset');
      preset.value = [...preset.options].at(-2).value;
      preset.dispatchEvent(new Event('change'));
    });
    await page.until('a way back', () =>
      [...document.querySelectorAll('#model button')].some((button) => /Restore/.test(button.textContent)),
    );
    await press(page, 'Restore the earlier settings');
    await page.until(
      'the architecture chosen before',
      (id) => document.querySelector('#model input[name="architecture"]:checked').value === id,
      { args: [other] },
    );
  });

  test('a file by the chooser, another by drag and drop, pasted text; the one before can be brought back', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'unrolled-'));
    try {
      const file = path.join(folder, 'chosen.csv');
      await writeFile(file, hourly(700));
      const page = await browser.open();
      await untilReady(page);
      await page.chooseFile('#file', file);
      await page.until('the chosen file', () =>
        /700 values, one every hour/.test(document.querySelector('#data .extent').textContent),
      );
      await page.dropFile('main', 'dropped.csv', daily(400));
      await page.until('the dropped file', () =>
        /400 values, one every day/.test(document.querySelector('#data .extent').textContent),
      );
      await press(page, 'Restore chosen.csv');
      await page.until('the chosen file again', () => /700 values/.test(document.querySelector('#data .extent').textContent));
      await page.run((text) => {
        const clipboardData = new DataTransfer();
        clipboardData.setData('text/plain', text);
        // Firefox takes the text by these older names.
        const older = { dataType: 'text/plain', data: text };
        document.body.dispatchEvent(new ClipboardEvent('paste', { clipboardData, ...older, bubbles: true, cancelable: true }));
      }, daily(300));
      await page.until('the pasted text', () =>
        /300 values, one every day/.test(document.querySelector('#data .extent').textContent),
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('where short gaps cost many windows the page says so, and one press fills them', async () => {
    const page = await browser.open();
    await untilReady(page);
    // Every fiftieth value is missing: no window of a week lies between two of them.
    const gappy = hourly(1200)
      .split('\n')
      .map((line, row) => (row % 50 === 25 ? line.replace(/,.*/, ',') : line))
      .join('\n');
    await page.dropFile('main', 'gappy.csv', gappy);
    await page.until('the file', () => /24 empty cells/.test(document.querySelector('#data .extent').textContent));
    await press(page, 'Fill short gaps');
    await page.until('filled values', () => /24 filled/.test(document.querySelector('#data .extent').textContent));
    assert.doesNotMatch(await page.text('#data .message'), /Short gaps/);
  });

  test('what fits a series is found in the training part of the split in force, and follows it', async () => {
    const page = await browser.open();
    await untilReady(page);
    // A wave of 24 hours, and of 37 from row 200 on.
    const rows = Array.from({ length: 1200 }, (_, row) => {
      const value = 10 + 8 * Math.sin((row < 200 ? row / 24 : (row - 200) / 37) * 2 * Math.PI);
      return `${new Date(Date.UTC(2013, 0, 1, row)).toISOString().slice(0, 16)},${value.toFixed(2)}`;
    });
    await page.dropFile('main', 'turns.csv', `time,v\n${rows.join('\n')}\n`);
    await page.until('the file', () => /1,200 values/.test(document.querySelector('#data .extent').textContent));
    await press(page, 'How it was read');
    await page.until('the season of most rows', () => /after (?!24 )\d+ steps/.test(document.querySelector('#data-detail').textContent));
    await page.run(() => {
      const split = document.querySelector('#all-split');
      split.value = '200, 400, 1200';
      split.dispatchEvent(new Event('change', { bubbles: true }));
    });
    await page.until('the season of the first rows', () => /after 24 steps/.test(document.querySelector('#data-detail').textContent));
  });

  test('after a reload the file, the settings and the trained model are there again', async () => {
    const page = await browser.open({ address: `#${LASTING}` });
    await untilReady(page);
    await page.dropFile('main', 'mine.csv', hourly(900));
    await page.until(
      'the file',
      () =>
        /900 values/.test(document.querySelector('#data .extent').textContent) &&
        !document.querySelector('#train .main').disabled,
    );
    await page.run(() => document.querySelector('#model input[name="architecture"][value="lstm"]').click());
    await page.until('the settings in the address', () => /file=mine.csv.*architecture=/.test(location.hash));
    const architecture = await page.run(() => document.querySelector('#model input[name="architecture"]:checked').value);
    await press(page, 'Train');
    await untilEpoch(page);
    await press(page, 'Stop');
    await untilJudged(page);
    const said = await verdict(page);
    const forecast = await page.text('#hero-summary');
    await untilKept(page, 'the model and its scores', ({ runs, open }) => runs.length === 1 && runs[0].judged && open?.shown[open.data] === runs[0].id);

    await page.reload();
    await untilJudged(page);
    assert.match(await page.text('#data .extent'), /900 values/);
    assert.equal(await page.run(() => document.querySelector('#model input[name="architecture"]:checked').value), architecture);
    assert.equal(await verdict(page), said);
    assert.equal(await page.text('#hero-summary'), forecast);
    assert.match(await page.text('#curve-summary'), /After [\d,]+ epochs?/);
    assert.equal(await status(page), 'stopped');
    await press(page, 'Another seed');
    await untilStatus(page, 'running');
    await page.until('the seed in the address', () => location.hash.includes('seed=2'));
  });

  for (const [what, place] of [
    ['the static site, in a folder of some host', 'site'],
    ['the one file, from disk', 'file'],
  ]) {
    test(`${what}: trains and forecasts`, built, async () => {
      const page = await browser.open({ place, address: `#${LASTING}` });
      await untilReady(page);
      await press(page, 'Train');
      await page.until('a forecast', () => /begins at/.test(document.querySelector('#hero-summary').textContent));
      await press(page, 'Stop');
      await untilJudged(page);
    });
  }

  test('the forecast is taken away as CSV, the model as a file that loads again', async () => {
    const page = await browser.open({ address: `#sample=seattle&${LASTING}` });
    await untilReady(page);
    await press(page, 'Train');
    await untilEpoch(page);
    await press(page, 'Stop');
    await untilJudged(page);
    const summary = await page.text('#hero-summary');
    await page.run(() => {
      const files = /** @type {any} */ (window.files = {});
      const blobs = new Map();
      const make = URL.createObjectURL;
      URL.createObjectURL = (blob) => {
        const address = make.call(URL, blob);
        blobs.set(address, blob);
        return address;
      };
      HTMLAnchorElement.prototype.click = function () {
        files[this.download] = blobs.get(this.href);
      };
    });
    await press(page, 'Forecast as CSV');
    await press(page, 'Save model');
    const [csv, names] = await page.run(async () => {
      const files = /** @type {any} */ (window).files;
      const all = Object.keys(files);
      return [await files[all.find((name) => name.endsWith('.csv'))].text(), all];
    });
    assert.match(csv, /^time,\S+,lower_50,upper_50,lower_80,upper_80,lower_95,upper_95\n2016-01-01T00:00:00(?:,-?[\d.]+){7}\n/);
    assert.ok(
      names.every((name) => /^[\w-]+\.(?:csv|safetensors)$/.test(name)),
      names.join(),
    );

    await press(page, 'Reset');
    await page.until('no forecast', () => /no forecast yet/.test(document.querySelector('#hero-summary').textContent));
    await page.run(async () => {
      const files = /** @type {any} */ (window).files;
      const name = Object.keys(files).find((candidate) => candidate.endsWith('.safetensors'));
      const transfer = new DataTransfer();
      transfer.items.add(new File([files[name]], name));
      const input = document.querySelector('#model-file');
      input.files = transfer.files;
      input.dispatchEvent(new Event('change'));
    });
    await page.until('the same forecast', (before) => document.querySelector('#hero-summary').textContent === before, {
      args: [summary],
    });
    assert.match(await page.text('#train .sentence'), /Loaded from /);
    await press(page, 'Restore the model that was reset');
    await untilEpoch(page);
  });

  test('several columns: picked from a list, one shown at a time, errors and forecast of each', async () => {
    const page = await browser.open({ address: `#${PLAIN}&sample=seattle&epochs=2` });
    await untilReady(page);
    assert.equal(await page.run(() => document.querySelector('.several').hidden), true, 'one column is the simple case');
    await page.run(() => {
      const select = document.querySelector('#target');
      select.value = [...select.options].at(-1).value;
      select.dispatchEvent(new Event('change'));
      document.querySelector('.several input[value="temp_min"]').click();
    });
    await page.until('two columns in the address', () => /target=temp_max%2Ctemp_min/.test(location.hash));
    assert.equal(await page.run(() => document.querySelector('#target').selectedOptions[0].textContent), '2 columns');
    await press(page, 'Train');
    await untilStatus(page, 'finished');
    await untilJudged(page);
    assert.match(await page.text('.verdict'), /for “temp_max”/);
    const overview = () => [...document.querySelectorAll('.together tbody tr')].map((row) => row.textContent);
    const lines = await page.run(overview);
    assert.equal(lines.length, 3);
    assert.match(lines[2], /^all, scaled, σ0\.\d+/);
    const errorOf = () => document.querySelector('[data-id="model"] td').textContent;
    const [first, begins] = [await page.run(errorOf), await page.text('#hero-summary')];
    assert.ok(lines[0].startsWith(`temp_max${first}`), `${lines[0]} begins with ${first}`);

    await page.run(() => {
      const shown = document.querySelector('#shown');
      shown.value = 'temp_min';
      shown.dispatchEvent(new Event('change'));
    });
    await page.until('the other column', () => /for “temp_min”/.test(document.querySelector('.verdict').textContent));
    const second = await page.run(errorOf);
    assert.ok(lines[1].startsWith(`temp_min${second}`), `${lines[1]} begins with ${second}`);
    assert.match(await page.text('#hero-summary'), /The forecast of temp_min begins/);
    assert.notEqual(await page.text('#hero-summary'), begins);

    const csv = await forecastAsCsv(page);
    assert.match(csv, /^time,temp_max,temp_max lower_50,.*,temp_max upper_95,temp_min,temp_min lower_50,.*,temp_min upper_95\n2016-01-01T00:00:00(?:,-?[\d.]+){14}\n/);

    // Back to one, by the same control.
    await page.run(() => {
      const select = document.querySelector('#target');
      select.value = 'wind';
      select.dispatchEvent(new Event('change'));
    });
    await page.until('one column', () => /target=wind(?:&|$)/.test(location.hash) && document.querySelector('.several').hidden);
  });

  test('what another version kept is named and stays until a person deletes it', async () => {
    const page = await browser.open();
    await untilReady(page);
    const kept = () =>
      page.run(async () => {
        const { keys } = await import(new URL('/www/vendor/idb-keyval.js', location.href).href);
        return (await keys()).map(String).sort();
      });
    await page.run(async () => {
      const { set } = await import(new URL('/www/vendor/idb-keyval.js', location.href).href);
      await set('unrolled-1-data', 'old');
      await set('unrolled-1-runs', ['old']);
      await set('of another page', 1);
    });
    await page.reload();
    await untilReady(page);
    await page.until('the notice', () => /set aside.*“unrolled-1-data” \(another version of this page kept it\)/.test(document.querySelector('#notice').textContent));
    await untilKept(page, 'the data', ({ data }) => data.length === 1);
    const all = await kept();
    assert.ok(all.includes('unrolled-1-data') && all.includes('unrolled-1-runs'), all.join());
    await page.run(() => [...document.querySelectorAll('#notice button')].find(({ textContent }) => textContent === 'Delete it').click());
    await page.until('the old ones gone', () => document.querySelector('#notice').hidden);
    const now = await kept();
    assert.ok(now.includes('of another page') && now.some((key) => /^unrolled-5-data-/.test(key)) && !now.some((key) => key.startsWith('unrolled-1-')), now.join());
  });

  test('a link with settings reproduces them', async () => {
    const page = await browser.open({ address: '#sample=seattle&seed=7' });
    await untilReady(page);
    assert.match(await page.text('#data .extent'), /1,461 values, one every day/);
    await page.until(
      'the seed in the address',
      () => location.hash.includes('seed=7') && location.hash.includes('sample=seattle'),
    );
  });
});
