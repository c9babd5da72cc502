import { expect, test } from 'vitest';
import { BgeError, fromWire, invalidInput, isBgeError, toWire } from './errors.js';

test('an error crosses the wire with its name, message, details and causes', () => {
  const cause = new RangeError('the reason');
  const sent = new BgeError('DownloadError', 'no luck', { cause, details: { status: 503, url: '/x' } });
  const received = fromWire(structuredClone(toWire(sent)));
  expect(isBgeError(received, 'DownloadError')).toBe(true);
  expect(isBgeError(received, 'EngineError')).toBe(false);
  expect(received).toMatchObject({ message: 'no luck', details: { status: 503, url: '/x' }, stack: sent.stack });
  expect(received.cause).toMatchObject({ name: 'RangeError', message: 'the reason' });
});

test('a foreign error stays one, and what is no error becomes one', () => {
  expect(fromWire(toWire(new TypeError('odd')))).toMatchObject({ name: 'TypeError', message: 'odd' });
  expect(isBgeError(fromWire(toWire(new TypeError('odd'))))).toBe(false);
  expect(fromWire(toWire('just text'))).toMatchObject({ message: 'just text' });
});

test('bad input is told in one form, cut where it is long', () => {
  const message = (value: unknown) => invalidInput('texts[3]', 'a string', value).message;
  expect(message(7)).toBe('Expected `texts[3]` to be a string, got `7` (number)');
  expect(message(null)).toBe('Expected `texts[3]` to be a string, got `null`');
  expect(message([])).toContain('got an array');
  expect(message(new Map())).toContain('got an object (Map)');
  expect(message(Object.create(null))).toContain('got an object (no class)');
  expect(message(Symbol('s'))).toContain('(symbol)');
  expect(message('x'.repeat(1000)).length).toBeLessThan(130);
});
