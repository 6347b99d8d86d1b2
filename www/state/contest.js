/**
 * The defaults of a comparison: its architectures, and its budget.
 * @module
 */
import { ROLE } from './shape.js';

/** @import {State} from './shape.js' */

/** Default budget of steps, in epochs. */
const EPOCHS = 5;
/** Number of architectures that are ticked by default, besides the chosen one. */
const FIRST = 3;

/** @param {State} state @returns {string[]} The architectures of the comparison, in the catalog's order. */
export function contestants({ contest, catalog, settings, draft }) {
  const all = catalog?.architectures.map(({ id }) => id) ?? [];
  // The automatic choice is none of them.
  const usual = [...all.slice(0, FIRST), String(draft?.settings[ROLE.architecture] ?? settings[ROLE.architecture])];
  return all.filter((id) => (contest.architectures ?? usual).includes(id));
}

/** @param {State} state @returns {number} The budget of each run in steps. */
export const stepsOf = ({ contest, draft }) => contest.steps || EPOCHS * (draft?.steps_per_epoch ?? 1);
