import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { checkOptions } from '../inputs.js';
import type * as browser from '../options.js';
import type * as search from '../search/options.js';
import { invalidInput } from '../shared/errors.js';

/** What only browsers have. */
const LEFT_OUT = ['files', 'wasmBase', 'worker', 'batchTokens', 'threads', 'deadline'] as const;
const INDEX_LEFT_OUT = ['name', 'url', 'onSpaceChange', 'worker', 'deadline', 'onProgress'] as const;

/** How to load a model in Node: as in a browser, less what only browsers have. Everything is optional. */
export interface ModelOptions
  extends Omit<browser.ModelOptions, 'device' | 'modelBase' | 'cache' | (typeof LEFT_OUT)[number]> {
  /** Both are the CPU: there is no WebGPU here. */
  device?: 'auto' | 'wasm';
  /**
   * Where model files lie: a folder that holds `<org>/<name>/…`, as a path (relative to the current one) or a `file:` URL, read where it is; or an
   * http(s) URL of such a folder; or a template of either with `{model}`, `{revision}` and `{file}`. Default: the Hugging Face hub.
   */
  modelBase?: string | URL;
  /** Keep what was downloaded in `cacheDir`. Default true. */
  cache?: boolean;
  /** A folder for what was downloaded, which is made where it is missing. Default: `bge-web` in `$XDG_CACHE_HOME`, else in `~/.cache`. */
  cacheDir?: string;
}

/** How to make an embedder. Default model: `BAAI/bge-small-en-v1.5`. */
export interface EmbedderOptions extends ModelOptions, Pick<browser.EmbedderOptions, 'normalize' | 'truncateDim'> {}

/** How to make a reranker. Default model: `BAAI/bge-reranker-base`. */
export type RerankerOptions = ModelOptions;

/** How to make an index in memory: as in a browser, less what is about its storage and its worker. Only `embedder` must be given. */
export interface IndexOptions
  extends Pick<
    search.IndexOptions,
    'embedder' | 'reranker' | 'vectors' | 'lexical' | 'passageTokens' | 'overlapTokens' | 'signal'
  > {}

/** Throws InvalidInputError for what an index in Node has no place for. */
export function checkIndexOptions(options: IndexOptions): void {
  checkOptions(options);
  checkLeftOut(options, INDEX_LEFT_OUT);
}

function checkLeftOut(options: object, names: readonly string[]): void {
  for (const name of names) {
    const value = (options as Record<string, unknown>)[name];
    if (value !== undefined) throw invalidInput(name, 'left out in Node', value);
  }
}

/** The options as a browser's, which check the rest. Throws InvalidInputError. */
export function browserOptions<Options extends ModelOptions>(options: Options) {
  checkOptions(options);
  const { cacheDir, modelBase, ...rest } = options;
  const { device = 'auto' } = rest;
  if (device !== 'auto' && device !== 'wasm') throw invalidInput('device', "'wasm' or 'auto' in Node", device);
  checkLeftOut(rest, LEFT_OUT);
  const base = modelBase === undefined ? {} : { modelBase: urlOf(modelBase) };
  return { ...rest, ...base, device: 'wasm', threads: 1 } as const;
}

/** The folder for downloads; null for none. Throws InvalidInputError. */
export function cacheFolder({ cache = true, cacheDir }: ModelOptions): string | null {
  if (cacheDir !== undefined && (typeof cacheDir !== 'string' || cacheDir === ''))
    throw invalidInput('cacheDir', 'a path that is not empty', cacheDir);
  if (!cache) return null;
  return resolve(cacheDir ?? join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'bge-web'));
}

/** Braces must stay braces. */
function urlOf(modelBase: string | URL): string {
  const given = modelBase instanceof URL ? modelBase.href : modelBase;
  const refuse = () => invalidInput('modelBase', 'a path, or a URL of file:, http: or https:', modelBase);
  if (typeof given !== 'string' || given === '') throw refuse();
  if (/^https?:/i.test(given)) return withBraces(given);
  if (!/^[a-z][a-z+.-]+:/i.test(given)) return withBraces(pathToFileURL(given).href);
  try {
    fileURLToPath(given);
  } catch {
    throw refuse();
  }
  return withBraces(given);
}

function withBraces(url: string): string {
  return url.replaceAll('%7B', '{').replaceAll('%7D', '}');
}
