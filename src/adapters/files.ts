import { BgeError, type Dtype, type ModelDescription, registerModel } from '../index.js';
import { invalidInput } from '../shared/errors.js';
import { POOLING, parseJson, readPooling } from '../shared/pooling.js';
import { fingerprint } from './fingerprint.js';

/** A file with its path in the folder that was chosen; a `File` alone has its `webkitRelativePath`, or its name. */
export type ModelFileEntry = File | readonly [path: string, file: Blob];

/** What `createEmbedder` or `createReranker` is to be given, with other options or without. */
export interface FilesOptions {
  readonly model: string;
  readonly files: ReadonlyMap<string, Blob>;
  /** sentence-transformers' prompt for documents, where the folder has one. */
  readonly passageInstruction?: string;
}

/** What the files do not tell, or tell otherwise. */
export type ModelFacts = Partial<Omit<ModelDescription, 'revision' | 'graphs' | 'files'>>;

const TOKENIZER = 'tokenizer.json';
const CHECKPOINT = 'model.safetensors';
/** All that a vector may come from. */
const WEIGHTS = /^(onnx\/)?[^/]+\.(safetensors|onnx([._]data)?|pt)$/;

/** Names of graphs as optimum and sentence-transformers give them. */
const GRAPHS: readonly (readonly [Dtype, RegExp])[] = [
  ['q8', /^(onnx\/)?model_(quantized|q?u?int8\w*)\.onnx$/],
  ['fp16', /^(onnx\/)?model_fp16\.onnx$/],
  ['fp32', /^(onnx\/)?model\.onnx$/],
  ['q4f16', /^(onnx\/)?model_q4f16\.onnx$/],
];

/**
 * Registers the model whose files these are, as FlagEmbedding, sentence-transformers, transformers and optimum save it, and gives the options to make it by:
 * `createEmbedder(await modelFromFiles(input.files))`. Files stay where they are: nothing is copied or stored.
 * The model's folder is that of the `tokenizer.json` that lies highest. Dimensions and the longest text come from `config.json`, pooling from
 * `1_Pooling/config.json` (else `cls`), instructions from the prompts in `config_sentence_transformers.json` (else none); `facts` go before all of these.
 * The id is `files/` and the folder's name, the revision a fingerprint of the weights, so that vectors of different weights are never compared.
 * Rejects with ModelFileNotFoundError, which names what is missing, CorruptModelError (a JSON file that cannot be read), WrongModelError (layers behind the
 * encoder that are not computed here), DownloadError (a file that has been changed since it was chosen) or InvalidInputError (`files` or `facts`).
 */
export async function modelFromFiles(files: Iterable<ModelFileEntry>, facts: ModelFacts = {}): Promise<FilesOptions> {
  const { name, inside } = folderOf(files);
  const json = async (path: string) => {
    const text = await textOf(path, inside);
    return text === undefined ? undefined : parseJson(path, text);
  };
  const found = GRAPHS.flatMap(([dtype, names]) => {
    const path = [...inside.keys()].find((one) => names.test(one));
    return path ? [[dtype, path] as const] : [];
  });
  if (!inside.has(CHECKPOINT) && found.length === 0) throw noWeights(inside);
  const weights = [...inside.keys()].filter((path) => WEIGHTS.test(path)).sort();

  const config = await json('config.json');
  if (!config && (facts.dim === undefined || inside.has(CHECKPOINT))) throw missing('config.json', inside);
  await checkModules(inside);
  const pooling = await textOf(POOLING, inside);
  const prompts = ((await json('config_sentence_transformers.json'))?.prompts ?? {}) as Record<string, string>;
  const passageInstruction = prompts.document || prompts.passage;
  const { id } = registerModel({
    id: `files/${name}`,
    ...(config && describe(config)),
    ...(pooling !== undefined && { pooling: readPooling(pooling) }),
    ...(prompts.query && { queryInstruction: prompts.query }),
    heads: (['sparse', 'colbert'] as const).filter((head) =>
      ['safetensors', 'pt'].some((format) => inside.has(`${head}_linear.${format}`)),
    ),
    ...facts,
    revision: await readable(weights.join(', '), fingerprint(new Blob(weights.map((path) => inside.get(path)!)))),
    graphs: Object.fromEntries(found),
  });
  return { model: id, files: inside, ...(passageInstruction && { passageInstruction }) };
}

