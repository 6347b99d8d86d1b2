/**
 * Notices in lines over the page's lower edge: unreadable records, late ones, failures of storage, and a part of an action that was
 * left out. Each stays until it is settled or read.
 * @module
 */
import { bringBack, deleteAside, forget, takeOver } from '../state/persist.js';
import { fill, h } from './dom.js';
import { count, size } from './format.js';

/** @import {VisitActions} from '../actions/visit.js' */
/** @import {Keeping} from '../state/keeping.js' */
/** @import {Aside} from '../state/records.js' */
/** @import {PageStore} from '../state/shape.js' */

/** Largest number of records named one by one. */
const MOST_NAMED = 2;

/** @param {string} label @param {() => void} act */
const link = (label, act) => h('button', { type: 'button', class: 'link', onclick: act }, label);

/** @param {Aside[]} aside @returns {string} */
function asideSentence(aside) {
  const named = aside.slice(0, MOST_NAMED).map(({ what, why }) => `${what} (${why})`);
  if (aside.length > MOST_NAMED) named.push(`${count(aside.length - MOST_NAMED)} more`);
  return `Unusable stored entries were set aside: ${named.join('; ')}. Nothing was deleted.`;
}

/** @param {Keeping} keeping @returns {string} A sentence while the storage does not answer. */
function silence({ state, late }) {
  if (state === 'silent') return 'The browser’s storage does not answer. The page has started without your last visit, and keeps nothing until the storage answers.';
  return state === 'late' ? `Your last visit has arrived: ${late}. Nothing new is kept until you open it or set it aside.` : '';
}

/** @param {Keeping} keeping @returns {string} A sentence where another tab writes. */
function lookingOn({ state, role }) {
  if (state !== 'answers' || (role !== 'looking' && role !== 'lost')) return '';
  return role === 'lost'
    ? 'Another tab saves from now on. Training here continues, but nothing trained in this tab is kept.'
    : 'Another tab of this page does the saving: nothing trained in this tab is kept.';
}

/** @param {HTMLElement} root @param {PageStore} store @param {VisitActions} visit @returns {() => void} */
export function noticeView(root, store, visit) {
  /** Key of the records that a person has read about. */
  let read = '';
  const keysOf = (/** @type {Aside[]} */ aside) => JSON.stringify(aside.map(({ key }) => key));

  function update() {
    const { keeping, told } = store.get();
    const { state, problem, aside } = keeping;
    /** @type {[string, ...HTMLElement[]][]} */
    const lines = [];
    const waits = silence(keeping);
    if (waits)
      lines.push([
        waits,
        ...(state === 'late' ? [link('Open it', () => void visit.openLate()), link('Set it aside', () => void visit.leaveLate())] : []),
      ]);
    const looks = lookingOn(keeping);
    if (looks) lines.push([looks, link('Take over', () => takeOver())]);
    if (problem) lines.push([problem]);
    if (aside.length && !['late', 'forgetting'].includes(state) && keysOf(aside) !== read)
      lines.push([
        asideSentence(aside),
        link('Delete it', () => void deleteAside()),
        link('Hide', () => {
          read = keysOf(aside);
          update();
        }),
      ]);
    if (told) lines.push([told, link('Hide', () => store.set({ told: '' }))]);
    root.hidden = !lines.length;
    fill(root, ...lines.map(([text, ...buttons]) => h('p', {}, text, ...buttons)));
  }
  return store.watch((state) => [state.keeping.state, state.keeping.role, state.keeping.problem, state.keeping.aside, state.keeping.late, state.told], update);
}

/** @param {Keeping} keeping @returns {string} The fate of data and models, in a sentence or two. */
function keptSentence(keeping) {
  const { state, role, problem, used, quota, lasting } = keeping;
  if (state === 'forgetting') return 'What is kept in this browser is being deleted …';
  if (state === 'forgotten') return 'Nothing is kept in this browser any more, and nothing will be until the page is opened again.';
  if (problem) return problem;
  if (state !== 'answers') return 'Nothing is kept in this browser for now.';
  const looks = lookingOn(keeping);
  if (looks) return looks;
  const room = quota ? ` They use ${size(used ?? 0)} of the ${size(quota)} that it allows this site.` : '';
  const lasts = quota && !lasting ? ' When space runs short it may clear them.' : '';
  const one = role === 'alone' ? ' Open this page in one tab at a time: this browser cannot keep two tabs apart.' : '';
  return `Files and models are kept in this browser only, for your next visit.${room}${lasts}${one}`;
}

/** The sentence on the stored records, with a button to delete them. @param {PageStore} store */
export function keptView(store) {
  const sentence = h('span', {});
  const act = h('p', {});
  const stop = store.watch(
    (state) => [state.keeping],
    (keeping) => {
      fill(sentence, keptSentence(keeping));
      fill(
        act,
        keeping.state === 'forgotten'
          ? link('Start over', () => {
              history.replaceState(null, '', location.pathname + location.search);
              location.reload();
            })
          : ['answers', 'late'].includes(keeping.state)
            ? link('Delete everything kept here', () => void forget())
            : null,
        keeping.deleted && keeping.state !== 'forgetting' ? link('Restore what was deleted', () => void bringBack()) : null,
      );
    },
  );
  return { sentence, act, stop };
}
