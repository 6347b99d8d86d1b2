/**
 * What a comparison is to be, as far as a person has not said so: whom it trains, and for how long.
 * @module
 */
import { ROLE } from './shape.js';

/** @import {State} from './shape.js' */

/** A budget of steps is this many epochs, unless it is chosen. */
const EPOCHS = 5;
/** Architectures that are ticked by themselves, beside the one that is chosen. */
const FIRST = 3;

/** @param {State} state @returns {string[]} The architectures that a comparison would train, in the catalog's order. */
export function contestants({ contest, catalog, settings, draft }) {
  const all = catalog?.architectures.map(({ id }) => id) ?? [];
  const usual = [...all.slice(0, FIRST), String(draft?.settings[ROLE.architecture] ?? settings[ROLE.architecture])];
  return all.filter((id) => (contest.architectures ?? usual).includes(id));
}

/** @param {State} state @returns {number} Steps that each may take where all take equally many. */
export const stepsOf = ({ contest, draft }) => contest.steps || EPOCHS * (draft?.steps_per_epoch ?? 1);
