import { asArray, asId, asObject, asString, corrupt, type JsonObject, unsupported } from './json';

/** The special tokens that stand around every text. */
export interface Template {
  readonly before: readonly number[];
  readonly after: readonly number[];
}

/** Those around and between two texts that are read together. */
export interface PairTemplate extends Template {
  readonly between: readonly number[];
}

/** Reads `post_processor` of tokenizer.json for one text. */
export function parseTemplate(json: JsonObject): Template {
  const [before, after] = parseRuns(json, 'single', 1);
  return { before: before!, after: after! };
}

/** The same for a pair of texts. */
export function parsePairTemplate(json: JsonObject): PairTemplate {
  const [before, between, after] = parseRuns(json, 'pair', 2);
  return { before: before!, between: between!, after: after! };
}

/** The ids of special tokens before, between and after the places for texts. */
function parseRuns(json: JsonObject, kind: 'single' | 'pair', texts: number): readonly number[][] {
  const postProcessor = asObject(json.post_processor, 'post_processor');
  if (postProcessor.type !== 'TemplateProcessing') throw unsupported('post_processor', postProcessor.type);
  const specialTokens = asObject(postProcessor.special_tokens, 'post_processor.special_tokens');
  const runs: number[][] = [[]];
  for (const entry of asArray(postProcessor[kind], `post_processor.${kind}`)) {
    const piece = asObject(entry, `a piece of post_processor.${kind}`);
    if ('Sequence' in piece) runs.push([]);
    else runs.at(-1)!.push(...idsOf(asObject(piece.SpecialToken, `a piece of post_processor.${kind}`), specialTokens));
  }
  if (runs.length !== texts + 1) throw corrupt(`post_processor.${kind} has no place for the text`);
  return runs;
}

function idsOf(piece: JsonObject, specialTokens: JsonObject): readonly number[] {
  const name = asString(piece.id, 'the id of a special token');
  const token = asObject(specialTokens[name], `the special token ${JSON.stringify(name)}`);
  return asArray(token.ids, `the ids of ${JSON.stringify(name)}`).map((id) =>
    asId(id, `the id of ${JSON.stringify(name)}`),
  );
}
