import type { Fault, PartKind } from './test-set';

const number = (value: number) => value.toLocaleString('en');
const many = (n: number, one: string, more: string) => `${number(n)} ${n === 1 ? one : more}`;
const percent = (part: number, of: number) => `${Math.round((100 * part) / of)}%`;

const MODES_EN = { dense: 'By meaning', lexical: 'By words', hybrid: 'Both' };
const MODES_ZH = { dense: '按语义', lexical: '按词语', hybrid: '两者结合' };

/** What the page says, in both languages. */
const en = {
  title: 'Evaluation – bge-web',
  heading: 'Evaluation',
  about:
    'Does the search find what it should? Take a test set, and see how good meaning, words and both are on it, and where they fail. All of it happens on this device.',
  set: 'Test set',
  sampleSearch: 'Try a search sample',
  samplePairs: 'Try a similarity sample',
  own: 'Or your own: drop its files here, open them, or paste their text.',
  open: 'Open files',
  pasted: 'Text of a file',
  paste: 'Read this text',
  pastedName: 'pasted text',
  formats: 'Which files, and what is in them',
  formatExamples:
    'Search, one file: a line of JSON for each query, as FlagEmbedding’s training files have them. The texts of all lines are what is searched.',
  formatBeir:
    'Search, three files in BEIR’s layout: the texts (corpus.jsonl), the queries (queries.jsonl), and which text answers which query (qrels, a table; a score of 1 and more is an answer).',
  formatPairs: 'Similarity, one table (CSV or TSV): two texts and how alike people say they are, on any scale.',
  language: 'The texts are',
  english: 'English',
  chinese: 'Chinese',
  evaluate: 'Evaluate',
  cancel: 'Cancel',
  origin: 'Where the samples come from',
  originEn:
    'English search sample: questions and answers of the FAQs in Python’s documentation, 3.11.2; each question is a query, its answer the one text to be found.',
  originZh: 'Chinese search sample: the Debian FAQ in Simplified Chinese, 11.1.',
  originPairs: 'Similarity samples: sentences and scores (0 to 5) made for this page, by one person; MIT licence.',
  results: 'Results',
  export: 'Export CSV',
  empty: 'Take a sample or a test set of your own: the measures, plots and failing queries appear here.',

  parts: {
    corpus: (n: number) => `${many(n, 'text', 'texts')} to be found`,
    queries: (n: number) => many(n, 'query', 'queries'),
    qrels: (n: number) => many(n, 'judgement', 'judgements'),
    examples: (n: number, documents: number) =>
      `${many(n, 'query', 'queries')} with answers, ${many(documents, 'text', 'texts')}`,
    pairs: (n: number) => `${many(n, 'pair', 'pairs')} with scores`,
  } satisfies Record<PartKind, (n: number, more: number) => string>,
  missing: {
    corpus: 'the texts (corpus.jsonl)',
    queries: 'the queries (queries.jsonl)',
    qrels: 'the judgements (qrels)',
  } as Partial<Record<PartKind, string>>,
  stillMissing: (what: readonly string[]) => `Still missing: ${what.join(', ')}.`,
  sampleName: 'sample',
  nothing: 'Take a sample, or drop a test set first.',
  ready: 'Complete. Press “Evaluate”.',
  fault: (file: string, line: number, what: string) =>
    line > 0 ? `${file}, line ${line}: ${what}` : `${file}: ${what}`,
  faults: {
    notJson: (found) => `this is no JSON object, as {"_id": "…", "text": "…"}: ${found}`,
    noId: () => 'an id is missing.',
    noText: () => 'a text is missing.',
    twice: (found) => `the id “${found}” is there twice.`,
    noQuery: () => '“query” is missing, or empty.',
    noPos: () => '“pos” must be a list with one text at least, the answer.',
    notTexts: () => '“pos” and “neg” must be lists of texts.',
    unknownKind: () => 'this is no test set that the page knows: it needs “_id” and “text”, or “query” and “pos”.',
    noColumns: (found) => `three columns are needed, and this has fewer: ${found}`,
    noScore: (found) => `the last column must be a number, and is “${found}”.`,
    unknownQuery: (found) => `there is no query “${found}”.`,
    unknownDocument: (found) => `there is no text “${found}” in the corpus.`,
    empty: () => 'nothing to measure is in it.',
    onePair: () => 'one pair alone says nothing; two at least are needed.',
    tooLarge: () => 'it is over 100 MB, which is too much for one page.',
    notText: () => 'this is not a text file. Save it as JSONL, CSV or TSV in UTF-8.',
  } as Record<Fault, (found: string) => string>,
  unanswered: (n: number) =>
    `${number(n)} ${n === 1 ? 'query has' : 'queries have'} no answer in the judgements and ${n === 1 ? 'is' : 'are'} left out.`,

  loading: 'Getting the model ready',
  steps: {
    embed: (done: number, total: number) => `Reading the texts: ${number(done)} of ${number(total)}`,
    dense: (done: number, total: number) => `Searching by meaning: ${number(done)} of ${number(total)} queries`,
    lexical: (done: number, total: number) => `Searching by words: ${number(done)} of ${number(total)} queries`,
    hybrid: (done: number, total: number) => `Searching by both: ${number(done)} of ${number(total)} queries`,
  },
  cancelled: 'Cancelled.',
  doneSearch: (queries: number, texts: number) =>
    `Done: ${many(queries, 'query', 'queries')} on ${many(texts, 'text', 'texts')}.`,
  donePairs: (pairs: number) => `Done: ${many(pairs, 'pair', 'pairs')}.`,
  exported: (name: string) => `Saved as ${name}.`,

  mode: 'Way of searching',
  ...MODES_EN,
  modes: MODES_EN,
  headline: (first: number, ten: number, all: number) =>
    `${percent(first, all)} of the queries have a right answer in first place, ${percent(ten, all)} among the first ten.`,
  measures: 'Measures',
  measure: 'Measure',
  value: 'Value',
  measureHint: 'Means over all queries, 0 to 1; higher is better. The best of a row is bold.',
  best: 'best',
  nameOf: { ndcg: 'nDCG', mrr: 'MRR', recall: 'Recall', map: 'MAP', precision: 'Precision' },
  meaningOf: {
    ndcg: 'how near to the ideal order',
    mrr: '1 ÷ place of the first right one',
    recall: 'part of the right ones that was found',
    map: 'how few wrong ones stand before the right ones',
    precision: 'part of what was found that is right',
  },
  recallPlot: 'Recall: what is found among the first k',
  recallLabel: (ways: string) => `Recall for each k from 1 to 100. At 10: ${ways}.`,
  places: 'first k found',
  recall: 'recall@k',
  spread: 'Queries by how well they do',
  spreadLabel: (perfect: number, none: number, all: number) =>
    `nDCG@10 of ${number(all)} queries: ${number(perfect)} have 0.9 or more, ${number(none)} less than 0.1.`,
  ndcg: 'nDCG@10 of a query',
  queries: 'queries',
  numbers: 'The numbers of this plot',
  from: 'from',
  to: 'below',
  failing: 'Failing queries',
  failingHint: (n: number, all: number) =>
    n === 0
      ? 'None: each query has its answers in first place.'
      : `${number(n)} of ${number(all)} queries do not have all their answers in front. The worst first.`,
  wanted: 'Wanted',
  instead: 'Came first instead',
  place: (n: number) => `place ${number(n)}`,
  notFound: 'not among the first 100',
  score: (value: string) => `score ${value}`,
  nothingElse: 'Nothing else was found.',
  wrongOrder: 'All are in front, but a weaker answer stands before a better one.',
  more: (n: number) => `Show ${n} more`,
  columns: [
    'query id',
    'query',
    'way',
    'nDCG@10',
    'MRR@10',
    'recall@10',
    'recall@100',
    'MAP@100',
    'precision@1',
    'answer in place',
    'first found',
  ],

  spearman: 'Spearman',
  spearmanMeaning: 'do both put the pairs into the same order?',
  pearson: 'Pearson',
  pearsonMeaning: 'do the points lie on a line?',
  agreement: (value: number): string =>
    Number.isNaN(value)
      ? 'All scores of one side are the same, so there is no correlation.'
      : value >= 0.8
        ? 'The model and people agree well.'
        : value >= 0.4
          ? 'The model and people agree in part.'
          : 'The model and people hardly agree.',
  scale: '−1 to 1; 1 is full agreement.',
  scatter: 'People and model',
  scatterLabel: (pairs: number, spearman: string) =>
    `${number(pairs)} pairs: people’s score from left to right, cosine from below. Spearman ${spearman}.`,
  gold: 'people’s score',
  cosine: 'cosine',
  disagree: 'Pairs that disagree most',
  disagreeHint: 'By their places in both orders: 1 is the most alike of all pairs.',
  pair: 'Pair',
  goldPlace: (place: number) => `no. ${number(place)}`,
  higher: 'The model finds them more alike than people do',
  lower: 'The model finds them less alike than people do',
  pairColumns: ['text A', 'text B', 'people’s score', 'cosine', 'place by people', 'place by model'],
};

