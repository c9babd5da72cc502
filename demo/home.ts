import { element, make } from './shared/dom';
import { say, speak } from './shared/language';

/** A card each: what it is, what one does there, and what it shows of the package. */
const WORDS = {
  en: {
    title: 'bge-web: text embeddings in your browser',
    about:
      'Text embeddings in your browser, on your own GPU or CPU. No text leaves this device, and after the first load no network is needed.',
    search: [
      'Reverse dictionary',
      'Describe a thing in English or Chinese, get the word: the meanings of WordNet, 20,000 or all 117,791, searched while you type.',
      'Search by meaning, by words, by both, and reranked',
    ],
    notes: [
      'Notes',
      'Write or drop your notes, and find them by what they mean. Works without a network.',
      'An index that lives on the device',
    ],
    similarity: [
      'Private similarity',
      'Paste two lists, see what matches, what is there twice, and how sure that is. The page cannot send anything.',
      'Scores, thresholds, and a locked page',
    ],
    evaluation: [
      'Evaluation',
      'Take a sample or your own test set: see how good the search is on it, and which queries fail.',
      'Measures, plots, and failing queries',
    ],
    playground: ['Playground', 'Encode sentences and compare them, with all the numbers.'],
  },
  zh: {
    title: 'bge-web：浏览器里的文本向量',
    about: '文本向量在您的浏览器中计算，使用您自己的 GPU 或 CPU。文本不会离开本机，首次加载之后也不需要网络。',
    search: [
      '反向词典',
      '用中文或英文描述一件事物，找到那个英文词：WordNet 的两万个常用词义或全部 117,791 个词义，边输入边搜索。',
      '按语义、按词语、两者结合以及重排的搜索',
    ],
    notes: ['笔记', '写下或拖入笔记，按含义查找。没有网络也能用。', '保存在本机的索引'],
    similarity: [
      '私密相似度',
      '粘贴两份列表，看哪些相配、哪些重复、有多大把握。这个页面无法发送任何东西。',
      '分数、阈值，以及上了锁的页面',
    ],
    evaluation: ['评测', '用示例或您自己的测试集，看看搜索效果如何、哪些查询出错。', '指标、图表与出错的查询'],
    playground: ['试验场', '对句子编码并比较，附全部数字。'],
  },
};

/** The demos that were built. */
const there: readonly string[] = import.meta.env.DEMOS;

function show(): void {
  const words = say(WORDS);
  const cards = (['search', 'notes', 'similarity', 'evaluation'] as const).filter((name) => there.includes(name));
  element('cards').replaceChildren(
    ...cards.map((name) => {
      const [title, what, shows] = words[name] as [string, string, string];
      const link = make('a', { href: `./${name}/`, textContent: title });
      const hint = make('p', { className: 'hint', textContent: shows });
      return make('li', { className: 'panel' }, make('h2', {}, link), make('p', { textContent: what }), hint);
    }),
  );
  const [title, what] = words.playground as [string, string];
  element('playground').replaceChildren(
    make('a', { className: 'target', href: './playground/', textContent: title }),
    ` – ${what}`,
  );
}

speak(WORDS, show);
show();
