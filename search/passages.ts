import type { IndexConfig, IndexDocument } from '../src/shared/search';
import { type CountTokens, chunk } from './chunking/chunk';
import type { Work } from './prepare';
import type { StoredDocument } from './store/segment';

/** Cuts documents into passages, all at a time, so that their questions for tokens share calls. */
export async function passagesOf(
  documents: readonly IndexDocument[],
  { passageTokens, overlapTokens }: Pick<IndexConfig, 'passageTokens' | 'overlapTokens'>,
  { callId, host, signal }: Work,
): Promise<StoredDocument[]> {
  const countTokens = sharing((texts) => host.countTokens(callId, texts));
  return Promise.all(
    documents.map(async (document) => {
      const { text, title, format } = document;
      const passages = await chunk(text, countTokens, {
        maxTokens: passageTokens,
        ...{ overlapTokens, signal },
        ...(title !== undefined && { title }),
        ...(format !== undefined && { format }),
      });
      return {
        document,
        passages: passages.map(({ text: shown, start, end, headings }) => ({
          ...{ start, end },
          ...(shown !== text.slice(start, end) && { text: shown }),
          ...(headings && { headings }),
        })),
      };
    }),
  );
}

/** Puts the questions that come before the next macrotask into one call, in which each text is asked once. */
function sharing(countTokens: CountTokens): CountTokens {
  let open: { readonly places: Map<string, number>; readonly counts: Promise<readonly number[]> } | undefined;
  return async (texts) => {
    if (!open) {
      const places = new Map<string, number>();
      const counts = new Promise((resolve) => setTimeout(resolve)).then(() => {
        open = undefined;
        return countTokens([...places.keys()]);
      });
      open = { places, counts };
    }
    const { places, counts } = open;
    const own = texts.map((text) => {
      const place = places.get(text) ?? places.size;
      places.set(text, place);
      return place;
    });
    const all = await counts;
    return own.map((place) => all[place]!);
  };
}
