// The package in Node: its wasm read from disk, and the tests' sample.
import { readFileSync } from 'node:fs';
import { CsvReader, initSync } from '../../pkg/unrolled.js';

export * from '../../pkg/unrolled.js';

/** @param {string} name A path from the checkout's root. */
export const read = (name) => readFileSync(new URL(`../../${name}`, import.meta.url));

initSync({ module: read('pkg/unrolled_bg.wasm') });

/** New York's temperatures: 8,730 hours from 2013-01-01T06Z on. */
export const jfk = read('www/samples/jfk_2013_hourly_celsius.csv');

/** @param {Uint8Array} bytes @param {number} [chunk] Bytes that are pushed at a time. @param {import('../../pkg/unrolled.js').ReadOptions} [read] */
export function table(bytes, chunk = bytes.length, read = undefined) {
  const reader = new CsvReader(read);
  for (let at = 0; at < bytes.length; at += chunk) reader.push(bytes.subarray(at, at + chunk));
  return reader.finish();
}
