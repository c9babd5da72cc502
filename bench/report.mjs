// From measurements to tables.
import { theirBatches, theirs } from './contenders.mjs';
import { mean, median, sum } from './statistics.mjs';
import { perSecond, speedups } from './throughput.mjs';

/**
 * @typedef {import('./starts.mjs').Visits} Visits
 * @typedef {import('./starts.mjs').Start} Start
 * @typedef {import('./throughput.mjs').Throughput} Throughput
 * @typedef {object} Results
 * @property {string[]} machine
 * @property {Record<string, string>} versions
 * @property {number} rounds
 * @property {number[]} tokens of each slice of the corpus
 * @property {number} textsPerSlice
 * @property {{ ours: Visits[], theirs: Visits[] }} visits by round
 * @property {Throughput[]} throughputs ours first
 * @property {{ label: string }[]} skipped
 * @property {string[]} failures
 */

/** @param {Results} results */
export function toTables(results) {
  const parts = [
    `### Bars\n\n${table(['', 'measured', 'wanted', ''], bars(results))}`,
    `### Start and first queries\n\n${table(['', 'bge-web', 'transformers.js q8', 'ratio'], startRows(results))}`,
    `### Warm\n\n${table(THROUGHPUT_HEAD, throughputRows(results))}`,
  ];
  return `${parts.join('\n\n')}\n`;
}

/** @param {Results} results */
export function toMarkdown(results) {
  const { machine, versions, skipped, failures, tokens, rounds } = results;
  const command = `${process.env.MODEL_DIR ? 'MODEL_DIR=… ' : ''}npm run bench${failures.length ? ' -- --all' : ''}`;
  const facts = [
    new Date().toISOString().slice(0, 10),
    ...machine,
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

Both run bge-small-en-v1.5 from the same files (this package's own q8 ones, unless a row says "published") off a local
server, each in a module worker, with one thread: the pages are not cross-origin isolated, as most are not.
transformers.js is called as its documentation shows it: \`pipeline('feature-extraction', …, { dtype: 'q8', device: 'wasm' })\`,
\`{ pooling: 'cls', normalize: true }\`.

**Start.** ${rounds} rounds, in turn; each in a new profile on disk, and a second visit with the browser started anew. "Ready" is
from the start of the navigation; bge-web has compiled and checked itself by then (\`createEmbedder\` resolved), transformers.js
has loaded (\`pipeline\` resolved), so it is its load *and first query* that compares. Local downloads take next to no time: on a
real line the bytes count for more. Queries are of 32 tokens, none asked twice. Bytes are uncompressed.

**Warm.** The corpus is ${tokens.length} slices of made-up English, ${sum(tokens).toLocaleString('en')} tokens in all, lengths log-uniform from 8 to 400 tokens, alike in
all slices. Each contender has its own browser, has answered 40 queries before, and gets the same slices in turn, in changing
order, ${rounds} rounds; slow ones get fewer slices (batches of 32 only ${rounds} in all). "× bge-web" is the median over the slices that both did.
Cosine is to the float32 vectors of FlagEmbedding (e2e/goldens), among them texts chosen to be awkward. Memory is the most
that the page's process ever had in RAM, the whole of it: page, worker, model, runtime, and the browser's own part.
`;
}

/** @param {Results} results */
function bars({ visits, throughputs }) {
  /** @param {(start: Start) => number} of */
  const cold = (of) => median(ratios(visits, (visit) => of(visit.cold)));
  const readyAgainstFirst = median(
    visits.ours.map(({ cold }, round) => cold.ready / toFirstQuery(visits.theirs[round]?.cold)),
  );
  return [
    bar('throughput, against one text at a time', speedupOver(throughputs, theirs.id), '≥', 1),
    bar('throughput, against batches of 32', speedupOver(throughputs, theirBatches.id), '≥', 5),
    bar('first visit: ready, against its load and first query', readyAgainstFirst, '≤', 1),
    bar(
      'first visit: first five queries, against its first five',
      cold(({ queries }) => sum(queries)),
      '≤',
      1 / 3,
    ),
    bar(
      'bytes of the runtime',
      cold(({ bytes }) => bytes.runtime),
      '≤',
      0.65,
    ),
  ];
}

/** @param {string} what @param {number} measured @param {'≥' | '≤'} relation @param {number} wanted */
function bar(what, measured, relation, wanted) {
  const holds = relation === '≥' ? measured >= wanted : measured <= wanted;
  return [what, times(measured), `${relation} ${Number(wanted.toFixed(2))}`, holds ? '✓' : '✗'];
}

/** @param {Results} results */
function startRows({ visits }) {
  /** @param {string} label @param {(visits: Visits) => number} of @param {(value: number) => string} format */
  const row = (label, of, format) => [
    label,
    format(median(visits.ours.map(of))),
    format(median(visits.theirs.map(of))),
    times(median(ratios(visits, of))),
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

/** @param {Results['visits']} visits */
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

/** @param {Results} results */
function throughputRows({ throughputs, tokens, textsPerSlice }) {
  return throughputs.map((throughput) => {
    const { contender, queries, cosines, memory } = throughput;
    return [
      contender.label,
      perSecond(throughput, () => textsPerSlice).toFixed(1),
      perSecond(throughput, (slice) => tokens[Number(slice.split('/')[1])] ?? Number.NaN).toFixed(0),
      (1 / speedupOver(throughputs, contender.id)).toFixed(2),
      ...[8, 32].map((length) => (queries[length] ? milliseconds(median(queries[length])) : '')),
      `${mean(cosines).toFixed(5)} (${Math.min(...cosines).toFixed(3)})`,
      memory === null ? 'unknown' : megabytes(memory),
    ];
  });
}

/** @param {Throughput[]} throughputs @param {string} id */
function speedupOver(throughputs, id) {
  const [ours] = throughputs;
  const other = throughputs.find(({ contender }) => contender.id === id);
  return ours && other ? median(speedups(ours, other)) : Number.NaN;
}

/** @param {Start | undefined} start */
const toFirstQuery = (start) => (start ? start.ready + (start.queries[0] ?? Number.NaN) : Number.NaN);

/** Ours to theirs in each round. @param {Results['visits']} visits @param {(visits: Visits) => number} of */
const ratios = (visits, of) =>
  visits.ours.map((ours, round) => {
    const theirs = visits.theirs[round];
    return theirs ? of(ours) / of(theirs) : Number.NaN;
  });

/** @param {number} ratio */
const times = (ratio) => (Number.isNaN(ratio) ? '' : `× ${ratio.toFixed(2)}`);
/** @param {number} ms */
const seconds = (ms) => `${(ms / 1000).toFixed(2)} s`;
/** @param {number} ms */
const milliseconds = (ms) => `${ms.toFixed(ms < 100 ? 1 : 0)} ms`;
/** @param {number} bytes */
const megabytes = (bytes) => `${(bytes / 1e6).toFixed(bytes < 1e7 ? 2 : 1)} MB`;

/** Markdown with columns in line, so that it reads well on a console too. @param {string[]} head @param {string[][]} rows */
function table(head, rows) {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)));
  /** @param {string[]} cells */
  const line = (cells) => `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}
