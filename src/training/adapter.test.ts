import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { randomOf } from '../../search/clusters/random';
import { Pauses } from '../../search/pauses';
import { createEmbedder } from '../node';
import { Adam } from './adam';
import {
  adapted,
  adapterFrom,
  QueryAdapter,
  type TrainingExample,
  type TrainingOptions,
  trainQueryAdapter,
} from './index';
import { QueryMap } from './info-nce';

// Of PyTorch; see make_adapter.py there.
const golden: {
  dim: number;
  learningRate: number;
  temperature: number;
  regularization: number;
  steps: {
    queries: number[][];
    passages: number[][];
    targets: number[];
    ignored: number[][];
    loss: number;
    lossWithRegularization: number;
    weightGradient: number[];
    biasGradient: number[];
    weight: number[];
    bias: number[];
  }[];
} = JSON.parse(readFileSync(join(import.meta.dirname, '../../e2e/goldens/training/adapter.json'), 'utf8'));

/** Float32 in another order of summing. */
const near = (values: ArrayLike<number>, expected: readonly number[], what: string) => {
  expect(values.length).toBe(expected.length);
  const peak = Math.max(...expected.map(Math.abs));
  for (const [i, value] of expected.entries())
    expect(Math.abs(values[i]! - value), `${what}[${i}]: ${values[i]}, ${value}`).toBeLessThan(2e-5 * peak + 1e-6);
};

test("loss, gradients and Adam's steps are PyTorch's", async () => {
  const pauses = new Pauses();
  const map = await QueryMap.identity(golden.dim, pauses);
  const adam = new Adam(map.parameters.length, golden.learningRate);
  const [dim, size] = [golden.dim, 16]; // whole panels of 8
  for (const [i, step] of golden.steps.entries()) {
    const batch = {
      queries: Float32Array.from(step.queries.flat()),
      passages: Float32Array.from(step.passages.flat()),
      targets: step.targets,
      ignored: step.ignored.map((others) => new Set(others)),
    };
    near([await map.loss(batch, golden, false)], [step.loss], `loss of step ${i}`);
    near([await map.loss(batch, golden, true)], [step.lossWithRegularization], `whole loss of step ${i}`);
    const gradient = Array.from(
      { length: dim * dim },
      (_, at) => map.gradient[(at % dim) * size + Math.floor(at / dim)]!,
    );
    near(gradient, step.weightGradient, `gradient of step ${i}`);
    near(map.gradient.subarray(size * size, size * size + dim), step.biasGradient, `bias's gradient of step ${i}`);
    await adam.step(map.parameters, map.gradient, pauses);
    const { weight, bias } = map.result();
    near(weight, step.weight, `weight after step ${i}`);
    near(bias, step.bias, `bias after step ${i}`);
  }
});

const DIM = 24;

/** A world whose queries are turned against their passages: what a linear map can learn. */
function turnedWorld(count: number) {
  const random = randomOf(5);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const unit = (values: number[]) => values.map((value) => value / Math.hypot(...values));
  const turn = Array.from({ length: DIM }, (_, d) =>
    Array.from({ length: DIM }, (_, e) => (d === e ? 1 : 0) + 0.25 * normal()),
  );
  const passages = Array.from({ length: count }, () => unit(Array.from({ length: DIM }, normal)));
  const queries = passages.map((passage) =>
    unit(turn.map((row) => row.reduce((sum, value, d) => sum + value * passage[d]!, 0) + 0.05 * normal())),
  );
  const embedder = {
    info: { space: 'turned', dim: DIM },
    encodeCorpus: async (texts: readonly string[]) => vectors(passages, texts),
    encodeQueries: async (texts: readonly string[]) => vectors(queries, texts),
  };
  const examples: TrainingExample[] = passages.map((_, i) => ({
    query: `q ${i}`,
    pos: [`p ${i}`],
    neg: [1, 2, 3].map((step) => `p ${(i + step) % count}`),
  }));
  return { embedder, examples };
}

function vectors(all: number[][], texts: readonly string[]) {
  return { data: Float32Array.from(texts.flatMap((text) => all[Number(text.slice(2))]!)), space: 'turned' };
}

const failure = (work: Promise<unknown>) =>
  work.then(
    () => null,
    (error) => error,
  );

