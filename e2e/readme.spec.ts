import { compile, examplesOf, filesWithExamples, run } from './examples';
import { expect, test } from './fixtures';

// Every example of README.md and docs/ is compiled against the package's types and run in the page, each by itself;
// those that make no model go on from their page's.
const EMBEDDER = 'const embedder = await bge.createEmbedder();';
const M3 = "const m3 = await bge.createEmbedder({ model: 'BAAI/bge-m3' });";
/** All but the first go on from an embedder, and those that make no index from an empty one in memory. */
const SEARCH = (example: string) => {
  if (example.includes('createEmbedder()')) return '';
  const index = example.includes('const index =') ? '' : 'const index = await createIndex({ embedder });';
  return `import { createIndex } from 'bge-web/search'; ${EMBEDDER} ${index}`;
};
const RERANKER = 'const reranker = await bge.createReranker();';

type Lines = readonly (string | RegExp)[];

interface Documentation {
  readonly prelude: string | ((example: string) => string);
  /** All that an example must print, by its comments; the key occurs in that example only. */
  readonly prints: Readonly<Record<string, Lines>>;
}

/** What hangs on real weights is not expected: M3 and the reranker are random here, with real tokenizers. */
const pages: Readonly<Record<string, Documentation>> = {
  'README.md': {
    prelude: `import { similarity } from 'bge-web'; ${EMBEDDER}`,
    prints: {
      'Where is the Eiffel Tower': ['true true'],
      encodeCorpus: ['The moon causes the tides.'],
      'a kitten on the couch': ['true'],
      'embeddings.space': ['2 384', '384', '3,512 0,1', /^BAAI\/bge-small-en-v1.5@/],
      encodeStream: ['4', '2'],
      AbortController: ['enough'],
      isBgeError: [/^Unknown model "BAAI\/bge-small-fr". Known: /],
      tokenize: [/^\[CLS\],em,##bed/],
      listModels: [/^BAAI\/bge-m3 \d+$/, /^BAAI\/bge-reranker-base \d+$/, /^BAAI\/bge-small-en-v1.5 \d+$/, /^\d+$/],
      registerModel: [],
      'what is a panda?': ['2 true'],
      "name: 'my notes'": ['tides The moon causes the tides.'],
      'out.sparse.row': ['2 2 2', 'true', 'dense,sparse,colbert,sparse+dense,colbert+sparse+dense'],
    },
  },

  'docs/dense.md': {
    prelude: EMBEDDER,
    prints: {
      'who makes honey?': ['The moon causes the tides.', 'Bees make honey from nectar.'],
      TextTooLongError: ['512 1', '853 0', '855 0', 'texts[1] has 853 tokens, more than maxLength 512'],
      truncateDim: ['384 128 2'],
      dequantize: ['4', '1 384', 'true', '48 384'],
      toNpy: ['2 × 384', 'true', '2 384'],
    },
  },

  'docs/lexical.md': {
    prelude: M3,
    prints: {
      'ranking by BM25': ['2 true', '2 true'],
      toTokens: ['true', 'true'],
      'new Map': ['true', '0'],
      WrongModelError: ['BAAI/bge-small-en-v1.5 has no sparse head; BAAI/bge-m3 has one'],
    },
  },

  'docs/colbert.md': {
    prelude: M3,
    prints: {
      encodeCorpus: ['2 true', '4 true'],
      'new ColbertEmbeddings': ['int8 2', 'true'],
      explain: [
        ...['capital', 'of', 'France', '\\(none\\)'].map((word) => new RegExp(`^${word} → \\S+ -?\\d\\.\\d\\d$`)),
        /^Paris is( the| <mark>the<\/mark>)( capital| <mark>capital<\/mark>)( of| <mark>of<\/mark>)( France| <mark>France<\/mark>)\.$/,
        'dense sparse colbert',
      ],
    },
  },

  'docs/hybrid.md': {
    prelude: M3,
    prints: {
      'What is BGE M3?': [
        'dense 2',
        'sparse 2',
        'colbert 2',
        'sparse+dense 2',
        'colbert+sparse+dense 2',
        /^(BGE M3 is an embedding model|BM25 is a ranking function)\.$/,
      ],
      candidates: ['2 2', 'true'],
      encodeStream: ['2 2 2', '2 2 2', '1 1 1', 'true'],
    },
  },

  'docs/reranking.md': {
    prelude: RERANKER,
    prints: {
      'The giant panda is': ['2 true', /^(hi|The giant|Bread is).* -?\d/, /^(hi|The giant|Bread is).* -?\d/],
      'Ailuropoda melanoleuca': ['2 true'],
      candidates: [/^(The moon causes .* \| High tide .*|High tide .* \| The moon causes .*)$/, 'true'],
      onProgress: [/^4 of 4, best [0-3]$/, '2'],
    },
  },

  'docs/search.md': {
    prelude: SEARCH,
    prints: {
      'how do I reset': [/^router Hold the button on the back/, 'home'],
      '# Garden': ['true me'],
      "Salt melts ice.' }, {": ['2 2', '1 1 0', '1', '1 1 0 birds,night'],
      'enough for now': ['enough for now', '128'],
      'E-4711': ['E-4711', 'tide', '9', 'tide', 'true 1 1 error,e,4711'],
      "lexical: 'weights'": [/^(pump|bread) /, 'weights'],
      'index.calibrate()': ['tide true true'],
      'createReranker()': ['2 true'],
      diversity: ['2 1 true'],
      'index.duplicates()': ['a,b', 'a,b', 'abc,de', 'true'],
      'index.map(': ['30 true', 'true'],
      'deleteIndex(': ['true 384', 'true'],
      passageInstruction: ['true', '1', 'true'],
      'index.export()': ['a a'],
      exportVectors: ['true {"id":"a","tags":["birds"],"start":0,"end":19,"text":"Owls hunt at night."}'],
    },
  },

  'docs/frameworks.md': { prelude: '', prints: { SemanticEmbedder: ['downloadable', '384 false 512'] } },
  'docs/training.md': {
    prelude: EMBEDDER,
    prints: {
      'const rankings:': ['1 1 1.0 1 1 0', 'food'],
      'createIndex({ embedder })': ['dense 1', 'lexical 1', 'hybrid 1', '2/2', 'tide 1'],
      similarityReport: ['true true 3'],
      mineHardNegatives: ['corpus 6/6', 'mine 1/1', 'mine 2/2', '2 2'],
      trainQueryAdapter: ['20 true', 'true', 'true'],
      SpaceMismatchError: ['SpaceMismatchError'],
    },
  },

  'docs/fine-tuning.md': {
    prelude: () => `document.body.innerHTML = '<input id="folder" type="file" webkitdirectory>';`,
    prints: { modelFromFiles: [] },
  },

  'docs/models.md': {
    prelude: '',
    prints: { registerModel: ['me/bge-m3-legal sparse colbert', 'rerank 512'] },
  },

  'docs/hosting.md': {
    prelude: '',
    prints: { 'embedder.info.revision': ['BAAI/bge-small-en-v1.5 bge-web-1'], registerModel: [] },
  },

  'docs/moving.md': {
    prelude: '',
    prints: { 'passages.dim': ['2 384 true'], 'Represent this question': ['384 1'] },
  },

  'docs/choosing.md': {
    prelude: '',
    prints: { fallbackReason: ['wasm wasm q8 true string'] },
  },

  'docs/performance.md': {
    prelude: EMBEDDER,
    prints: { requestIdleCallback: ['true'], encodeStream: ['true'], onInput: ['true 1'] },
  },

  'docs/thresholds.md': {
    prelude: SEARCH,
    prints: { 'index.threshold(': ['true true', '10 tide'], 'noise.length': ['91 true true'] },
  },

  'docs/privacy.md': {
    prelude: EMBEDDER,
    prints: { 'deleteIndex(name)': ['0 0'] },
  },

  'docs/servers.md': {
    prelude: (example) => (example.includes('index.add') ? SEARCH(example) : ''),
    prints: {
      forQuery: ['true'],
      exportVectors: ['2 384 owl true', 'tide\tThe moon\\tcauses \\\\ the tides.\t['],
    },
  },
};

function withPrelude(example: string, { prelude }: Documentation): string {
  const isWhole = /\bcreate(Embedder|Reranker)\(/.test(example);
  const before = typeof prelude === 'function' ? prelude(example) : isWhole ? '' : prelude;
  return before || !isWhole ? `import * as bge from 'bge-web'; ${before}\n${example}` : example;
}

test('all examples compile', () => {
  expect(Object.keys(pages).sort()).toEqual(filesWithExamples().sort());
  const named = Object.entries(pages).flatMap(([file, page]) =>
    examplesOf(file).map((example, i) => [`${file.replace(/\W/g, '-')}-${i + 1}`, withPrelude(example, page)] as const),
  );
  compile(named);
});

for (const [file, documentation] of Object.entries(pages)) {
  test(`the examples of ${file} run and print what they say`, async ({ page }) => {
    test.setTimeout(300_000); // each example has workers of its own
    const marks = Object.keys(documentation.prints);
    const examples = examplesOf(file);
    expect(examples.length).toBe(marks.length);
    for (const example of examples) {
      const found = marks.filter((mark) => example.includes(mark));
      expect(found.length, `marks of ${example}`).toBe(1);
      const lines = documentation.prints[found[0]!]!;
      const printed = await run(page, withPrelude(example, documentation));
      expect(printed.length, `${example}\nprinted ${printed.join('\n')}`).toBe(lines.length);
      for (const [i, line] of lines.entries())
        expect(printed[i], example).toEqual(typeof line === 'string' ? line : expect.stringMatching(line));
    }
  });
}
