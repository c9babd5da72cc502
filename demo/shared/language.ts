/** The interface's languages; the texts that people work with may be in any. */
export type Language = 'en' | 'zh';

/** What a page says in each language; the Chinese one must have all that the English one has. */
export type Words<W> = Readonly<Record<Language, W>>;

const KEY = 'bge-web-demo-language';

// A page that does not `speak` is English.
let current: Language = 'en';

/** The language in use. */
export const language = (): Language => current;

/** Picks what is said in the language in use. */
export const say = <W>(words: Words<W>): W => words[current];

/** Whether texts are written in Chinese, mostly. */
export function isChinese(texts: readonly string[]): boolean {
  const all = texts.join('');
  return (all.match(/\p{Script=Han}/gu)?.length ?? 0) > all.length / 5;
}

/**
 * Puts the words of a page where its HTML says so, in the language last chosen here, else the browser's, and again whenever
 * the button `#language` changes it: those of `data-say="key"` as text, those of `data-say-label` and `data-say-placeholder`
 * as attributes. To be called before anything is said; `changed` is called after each change, for what the page's code wrote.
 */
export function speak(words: Words<object>, changed: () => void = () => {}): void {
  const button = document.getElementById('language');
  const show = () => {
    const [other, lang] = current === 'zh' ? ['English', 'en'] : ['中文', 'zh-CN'];
    document.documentElement.lang = current === 'zh' ? 'zh-CN' : 'en';
    const said = say(words) as Record<string, unknown>;
    const text = (key: string) => {
      if (typeof said[key] !== 'string') throw new Error(`No word "${key}" in ${current}`);
      return said[key];
    };
    if ('title' in said) document.title = text('title');
    for (const element of document.querySelectorAll<HTMLElement>('[data-say]'))
      element.textContent = text(element.dataset.say!);
    for (const element of document.querySelectorAll<HTMLElement>('[data-say-label]'))
      element.setAttribute('aria-label', text(element.dataset.sayLabel!));
    for (const element of document.querySelectorAll<HTMLElement>('[data-say-placeholder]'))
      element.setAttribute('placeholder', text(element.dataset.sayPlaceholder!));
    if (button) Object.assign(button, { textContent: other, lang });
  };
  button?.addEventListener('click', () => {
    current = current === 'zh' ? 'en' : 'zh';
    try {
      localStorage.setItem(KEY, current);
    } catch {
      // Without storage the choice lasts as long as the page.
    }
    show();
    changed();
  });
  current = stored() ?? (navigator.language.startsWith('zh') ? 'zh' : 'en');
  show();
}

function stored(): Language | undefined {
  try {
    const value = localStorage.getItem(KEY);
    return value === 'en' || value === 'zh' ? value : undefined;
  } catch {
    return undefined;
  }
}
