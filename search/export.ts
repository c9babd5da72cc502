import type { ExportedVectors } from '../src/shared/search';
import { type Collection, textOf } from './collection';

/** The vectors of all passages, and beside each a line of JSON that says what it belongs to. */
export function exportedVectors(collection: Collection): ExportedVectors {
  const entries = [...collection.documents.values()];
  const lines = entries.flatMap((entry) => {
    const { text: _, ...fields } = entry.document;
    return entry.passages.map((passage) => {
      const { start, end } = passage;
      return `${JSON.stringify({ ...fields, start, end, text: textOf(entry, passage) })}\n`;
    });
  });
  const { dim } = collection.vectors;
  return { data: collection.vectorsOf(entries), rows: lines.length, dim, lines: lines.join('') };
}
