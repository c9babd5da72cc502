import { type Span, words } from '../segment';

/** The words of a text as they are indexed and searched for: `foo_bar` is also found by `foo`, and `node.js` by `node`. */
export function termsOf(text: string): string[] {
  return Array.from(words(text), ({ term }) => withParts(term)).flat();
}

/** Where a text has one of these terms (of a `WordHit`), in order, to show what matched: words, whole. */
export function matchesOf(text: string, terms: Iterable<string>): (Span & { readonly term: string })[] {
  const wanted = new Set(terms);
  return [...words(text)].filter(({ term }) => withParts(term).some((part) => wanted.has(part)));
}

/** A word, and its parts where it is put together by signs that Unicode takes for letters of it. */
function withParts(term: string): string[] {
  const parts = /[._:]/.test(term) ? term.split(/[._:]+/).filter((part) => part !== '') : [];
  return parts.length > 1 ? [term, ...new Set(parts)] : [term];
}
