import { misfit } from '../src/shared/errors';
import type { Condition, Filter, IndexDocument, Limits } from '../src/shared/search';

/** Gives a test of documents. Throws InvalidInputError for a field that none of the documents has: `known` are those that they have. */
export function filterOf(filter: Filter, known: ReadonlySet<string>): (document: IndexDocument) => boolean {
  const tests = Object.entries(filter).map(([field, condition]) => {
    if (!known.has(field))
      throw misfit('filter', `of fields that documents have (${[...known].sort().join(', ')})`, field);
    const test = testOf(condition);
    return (document: IndexDocument) => {
      const value = document[field];
      return value !== undefined && (Array.isArray(value) ? value.some(test) : test(value as Scalar));
    };
  });
  return (document) => tests.every((test) => test(document));
}

type Scalar = string | number | boolean | null;

function testOf(condition: Condition): (value: Scalar) => boolean {
  if (Array.isArray(condition)) return (value) => condition.includes(value);
  if (condition === null || typeof condition !== 'object') return (value) => value === condition;
  const { gt, gte, lt, lte } = condition as Limits;
  return (value) =>
    (gt === undefined || isOrdered(gt, value, false)) &&
    (gte === undefined || isOrdered(gte, value, true)) &&
    (lt === undefined || isOrdered(value, lt, false)) &&
    (lte === undefined || isOrdered(value, lte, true));
}

/** Numbers with numbers and strings with strings only. */
function isOrdered(low: Scalar, high: Scalar, orEqual: boolean): boolean {
  if (typeof low !== typeof high || low === null || high === null) return false;
  return low < high || (orEqual && low === high);
}

/** The fields of a document that filters may name. */
export function fieldsOf(document: IndexDocument): string[] {
  return Object.keys(document).filter((field) => field !== 'text' && field !== 'format');
}
