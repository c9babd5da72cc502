import faqEn from '../../bench/eval/faq-en.jsonl?url';
import faqZh from '../../bench/eval/faq-zh.jsonl?url';
import type { Language } from '../shared/language';
import { linesOf } from '../shared/lines';
import { PAIRS } from './sample-pairs';
import type { Part } from './test-set';

/** Of bench/eval, those of one source; longer answers would only take longer. */
const FAQS: Readonly<Record<Language, { readonly url: string; readonly source: string }>> = {
  en: { url: faqEn, source: 'python-' },
  zh: { url: faqZh, source: 'debian-' },
};
const MOST_CHARACTERS = 600;

/** The name of a part that is a sample. */
export const SAMPLE = 'sample';

/** Questions as queries, and their answers as the texts to be found. Rejects as fetch does. */
export async function searchSample(language: Language): Promise<Part> {
  const { url, source } = FAQS[language];
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  const faq: { id: string; question: string; answer: string }[] = linesOf(await response.text())
    .filter((line) => line.startsWith(`{"id": "${source}`))
    .map((line) => JSON.parse(line))
    .filter(({ answer }) => answer.length <= MOST_CHARACTERS);
  const set = {
    documents: faq.map(({ id, answer }) => ({ id, title: '', text: answer })),
    queries: Object.fromEntries(faq.map(({ id, question }) => [id, question])),
    qrels: Object.fromEntries(faq.map(({ id }) => [id, { [id]: 1 }])),
  };
  return { name: SAMPLE, kind: 'examples', set };
}

export function pairsSample(language: Language): Part {
  return { name: SAMPLE, kind: 'pairs', pairs: PAIRS[language].map(([a, b, gold]) => ({ a, b, gold })) };
}