describe('training', () => {
  const { embedder, examples } = turnedWorld(300);
  const options: TrainingOptions = { embedder, learningRate: 0.01, regularization: 0, epochs: 12 };

  test('lowers the loss of what was held out, gives the best epoch, and is the same for a seed', async () => {
    const events: unknown[] = [];
    const adapter = await trainQueryAdapter(examples, { ...options, onProgress: (event) => events.push(event) });
    const { epochs, bestEpoch, trained, heldOut } = adapter.report;
    expect([trained, heldOut]).toEqual([270, 30]);
    const losses = epochs.map(({ heldOutLoss }) => heldOutLoss);
    expect(losses[bestEpoch]).toBe(Math.min(...losses));
    expect(losses[bestEpoch]!).toBeLessThan(losses[0]! / 3);
    expect(epochs.at(-1)!.trainLoss!).toBeLessThan(epochs[1]!.trainLoss! / 3);
    expect(events).toEqual([
      ...[64, 128, 192, 256, 300, 364, 428, 492, 556, 600].map((texts) => ({ phase: 'embed', texts, totalTexts: 600 })),
      ...epochs.map((epoch) => ({ phase: 'epoch', ...epoch })),
    ]);
    expect((await trainQueryAdapter(examples, options)).toBytes()).toEqual(adapter.toBytes());
    expect((await trainQueryAdapter(examples, { ...options, seed: 1 })).toBytes()).not.toEqual(adapter.toBytes());
  });

  test('that brings nothing gives the identity', async () => {
    const same = { ...embedder, encodeQueries: embedder.encodeCorpus };
    const { report, weight, bias } = await trainQueryAdapter(examples, {
      ...options,
      embedder: same,
      learningRate: 0.3,
    });
    expect([report.bestEpoch, report.epochs.length]).toEqual([0, 4]);
    expect(
      weight.every((value, i) => value === (i % (DIM + 1) === 0 ? 1 : 0)) && bias.every((value) => value === 0),
    ).toBe(true);
  });

  test('holds the weights at the identity as strongly as it is told', async () => {
    const distance = ({ weight }: QueryAdapter) =>
      Math.sqrt(weight.reduce((sum, value, i) => sum + (value - (i % (DIM + 1) === 0 ? 1 : 0)) ** 2, 0));
    const [free, held] = await Promise.all(
      [0, 10].map((regularization) => trainQueryAdapter(examples, { ...options, regularization })),
    );
    expect(distance(held!)).toBeLessThan(distance(free!) / 4);
  });

  test('lets others have their turn, and ends by an abort', async () => {
    let last = performance.now();
    let longest = 0;
    const timer = setInterval(() => {
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
    }, 1);
    const controller = new AbortController();
    const stopped = trainQueryAdapter(examples, {
      ...options,
      epochs: 1000,
      patience: 1000,
      signal: controller.signal,
      onProgress: (event) => event.phase === 'epoch' && event.epoch === 5 && controller.abort(new Error('enough')),
    });
    expect((await failure(stopped)).message).toBe('enough');
    clearInterval(timer);
    expect(longest).toBeLessThan(200); // the machine's other work included; all of it takes several times that
  });

  test('names what is wrong', async () => {
    const nan = {
      ...embedder,
      encodeQueries: async (texts: readonly string[]) => ({
        ...vectors([], []),
        data: new Float32Array(texts.length * DIM).fill(Number.NaN),
      }),
    };
    const zero = {
      ...embedder,
      encodeQueries: async (texts: readonly string[]) => ({
        ...vectors([], []),
        data: new Float32Array(texts.length * DIM),
      }),
    };
    const wrong: [Promise<unknown>, string, RegExp][] = [
      [
        trainQueryAdapter([{ query: 'q 1', pos: [] }], options),
        'InvalidInputError',
        /^Expected `examples\[0\].pos` to be at least one text, got none$/,
      ],
      [
        trainQueryAdapter(examples.slice(0, 1), options),
        'InvalidInputError',
        /of 2 different queries at least, .* got 1$/,
      ],
      [
        trainQueryAdapter(examples, { ...options, heldOut: 0 }),
        'InvalidInputError',
        /^Expected `heldOut` to be a number above 0, to 0.5, got `0`/,
      ],
      [
        trainQueryAdapter(examples, { ...options, temperature: -1 }),
        'InvalidInputError',
        /^Expected `temperature` to be a number above 0/,
      ],
      [
        trainQueryAdapter(examples, { ...options, embedder: nan }),
        'InvalidInputError',
        /^Expected `the vector of "q 0"` to be finite numbers, got `NaN`/,
      ],
      [
        trainQueryAdapter(examples, { ...options, embedder: zero }),
        'TrainingDivergedError',
        /^The loss of epoch 0 is NaN/,
      ],
      [
        trainQueryAdapter(examples, { ...options, learningRate: 1e39 }),
        'TrainingDivergedError',
        /^The loss of epoch 1 is (NaN|Infinity); try a learningRate below 1e\+39/,
      ],
    ];
    for (const [work, name, message] of wrong) {
      const error = await failure(work);
      expect(error?.name, String(message)).toBe(name);
      expect(error.message).toMatch(message);
    }
  });
});

