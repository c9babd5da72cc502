import { parseArgs } from 'node:util';
import { BgeError } from '../../shared/errors.js';
import { buildIndex } from './build-index.js';

export interface Terminal {
  /** Takes a line of the result. */
  print(line: string): void;
  /** Takes a line of progress, or of what went wrong. */
  tell(line: string): void;
  readonly signal: AbortSignal;
}

const HELP = `Usage: bge-web index <folder | file.jsonl> --out <file> [options]

Builds an index of documents ahead of time; a page opens it by createIndex({ embedder, url }).

A folder's documents are its files of .md, .markdown, .txt, .html and .htm, in all folders below it but hidden ones and
node_modules. Of each, \`id\` is the path, \`title\` the front matter's or <title>, else the first heading, else the file's name.
A .jsonl file has a document a line: {"id": "…", "text": "…", "title": "…", …}.

  --out <file>             the index, such as public/index.bge; passages of one that is there keep their vectors
  --include <pattern>      files of the folder, such as 'docs/**/*.md', in place of the kinds above; may be repeated
  --model <id>             default BAAI/bge-small-en-v1.5
  --dtype <dtype>          fp32 or q8, as the page's embedder has it; default: the same choice as the page's on a CPU
  --model-base <where>     a folder or URL that holds <org>/<name>/…; default the Hugging Face hub
  --cache-dir <folder>     for downloads of models; default bge-web in $XDG_CACHE_HOME or ~/.cache
  --passage-tokens <n>     tokens of a passage at most, from 8; default 256
  --vectors <kind>         how they are stored: float16 for int8 (default) and binary, or float32
  --help`;

const OPTIONS = {
  out: { type: 'string' },
  include: { type: 'string', multiple: true },
  model: { type: 'string' },
  dtype: { type: 'string' },
  'model-base': { type: 'string' },
  'cache-dir': { type: 'string' },
  'passage-tokens': { type: 'string' },
  vectors: { type: 'string' },
  help: { type: 'boolean' },
} as const;

/** Does what the arguments say. Gives the exit code: 0, 1 for what went wrong, told in one line, or 130 if interrupted. */
export async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    const { values, positionals } = parse(args);
    const [command, source, ...rest] = positionals;
    if (values.help || command === undefined) {
      terminal.print(HELP);
      return values.help ? 0 : 1;
    }
    if (command !== 'index') throw usage(`there is no command "${command}"`);
    if (source === undefined || rest.length > 0) throw usage('give one folder, or one .jsonl file');
    const { out, include, vectors } = values;
    if (!out) throw usage('say where the index goes, by --out <file>');
    const tokens = values['passage-tokens'];
    const result = await buildIndex({
      ...{ source, out, include },
      model: {
        ...(values.model !== undefined && { model: values.model }),
        ...(values.dtype !== undefined && { dtype: values.dtype as never }), // checked with the rest
        ...(values['model-base'] !== undefined && { modelBase: values['model-base'] }),
        ...(values['cache-dir'] !== undefined && { cacheDir: values['cache-dir'] }),
      },
      index: {
        ...(vectors !== undefined && { vectors: vectors as never }),
        ...(tokens !== undefined && { passageTokens: Number(tokens) }),
      },
      tell: terminal.tell,
      signal: terminal.signal,
    });
    terminal.print(result);
    return 0;
  } catch (error) {
    const [line] = (error instanceof Error ? error.message : String(error)).split('\n');
    terminal.tell(`bge-web: ${line}`);
    return terminal.signal.aborted ? 130 : 1;
  }
}

/** Node's own message goes on about arguments that begin with a dash. */
function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw usage((error as Error).message.split(/\.?\s(?=To |Did )/)[0]!);
  }
}

function usage(problem: string): BgeError {
  return new BgeError('InvalidInputError', `${problem}; see bge-web --help`);
}
