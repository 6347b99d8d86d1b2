/**
 * The frame of the page: the tools at the top, the dock with the main button, the foot, the messages for screen readers.
 * @module
 */
import { shownRun } from '../state/shape.js';
import { keepTheme } from '../state/words.js';
import { fill, h, icon, setText } from './dom.js';
import { mainButton } from './main_button.js';
import { keptView } from './notice.js';
import { roundingSentence, SAME_NUMBERS } from './rounding.js';
import { stateSentence } from './train.js';

/** @import {ModelActions} from '../actions/model.js' */
/** @import {PageStore} from '../state/shape.js' */

const SUN =
  'M8 5.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6M8 1v1.6M8 13.4V15M1 8h1.6M13.4 8H15M3 3l1.2 1.2M11.8 11.8L13 13M13 3l-1.2 1.2M4.2 11.8L3 13';
const MOON = 'M13.2 9.6A5.6 5.6 0 0 1 6.4 2.8a5.6 5.6 0 1 0 6.8 6.8z';
const LINK =
  'M6.8 9.2a2.6 2.6 0 0 0 3.7 0l2.4-2.4a2.6 2.6 0 0 0-3.7-3.7L8.3 4M9.2 6.8a2.6 2.6 0 0 0-3.7 0L3.1 9.2a2.6 2.6 0 0 0 3.7 3.7l.9-.9';
/** Milliseconds of the message “copied”. */
const COPIED = 2000;

/** @param {HTMLElement} root @param {PageStore} store @returns {() => void} */
export function toolsView(root, store) {
  const words = h('span', { class: 'wide-only' }, 'Copy link');
  const copy = h(
    'button',
    {
      type: 'button',
      class: 'button quiet',
      onclick: async () => {
        let said = 'Copied';
        try {
          await navigator.clipboard.writeText(location.href);
        } catch {
          said = 'Copy it from the address bar';
        }
        setText(words, said);
        store.set({ said: `${said}.` });
        setTimeout(() => setText(words, 'Copy link'), COPIED);
      },
    },
    icon(LINK),
    words,
  );
  const theme = h('button', {
    type: 'button',
    class: 'button quiet square',
    onclick: () => {
      const next = store.get().theme === 'dark' ? 'light' : 'dark';
      keepTheme(next);
      store.set({ theme: next });
    },
  });
  root.append(copy, theme);
  const undo = store.watch(
    (state) => [state.reproducible],
    (reproducible) => {
      copy.title = `The link holds settings, seed and the sample’s name, but no file. It reproduces this run ${reproducible ? 'bit for bit' : `up to the rounding of each processor (bit for bit with “${SAME_NUMBERS}”)`}.`;
    },
  );
  const undoTheme = store.watch(
    (state) => [state.theme],
    (now) => {
      document.documentElement.dataset.theme = now;
      fill(theme, icon(now === 'dark' ? SUN : MOON));
      theme.setAttribute('aria-label', now === 'dark' ? 'Light colours' : 'Dark colours');
      theme.title = now === 'dark' ? 'Light colours' : 'Dark colours';
    },
  );
  return () => {
    undo();
    undoTheme();
  };
}

/** @param {HTMLElement} root @param {PageStore} store @param {ModelActions} act @param {HTMLElement} watched The section whose button the dock repeats. @returns {() => void} */
export function dockView(root, store, act, watched) {
  const main = mainButton(store, act, {
    class: 'button main',
    pressed(before) {
      // On a narrow screen the training section is out of view.
      if (shownRun(before)?.status !== 'running' && matchMedia('(max-width: 60rem)').matches)
        document.getElementById('forecast')?.scrollIntoView({ block: 'start' });
    },
  });
  const sentence = h('p', { class: 'small' });
  root.append(main.element, sentence);
  const observer = new IntersectionObserver(
    ([entry]) => {
      root.hidden = entry.isIntersecting;
    },
    { rootMargin: '-60px 0px -40px' },
  );
  observer.observe(watched);
  const undo = store.watch(
    (state) => [shownRun(state), state.draft, state.settings, state.settingsProblem, state.reproducible, state.asked],
    () => {
      setText(sentence, stateSentence(store.get()));
    },
  );
  return () => {
    observer.disconnect();
    main.stop();
    undo();
  };
}

/** @param {HTMLElement} root @param {PageStore} store @returns {() => void} */
export function footView(root, store) {
  const version = h('span', {});
  const rounding = h('span', { id: 'rounding' });
  const kept = keptView(store);
  root.append(
    h(
      'p',
      {},
      'This tab computes everything on your machine: no server, no account, no upload. ',
      kept.sentence,
    ),
    kept.act,
    h('p', { class: 'muted' }, version, rounding),
  );
  const undo = [
    kept.stop,
    store.watch(
      (state) => [state.catalog],
      (catalog) => setText(version, catalog ? `Unrolled ${catalog.version}. ` : ''),
    ),
    store.watch(
      (state) => [shownRun(state)?.build, state.fastest, state.reproducible],
      () => setText(rounding, roundingSentence(store.get())),
    ),
  ];
  return () => {
    for (const stop of undo) stop();
  };
}

/** Prefixes of the page's title. @type {Record<string, string>} */
const TITLES = { running: 'Training · ', comparing: 'Comparing · ', finished: 'Finished · ', failed: 'Failed · ' };

/** Announces changes of state to screen readers, without numbers. @param {HTMLElement} root @param {PageStore} store @returns {() => void} */
export function statusView(root, store) {
  const { title } = document;
  /** Clears the pending actions. */
  const done = () => ({ ...store.get(), asked: [] });
  const undo = [
    store.watch(
      (state) => [shownRun(state)?.status, shownRun(state)?.test],
      (status, test) => {
        if (status === 'running') store.set({ said: 'Training.' });
        else if ((status === 'finished' || status === 'stopped') && test)
          store.set({ said: `${stateSentence(done())} ${test.sentence}` });
        else if (status === 'failed' || status === 'paused') store.set({ said: stateSentence(done()) });
      },
    ),
    store.watch(
      (state) => [state.said],
      (said) => setText(root, said),
    ),
    // Visible in the row of tabs during training in the background.
    store.watch(
      (state) => [state.comparing === 'none' ? (shownRun(state)?.status ?? '') : 'comparing'],
      (status) => {
        document.title = `${TITLES[status] ?? ''}${title}`;
      },
    ),
  ];
  return () => {
    for (const stop of undo) stop();
  };
}
