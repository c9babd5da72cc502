import { type BgeErrorName, type EncodeEvent, isBgeError, type LoadEvent } from 'bge-web';
import * as format from './format';

const WARNINGS = {
  quota: 'This browser has no room for the model: it is kept in memory only and will be downloaded again next time.',
  'no-store': 'This browser gives no storage: the model is kept in memory only and will be downloaded again next time.',
  unverified: 'This page does not come over https, so the files of the model were checked by their size only.',
};

/** What happened, and what to do about it. */
const ERRORS: Partial<Record<BgeErrorName, readonly [title: string, advice: string]>> = {
  ModelFileNotFoundError: [
    'The model is not on this server',
    'Its files should lie in the folder models/ beside this page. Put them there and try again, or choose another model.',
  ],
  DownloadError: [
    'The download broke off',
    'The server or the network failed. What has arrived is kept; trying again goes on from there.',
  ],
  IntegrityError: [
    'A downloaded file is not the expected one',
    'It was not used. Try again; if that does not help, the server holds another version of the model.',
  ],
  CorruptTokenizerError: ['The tokenizer cannot be read', 'Delete the stored models below and try again.'],
  CorruptModelError: ['The model cannot be read', 'Delete the stored models below and try again.'],
  WasmBlockedError: [
    'This page may not run WebAssembly',
    "Its Content-Security-Policy forbids it: the server must add 'wasm-unsafe-eval' to script-src.",
  ],
  WasmUnsupportedError: [
    'This browser has no WebAssembly',
    'Some privacy modes switch it off. Allow it for this page, or use another browser.',
  ],
  EngineError: ['The model could not run', 'Try again, or choose the CPU as the device.'],
  SelfCheckError: [
    'The numbers were wrong',
    'The engine did not give the known vectors of some known texts, so it was not used. Choose the CPU as the device.',
  ],
  WorkerDiedError: ['The worker ended', 'Perhaps memory ran short. Trying again starts a new one.'],
  WorkerUnresponsiveError: ['The worker no longer answered', 'It was ended. Trying again starts a new one.'],
};

/** The parts of the loading bar: most of a first load is the download. */
const PROGRESS = { downloaded: 0.85, verify: 0.87, compile: 0.9, warmUp: 0.96 };

export const deviceName = (device: string) => (device === 'webgpu' ? 'GPU (WebGPU)' : 'CPU');

/** The bar, the line of text, the notices and the error below it, and what a screen reader hears of them. */
export class Status {
  readonly #bar = element<HTMLProgressElement>('progress');
  readonly #text = element('status-text');
  readonly #spoken = element('status-spoken');
  readonly #notices = element('notices');
  readonly #error = element('error');

  /** A new start: nothing of the last one stays. */
  clear(): void {
    this.#error.hidden = true;
    this.#notices.replaceChildren();
    this.#bar.value = 0;
  }

  load(event: LoadEvent): void {
    switch (event.phase) {
      case 'download': {
        const { loaded, total, cached } = event;
        const done = total > 0 ? loaded / total : 0;
        const amount = `${format.bytes(loaded)} of ${format.bytes(total)}`;
        const doing = cached ? 'Reading the model from this device' : 'Downloading the model';
        this.#show(`${doing}: ${amount}`, done * PROGRESS.downloaded, doing);
        return;
      }
      case 'wait':
        this.say('Waiting for another tab, which downloads the same model');
        return;
      case 'verify':
        this.#show('Checking the files', PROGRESS.verify);
        return;
      case 'compile':
        this.#show(`Preparing the model for the ${deviceName(event.device)}`, PROGRESS.compile);
        return;
      case 'warm-up':
        this.#show('Warming up, and checking the numbers', PROGRESS.warmUp);
        return;
      case 'ready':
        this.#show(`Ready on the ${deviceName(event.info.device)}`, 1);
        return;
      case 'fallback':
        this.#notice(`The GPU was given up, so the CPU takes over. ${event.reason}`);
        return;
      case 'warning':
        this.#notice(WARNINGS[event.warning]);
        return;
    }
  }

  encode({ texts, totalTexts }: Pick<EncodeEvent, 'texts' | 'totalTexts'>): void {
    this.#show(`Encoding: ${texts} of ${format.count(totalTexts, 'text')}`, texts / totalTexts, 'Encoding');
  }

  done(text: string): void {
    this.#show(text, 1);
  }

  cancelled(): void {
    this.#show('Cancelled', 0);
  }

  fail(error: unknown): void {
    const [title, advice] = (isBgeError(error) && ERRORS[error.name]) || [
      'Something unexpected happened',
      'Try again.',
    ];
    element('error-title').textContent = title;
    element('error-advice').textContent = advice;
    element('error-message').textContent = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    this.#error.hidden = false;
    this.#show('Stopped', 0, `${title}. ${advice}`);
  }

  /** Text without progress. */
  say(text: string, spoken = text): void {
    this.#text.textContent = text;
    // Once for each thing that happens: a reader must not hear every number of a download.
    if (this.#spoken.textContent !== spoken) this.#spoken.textContent = spoken;
  }

  #show(text: string, progress: number, spoken?: string): void {
    this.#bar.value = progress;
    this.say(text, spoken);
  }

  #notice(text: string): void {
    const item = document.createElement('li');
    item.textContent = text;
    this.#notices.append(item);
  }
}

/** An element of index.html. */
export function element<T extends HTMLElement = HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`index.html has no #${id}`);
  return found as T;
}
