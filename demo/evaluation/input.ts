import { element } from '../shared/dom';
import { readPart } from './formats';
import type { Part } from './test-set';

/** Files may be dropped anywhere on the page or chosen, and the text of one pasted; `refuse` hears of what cannot be read. */
export function takeFiles(take: (part: Part) => void, refuse: (error: unknown) => void): void {
  const file = element<HTMLInputElement>('file');
  const pasted = element<HTMLTextAreaElement>('pasted');
  const page = document.documentElement;

  const read = async (files: Iterable<File>) => {
    const read = await Promise.allSettled([...files].map(readPart));
    for (const one of read) if (one.status === 'fulfilled') take(one.value);
    const wrong = read.find((one) => one.status === 'rejected');
    if (wrong) refuse(wrong.reason);
  };
  const readPasted = async () => {
    const text = pasted.value;
    if (text.trim() === '') return pasted.focus();
    await read([new File([text], '')]);
  };

  element('open').addEventListener('click', () => {
    file.value = '';
    file.click();
  });
  file.addEventListener('change', () => read(file.files ?? []));
  element('paste').addEventListener('click', readPasted);
  page.addEventListener('dragover', (event) => {
    event.preventDefault();
    page.classList.add('dropping');
  });
  page.addEventListener('dragleave', (event) => {
    if (!event.relatedTarget) page.classList.remove('dropping');
  });
  page.addEventListener('drop', (event) => {
    event.preventDefault();
    page.classList.remove('dropping');
    read(event.dataTransfer?.files ?? []);
  });
}
