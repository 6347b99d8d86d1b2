// An architecture's own defaults: a person's choice against them stays, in the settings and in a link.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { differing, settingsActions } from '../../www/actions/settings.js';
import { defaultOf, valueOf } from '../../www/state/shape.js';
import { createStore } from '../../www/state/store.js';
import { readLink, typed, writeLink } from '../../www/state/url.js';
import { catalog as everything, jfk, Session, table } from './package.mjs';

const catalog = everything();
const own = catalog.architectures.flatMap(({ id, defaults }) => Object.entries(defaults).map(([key, value]) => ({ id, key, value })));

/** @param {Record<string, string | number | boolean>} settings @returns {any} */
const state = (settings) => ({ catalog, settings, data: null, draft: null, reproducible: true });

test('what the page takes for a default is what a model is configured with', () => {
  const parts = table(jfk).series().to_parts();
  for (const { id } of catalog.architectures) {
    const session = new Session(parts);
    const { settings } = session.configure({ architecture: id });
    for (const knob of catalog.knobs)
      // Automatic settings are not at their defaults.
      if (!['target', 'split', 'window', 'horizon', 'season', 'segment', 'batch_size', 'from_line', 'shards', 'chunk', 'architecture'].includes(knob.key))
        assert.equal(settings[knob.key], defaultOf(catalog, { architecture: id }, knob), `${id}: ${knob.key}`);
    session.free();
  }
});

test('an architecture whose default is its own can be given the knob’s, and keeps it in a link', () => {
  assert.ok(own.length, 'one architecture at least has a default of its own');
  for (const { id, key, value } of own) {
    const knob = catalog.knobs.find((candidate) => candidate.key === key);
    assert.ok(knob && knob.default !== value);
    const store = createStore(state({ architecture: id }));
    const act = settingsActions(store, async () => true);
    assert.equal(valueOf(store.get(), knob), value);
    act.set({ [key]: knob.default });
    assert.deepEqual(store.get().settings, { architecture: id, [key]: knob.default });
    const link = readLink(writeLink(store.get()));
    assert.equal(typed(catalog, link.settings).settings[key], knob.default);
    assert.deepEqual(differing(store.get(), { architecture: id, [key]: knob.default }), { architecture: id, [key]: knob.default });
    // Its own default is not written.
    act.set({ [key]: value });
    assert.deepEqual(store.get().settings, { architecture: id });
    assert.deepEqual(typed(catalog, { architecture: id, [key]: String(value) }).settings, { architecture: id });
  }
});
