import { checkOneOf } from '../inputs.js';
import { invalidInput, misfit } from '../shared/errors.js';
import type { Condition, Filter, IndexDocument, Limits } from '../shared/search.js';

// What the caller does to an object after the call must not reach the worker: each check gives a copy.

/** Of documents of the same id the last is kept. Throws InvalidInputError. */
export function checkDocuments(documents: readonly IndexDocument[]): readonly IndexDocument[] {
  if (!Array.isArray(documents)) throw invalidInput('documents', 'an array of documents', documents);
  const byId = new Map(Array.from(documents, checkDocument).map((document) => [document.id, document]));
  return [...byId.values()];
}

const STRINGS = ['title', 'url'];

function checkDocument(document: IndexDocument, i: number): IndexDocument {
  const what = `documents[${i}]`;
  if (typeof document !== 'object' || document === null) throw invalidInput(what, 'an object', document);
  const { id, text, format = 'text' } = document;
  if (typeof id !== 'string' || id === '') throw invalidInput(`${what}.id`, 'a string that is not empty', id);
  if (typeof text !== 'string') throw invalidInput(`${what}.text`, 'a string', text);
  checkOneOf(`${what}.format`, ['text', 'markdown', 'html'], format);
  for (const field of STRINGS) checkField(`${what}.${field}`, 'a string', document[field], isString);
  checkField(
    `${what}.tags`,
    'an array of strings',
    document.tags,
    (tags) => Array.isArray(tags) && tags.every(isString),
  );
  checkField(`${what}.date`, 'a finite number', document.date, Number.isFinite);
  const expected = 'a string, a finite number, a boolean, null, or an array of strings or numbers';
  const fields = Object.entries(document).filter(([, value]) => value !== undefined);
  for (const [field, value] of fields) checkField(`${what}.${field}`, expected, value, isFieldValue);
  return Object.fromEntries(
    fields.map(([field, value]) => [field, Array.isArray(value) ? [...value] : value]),
  ) as unknown as IndexDocument;
}

const isString = (value: unknown) => typeof value === 'string';
const isScalar = (value: unknown) => isString(value) || Number.isFinite(value);

function isFieldValue(value: unknown): boolean {
  return (
    value === null || typeof value === 'boolean' || (Array.isArray(value) ? value.every(isScalar) : isScalar(value))
  );
}

function checkField(what: string, expected: string, value: unknown, holds: (value: unknown) => boolean): void {
  if (value !== undefined && !holds(value)) throw invalidInput(what, expected, value);
}

/** A copy of a filter, checked. Throws InvalidInputError. */
export function checkFilter(filter: Filter): Filter {
  if (typeof filter !== 'object' || filter === null || Array.isArray(filter))
    throw invalidInput('filter', 'an object of fields and conditions', filter);
  return Object.fromEntries(
    Object.entries(filter).map(([field, condition]) => [field, checkCondition(`filter.${field}`, condition)]),
  );
}

function checkCondition(what: string, condition: Condition): Condition {
  const isScalar = (value: unknown) =>
    value === null || typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value);
  if (isScalar(condition)) return condition;
  if (Array.isArray(condition)) {
    const wrong = condition.findIndex((value) => !isScalar(value));
    if (wrong >= 0)
      throw invalidInput(`${what}[${wrong}]`, 'a string, a finite number, a boolean or null', condition[wrong]);
    return [...condition];
  }
  const limits = condition as Limits;
  const expected = 'a value, an array of values, or an object of gt, gte, lt and lte';
  if (typeof limits !== 'object' || limits === null || Object.keys(limits).length === 0)
    throw invalidInput(what, expected, condition);
  for (const [name, limit] of Object.entries(limits)) {
    if (!['gt', 'gte', 'lt', 'lte'].includes(name)) throw misfit(what, expected, name);
    if (typeof limit !== 'string' && !Number.isFinite(limit))
      throw invalidInput(`${what}.${name}`, 'a finite number or a string', limit);
  }
  return { ...limits };
}