/** The highest folder with a tokenizer: its name, and the files under it. */
function folderOf(files: Iterable<ModelFileEntry>): { name: string; inside: ReadonlyMap<string, Blob> } {
  if (typeof files?.[Symbol.iterator] !== 'function')
    throw invalidInput('files', 'Files in an array or a FileList', files);
  const entries = Array.from(files, (one, i): readonly [string, Blob] => {
    const [path, file] =
      one instanceof File ? [one.webkitRelativePath || one.name, one] : Array.isArray(one) ? one : [];
    if (typeof path !== 'string' || !(file instanceof Blob))
      throw invalidInput(`files[${i}]`, 'a File, or [path, Blob]', one);
    return [path, file];
  });
  const [highest] = entries
    .map(([path]) => path.split('/'))
    .filter((parts) => parts.at(-1) === TOKENIZER)
    .sort((a, b) => a.length - b.length);
  if (!highest) throw missing(TOKENIZER, new Map(entries));
  const folder = highest.slice(0, -1);
  const start = folder.map((part) => `${part}/`).join('');
  const inside = entries.filter(([path]) => path.startsWith(start));
  return {
    name: folder.at(-1)?.replace(/\s+/g, '-') || 'model',
    inside: new Map(inside.map(([path, file]) => [path.slice(start.length), file])),
  };
}

/** What transformers' config.json says. RoBERTa's first places are those of padding; DistilBERT's hidden size is its `dim`. */
function describe(config: Record<string, unknown>): Partial<ModelDescription> {
  const { hidden_size, dim, max_position_embeddings, model_type, pad_token_id, architectures } = config;
  const isReranker = Array.isArray(architectures) && /ForSequenceClassification$/.test(architectures[0]);
  const places = Number(max_position_embeddings ?? 512);
  const reserved = /roberta/.test(String(model_type)) ? Number(pad_token_id ?? 1) + 1 : 0;
  return {
    ...(isReranker ? { task: 'rerank' } : { dim: (hidden_size ?? dim) as number }),
    maxLength: places - reserved,
  };
}

/** sentence-transformers may have put further layers behind the encoder. */
async function checkModules(inside: ReadonlyMap<string, Blob>): Promise<void> {
  const text = await textOf('modules.json', inside);
  if (text === undefined) return;
  const modules = Object.values(parseJson('modules.json', text)) as { type?: unknown }[];
  const other = modules.find(({ type }) => !/\.(Transformer|Pooling|Normalize)$/.test(String(type)));
  if (!other) return;
  throw new BgeError(
    'WrongModelError',
    `The model has a layer ${other.type} (modules.json), which is not computed here`,
  );
}

function textOf(path: string, inside: ReadonlyMap<string, Blob>): Promise<string | undefined> {
  return readable(path, Promise.resolve(inside.get(path)?.text()));
}

/** Browsers give no file that has changed, or gone, since it was chosen. */
async function readable<T>(path: string, reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (cause) {
    const message = `${path} cannot be read: ${(cause as Error).message} Choose the folder again`;
    throw new BgeError('DownloadError', message, { cause, details: { url: path } });
  }
}

function missing(path: string, inside: ReadonlyMap<string, Blob>, more = ''): BgeError {
  const message = `${path}: there is no such file among the ${inside.size} that were given${more}`;
  return new BgeError('ModelFileNotFoundError', message, { details: { url: path } });
}

function noWeights(inside: ReadonlyMap<string, Blob>): BgeError {
  const more = inside.has(`${CHECKPOINT}.index.json`)
    ? ', only parts of it: save it in one (max_shard_size)'
    : inside.has('pytorch_model.bin')
      ? '; pytorch_model.bin is not read, save it as safetensors'
      : ', nor an ONNX graph such as onnx/model.onnx';
  return missing(CHECKPOINT, inside, more);
}

/**
 * The files of a drop with their paths, folders included: `await droppedFiles(event.dataTransfer)`. To be called in the event itself: afterwards
 * browsers have forgotten what was dropped. Rejects with the browser's DOMException where a folder cannot be read.
 */
export async function droppedFiles({ items }: DataTransfer): Promise<ModelFileEntry[]> {
  const entries = Array.from(items, (item) => item.webkitGetAsEntry());
  const found: ModelFileEntry[] = [];
  for (const entry of entries) if (entry) await walk(entry, found);
  return found;
}

async function walk(entry: FileSystemEntry, found: ModelFileEntry[]): Promise<void> {
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
    found.push([entry.fullPath.slice(1), file]);
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  for (;;) {
    // A reader gives some at a time, and none when it is through.
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return;
    for (const one of some) await walk(one, found);
  }
}
