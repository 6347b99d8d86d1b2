// The colours of runs: distinct from each other, from the measured values and from the network's forecasts, for normal and
// colour-blind eyes; and visible on their background. Deficient vision as simulated by Machado et al. 2009 at full severity;
// distances in OKLab.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const RUNS = 8;
/** Distances below this are hard to tell apart on a thin line. */
const APART = 0.09;
/** WCAG 2.2, 1.4.11: graphics against their background. */
const CONTRAST = 3;

/** Of linear light; rows give red, green, blue. @type {Record<string, number[][]>} */
const EYES = {
  usual: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
  protanopia: [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
  deuteranopia: [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
  tritanopia: [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
};
const TO_LMS = [[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566], [0.0883024619, 0.2817188376, 0.6299787005]];
const TO_LAB = [[0.2104542553, 0.793617785, -0.0040720468], [1.9779984951, -2.428592205, 0.4505937099], [0.0259040371, 0.7827717662, -0.808675766]];

/** @param {number[][]} matrix @param {number[]} vector */
const times = (matrix, vector) => matrix.map((row) => row.reduce((sum, value, index) => sum + value * vector[index], 0));
/** @param {string} hex @returns {number[]} Linear light. */
const light = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
/** @param {number[]} rgb @returns {number[]} */
const oklab = (rgb) => times(TO_LAB, times(TO_LMS, rgb).map(Math.cbrt));
/** @param {string} hex @param {number[][]} eye */
const seen = (hex, eye) => oklab(times(eye, light(hex)).map((x) => Math.min(1, Math.max(0, x))));
/** @param {string} hex */
const luminance = (hex) => times([[0.2126, 0.7152, 0.0722]], light(hex))[0];

const sheet = readFileSync(new URL('../../www/style/base.css', import.meta.url), 'utf8');
for (const [theme, start] of /** @type {[string, string][]} */ ([['light', ':root {'], ['dark', ":root[data-theme='dark'] {"]])) {
  const from = sheet.indexOf(start);
  const colours = new Map([...sheet.slice(from, sheet.indexOf('}', from)).matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(([, name, hex]) => [name, hex]));
  const names = [...Array.from({ length: RUNS }, (_, index) => `run-${index + 1}`), 'ink', 'accent'];

  test(`${theme}: the lines of runs are told apart, with every kind of eye`, (t) => {
    for (const [eye, matrix] of Object.entries(EYES)) {
      let [least, pair] = [Infinity, ''];
      for (const [index, one] of names.entries()) {
        for (const other of names.slice(0, index)) {
          const [a, b] = [one, other].map((name) => seen(/** @type {string} */ (colours.get(name)), matrix));
          const distance = Math.hypot(...a.map((value, at) => value - b[at]));
          if (distance < least) [least, pair] = [distance, `${one} and ${other}`];
        }
      }
      t.diagnostic(`${theme}, ${eye}: ${least.toFixed(3)} at least (${pair})`);
      assert.ok(least >= APART, `${eye}: ${pair} are ${least.toFixed(3)} apart`);
    }
  });

  test(`${theme}: the lines of runs are seen on their ground`, () => {
    for (const name of names.slice(0, RUNS)) {
      for (const ground of ['paper', 'ground']) {
        const [a, b] = [name, ground].map((key) => luminance(/** @type {string} */ (colours.get(key))) + 0.05);
        assert.ok(Math.max(a, b) / Math.min(a, b) >= CONTRAST, `${name} on ${ground}`);
      }
    }
  });
}
