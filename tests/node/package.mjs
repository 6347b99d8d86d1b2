// The package in Node: its wasm read from disk, the tests' sample, and a small model of it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { CsvReader, initSync } from '../../pkg/unrolled.js';
import { plain } from '../plain.mjs';

/** @import {Session} from '../../pkg/unrolled.js' */

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

/** A small plain model that reads a day at a time and trains in a moment, with dropout in both places. */
export const small = { ...plain, segment: 24, target: 'temp_c', architecture: 'lstm', hidden: 8, layers: 2, dropout: 0.2, head_dropout: 0.2, window: 48, horizon: 12, epochs: 2 };

export const parts = () => table(jfk).series().to_parts();

/** @param {Session} session @param {number} [slice] */
export function trainToTheEnd(session, slice = 200) {
  for (;;) {
    const progress = session.train(slice);
    if (progress.state === 'finished') return progress;
  }
}

/**
 * The error of a call, as a plain object.
 * @param {() => unknown} call
 */
export function thrown(call) {
  try {
    call();
  } catch (error) {
    const { name, message, code, row, column, knob } = /** @type {any} */ (error);
    assert.equal(name, 'UnrolledError', `${call}: ${message}`);
    assert.match(message, /^[^\n]+[.”]$/, 'one sentence');
    return { code, row, column, knob };
  }
  throw new Error(`${call} threw nothing.`);
}
