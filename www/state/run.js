/**
 * A run: its beginning, and its state after its worker's end.
 * @module
 */
import { freeSlot } from './ranking.js';

/** @import {Configured, Progress} from '../../pkg/unrolled.js' */
/** @import {Settings} from '../core/protocol.js' */
/** @import {Entry, Run} from './shape.js' */

/** Ids for each millisecond. */
const SHARE = 1000;
let lastId = 0;
/** @returns {number} A new id for a run, unique over tabs and visits, and increasing. */
export const newId = () => (lastId = Math.max(lastId + 1, Date.now() * SHARE + Math.floor(Math.random() * SHARE)));

/** @param {number} id @param {Configured} configured @param {Progress} progress @param {Settings} asked @param {Run['build']} build @returns {Run} */
export const newRun = (id, configured, progress, asked, build) => ({
  id,
  status: 'ready',
  asked,
  build,
  configured,
  progress,
  epochs: [],
  problem: null,
  validation: null,
  test: null,
  forecast: null,
  forecastProblem: '',
  bytes: null,
  workers: 1,
  elapsed: 0,
  remark: '',
});

/** @param {Run} run @returns {number} Its optimiser steps so far, those on all rows among them. */
export const stepsDone = ({ progress }) => progress.step + (progress.all_rows?.step ?? 0);

/** @param {Run} run @returns {number} The largest number that its training may take; where it learns from all rows in the end, that takes as many again. */
export function mostSteps({ progress, configured }) {
  if (progress.all_rows) return progress.step + progress.all_rows.steps;
  return progress.epochs * progress.steps_per_epoch * (configured.settings.all_rows ? 2 : 1);
}

/** @param {Pick<Entry, 'id' | 'data' | 'asked'> & Partial<Entry>} given @param {Entry[]} others Those on the list. @returns {Entry} */
export const newEntry = (given, others) => ({ slot: freeSlot(others), limit: {}, ticked: false, run: null, problem: null, ...given });

/** @param {Run} run @returns {Run} The run after its worker's end: it cannot continue. */
export const settled = (run) => (run.status === 'running' || run.status === 'paused' ? { ...run, status: 'stopped' } : run);

/** @param {Run} run @param {NonNullable<Run['latest']>} latest @returns {Run} The run with its last weights, without any scores. */
export const asItWas = (run, { bytes, step, epoch }) => ({
  ...run,
  bytes,
  latest: null,
  unvalidated: { step, epoch },
  progress: { ...run.progress, best: null },
  validation: null,
  test: null,
  forecast: null,
});

/** @param {Run} run @returns {Run} The run with its best weights, or its last ones where none were validated. */
export const withWeights = (run) => (!run.bytes && run.latest ? asItWas(run, run.latest) : run);

/** @param {Run | null} run @param {string} why Its name on the button that brings it back. @returns {{run: Run, why: string} | null} `null` without weights. */
export function toBringBack(run, why) {
  const left = run && withWeights(run);
  return left?.bytes ? { run: left, why } : null;
}

/** @param {Entry} entry @returns {boolean} Whether it has weights of its own after its worker's end. */
export const hasWeights = ({ run }) => Boolean(run?.bytes || run?.latest);

/** @param {Entry[]} entries @returns {Entry[]} The entries with weights, after their workers' end. */
export const settledList = (entries) =>
  entries.filter(hasWeights).map(({ apart, ...entry }) => ({ ...entry, run: entry.run && settled(withWeights(entry.run)) }));
