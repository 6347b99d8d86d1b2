// The wasm memory for a large file. Memory only grows, in pages, so the same file gives the same number on every machine. In a
// process of its own, so that other tests' memory does not count.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CsvReader, initSync, read } from './package.mjs';

/** Text, three columns of f64, times, and the series made of them; see the figures of `make bench-data`. */
const MOST_TIMES_THE_FILE = 4;

test('a large file is read within a few times its size', () => {
  const { memory } = initSync({ module: read('pkg/unrolled_bg.wasm') });
  const lines = ['time,temp_c,humidity,pressure_hpa'];
  for (let row = 0; row < 200_000; row++) {
    const angle = (row * Math.PI) / 720;
    const time = new Date(Date.UTC(2013, 0, 20) + row * 60_000).toISOString().slice(0, 19);
    lines.push(`${time}Z,${(10 * Math.sin(angle)).toFixed(1)},${(60 + 20 * Math.cos(angle)).toFixed(1)},${(1013 + 9 * Math.cos(angle / 7)).toFixed(1)}`);
  }
  const bytes = new TextEncoder().encode(lines.join('\n') + '\n');
  const before = memory.buffer.byteLength;
  const reader = new CsvReader({}, bytes.length);
  for (let at = 0; at < bytes.length; at += 1 << 20) reader.push(bytes.subarray(at, at + (1 << 20)));
  const table = reader.finish();
  const whenRead = memory.buffer.byteLength;
  const series = table.series();
  for (const name of series.about().names) series.suggest(name);
  series.to_parts();
  const times = (/** @type {number} */ after) => (after - before) / bytes.length;
  console.log(`${bytes.length} bytes: ${times(whenRead).toFixed(2)} times as much memory to read, ${times(memory.buffer.byteLength).toFixed(2)} with its series`);
  assert.equal(table.understood().rows, 200_000);
  assert.ok(times(memory.buffer.byteLength) < MOST_TIMES_THE_FILE, `${times(memory.buffer.byteLength)}`);
});
