import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { IndexDocument } from '../src/shared/search';
import { SemanticIndex } from './semantic-index';
import { MemoryStore, type Store } from './store/store';
import { CONFIG, call, document, open, search, ToyHost, tabs, vectorOf } from './testing';

const words = ['bee', 'honey', 'moon', 'tide', 'bread', 'oven', 'train', 'cloud'];
const texts = fc.array(fc.constantFrom(...words), { maxLength: 5 }).map((list) => list.join(' '));
const ids = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
const documents = fc.uniqueArray(fc.record({ id: ids, text: texts, year: fc.integer({ min: 2000, max: 2003 }) }), {
  selector: ({ id }) => id,
  maxLength: 4,
});

type Step = { add: readonly IndexDocument[] } | { remove: string[] } | { compact: true };
const change: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ add: documents }) },
  { weight: 2, arbitrary: fc.record({ remove: fc.array(ids, { maxLength: 3 }) }) },
  { weight: 1, arbitrary: fc.constant({ compact: true as const }) },
);

const lexicals = fc.constantFrom('bm25' as const, 'weights' as const);

type Model = ReadonlyMap<string, IndexDocument>;

function changedBy(model: Model, step: Step): Model {
  const next = new Map(model);
  if ('add' in step) for (const one of step.add) next.set(one.id, one);
  if ('remove' in step) for (const id of step.remove) next.delete(id);
  return next;
}

async function run(index: SemanticIndex, step: Step): Promise<void> {
  if ('add' in step) await index.add(step.add, call());
  else if ('remove' in step) await index.remove(step.remove, call());
  else await index.compact(call());
}

/** What the index says of each document, and the naive ranking: every text by itself. */
async function state(index: SemanticIndex) {
  const hits = await search(index, 'honey moon moon');
  const found = index.get(['a', 'b', 'c', 'd', 'e', 'f']).flatMap((one) => one ?? []);
  const byWords = await search(index, 'honey moon moon', { mode: 'lexical' });
  return {
    documents: found,
    scores: hits.map(({ id, score }) => [id, score]).sort(),
    byWords: byWords.map(({ id }) => id).sort(),
  };
}

function expected(model: Model) {
  const sorted = [...model.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  const query = vectorOf('honey moon moon');
  const score = (text: string) => vectorOf(text).reduce((sum, value, d) => sum + value * query[d]!, 0);
  // Those without a word have no passage, and so no vector.
  const found = sorted.filter(({ text }) => text !== '').map(({ id, text }) => [id, score(text)]);
  const byWords = sorted.filter(({ text }) => /honey|moon/.test(text)).map(({ id }) => id);
  return { documents: sorted, scores: found.sort(), byWords };
}

describe('equals a naive model', () => {
  test('after any sequence of add, remove, compact and reopen, in one tab or two', async () => {
    const steps = fc.array(fc.tuple(fc.oneof(change, fc.constant('reopen' as const)), fc.nat(1)), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(
        steps,
        fc.constantFrom('int8', 'float32', 'binary'),
        lexicals,
        async (steps, vectors, lexical) => {
          const store = new MemoryStore();
          const tab = tabs(store);
          const opened = () => SemanticIndex.open({ ...CONFIG, vectors, lexical }, tab(new ToyHost()));
          const indexes = [await opened(), await opened()];
          let model: Model = new Map();
          for (const [step, i] of steps) {
            if (step === 'reopen') indexes[i] = await opened();
            else {
              await run(indexes[i]!, step);
              model = changedBy(model, step);
            }
          }
          for (const index of indexes) {
            await index.changed();
            expect(await state(index)).toEqual(expected(model));
          }
          expect((await store.segmentIds()).length).toBe(indexes[0]!.stats().segments);
        },
      ),
      { numRuns: 150 },
    );
  });

  test('a crash at any write leaves an index that opens with a prefix of its history', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(change, { minLength: 1, maxLength: 8 }),
        fc.nat(20),
        fc.boolean(),
        lexicals,
        async (steps, at, isDone, lexical) => {
          const store = new MemoryStore();
          const index = await open(crashing(store, at, isDone), new ToyHost(), { lexical });
          let model: Model = new Map();
          let next: Model | undefined;
          for (const step of steps) {
            next = changedBy(model, step);
            const crashed = await run(index, step).then(
              () => false,
              (error) => error instanceof Crash || Promise.reject(error),
            );
            if (crashed) break;
            model = next;
          }
          const again = await open(store, new ToyHost(), { lexical });
          const found = await state(again);
          // What was acknowledged is there; what was being written is there whole or not at all.
          expect([expected(model), expected(next!)]).toContainEqual(found);
          await again.add([document('z', 'bee')], call());
          expect((await search(again, 'bee', { k: 1 }))[0]?.id).toBeDefined();
          expect((await store.segmentIds()).length).toBe(again.stats().segments);
        },
      ),
      { numRuns: 300 },
    );
  });
});

class Crash extends Error {}

/** A store whose user dies at its write number `at`, before it or (`isDone`) just after, and writes nothing from then on. */
function crashing(store: Store, at: number, isDone: boolean): Store {
  let writes = 0;
  const written =
    <A extends unknown[], R>(write: (...args: A) => Promise<R>) =>
    async (...args: A) => {
      const n = writes++;
      if (n > at || (n === at && !isDone)) throw new Crash();
      const result = await write(...args);
      if (n === at) throw new Crash();
      return result;
    };
  return {
    manifest: (slot) => store.manifest(slot),
    segment: (id) => store.segment(id),
    segmentIds: () => store.segmentIds(),
    putManifest: written((slot, manifest) => store.putManifest(slot, manifest)),
    putSegment: written((id, bytes) => store.putSegment(id, bytes)),
    deleteSegments: written((ids) => store.deleteSegments(ids)),
    promote: written(() => store.promote()),
  };
}
