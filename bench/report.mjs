// From measurements to tables.
import { barRows } from './bars.mjs';
import { ours } from './contenders.mjs';
import { megabytes, milliseconds, percent, seconds, table, times } from './format.mjs';
import { classOf } from './kernels.mjs';
import { scalingOf, speedupOver, startRatio, toFirstQuery } from './results.mjs';
import { mean, median, sum } from './statistics.mjs';
import { perSecond } from './throughput.mjs';

/**
 * @typedef {import('./results.mjs').Results} Results
 * @typedef {import('./starts.mjs').Visits} Visits
 */

/** @param {Results} results */
export function toTables(results) {
  const { products, split, visits, throughputs, scaling } = results;
  const parts = [
    `### Bars (instruction class: ${classOf(products)})\n\n${table(['', 'measured', 'wanted', ''], barRows(results))}`,
    throughputs && `### Warm\n\n${table(THROUGHPUT_HEAD, throughputRows(results, throughputs))}`,
    scaling && `### Two threads\n\n${table(['', 'texts/s', 'against one thread'], scalingRows(results, scaling))}`,
    visits &&
      `### Start and first queries\n\n${table(['', 'bge-web', 'transformers.js q8', 'ratio'], startRows(visits))}`,
    `### Products, Gop/s on one core\n\n${table(PRODUCT_HEAD, productRows(results))}`,
    split && `### Where the time of a text goes\n\n${splitTable(split)}`,
  ];
  return `${parts.filter(Boolean).join('\n\n')}\n`;
}

/** @param {Results} results */
export function toMarkdown(results) {
  const { machine, versions, skipped, failures, tokens, textsPerSlice, rounds } = results;
  const command = `${process.env.MODEL_DIR ? 'MODEL_DIR=… ' : ''}npm run bench${failures.length ? ' -- --all' : ''}`;
  const facts = [
    new Date().toISOString().slice(0, 10),
    ...machine,
    `instruction class: ${classOf(results.products)}`,
    Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', '),
    `\`${command}\``,
    ...failures,
    ...skipped.map(({ label }) => `Not measured, for want of MODEL_DIR: ${label}`),
  ];
  return `# Benchmark: bge-web and transformers.js, side by side

Written by \`npm run bench\`; what follows holds for this machine, the ratios travel better than the figures.

${facts.map((fact) => `- ${fact}`).join('\n')}

${toTables(results)}
## How it was measured

Both run bge-small-en-v1.5 from the same files (this package's own q8 ones, unless a row says "published") off a local server, each
in a module worker. The pages are not cross-origin isolated, as most are not. bge-web is called with all texts at once and shares
them among workers, as many as there are cores, 4 at most; with "one thread" it was created with \`threads: 1\`. Its row on
onnxruntime-web is of the same package where the server does not have the recipe that its own engine needs.
transformers.js is called as its documentation shows it: \`pipeline('feature-extraction', …, { dtype: 'q8', device: 'wasm' })\`,
\`{ pooling: 'cls', normalize: true }\`; it has one thread.

**Instruction class.** VNNI where the relaxed dot product is more than twice as fast as the 16-bit one, both by our kernels on data in L1; else plain.

**Warm.** The corpus is ${tokens.length} slices of ${textsPerSlice} texts of made-up English, ${sum(tokens).toLocaleString('en')} tokens in all, lengths log-uniform from 8 to
400 tokens, alike in all slices. Each contender has its own browser, has answered 40 queries before, and gets the same slices in turn,
in changing order, ${rounds.corpus} rounds; slow ones get fewer slices (batches of 32 only ${rounds.corpus} in all). bge-web's workers end after 10 s
without work, which others' turns may take; so it is given each slice once untimed, then timed: what the workers' start costs
is told under "Two threads". "× bge-web" is the median over the slices that both did. Cosine is to the float32 vectors of
FlagEmbedding (e2e/goldens), among them texts chosen to be awkward. Memory is the most that the page's process ever had in RAM, from
the start on, the whole of it: page, workers, model, runtime, and the browser's own part (VmHWM, read twice a second, since Chromium
sets it back now and then).

**Two threads.** ${rounds.scaling} rounds of one slice, twice; two pages get it once each, at the same time. Medians.

**Start.** ${rounds.starts} rounds, in turn; each in a new profile on disk, and a second visit with the browser started anew. "Ready" is
from the start of the navigation; bge-web has compiled and checked itself by then (\`createEmbedder\` resolved), transformers.js
has loaded (\`pipeline\` resolved), so it is its load *and first query* that compares. Local downloads take next to no time: on a
real line the bytes count for more. Queries are of 32 tokens, none asked twice. Bytes are uncompressed, but for the engine's under
"Bars": dist/worker.js with gzip, and whatever was fetched of the runtime.

**Products.** On 96 rows, the best of many runs of a millisecond, all shapes in turn, after V8 has optimised the code. "In L1" is the
best on smaller shapes whose activations, weights and outputs fit 32 kB.

**Where the time goes.** One text at a time on one thread, in the dense embedder's way (last layer for the first token only), with a clock around each
kernel; of each part the least of all runs. "Embedding" is what comes before the first kernel, the sum of word and position vectors in JavaScript.
`;
}