describe('an adapter', () => {
  const report = { trained: 9, heldOut: 1, epochs: [{ epoch: 0, trainLoss: null, heldOutLoss: 1 }], bestEpoch: 0 };
  const random = randomOf(1);
  const adapter = new QueryAdapter({
    weight: Float32Array.from({ length: 9 }, random),
    bias: Float32Array.from({ length: 3 }, random),
    space: 'é/1',
    dim: 3,
    report,
  });

  test('comes back from its bytes, and from nothing else', () => {
    const bytes = adapter.toBytes();
    expect(adapterFrom(bytes)).toEqual(adapter);
    expect(adapterFrom(new Uint8Array([0, ...bytes]).subarray(1))).toEqual(adapter);
    expect(JSON.parse(JSON.stringify(adapter))).toEqual({
      ...adapter,
      weight: [...adapter.weight],
      bias: [...adapter.bias],
    });
    for (let at = 0; at < bytes.length; at++) {
      const changed = bytes.slice();
      changed[at]! ^= 1;
      expect(() => adapterFrom(changed), `byte ${at}`).toThrow(expect.objectContaining({ name: 'CorruptModelError' }));
      expect(() => adapterFrom(bytes.subarray(0, at))).toThrow(expect.objectContaining({ name: 'CorruptModelError' }));
    }
  });

  test('maps and scales to length 1', async () => {
    const query = [0.2, -0.4, 0.6];
    const mapped = [0, 1, 2].map((o) =>
      query.reduce((sum, x, i) => sum + x * adapter.weight[3 * o + i]!, adapter.bias[o]!),
    );
    const [a, b, c] = await adapter.apply(Float32Array.from(query));
    for (const [i, value] of [a, b, c].entries()) expect(value).toBeCloseTo(mapped[i]! / Math.hypot(...mapped), 6);
    await expect(adapter.apply(new Float32Array(4))).rejects.toThrow(
      'Expected `queries` to be rows of 3 values, got 4 values',
    );
  });

  test('goes around an embedder: queries are adapted, all else is the same', { timeout: 60_000 }, async () => {
    const embedder = await createEmbedder({ modelBase: join(import.meta.dirname, '../../public/models') });
    const { dim, space } = embedder.info;
    const weight = new Float32Array(dim * dim);
    for (let d = 0; d < dim; d++) weight[d * dim + ((d + 1) % dim)] = 1; // moves each value by one place
    const moving = new QueryAdapter({ weight, bias: new Float32Array(dim), space, dim, report });
    const around = adapted(embedder, moving);
    const [plain, moved] = [await embedder.encodeQueries('tides'), await around.encodeQueries('tides')];
    expect(moved.space).toBe(space);
    expect(Array.from(moved.row(0), (value) => value.toFixed(5))).toEqual(
      Array.from([...plain.row(0).subarray(1), plain.row(0)[0]!], (value) => value.toFixed(5)),
    );
    expect(moved.tokenCounts).toEqual(plain.tokenCounts);
    expect((await around.encodeCorpus('tides')).data).toEqual((await embedder.encodeCorpus('tides')).data);
    const heads = await around.encodeQueries('tides', { dense: true });
    expect(heads.dense.data).toEqual(moved.data);
    for await (const piece of around.encodeStream(['tides'], { kind: 'query' })) expect(piece.data).toEqual(moved.data);
    for await (const piece of around.encodeStream(['tides']))
      expect(piece.data).toEqual((await embedder.encode('tides')).data);
    expect([around.info.space, (await around.tokenize('tides')).length]).toEqual([space, 1]);
    const wrong = new QueryAdapter({ ...moving, space: 'another' });
    expect(() => adapted(embedder, wrong)).toThrow(expect.objectContaining({ name: 'SpaceMismatchError' }));
    const small = new QueryAdapter({ ...adapter, space });
    expect(() => adapted(embedder, small)).toThrow(expect.objectContaining({ name: 'SpaceMismatchError' }));
    around.dispose();
    expect((await failure(embedder.encode('x'))).name).toBe('DisposedError');
  });
});
