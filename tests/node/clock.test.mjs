// A run's budget: of time, exact to the round; of steps, exact to the step; never within a validation.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createClock } from '../../www/core/clock.js';

/** @param {number} step @param {object} [more] Of ten steps an epoch. */
const at = (step, more) => /** @type {any} */ ({ state: 'running', step, epoch: Math.ceil(step / 10), steps_per_epoch: 10, best: undefined, ...more });
const none = () => [];

test('a budget of time is over with the first round that uses it up', () => {
  const clock = createClock({ milliseconds: 100 });
  clock.count(60, at(2), none);
  assert.equal(clock.isOver(at(2)), false);
  assert.deepEqual([clock.left(30), clock.left(90)], [30, 40], 'no slice is longer than the rest of the budget');
  clock.count(45, at(3), none);
  assert.equal(clock.isOver(at(3)), true);
  assert.deepEqual([clock.spent(), clock.left(30), clock.byStep], [105, 0, false]);
});

test('a validation that has begun is let finish', () => {
  const clock = createClock({ milliseconds: 100 });
  clock.count(200, at(10), none);
  assert.equal(clock.isOver(at(10)), false, 'the steps of its epoch are done, the validation is not');
  assert.equal(clock.isOver(at(10, { epoch: 2 })), true);
});

test('a budget of steps is over with its last step, however long that took', () => {
  const clock = createClock({ steps: 13 });
  clock.count(1e6, at(12), none);
  assert.equal(clock.isOver(at(12)), false);
  assert.equal(clock.isOver(at(13)), true);
  assert.deepEqual([clock.byStep, clock.left(30)], [true, 30]);
});

test('without a budget it is never over', () => {
  const clock = createClock();
  clock.count(1e9, at(1e6 + 1), none);
  assert.equal(clock.isOver(at(1e6 + 1)), false);
});

test('each epoch has the time at which its last step was done', () => {
  const clock = createClock();
  const epochs = /** @type {any[]} */ ([{ epoch: 1, step: 10 }, { epoch: 2, step: 20 }]);
  clock.count(50, at(5), none);
  clock.count(100, at(25), (from) => epochs.slice(from));
  assert.deepEqual(clock.timed(epochs).map(({ spent }) => spent), [75, 125]);
});

test('a budget ends while it learns from all rows too, though no validation follows', () => {
  const clock = createClock({ milliseconds: 100 });
  clock.count(200, at(10), none);
  assert.equal(clock.isOver(at(10, { all_rows: { step: 1, steps: 10 } })), true);
});

test('weights of epoch 0 are called those of the linear model', () => {
  const clock = createClock({ steps: 13 });
  const why = (/** @type {number} */ epoch) => clock.why(at(13, { best: { epoch, validation: 1 } }));
  assert.equal(why(0), 'Its 13 steps are done. Weights of the linear model it starts from.');
  assert.equal(why(2), 'Its 13 steps are done. Weights of epoch 2.');
});