/** @param {NonNullable<Results['visits']>} visits */
function startRows(visits) {
  /** @param {string} label @param {(visits: Visits) => number} of @param {(value: number) => string} format */
  const row = (label, of, format) => [
    label,
    format(median(visits.ours.map(of))),
    format(median(visits.theirs.map(of))),
    times(startRatio(visits, of)),
  ];
  const both = /** @type {const} */ ([
    ['first visit', 'cold'],
    ['second visit', 'warm'],
  ]);
  return [
    ...both.flatMap(([label, visit]) => [
      row(`${label}: ready`, (visits) => visits[visit].ready, seconds),
      row(`${label}: ready and first query`, (visits) => toFirstQuery(visits[visit]), seconds),
      row(`${label}: first query`, (visits) => visits[visit].queries[0] ?? Number.NaN, milliseconds),
      row(`${label}: first five queries`, (visits) => sum(visits[visit].queries), milliseconds),
    ]),
    eachQuery(visits),
    row('first visit: runtime downloaded', ({ cold }) => cold.bytes.runtime, megabytes),
    row('first visit: model downloaded', ({ cold }) => cold.bytes.model, megabytes),
    row('first visit: JavaScript downloaded', ({ cold }) => cold.bytes.js, megabytes),
    row('second visit: downloaded', ({ warm }) => warm.bytes.runtime + warm.bytes.model + warm.bytes.js, megabytes),
  ];
}

/** @param {NonNullable<Results['visits']>} visits */
function eachQuery(visits) {
  /** @param {Visits[]} rounds */
  const each = (rounds) =>
    [0, 1, 2, 3, 4].map((index) => median(rounds.map(({ cold }) => cold.queries[index] ?? Number.NaN)).toFixed(0));
  return ['first visit: each of the five, ms', each(visits.ours).join(' · '), each(visits.theirs).join(' · '), ''];
}

const THROUGHPUT_HEAD = [
  ...[
    '',
    'texts/s',
    'tokens/s',
    '× bge-web',
    'query of 8 tokens',
    'of 32 tokens',
    'cosine, mean (lowest)',
    'peak memory',
  ],
];

/** @param {Results} results @param {NonNullable<Results['throughputs']>} throughputs */
function throughputRows(results, throughputs) {
  const { tokens, textsPerSlice } = results;
  return throughputs.map((throughput) => {
    const { contender, queries, cosines, memory } = throughput;
    return [
      contender.label,
      perSecond(throughput, () => textsPerSlice).toFixed(1),
      perSecond(throughput, (slice) => tokens[Number(slice.split('/')[1])] ?? Number.NaN).toFixed(0),
      (1 / speedupOver(results, ours, contender)).toFixed(2),
      ...[8, 32].map((length) => (queries[length] ? milliseconds(median(queries[length])) : '')),
      `${mean(cosines).toFixed(5)} (${Math.min(...cosines).toFixed(3)})`,
      memory === null ? 'unknown' : megabytes(memory),
    ];
  });
}

/** @param {Results} results @param {NonNullable<Results['scaling']>} scaling */
function scalingRows(results, { texts, starting, rounds }) {
  const { pool, pages } = scalingOf(results);
  /** @param {string} label @param {number} ms @param {number} ratio */
  const row = (label, ms, ratio) => [label, ((texts / ms) * 1000).toFixed(1), times(ratio)];
  const one = median(rounds.map(({ one }) => one));
  return [
    row('one thread', one, 1),
    row('two threads', median(rounds.map(({ pool }) => pool)), pool),
    row('two threads, first call: the workers start', starting, one / starting),
    row("two pages at once: the machine's own limit", median(rounds.map(({ pages }) => pages)), pages),
  ];
}

const PRECISIONS = {
  i16: 'i16: int8 × 12-bit, plain SIMD',
  i8: 'i8: relaxed dot product',
  f32: 'f32: relaxed multiply-and-add',
};
const PRODUCT_HEAD = ['', 'in L1', 'q, k, v', 'attention out', 'ffn in', 'ffn out'];

/** @param {Results} results */
function productRows({ products }) {
  return Object.entries(products).map(([precision, { cached, model }]) => [
    PRECISIONS[/** @type {keyof typeof products} */ (precision)],
    cached.toFixed(1),
    ...PRODUCT_HEAD.slice(2).map((name) => {
      const speed = model[name] ?? Number.NaN;
      return `${speed.toFixed(1)} (${percent(speed / cached)})`;
    }),
  ]);
}

/** @param {NonNullable<Results['split']>} split */
function splitTable(split) {
  const parts = [...new Set(split.flatMap(({ parts }) => Object.keys(parts)))];
  const wholes = split.map(({ parts }) => sum(Object.values(parts)));
  const rows = parts.map((part) => [
    part,
    ...split.map(({ parts }, column) => {
      const ms = parts[part] ?? 0;
      return `${ms.toFixed(2)} ms (${percent(ms / (wholes[column] ?? Number.NaN))})`;
    }),
  ]);
  const head = ['', ...split.map(({ precision, tokens }) => `${precision}, ${tokens} tokens`)];
  return table(head, [...rows, ['all', ...wholes.map((whole) => `${whole.toFixed(2)} ms`)]]);
}
