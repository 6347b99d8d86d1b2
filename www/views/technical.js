/**
 * The thrown text, folded, for bug reports.
 * @module
 */
import { fill, h } from './dom.js';

/** @param {string} [technical] @returns {HTMLElement | null} */
export function technicalDetails(technical) {
  if (!technical) return null;
  return h('details', { class: 'technical' }, h('summary', {}, 'Technical details'), h('code', { title: 'Click to select all' }, technical));
}

/** An element for it that stays unfolded while the same text is thrown. */
export function technicalPlace() {
  const element = h('div', { hidden: true });
  let shown = '';
  return {
    element,
    /** @param {string} [technical] */
    set(technical = '') {
      if (technical === shown) return;
      shown = technical;
      element.hidden = !technical;
      fill(element, technicalDetails(technical));
    },
  };
}
