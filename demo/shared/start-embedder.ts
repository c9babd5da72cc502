import { createEmbedder, deleteModel, type Embedder, type EmbedderOptions, type LoadEvent } from 'bge-web';
import { make } from './dom';
import { showError } from './error-box';
import type { Language } from './language';
import { type Advice, adviceOf, isCorrupt, stepOf } from './plain-words';

/** The models beside the demo. */
export const EMBEDDED: Readonly<Record<Language, string>> = {
  en: 'BAAI/bge-small-en-v1.5',
  zh: 'BAAI/bge-small-zh-v1.5',
};

/**
 * Gives an embedder on the models beside the demo. Meanwhile `place` shows how far it is, or what failed with a button that
 * tries again, so it rejects only with the reason of `signal`; at the end `place` keeps the notices, if there were any.
 */
export function startEmbedder(
  place: HTMLElement,
  options: EmbedderOptions & { readonly model: string },
): Promise<Embedder> {
  return startModel(place, options, (onProgress) =>
    createEmbedder({ modelBase: '../models/', ...options, onProgress }),
  );
}

/** The same for any model that `start` makes; `advise` says in plain words what failed. */
export async function startModel<M>(
  place: HTMLElement,
  { model, signal }: { readonly model: string; readonly signal?: AbortSignal },
  start: (onProgress: (event: LoadEvent) => void) => Promise<M>,
  advise: (error: unknown) => Advice = adviceOf,
): Promise<M> {
  for (;;) {
    const loading = showLoading(place);
    try {
      const started = await start(loading.show);
      place.replaceChildren(loading.notices);
      return started;
    } catch (error) {
      signal?.throwIfAborted();
      await new Promise<void>((again, stop) => {
        signal?.addEventListener('abort', () => stop(signal.reason));
        showError(place, error, again, advise(error));
      });
      if (isCorrupt(error)) await deleteModel(model);
    }
  }
}

function showLoading(place: HTMLElement) {
  const text = make('p', { className: 'loading-text' });
  const bar = make('progress', { max: 1, value: 0 });
  const spoken = make('p', { className: 'visually-hidden', role: 'status' });
  const notices = make('ul', { className: 'notices' });
  place.replaceChildren(make('div', { className: 'status' }, bar, text, spoken), notices);
  return {
    notices,
    show(event: LoadEvent) {
      const step = stepOf(event);
      if (step.notice) return notices.append(make('li', { textContent: step.text }));
      text.textContent = step.text;
      bar.ariaLabel = step.spoken;
      if (step.part !== undefined) bar.value = step.part;
      // Once for each thing that happens: a reader must not hear every number of a download.
      if (spoken.textContent !== step.spoken) spoken.textContent = step.spoken;
    },
  };
}
