/**
 * The composition root: one store, the workers, the actions between them, and the views.
 * @module
 */
import { crossingActions } from './actions/crossing.js';
import { dataActions } from './actions/data.js';
import { dataWorker } from './actions/data_worker.js';
import { insideActions } from './actions/inside.js';
import { modelActions } from './actions/model.js';
import { runList } from './actions/run_list.js';
import { runActions } from './actions/comparison.js';
import { silenceActions } from './actions/silence.js';
import { visitActions } from './actions/visit.js';
import { recolour } from './charts/plot.js';
import { fastestBuild } from './core/wasm.js';
import { faultInEvent } from './state/checked.js';
import { keepingNow, watchKeeping } from './state/keeping.js';
import { follow, open, recall, sift } from './state/persist.js';
import { sorted } from './state/records.js';
import { watchScored } from './state/scored.js';
import { initialState } from './state/shape.js';
import { createStore } from './state/store.js';
import { chosenOf, readLink, typed, writeLink } from './state/url.js';
import { hasTheme, recallReproducible, recallWorkers } from './state/words.js';
import { compareView } from './views/compare.js';
import { crossingView } from './views/crossing.js';
import { dataView } from './views/data.js';
import { dataDetailView } from './views/data_detail.js';
import { fill } from './views/dom.js';
import { dropView } from './views/drop.js';
import { errorsView } from './views/errors.js';
import { forecastView } from './views/forecast.js';
import { dockView, footView, statusView, toolsView } from './views/frame.js';
import { insideView } from './views/inside.js';
import { noticeView } from './views/notice.js';
import { modelView } from './views/model.js';
import { modelDetailView } from './views/model_detail.js';
import { silenceView } from './views/silence.js';
import { technicalDetails } from './views/technical.js';
import { trainView } from './views/train.js';

/** @import {WorkerEvent} from './core/protocol.js' */
/** @import {Kept} from './state/records.js' */

/** Milliseconds between two changes of the address: browsers refuse a page that changes it too often. */
const ADDRESS_EVERY = 400;

/** @param {string} id */
const element = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/** @param {string} message @param {string} [technical] The thrown text. */
function cannotStart(message, technical) {
  const box = element('boot');
  fill(box, message, technicalDetails(technical));
  box.hidden = false;
}

document.documentElement.dataset.started = '';
const link = readLink(location.hash);
const store = createStore(
  initialState({
    theme: document.documentElement.dataset.theme === 'dark' ? 'dark' : 'light',
    fastest: fastestBuild(),
    reproducible: link.reproducible ?? recallReproducible(),
    workers: recallWorkers(),
    keeping: keepingNow(),
  }),
);
watchKeeping((keeping) => store.set({ keeping }));
watchScored((scored, fault) => store.set(fault ? { scored, told: fault } : { scored }));
if (!store.get().fastest) {
  cannotStart(
    'Unrolled needs WebAssembly SIMD, which this browser lacks. Open the page in a current Firefox, Chrome or Edge, or in Safari 16.4 or newer.',
  );
}

/** @param {WorkerEvent} event */
function hearReader(event) {
  const { reading } = store.get();
  if (!faultInEvent(event) && event.type === 'reading' && reading && event.total > 1 << 22) {
    store.set({ reading: { ...reading, share: event.bytes / event.total } });
  }
}

const silence = silenceActions(store);
const reader = dataWorker(store, silence, {
  hear: hearReader,
  cannotStart: (problem) => cannotStart(`Unrolled could not start here. ${problem.message}`, problem.technical),
});
const list = runList(store);
const model = modelActions(store, list, silence);
const runs = runActions(store, list, model, silence);
const data = dataActions(store, reader, {
  replaced(dataset, settings, run) {
    runs.replaced();
    model.ready();
    void model.replaced(dataset, settings, run);
  },
});
const actions = { data, model };
const visit = visitActions(store, { data, model, runs });

store.watch(
  (state) => [state.theme],
  () => {
    queueMicrotask(recolour);
  },
);
toolsView(element('tools'), store);
dataView(element('data'), store, actions);
dataDetailView(element('data-detail'), store, actions);
modelView(element('model'), store, model);
modelDetailView(element('model-detail'), store, model);
trainView(element('train'), store, model);
forecastView(element('forecast'), store, model);
crossingView(element('forecast'), store, crossingActions(store, model));
insideView(element('inside'), store, insideActions(store, list, model), model);
errorsView(element('errors'), store, model);
compareView(element('compare'), store, runs);
dockView(element('dock'), store, model, element('train'));
footView(element('foot'), store);
statusView(element('status'), store);
dropView(element('drop'), actions);
noticeView(element('notice'), store, visit);
silenceView(element('silence'), store, silence);

/** The address follows the state; it is replaced, so that Back leaves the page, as a person expects. */
function followInAddress() {
  /** @type {ReturnType<typeof setTimeout> | undefined} */ let timer;
  store.watch(
    (state) => [state.settings, state.reproducible, state.data, state.shownId, state.catalog],
    () => {
      if (!store.get().data || !store.get().catalog) return;
      clearTimeout(timer);
      timer = setTimeout(() => history.replaceState(history.state, '', writeLink(store.get())), ADDRESS_EVERY);
    },
  );
  // This tab's data, at once, so that a reload finds them again, whatever other tabs have opened since.
  store.watch(
    (state) => [state.data, state.shownId],
    (data, shown) => {
      if (data) history.replaceState({ data: data.id, shown }, '');
    },
  );
}

/** Opens the address: the data and the model of the last visit if it names them, or a sample. */
async function begin() {
  const { found, late } = await recall();
  /** @param {{kept: Kept[], open: string} | null} visited */
  const choose = (visited) => visited && chosenOf(visited.kept, visited.open, link, history.state);
  // It arrives while the core is still loading.
  if (!choose(found && sorted(found.records, null))) data.fetchSample(link.sample ?? '');
  const catalog = await reader.catalog();
  const { settings, unknown } = typed(catalog, link.settings);
  store.set({ catalog });
  const visited = found && (await sift(found, catalog));
  const chosen = choose(visited);
  const others = visited?.kept.filter(({ data: { id } }) => id !== chosen?.data.id) ?? [];
  if (chosen) await visit.open(chosen, others, location.hash ? settings : null);
  else {
    store.set({ settings });
    await data.openSample(link.sample ?? '');
    visit.remember(others);
    if (link.file)
      store.set({
        dataProblem: {
          message: 'The link’s file is not in this browser. Open the file here to reproduce the run.',
          about: link.file,
        },
      });
  }
  if (unknown.length) {
    const told = `Unknown settings in the link were ignored: ${unknown.join(', ')}.`;
    store.set({ said: told, told: [store.get().told, told].filter(Boolean).join(' ') });
  }
  followInAddress();
  follow(store);
  if (!late) open();
  else void late.then(visit.hear);
}

// The address holds settings, so a jump inside the page must not change it.
document.querySelector('.skip')?.addEventListener('click', (event) => {
  event.preventDefault();
  element('train').scrollIntoView({ block: 'center' });
  element('train').focus({ preventScroll: true });
});
addEventListener('hashchange', () => location.reload());
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', (event) => {
  if (!hasTheme()) store.set({ theme: event.matches ? 'dark' : 'light' });
});
begin().catch((error) => {
  if (document.getElementById('boot')?.hidden) cannotStart('Unrolled could not start because of an error of its own. Reload the page to try again.', String(error));
});
