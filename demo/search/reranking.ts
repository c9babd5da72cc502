import { createReranker, isBgeError, type Reranker } from 'bge-web';
import { element } from '../shared/dom';
import { say } from '../shared/language';
import { adviceOf } from '../shared/plain-words';
import { startModel } from '../shared/start-embedder';
import { WORDS } from './words';

/** From the hub. In int8 on the CPU, for which a size can be told beforehand; the GPU would take a file of twice as many bytes. */
const OPTIONS = { model: 'BAAI/bge-reranker-base', dtype: 'q8', device: 'wasm' } as const;

/** The button that brings the reranker: nothing of it is loaded before the click. A second click gives it up, or its loading. */
export class Reranking {
  readonly #button = element<HTMLButtonElement>('rerank');
  readonly #cost = element('rerank-cost');
  readonly #place = element('reranker');
  readonly #changed: () => void;
  #reranker: Reranker | undefined;
  #loading: AbortController | undefined;

  /** `changed` is called when the reranker has come, and when it has gone. */
  constructor(changed: () => void) {
    this.#changed = changed;
    this.#button.addEventListener('click', () => (this.#loading || this.#reranker ? this.#stop() : this.#start()));
  }

  /** While it is there. */
  get reranker(): Reranker | undefined {
    return this.#reranker;
  }

  /** Says what a click does, and beforehand what it costs. */
  show(): void {
    const { rerank, rerankCancel, rerankStop } = say(WORDS);
    this.#button.textContent = this.#reranker ? rerankStop : this.#loading ? rerankCancel : rerank;
    this.#cost.hidden = !!this.#reranker;
  }

  async #start(): Promise<void> {
    this.#loading = new AbortController();
    const { signal } = this.#loading;
    this.show();
    try {
      this.#reranker = await startModel(
        this.#place,
        { ...OPTIONS, signal },
        (onProgress) => createReranker({ ...OPTIONS, signal, onProgress }),
        advise,
      );
      this.#loading = undefined;
      this.show();
      this.#changed();
    } catch {
      // Only the second click ends it, and has tidied up.
    }
  }

  #stop(): void {
    this.#loading?.abort();
    this.#reranker?.dispose();
    this.#loading = this.#reranker = undefined;
    this.#place.replaceChildren();
    this.show();
    this.#changed();
  }
}

/** This model is not beside the page, as the others are. */
const advise = (error: unknown) =>
  isBgeError(error, 'DownloadError') || isBgeError(error, 'ModelFileNotFoundError')
    ? say(WORDS).unreachable
    : adviceOf(error);
