/** Every error that this package makes, with what it means for the caller. */
export type BgeErrorName =
  /** An argument is not what the call takes; the message reads "Expected … , got …". */
  | 'InvalidInputError'
  /** The model is neither in the registry nor registered by `registerModel`. */
  | 'UnknownModelError'
  /** The model is not made for this: a reranker asked to embed, an embedder asked to rerank, a head that it does not have. */
  | 'WrongModelError'
  /** A text has more tokens than `maxLength`, and `overflow: 'error'` was asked for; `details` has `index`, `tokens` and `maxLength`. */
  | 'TextTooLongError'
  /** A file is over 2 GB, or the model is more than memory or a WebAssembly heap of 4 GB takes; the message says which dtype to take. */
  | 'ModelTooLargeError'
  /** The server has no such file: 404, or a web page where a model file should be. */
  | 'ModelFileNotFoundError'
  /** The server or the network failed, also after the retries; what arrived is kept and the next attempt resumes. */
  | 'DownloadError'
  /** A file arrived whole, but its size or SHA-256 is not the expected one. */
  | 'IntegrityError'
  /** tokenizer.json cannot be read, or holds a kind of tokenizer that is not supported. */
  | 'CorruptTokenizerError'
  /** The runtime cannot read the model file. */
  | 'CorruptModelError'
  /** The page's Content-Security-Policy forbids WebAssembly; it needs `script-src 'wasm-unsafe-eval'`. */
  | 'WasmBlockedError'
  /** This browser has no WebAssembly. */
  | 'WasmUnsupportedError'
  /** The GPU went away during the work. */
  | 'DeviceLostError'
  /** The runtime failed to start or to run the model. */
  | 'EngineError'
  /** The engine gives other vectors than the reference, so it was not used. */
  | 'SelfCheckError'
  /** The worker ended, or could not be started; the next call starts a new one. */
  | 'WorkerDiedError'
  /** The worker gave no sign of life for the whole `deadline`; it was ended and the next call starts a new one. */
  | 'WorkerUnresponsiveError'
  /** A stored index, or a file of one, is cut, damaged, or of a version that this one does not read. */
  | 'CorruptIndexError'
  /** The index was made in another embedding space than the embedder's; `details` has `stored` and `expected`. */
  | 'SpaceMismatchError'
  /** The index was opened from a URL, and cannot be changed. */
  | 'ReadOnlyIndexError'
  /** This browser has no IndexedDB, or refuses it: a named index cannot be kept. */
  | 'StorageUnavailableError'
  /** The browser gives no more storage; what was stored before is unchanged. */
  | 'StorageFullError'
  /** The loss of a training is not a finite number any more; `details` has `epoch` and `learningRate`. Nothing came of it. */
  | 'TrainingDivergedError'
  /** The embedder, reranker or index was disposed. */
  | 'DisposedError';

/** What an error carries beside its message: the facts, in plain values that survive the way out of a worker. */
export type BgeErrorDetails = Record<string, string | number | boolean | null | undefined>;

/** An error of this package: tell them apart by `name`, which is one of `BgeErrorName`. */
export class BgeError extends Error {
  override readonly name: BgeErrorName;
  readonly details: BgeErrorDetails;

  constructor(name: BgeErrorName, message: string, options: { cause?: unknown; details?: BgeErrorDetails } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = name;
    this.details = options.details ?? {};
  }
}

/** True if `error` is one of this package's, and of the given name where one is given. */
export function isBgeError(error: unknown, name?: BgeErrorName): error is BgeError {
  return error instanceof Error && 'details' in error && (name === undefined || error.name === name);
}

/** The one form of message for bad input: "Expected `texts[3]` to be a string, got `7` (number)". */
export function invalidInput(what: string, expected: string, value: unknown): BgeError {
  return new BgeError('InvalidInputError', `Expected \`${what}\` to be ${expected}, got ${shown(value)}`);
}

/** The same for things that do not fit each other, told in words: "Expected `data` to be 2 × 3 values, got 5". */
export function misfit(what: string, expected: string, found: string | number): BgeError {
  return new BgeError('InvalidInputError', `Expected \`${what}\` to be ${expected}, got ${found}`);
}

function shown(value: unknown): string {
  if (value === null || value === undefined) return `\`${value}\``;
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'object')
    return Array.isArray(value) ? 'an array' : `an object (${value.constructor?.name ?? 'no class'})`;
  const text = String(value);
  return `\`${text.length > 60 ? `${text.slice(0, 60)}…` : text}\` (${typeof value})`;
}

/** An error as plain data: comlink alone would lose `details`, `cause` and the class. */
export interface WireError {
  readonly name: string;
  readonly message: string;
  readonly stack?: string | undefined;
  readonly details?: BgeErrorDetails;
  readonly cause?: WireError;
}

export function toWire(error: unknown): WireError {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error) };
  return {
    name: error.name,
    message: error.message,
    stack: error.stack,
    ...(isBgeError(error) && { details: error.details }),
    ...(error.cause !== undefined && { cause: toWire(error.cause) }),
  };
}

export function fromWire(wire: WireError): Error {
  const cause = wire.cause && fromWire(wire.cause);
  const error = wire.details
    ? new BgeError(wire.name as BgeErrorName, wire.message, { cause, details: wire.details })
    : Object.assign(new Error(wire.message, cause && { cause }), { name: wire.name });
  if (wire.stack) error.stack = wire.stack;
  return error;
}

/** For comlink's handler of what is thrown: at the end where it arrives, */
export const receivedErrors = {
  deserialize(wire: WireError): never {
    throw fromWire(wire);
  },
};

/** and at the one where it is thrown. */
export const sentErrors = {
  serialize: (thrown: unknown): [WireError, []] => [toWire((thrown as { value: unknown }).value), []],
};
