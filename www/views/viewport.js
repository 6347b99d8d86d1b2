/**
 * The range of the large chart: buttons, wheel, fingers and keys that zoom and pan.
 * @module
 */
import { h, icon } from './dom.js';
import { stretches } from './grounds.js';

/** @import {PageStore} from '../state/shape.js' */

/** Factor of one press of a zoom key. */
const ZOOM = 1.5;
/** Share of the width of one press of a pan key. */
const PAN = 0.2;
/** Number of widths that reaches the beginning of any series. */
const FAR = 1e9;
/** Zoom of one unit of the wheel. */
const WHEEL = 0.0016;
/** Smallest number of values in view. */
const LEAST = 4;

/**
 * @param {PageStore} store
 * @param {HTMLElement} box The chart's container.
 * @param {{valueAt: (clientX: number) => number, pointedAt: () => number | null, read: (by: number) => void}} chart
 */
export function viewport(store, box, chart) {
  /** @param {[number, number]} wanted Wanted range, clamped to the data. */
  function show([from, to]) {
    const state = store.get();
    const all = stretches(state)?.all;
    if (!all || !state.data) return;
    const { times } = state.data;
    const least = LEAST * ((times[1] ?? 1) - (times[0] ?? 0) || 1);
    const width = Math.min(all[1] - all[0], Math.max(least, to - from));
    const start = Math.min(all[1] - width, Math.max(all[0], (from + to - width) / 2));
    store.set({ range: [start, start + width] });
  }

  /** @param {number} share Of the width; to later times where it is positive. */
  function pan(share) {
    const { range } = store.get();
    if (!range) return;
    const by = share * (range[1] - range[0]);
    show([range[0] + by, range[1] + by]);
  }

  /** @param {number} factor Of the width. @param {number} [around] The fixed time. */
  function zoom(factor, around) {
    const { range } = store.get();
    if (!range) return;
    const still = around ?? anchor(range);
    show([still - (still - range[0]) * factor, still + (range[1] - still) * factor]);
  }

  /** @param {[number, number]} range @returns {number} The fixed time of keys and buttons: the end while the forecast is in view, else the time under the cursor. */
  function anchor([from, to]) {
    const { data } = store.get();
    if (data && to > data.times[data.times.length - 1]) return to;
    const pointed = chart.pointedAt();
    return pointed !== null && pointed >= from && pointed <= to ? pointed : (from + to) / 2;
  }

  /** @param {'all' | 'validation' | 'test' | 'end'} name */
  function goTo(name) {
    const all = stretches(store.get());
    if (all) store.set({ range: all[name] });
  }
  const goBack = () => goTo('end');

  /** @type {Record<string, (shift: boolean) => void>} */
  const keys = {
    ArrowLeft: (shift) => (shift ? pan(-PAN) : chart.read(-1)),
    ArrowRight: (shift) => (shift ? pan(PAN) : chart.read(1)),
    '+': () => zoom(1 / ZOOM),
    '=': () => zoom(1 / ZOOM),
    '-': () => zoom(ZOOM),
    0: goBack,
    Home: () => pan(-FAR),
    End: goBack,
  };
  box.addEventListener('keydown', (event) => {
    const what = keys[event.key];
    if (!what || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    what(event.shiftKey);
  });
  box.addEventListener('dblclick', goBack);
  box.addEventListener('pointerdown', () => box.focus({ preventScroll: true }));

  // Scrolling the page must not be caught by the chart: the wheel zooms once the chart has been clicked, or with Ctrl.
  box.addEventListener(
    'wheel',
    (event) => {
      if (!event.ctrlKey && !event.metaKey && document.activeElement !== box) return;
      event.preventDefault();
      if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) pan(event.deltaX / box.clientWidth);
      else zoom(Math.exp(event.deltaY * WHEEL), chart.valueAt(event.clientX));
    },
    { passive: false },
  );

  // One finger pans, two zoom; up and down the page scrolls (`touch-action` in the style sheet).
  /** @type {Map<number, number>} */
  const fingers = new Map();
  box.addEventListener('pointerdown', (event) => {
    if (event.pointerType === 'touch') fingers.set(event.pointerId, event.clientX);
  });
  box.addEventListener('pointermove', (event) => {
    const before = fingers.get(event.pointerId);
    if (before === undefined) return;
    const [one, other] = [...fingers.values()];
    fingers.set(event.pointerId, event.clientX);
    if (other === undefined) return pan((before - event.clientX) / box.clientWidth);
    const [oneNow, otherNow] = [...fingers.values()];
    const factor = Math.abs(one - other) / Math.max(1, Math.abs(oneNow - otherNow));
    zoom(factor, chart.valueAt((oneNow + otherNow) / 2));
  });
  for (const name of /** @type {const} */ (['pointerup', 'pointercancel'])) {
    box.addEventListener(name, (event) => void fingers.delete(event.pointerId));
  }

  /** @param {'all' | 'validation' | 'test' | 'end'} name @param {string} label */
  const stretch = (name, label) => h('button', { type: 'button', class: 'button quiet', onclick: () => goTo(name) }, label);
  /** @param {string} label @param {string} path @param {() => void} onclick */
  const button = (label, path, onclick) =>
    h('button', { type: 'button', class: 'button quiet square', 'aria-label': label, title: label, onclick }, icon(path));

  return {
    show,
    goBack,
    buttons: [
      h(
        'div',
        { class: 'cluster' },
        stretch('all', 'Everything'),
        stretch('validation', 'Validation'),
        stretch('test', 'Test'),
        stretch('end', 'The end'),
      ),
      h(
        'div',
        { class: 'cluster' },
        button('Earlier', 'M10 3L5 8l5 5', () => pan(-PAN)),
        button('Later', 'M6 3l5 5-5 5', () => pan(PAN)),
        button('Zoom in', 'M8 3v10M3 8h10', () => zoom(1 / ZOOM)),
        button('Zoom out', 'M3 8h10', () => zoom(ZOOM)),
      ),
    ],
  };
}
