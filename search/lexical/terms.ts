import { type Span, words } from '../segment';

/** The words of a text as they are indexed and searched for. */
export function termsOf(text: string): string[] {
  return Array.from(words(text), ({ term }) => term);
}

/** Where a text has one of these terms (of a `WordHit`), in order, to show what matched. */
export function matchesOf(text: string, terms: Iterable<string>): (Span & { readonly term: string })[] {
  const wanted = new Set(terms);
  return [...words(text)].filter(({ term }) => wanted.has(term));
}
