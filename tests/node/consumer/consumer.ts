// Uses everything the package offers, as a caller would. It is only type-checked (tests/node/types.test.mjs).
import start, { catalog, CsvReader, initSync, Series, Session, Table } from '../../../pkg/unrolled.js';
import type { AboutSeries, Architecture, Catalog, Configured, Epoch, Evaluation, Forecast, Gradients, Knob, Note, Predictions, Probes, Progress, Sample, SeriesParts, Settings, Suggestion, Understood, UnrolledError } from '../../../pkg/unrolled.js';

export async function run(bytes: Uint8Array, wasm: BufferSource): Promise<Uint8Array> {
  await start();
  initSync({ module: wasm });

  const choices: Catalog = catalog();
  const architectures: Architecture[] = choices.architectures;
  const bounds = choices.knobs.map((knob: Knob) => (knob.kind.type === 'integer' || knob.kind.type === 'number' ? [knob.kind.min, knob.kind.max] : []));

  const reader = new CsvReader({ delimiter: ';', decimal: ',', date_order: 'dmy' });
  reader.push(bytes);
  const table: Table = reader.finish();
  const understood: Understood = table.understood();
  const questions: Note[] = understood.notes.filter((note) => note.level === 'question');
  const cells: string[][] = table.preview(0, 10);

  const series: Series = table.series({ duplicates: 'last' });
  const about: AboutSeries = series.about();
  const fits: Suggestion = series.suggest(about.names[0] ?? '');
  const times: Float64Array = series.times();
  const parts: SeriesParts = series.to_parts();

  const session = new Session(Series.from_parts(parts).to_parts());
  const settings: Settings = { architecture: architectures[0]?.id ?? 'gru', window: fits.window, gaps: fits.gaps, calendar: true };
  const configured: Configured = session.configure(settings);
  try {
    let progress: Progress = session.step();
    while (progress.state !== 'finished') progress = session.train(50);
  } catch (error) {
    const { code, knob } = error as UnrolledError;
    console.error(code, knob?.toUpperCase());
  }
  const history: Epoch[] = session.history(0);
  const evaluation: Evaluation = session.evaluate('test');
  const predictions: Predictions = session.predictions('validation', configured.horizon);
  const forecast: Forecast = session.forecast(24);
  const sample: Sample = session.sample(0);
  const inside: Probes = session.probes();
  const first: Float32Array = session.probe(inside.probes.findIndex(({ bounds }) => bounds === 'unit'), sample.count - 1);
  const gradients: Gradients = session.gradients();
  const faded: boolean = gradients.traces.some(({ norms }) => norms[0] === 0);
  const weights: Float32Array = session.weights();
  const best: number | undefined = session.stop().best?.validation;
  session.load(session.save());
  const shares: number[] = session.combine([{ model: session.save() }, { baseline: 'ridge', weight: 0.5 }]).members.map(({ weight }) => weight);

  // Mistakes that the types should find.
  // @ts-expect-error a part is called validation or test
  session.evaluate('training');
  // @ts-expect-error a member is a model or one of four baselines
  session.combine([{ baseline: 'oracle' }]);
  // @ts-expect-error a setting is a text, a number or a flag
  session.configure({ hidden: [64] });
  // @ts-expect-error a delimiter is one of five
  new CsvReader({ delimiter: '#' });
  // @ts-expect-error options are spelt as they are
  table.series({ gap: 'hold' });
  // @ts-expect-error columns are Float64Arrays
  new Session({ ...parts, columns: [[1, 2, 3]] });
  // @ts-expect-error a session without a model has no configuration
  session.configured().window;
  // @ts-expect-error a baseline may have no MASE
  evaluation.rows[0]!.mase.toFixed();

  console.log(bounds, questions, cells, times, history, predictions, forecast, sample, weights, best, shares);
  for (const held of [session, series, table, reader]) held.free();
  return session.save();
}
