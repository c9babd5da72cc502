import { asArray, asId, asObject, asString, corrupt, type JsonObject, unsupported } from './json';

/** The special tokens that stand around every text. */
export interface Template {
  readonly before: readonly number[];
  readonly after: readonly number[];
}

/** Reads `post_processor` of tokenizer.json. */
export function parseTemplate(json: JsonObject): Template {
  const postProcessor = asObject(json.post_processor, 'post_processor');
  if (postProcessor.type !== 'TemplateProcessing') throw unsupported('post_processor', postProcessor.type);
  const specialTokens = asObject(postProcessor.special_tokens, 'post_processor.special_tokens');
  const pieces = asArray(postProcessor.single, 'post_processor.single').map((piece) =>
    asObject(piece, 'a piece of post_processor.single'),
  );
  const sequence = pieces.findIndex((piece) => 'Sequence' in piece);
  if (sequence < 0) throw corrupt('post_processor.single has no place for the text');
  const ids = (piece: JsonObject): readonly number[] => {
    const name = asString(
      asObject(piece.SpecialToken, 'a piece of post_processor.single').id,
      'the id of a special token',
    );
    const token = asObject(specialTokens[name], `the special token ${JSON.stringify(name)}`);
    return asArray(token.ids, `the ids of ${JSON.stringify(name)}`).map((id) =>
      asId(id, `the id of ${JSON.stringify(name)}`),
    );
  };
  return { before: pieces.slice(0, sequence).flatMap(ids), after: pieces.slice(sequence + 1).flatMap(ids) };
}
