/**
 * The axis of a loss: logarithmic, with round numbers.
 * @module
 */
import { labels, lossMarks } from './numbers.js';
import { leftAxis, uPlot } from './plot.js';

/** @param {number} most Largest number of labels. @returns {uPlot.Axis} */
export const lossAxis = (most) =>
  leftAxis(46, {
    splits: (_, __, low, high) => lossMarks(low, high, most),
    filter: (_, splits) => splits,
    values: (_, splits) => labels(splits),
  });
