// Files that are no data, and malicious ones: one clear sentence, and the loaded data stay.
import assert from 'node:assert/strict';
import { inBrowsers } from './harness.mjs';
import { hourly, press, untilEpoch, untilKept, untilReady } from './steps.mjs';

/** @type {[string, string | Uint8Array][]} */
const refused = [
  ['empty.csv', ''],
  ['header-only.csv', 'time,value\n'],
  ['no-numbers.csv', 'name,colour\nrose,red\nviolet,blue\nlily,white\n'],
  ['page.csv', '<!doctype html><html><body><script>document.title = "taken"</script></body></html>'],
  ['data.csv', '{"values": [1, 2, 3]}'],
  ['picture.csv', Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0x0d, 0x49, 0x48, 0x44, 0x52)],
  ['ends-in-9999.csv', Array.from({ length: 200 }, (_, year) => `${9800 + year}-01-01,${year % 7}`).join('\n')],
  ['sheet.csv', Uint8Array.of(0x50, 0x4b, 3, 4, 20, 0, 6, 0, 8, 0, 0, 0, 0x21, 0)],
];

inBrowsers((browser, test) => {
  test('what is no table of numbers is refused in one sentence, and the data and model stay', async () => {
    const page = await browser.open();
    await untilReady(page);
    await press(page, 'Train');
    await untilEpoch(page);
    for (const [name, content] of refused) {
      await page.dropFile('main', name, content);
      await page.until(
        `a word about ${name}`,
        (file) => document.querySelector('#data .message.bad')?.textContent.includes(file),
        { args: [name] },
      );
      const message = await page.text('#data .message');
      assert.match(message, /was not opened\. \S.{15,}[.?!]/, name);
      assert.match(message, /The data opened before are unchanged/, name);
      assert.match(await page.text('#data .extent'), /8,730 values/, name);
    }
    assert.match(await page.text('#hero-summary'), /The forecast begins/);
  });

  test('a file of several series is opened with one of them, and another or all of them is a click away, and comes back after a reload', async () => {
    const page = await browser.open();
    await untilReady(page);
    const days = Array.from({ length: 200 }, (_, row) => new Date(Date.UTC(2020, 0, 1 + row)).toISOString().slice(0, 10));
    const rows = days.flatMap((day, row) => [`${day},Oslo,${(10 + 4 * Math.sin(row / 3)).toFixed(2)}`, ...(row < 150 ? [`${day},Rome,${(20 + 4 * Math.sin(row / 3)).toFixed(2)}`] : [])]);
    await page.dropFile('main', 'cities.csv', `day,city,temp\n${rows.join('\n')}\n`);
    const until = (/** @type {number} */ values) =>
      page.until(`${values} values`, (many) => document.querySelector('#data .extent').textContent.includes(`${many} values`), { args: [values] });
    await until(200);
    assert.match(await page.text('#data .message'), /The file holds several series, 2 of them/);
    await press(page, 'Rome (150 rows)');
    await until(150);
    await press(page, 'How it was read');
    assert.equal(await page.run(() => /** @type {HTMLSelectElement} */ (document.querySelector('#read-series')).selectedOptions[0].textContent), 'Rome (150 rows)');
    await page.run(() => {
      const select = /** @type {HTMLSelectElement} */ (document.querySelector('#read-series'));
      select.value = 'all';
      select.dispatchEvent(new Event('change', { bubbles: true }));
    });
    await until(200);
    await page.until('the address speaks of the file', () => location.hash.includes('file=cities.csv'));
    await untilKept(page, 'the series that was chosen', ({ data }) => data.length === 1 && data[0].series?.length === 0);
    await page.reload();
    await untilReady(page);
    assert.match(await page.text('#data .extent'), /200 values/, 'it comes back as it was read');
  });

  test('names and cells of a file are text, whatever they hold', async () => {
    const page = await browser.open();
    await untilReady(page);
    const evil = '<img src=x onerror="document.title=\'taken\'">';
    const text = hourly(400)
      .replace('time,value', `time,"${evil.replaceAll('"', '""')}",__proto__,constructor`)
      .replace(/\n(\d.*)/g, (_, row) => `\n${row},1.5,${(row.length * 7) % 5}`);
    await page.dropFile('main', `${evil}.csv`.replaceAll('/', ''), text);
    await page.until('the file', () => /400 values/.test(document.querySelector('#data .extent').textContent));
    await press(page, 'How it was read');
    await page.until('its rows', () => document.querySelectorAll('#data-detail .raw tbody tr').length > 3);
    assert.ok(
      await page.run(
        (name) => [...document.querySelectorAll('#data-detail th')].some((cell) => cell.textContent.includes(name)),
        evil,
      ),
      'the name is shown as it stands',
    );
    assert.equal(await page.run(() => document.querySelectorAll('img, main script').length), 0);
    assert.doesNotMatch(await page.run(() => document.title), /taken/);
  });

  test('fewer rows than a window needs: the knob is named, and the page goes on', async () => {
    const page = await browser.open();
    await untilReady(page);
    await page.dropFile('main', 'short.csv', hourly(4));
    await page.until('the knob and what is wrong', () =>
      [...document.querySelectorAll('.knob .problem')].some(
        (problem) => !problem.hidden && /longer series/.test(problem.textContent),
      ),
    );
    assert.match(await page.text('#train .sentence'), /longer series/);
    await press(page, 'Restore New York, hourly temperature, 2013');
    await untilReady(page);
  });

  test('a model that would not fit into memory is refused at its knob before it starts, and what fits trains', async () => {
    const page = await browser.open({ address: '#architecture=lstm&hidden=512&layers=4&window=2000&segment=1&batch_size=1024' });
    await page.until('the knob and how much is missing', () =>
      [...document.querySelectorAll('.knob .problem')].some(
        (problem) => !problem.hidden && /training would take about \d+ GB of memory/.test(problem.textContent),
      ),
    );
    assert.match(await page.text('#train .sentence'), /training would take about \d+ GB of memory, and [\d.]+ GB are available; /);
    const other = await browser.open({ address: '#architecture=lstm&hidden=16&window=48&segment=1' });
    await untilReady(other);
    await press(other, 'Train');
    await untilEpoch(other);
  });

  test('a file that is no model is refused, and the model stays', async () => {
    const page = await browser.open();
    await untilReady(page);
    await page.dropFile(
      'main',
      'noise.safetensors',
      Uint8Array.from({ length: 64 }, (_, at) => (at * 37) % 256),
    );
    await page.until('a word about it', () => document.querySelector('#train .extra.bad')?.textContent.length > 20);
    await untilReady(page);
  });
}, { dealt: true });
