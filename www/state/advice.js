/**
 * Advice after a worker's death.
 * @module
 */
import { shownRun } from './shape.js';

/** @import {Problem} from '../core/protocol.js' */
/** @import {State} from './shape.js' */

/** The knobs that memory grows with, ordered by their cost in accuracy, the smallest first. */
const LARGE = ['batch_size', 'window', 'hidden', 'layers'];

/** @param {State} state @param {Problem} problem Cause of the death. @returns {string} The change, as a sentence, or ''. */
export function adviceFor(state, { code }) {
  const { catalog, draft } = state;
  if (code !== 'memory') return code === 'trap' ? 'Other settings may avoid it. To report it, copy the details below.' : '';
  const settings = draft?.settings ?? shownRun(state)?.configured.settings ?? {};
  const knobs = LARGE.flatMap((key) => {
    const knob = catalog?.knobs.find((candidate) => candidate.key === key);
    const lower = knob?.kind.type === 'integer' && Number(settings[key]) > knob.kind.min;
    return knob && lower ? [`${knob.label.toLowerCase()} (${settings[key]})`] : [];
  });
  if (!knobs.length) return 'Close other tabs and programs, or open less data.';
  return `Lower the ${knobs.slice(0, -1).join(', the ')}${knobs.length > 1 ? ' or the ' : ''}${knobs.at(-1)}.`;
}
