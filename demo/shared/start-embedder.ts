import { createEmbedder, deleteModel, type Embedder, type EmbedderOptions, type LoadEvent } from 'bge-web';
import { make } from './dom';
import { showError } from './error-box';
import { isCorrupt, stepOf } from './plain-words';

/**
 * Gives an embedder on the models beside the demo. Meanwhile `place` shows how far it is, or what failed with a button that
 * tries again, so it rejects only with the reason of `signal`; at the end `place` keeps the notices, if there were any.
 */
export async function startEmbedder(
  place: HTMLElement,
  options: EmbedderOptions & { readonly model: string },
): Promise<Embedder> {
  for (;;) {
    const loading = showLoading(place);
    try {
      const embedder = await createEmbedder({ modelBase: '../models/', ...options, onProgress: loading.show });
      place.replaceChildren(loading.notices);
      return embedder;
    } catch (error) {
      if (options.signal?.aborted) throw error;
      await new Promise<void>((again) => showError(place, error, again));
      if (isCorrupt(error)) await deleteModel(options.model);
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
