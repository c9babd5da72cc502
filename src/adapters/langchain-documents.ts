import type { DocumentInterface } from '@langchain/core/documents';
import { invalidInput } from '../shared/errors.js';
import type { FieldValue, Hit, IndexDocument } from '../shared/search.js';

/** The field for metadata that no field of its own can hold: JSON of it. */
const REST = 'metadata';

/** A document of an index: each entry of its metadata is a field, where a field can hold it. */
export function documentOf({ pageContent, metadata }: DocumentInterface, id: string, i: number): IndexDocument {
  const fields: Record<string, FieldValue> = {};
  const rest: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(metadata ?? {})) {
    if (fits(name, value)) fields[name] = value;
    else if (value !== undefined) rest[name] = value;
  }
  if (Object.keys(rest).length > 0) fields[REST] = toJson(rest, i);
  return { ...fields, id, text: pageContent };
}

/** Its metadata, as it was. */
export function metadataOf({ id, format, [REST]: rest, ...fields }: Hit['document']): Record<string, unknown> {
  return typeof rest === 'string' ? { ...fields, ...JSON.parse(rest) } : fields;
}

/** The same for the same text and metadata. A random one where the page is not from a secure origin, which has no hashes. */
export async function idOf({ pageContent, metadata }: DocumentInterface, i: number): Promise<string> {
  const bytes = new TextEncoder().encode(toJson([pageContent, metadata ?? {}], i));
  const digest = await crypto.subtle?.digest('SHA-256', bytes);
  const id = digest ? new Uint8Array(digest, 0, 16) : crypto.getRandomValues(new Uint8Array(16));
  return Array.from(id, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Fields that mean something to an index, and what they must be. */
const KNOWN: Readonly<Record<string, (value: unknown) => boolean>> = {
  id: () => false,
  text: () => false,
  format: () => false,
  [REST]: () => false,
  title: isString,
  url: isString,
  tags: (value) => Array.isArray(value) && value.every(isString),
  date: Number.isFinite,
};

function fits(name: string, value: unknown): value is FieldValue {
  const isKnown = Object.hasOwn(KNOWN, name);
  return isKnown ? KNOWN[name]!(value) : isFieldValue(value);
}

function isFieldValue(value: unknown): value is FieldValue {
  if (Array.isArray(value)) return value.every(isString) || value.every(Number.isFinite);
  return value === null || typeof value === 'boolean' || isString(value) || Number.isFinite(value);
}

function isString(value: unknown): value is string {
  return typeof value === 'string';
}

function toJson(value: unknown, i: number): string {
  try {
    return JSON.stringify(value);
  } catch {
    throw invalidInput(`documents[${i}].metadata`, 'what JSON can hold', value);
  }
}
