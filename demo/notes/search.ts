import type { Hit, SearchIndex, SearchMode } from 'bge-web/search';
import { SMALL } from '../shared/small-words';
import type { Row } from './list';
import { bodyStart, type Note, titleOf } from './note';
import type { Notes } from './store';
import { words } from './words';

const MOST = 30;

/** Below this, and without half of the query's words, a note has most likely nothing to do with it. */
const LEAST_RELEVANCE = 0.08;

/** The notes that answer a query, with the passage that does. */
export async function found(
  notes: Notes,
  index: SearchIndex | undefined,
  query: string,
  mode: SearchMode,
  signal: AbortSignal,
): Promise<Row[]> {
  if (!index) return withWords(notes, query);
  const hits = await index.search(query, { k: MOST, mode, explain: true, signal });
  return rowsOf(notes, mode === 'lexical' ? hits : hits.filter((hit) => isGoodEnough(hit, query)), (hit) => {
    const { dense, terms } = hit.explanation!;
    const by = [dense !== null && words().meaning, terms.length > 0 && words().words].filter(Boolean);
    return by.join(' + ');
  });
}

/** The notes that are most like one; null if the index does not have it yet. */
export async function related(notes: Notes, index: SearchIndex, id: string): Promise<Row[] | null> {
  const [known] = await index.get([id]);
  return known ? rowsOf(notes, await index.similar(id, { k: 6 }), () => undefined) : null;
}

/** All notes, the one that was changed last first. */
export function allRows(notes: Notes): Row[] {
  return notes.ids().map((id) => rowOf(notes.get(id)!));
}

function isGoodEnough({ relevance, explanation }: Hit, query: string): boolean {
  const hasWords = explanation!.terms.length * 2 >= query.trim().split(/\s+/).length;
  return hasWords || relevance === null || relevance >= LEAST_RELEVANCE;
}

/** A note that was deleted a moment ago may still be in the index. */
function rowsOf(notes: Notes, hits: readonly Hit[], labelOf: (hit: Hit) => string | undefined): Row[] {
  return hits.flatMap((hit) => {
    const note = notes.get(hit.id);
    if (!note) return [];
    const label = labelOf(hit);
    const { text, start } = hit.passage;
    return [
      {
        ...{ id: note.id, title: titleOf(note), snippet: text, at: bodyStart(note.text) + start },
        terms: hit.explanation?.terms.filter((term) => !SMALL.has(term)) ?? [],
        ...(label && { label }),
      },
    ];
  });
}

/** Until the model is ready: the notes that have all the words as they are written. */
function withWords(notes: Notes, query: string): Row[] {
  const terms = query.toLowerCase().split(/\s+/).filter(Boolean);
  const rows: Row[] = [];
  for (const id of notes.ids()) {
    const note = notes.get(id)!;
    const text = note.text.toLowerCase();
    if (!terms.every((term) => text.includes(term))) continue;
    rows.push({ ...rowOf(note), snippet: note.text, terms, at: Math.max(text.indexOf(terms[0]!), 0) });
    if (rows.length === MOST) break;
  }
  return rows;
}

function rowOf(note: Note): Row {
  const from = bodyStart(note.text);
  const start = note.text.slice(from, from + 400).replace(/^\s*#{1,6}\s+.*\n?/, '');
  return { id: note.id, title: titleOf(note) || words().untitled, snippet: start.trim() };
}
