// The benches inside a page. `make bench` copies this next to the package, its own build and the rivals, serves the folder and
// calls `bench.ask`. Every build of ours is a separate module instance, distinguished by the address's query.

/** @type {Record<string, any>} Sessions, models and modules by name. */
const kept = {};
let instances = 0;

/** @param {string} name @param {() => any} make */
const once = async (name, make) => (kept[name] ??= await make());

/** The package, a fresh instance. @param {string} build `plain` or `relaxed`. */
async function startPackage(build) {
  const module = await import(`./pkg/unrolled.js?${instances++}`);
  const wasm = await module.default({ module_or_path: new URL(build === 'plain' ? 'pkg/unrolled_bg.wasm' : `pkg/unrolled_${build}_bg.wasm`, location.href) });
  return { module, memory: wasm.memory };
}

/** The benches' own build. @param {string} build */
const benches = (build) =>
  once(`benches ${build}`, async () => {
    const module = await import(`./${build}/bench_web.js`);
    await module.default();
    return module;
  });

/** @param {any} started @param {string} file @param {object} settings */
async function session({ module }, file, settings) {
  const reader = new module.CsvReader();
  reader.push(new Uint8Array(await (await fetch(file)).arrayBuffer()));
  const made = new module.Session(reader.finish().series().to_parts());
  made.configure(settings);
  return made;
}

/** TensorFlow.js on wasm with SIMD, without threads (they need headers that plain hosts cannot send). */
const tensorflow = () =>
  once('tensorflow', async () => {
    const script = (/** @type {string} */ src) =>
      new Promise((resolve, reject) => {
        const element = Object.assign(document.createElement('script'), { src, onload: resolve, onerror: () => reject(new Error(`${src} is not there`)) });
        document.head.append(element);
      });
    const folder = './rivals/node_modules/@tensorflow/';
    await script(`${folder}tfjs/dist/tf.min.js`);
    await script(`${folder}tfjs-backend-wasm/dist/tf-backend-wasm.min.js`);
    const tf = /** @type {any} */ (globalThis).tf;
    tf.wasm.setWasmPaths(new URL(`${folder}tfjs-backend-wasm/dist/`, location.href).href);
    await tf.setBackend('wasm');
    await tf.ready();
    if (!(await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT'))) throw new Error('TensorFlow.js finds no SIMD');
    return tf;
  });

/** A model of TensorFlow.js with batches for it. Without clipping by the norm, which its training loop lacks. @param {any} settings */
async function rival({ architecture, hidden, layers, window, horizon, batch_size: batch }) {
  const tf = await tensorflow();
  const model = tf.sequential();
  const make = { lstm: tf.layers.lstm, gru: tf.layers.gru, rnn: tf.layers.simpleRNN }[/** @type {'lstm'} */ (architecture)];
  for (let layer = 0; layer < layers; layer++) {
    // Its default, orthogonal, is slow to draw.
    model.add(make({ units: hidden, recurrentInitializer: 'glorotUniform', returnSequences: layer < layers - 1, ...(layer ? {} : { inputShape: [window, 1] }) }));
  }
  model.add(tf.layers.dense({ units: horizon }));
  model.compile({ optimizer: tf.train.adam(1e-3), loss: 'meanSquaredError' });
  return { tf, model, x: tf.randomNormal([batch, window, 1]), y: tf.randomNormal([batch, horizon]), one: tf.randomNormal([1, window, 1]) };
}

/** @param {() => unknown} work @returns {Promise<{seconds: number}>} */
async function timed(work) {
  const from = performance.now();
  await work();
  return { seconds: (performance.now() - from) / 1000 };
}

/** @type {Record<string, (ask: any) => Promise<object>>} */
const answers = {
  async train({ id, build, file, settings, count }) {
    const started = await once(`package ${build}`, () => startPackage(build));
    const training = await once(`${build} ${id}`, () => session(started, file, settings));
    return timed(() => {
      for (let step = 0; step < count; step++) training.step();
    });
  },
  async window({ build, settings, count }) {
    const { Single } = await benches(build);
    const single = await once(`${build} ${settings.architecture} single`, () => new Single(JSON.stringify(settings)));
    return timed(() => single.windows(count));
  },
  async stream({ build, settings, count }) {
    const { Single } = await benches(build);
    const single = await once(`${build} ${settings.architecture} single`, () => new Single(JSON.stringify(settings)));
    return timed(() => single.steps(count));
  },
  async scan({ build, cell, hidden, window, batch, fused, count }) {
    const { Scans } = await benches(build);
    const scans = await once(`${build} ${cell} scans`, () => new Scans(cell, hidden, window, batch));
    return timed(() => scans.run(fused, count));
  },
  async losses({ build, losses }) {
    return { losses: [...(await benches(build)).losses(JSON.stringify(losses))] };
  },
  /** Bytes of WebAssembly memory after some steps, in a separate instance. */
  async memory({ build, file, settings, count }) {
    const started = await startPackage(build);
    const training = await session(started, file, settings);
    for (let step = 0; step < count; step++) training.step();
    return { bytes: started.memory.buffer.byteLength };
  },
  async rival_train({ id, settings, count }) {
    const { model, x, y } = await once(`rival ${id}`, () => rival(settings));
    return timed(async () => {
      for (let step = 0; step < count; step++) await model.trainOnBatch(x, y);
    });
  },
  async rival_window({ settings, count }) {
    const { tf, model, one } = await once('rival window', () => rival(settings));
    return timed(() => {
      for (let k = 0; k < count; k++) tf.tidy(() => model.predict(one).dataSync());
    });
  },
  async about() {
    return { agent: navigator.userAgent, tensorflow: /** @type {any} */ (globalThis).tf?.version?.tfjs ?? null };
  },
};

/** @type {any} */ (window).bench = { ask: (/** @type {any} */ job) => (answers[job.do] ?? (() => Promise.reject(new Error(`what is ${job.do}?`))))(job) };