export type PageWords = typeof en;

const zh: PageWords = {
  title: '评测 – bge-web',
  heading: '评测',
  about:
    '搜索能找到该找到的内容吗？选一个测试集，看看按语义、按词语以及两者结合的效果，以及在哪里出错。全部在本机完成。',
  set: '测试集',
  sampleSearch: '试用搜索示例',
  samplePairs: '试用相似度示例',
  own: '也可以用您自己的：把文件拖到这里、打开文件，或粘贴文本。',
  open: '打开文件',
  pasted: '文件的文本',
  paste: '读取这段文本',
  pastedName: '粘贴的文本',
  formats: '需要哪些文件，内容是什么',
  formatExamples:
    '搜索，一个文件：每个查询一行 JSON，与 FlagEmbedding 的训练文件相同。所有行中的文本就是被搜索的内容。',
  formatBeir:
    '搜索，BEIR 格式的三个文件：文本（corpus.jsonl）、查询（queries.jsonl），以及哪个文本回答哪个查询（qrels 表格；分数不小于 1 为答案）。',
  formatPairs: '相似度，一个表格（CSV 或 TSV）：两个文本，以及人工给出的相似分数，范围不限。',
  language: '文本语言',
  english: '英文',
  chinese: '中文',
  evaluate: '开始评测',
  cancel: '取消',
  origin: '示例的来源',
  originEn: '英文搜索示例：Python 3.11.2 文档中的常见问题；每个问题是一个查询，它的回答是唯一应找到的文本。',
  originZh: '中文搜索示例：Debian 常见问题（简体中文）11.1。每个问题是一个查询，它的回答是唯一应找到的文本。',
  originPairs: '相似度示例：句子和分数（0 到 5）为本页面编写，由一人打分；MIT 许可证。',
  results: '结果',
  export: '导出 CSV',
  empty: '选择示例或您自己的测试集：指标、图表和出错的查询会显示在这里。',

  parts: {
    corpus: (n) => `${number(n)} 个待查文本`,
    queries: (n) => `${number(n)} 个查询`,
    qrels: (n) => `${number(n)} 条相关性标注`,
    examples: (n, documents) => `${number(n)} 个带答案的查询，${number(documents)} 个文本`,
    pairs: (n) => `${number(n)} 对带分数的文本`,
  },
  missing: {
    corpus: '文本（corpus.jsonl）',
    queries: '查询（queries.jsonl）',
    qrels: '相关性标注（qrels）',
  },
  stillMissing: (what) => `还缺少：${what.join('、')}。`,
  sampleName: '示例',
  nothing: '请先选择示例，或拖入测试集。',
  ready: '已齐全，请点击“开始评测”。',
  fault: (file, line, what) => (line > 0 ? `${file} 第 ${line} 行：${what}` : `${file}：${what}`),
  faults: {
    notJson: (found) => `这不是 JSON 对象，应类似 {"_id": "…", "text": "…"}：${found}`,
    noId: () => '缺少 id。',
    noText: () => '缺少文本。',
    twice: (found) => `id “${found}” 出现了两次。`,
    noQuery: () => '缺少 “query”，或者它是空的。',
    noPos: () => '“pos” 应是至少含一个文本（答案）的列表。',
    notTexts: () => '“pos” 和 “neg” 应是文本列表。',
    unknownKind: () => '无法识别的测试集：需要 “_id” 和 “text”，或者 “query” 和 “pos”。',
    noColumns: (found) => `需要三列，这一行不够：${found}`,
    noScore: (found) => `最后一列应是数字，这里是“${found}”。`,
    unknownQuery: (found) => `没有查询“${found}”。`,
    unknownDocument: (found) => `语料中没有文本“${found}”。`,
    empty: () => '里面没有可以评测的内容。',
    onePair: () => '只有一对说明不了什么，至少需要两对。',
    tooLarge: () => '超过 100 MB，一个页面无法处理。',
    notText: () => '这不是文本文件。请保存为 UTF-8 编码的 JSONL、CSV 或 TSV。',
  },
  unanswered: (n) => `有 ${number(n)} 个查询没有标注答案，已略去。`,

  loading: '正在准备模型',
  steps: {
    embed: (done, total) => `正在读取文本：${number(done)} / ${number(total)}`,
    dense: (done, total) => `按语义搜索：${number(done)} / ${number(total)} 个查询`,
    lexical: (done, total) => `按词语搜索：${number(done)} / ${number(total)} 个查询`,
    hybrid: (done, total) => `两者结合搜索：${number(done)} / ${number(total)} 个查询`,
  },
  cancelled: '已取消。',
  doneSearch: (queries, texts) => `完成：${number(texts)} 个文本，${number(queries)} 个查询。`,
  donePairs: (pairs) => `完成：${number(pairs)} 对文本。`,
  exported: (name) => `已保存为 ${name}。`,

  mode: '搜索方式',
  ...MODES_ZH,
  modes: MODES_ZH,
  headline: (first, ten, all) =>
    `${percent(first, all)} 的查询首位就是正确答案，${percent(ten, all)} 在前十位中有正确答案。`,
  measures: '指标',
  measure: '指标',
  value: '数值',
  measureHint: '所有查询的平均值，0 到 1，越高越好。每行最好的以粗体显示。',
  best: '最好',
  nameOf: { ndcg: 'nDCG', mrr: 'MRR', recall: '召回率', map: 'MAP', precision: '精确率' },
  meaningOf: {
    ndcg: '与理想排序有多接近',
    mrr: '首个正确答案名次的倒数',
    recall: '正确答案中找到的比例',
    map: '正确答案之前的错误有多少',
    precision: '找到的内容中正确的比例',
  },
  recallPlot: '召回率：前 k 个中找到了多少',
  recallLabel: (ways) => `k 从 1 到 100 的召回率。k = 10 时：${ways}。`,
  places: '前 k 个结果',
  recall: 'recall@k',
  spread: '各查询的效果分布',
  spreadLabel: (perfect, none, all) =>
    `${number(all)} 个查询的 nDCG@10：${number(perfect)} 个不低于 0.9，${number(none)} 个低于 0.1。`,
  ndcg: '查询的 nDCG@10',
  queries: '查询数',
  numbers: '此图的数据',
  from: '不低于',
  to: '低于',
  failing: '出错的查询',
  failingHint: (n, all) =>
    n === 0
      ? '没有：每个查询的答案都排在最前。'
      : `${number(all)} 个查询中有 ${number(n)} 个的答案没有全部排在最前，最差的在前。`,
  wanted: '应找到',
  instead: '却排在前面',
  place: (n) => `第 ${number(n)} 位`,
  notFound: '不在前 100 位',
  score: (value) => `得分 ${value}`,
  nothingElse: '没有找到其他内容。',
  wrongOrder: '答案都在最前，但较弱的排在了较好的之前。',
  more: (n) => `再显示 ${n} 个`,
  columns: [
    '查询 id',
    '查询',
    '方式',
    'nDCG@10',
    'MRR@10',
    'recall@10',
    'recall@100',
    'MAP@100',
    'precision@1',
    '答案名次',
    '首个结果',
  ],

  spearman: 'Spearman',
  spearmanMeaning: '两者给出的顺序是否相同？',
  pearson: 'Pearson',
  pearsonMeaning: '各点是否落在一条直线上？',
  agreement: (value) =>
    Number.isNaN(value)
      ? '有一方的分数全部相同，无法计算相关性。'
      : value >= 0.8
        ? '模型与人的判断相当一致。'
        : value >= 0.4
          ? '模型与人的判断部分一致。'
          : '模型与人的判断几乎不一致。',
  scale: '−1 到 1；1 为完全一致。',
  scatter: '人与模型',
  scatterLabel: (pairs, spearman) => `${number(pairs)} 对文本：横轴为人工分数，纵轴为余弦。Spearman ${spearman}。`,
  gold: '人工分数',
  cosine: '余弦',
  disagree: '分歧最大的文本对',
  disagreeHint: '按在两个顺序中的名次：第 1 为最相似的一对。',
  pair: '文本对',
  goldPlace: (place) => `第 ${number(place)}`,
  higher: '模型认为比人的判断更相似',
  lower: '模型认为不如人的判断相似',
  pairColumns: ['文本 A', '文本 B', '人工分数', '余弦', '人工名次', '模型名次'],
};

export const WORDS = { en, zh };
