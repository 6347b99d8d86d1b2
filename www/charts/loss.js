/**
 * The axis of a loss: a scale of factors, in round numbers.
 * @module
 */
import { labels, lossMarks } from './numbers.js';
import { leftAxis, uPlot } from './plot.js';

/** @param {number} most So many labels have room. @returns {uPlot.Axis} */
export const lossAxis = (most) =>
  leftAxis(46, {
    splits: (_, __, low, high) => lossMarks(low, high, most),
    filter: (_, splits) => splits,
    values: (_, splits) => labels(splits),
  });
