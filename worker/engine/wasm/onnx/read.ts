import { UnsupportedGraphError } from '../unsupported';
import type { Classifier, EncoderWeights, Layer, Norm } from '../weights';
import { type FoundAttention, findAttention } from './attention';
import { findClassifier } from './classifier';
import { findEmbeddings, readPositions, readTable } from './embeddings';
import { findGelu } from './gelu';
import { Graph } from './graph';
import { type FoundNorm, findNorms } from './layer-norms';
import { type FoundLinear, findLinear, readProduct } from './linear';
import { readModel } from './model';
import { checkOutputs, type Use } from './outputs';
import type { External } from './tensor';

interface FoundLayer {
  readonly attention: FoundAttention;
  readonly attentionOut: FoundLinear;
  readonly attentionNorm: FoundNorm;
  readonly ffnIn: FoundLinear;
  readonly ffnOut: FoundLinear;
  readonly ffnNorm: FoundNorm;
}

/**
 * Reads an encoder of the BERT family from an ONNX file by what its operators compute: names do not matter, float32, float16 and
 * int8 weights all do. `externals` are the files that the graph names; `hints.heads` is the number of attention heads, which else
 * comes from the graph; with `hints.use`, the graph's outputs must be what that use takes. Throws UnsupportedGraphError for any other graph, and an Error that says what is wrong with a damaged file.
 * Weights are read when they are asked for; until then they stay in the file.
 */
export function readOnnxWeights(
  file: Uint8Array,
  externals: readonly External[],
  hints: { readonly heads?: number; readonly use?: Use } = {},
): EncoderWeights {
  const graph = new Graph(readModel(file, externals));
  if (graph.model.nodes.some(({ opType }) => opType === 'QEmbedLayerNormalization'))
    throw new UnsupportedGraphError('its embeddings are a QEmbedLayerNormalization');
  const [first, ...norms] = findNorms(graph);
  if (!first || norms.length === 0 || norms.length % 2 !== 0)
    throw new UnsupportedGraphError(`it has ${norms.length + (first ? 1 : 0)} layer normalisations`);
  const embeddings = findEmbeddings(graph, first);
  const stops = new Set([first, ...norms].map((norm) => norm.output));
  const found = Array.from({ length: norms.length / 2 }, (_, index) =>
    findLayer(graph, stops, norms[2 * index - 1] ?? first, norms[2 * index]!, norms[2 * index + 1]!),
  );
  const softmaxes = graph.model.nodes.filter(({ opType }) => opType === 'Softmax').length;
  if (softmaxes > found.length) throw new UnsupportedGraphError('it has more attention than layers');
  const hidden = embeddings.words.tensor.dims[1]!;
  checkSizes(graph, found, [first, ...norms], hidden);
  const heads = hints.heads ?? headsOf(found);
  if (hidden % heads !== 0) throw new UnsupportedGraphError(`${heads} heads do not divide ${hidden} columns`);
  for (const { attention } of found) checkScale(attention.scale, hidden / heads);
  const states = norms.at(-1)!.output;
  const classifier = findClassifier(graph, states);
  if (hints.use) checkOutputs(graph, states, classifier !== null, hints.use);
  if (classifier) {
    checkSize(classifier.dense, hidden, classifier.out.inputs);
    if (embeddings.types && embeddings.types.tensor.dims[0] !== 1)
      throw new UnsupportedGraphError('its classifier tells two texts apart by their token types');
  }
  return {
    hidden,
    heads,
    epsilon: epsilonOf([first, ...norms]),
    words: readTable(embeddings.words),
    ...readPositions(embeddings),
    embeddingNorm: readNorm(graph, first),
    layers: found.length,
    layer: (index) => readLayer(graph, found[index]!, hidden / heads),
    classifier:
      classifier &&
      ({
        dense: readProduct(classifier.dense),
        out: readProduct(classifier.out),
      } satisfies Classifier),
  };
}

/** A layer between the normalisation before it and its own two. */
function findLayer(
  graph: Graph,
  stops: ReadonlySet<string>,
  before: FoundNorm,
  attentionNorm: FoundNorm,
  ffnNorm: FoundNorm,
): FoundLayer {
  const behind = (norm: FoundNorm, residual: FoundNorm): FoundLinear => {
    const terms = norm.inputs.flatMap((input) => graph.terms(input, stops));
    const rest = terms.filter((term) => term !== residual.output);
    const linear = rest.length === terms.length - 1 ? findLinear(graph, rest) : null;
    if (!linear)
      throw new UnsupportedGraphError(
        `${norm.output} does not normalise a linear layer and what went into it, but ${rest.map((term) => graph.node(term)?.opType ?? term).join(', ')}`,
      );
    return linear;
  };
  const same = (linear: FoundLinear, norm: FoundNorm) => {
    if (linear.input !== norm.output)
      throw new UnsupportedGraphError(`${linear.weight.tensor.name} does not take ${norm.output}`);
  };
  const attentionOut = behind(attentionNorm, before);
  const attention = findAttention(graph, attentionOut.input);
  for (const part of attention.qkv) same(part, before);
  const ffnOut = behind(ffnNorm, attentionNorm);
  const ffnIn = findLinear(graph, findGelu(graph, ffnOut.input));
  if (!ffnIn) throw new UnsupportedGraphError('its activation does not take a linear layer');
  same(ffnIn, attentionNorm);
  return { attention, attentionOut, attentionNorm, ffnIn, ffnOut, ffnNorm };
}

function checkSizes(graph: Graph, layers: readonly FoundLayer[], norms: readonly FoundNorm[], hidden: number): void {
  for (const { attention, attentionOut, ffnIn, ffnOut } of layers) {
    const each = attention.qkv.length === 1 ? 3 * hidden : hidden;
    for (const part of attention.qkv) checkSize(part, hidden, each);
    checkSize(attentionOut, hidden, hidden);
    checkSize(ffnIn, hidden, ffnIn.outputs);
    checkSize(ffnOut, ffnIn.outputs, hidden);
  }
  for (const value of norms.flatMap(({ weight, bias }) => [weight, ...(bias ? [bias] : [])])) {
    const tensor = graph.tensor(value);
    if (tensor?.size !== hidden) throw new UnsupportedGraphError(`${value} does not have ${hidden} numbers`);
  }
}

function checkSize({ weight, inputs, outputs }: FoundLinear, rows: number, columns: number): void {
  if (inputs !== rows || outputs !== columns)
    throw new UnsupportedGraphError(`${weight.tensor.name} is ${inputs} × ${outputs}, not ${rows} × ${columns}`);
}

function headsOf(layers: readonly FoundLayer[]): number {
  const [heads, ...others] = new Set(layers.map(({ attention }) => attention.heads));
  if (!heads) throw new UnsupportedGraphError('its number of attention heads is not known');
  if (others.length > 0) throw new UnsupportedGraphError('its layers have different numbers of heads');
  return heads;
}

/** Half-precision files round the factor. */
function checkScale(scale: number | null, size: number): void {
  if (scale !== null && Math.abs(scale * Math.sqrt(size) - 1) > 2e-3)
    throw new UnsupportedGraphError(`its attention is scaled by ${scale}, not by 1/√${size}`);
}

function epsilonOf(norms: readonly FoundNorm[]): number {
  const [epsilon = 0, ...others] = norms.map((norm) => norm.epsilon);
  if (others.some((other) => Math.abs(other - epsilon) > epsilon * 1e-3))
    throw new UnsupportedGraphError('its layer normalisations have different ε');
  return epsilon;
}

function readLayer(graph: Graph, found: FoundLayer, headSize: number): Layer {
  const { attention, attentionOut, attentionNorm, ffnIn, ffnOut, ffnNorm } = found;
  return {
    qkv: readQkv(attention.qkv, 1 / Math.sqrt(headSize)),
    attentionOut: readProduct(attentionOut),
    attentionNorm: readNorm(graph, attentionNorm),
    ffnIn: readProduct(ffnIn),
    ffnOut: readProduct(ffnOut),
    ffnNorm: readNorm(graph, ffnNorm),
  };
}

function readQkv(qkv: readonly FoundLinear[], scale: number): Layer['qkv'] {
  const [query, ...others] = qkv;
  return [readProduct(query!, scale, query!.outputs / (3 - others.length)), ...others.map((part) => readProduct(part))];
}

function readNorm(graph: Graph, { weight, bias }: FoundNorm): Norm {
  const factors = graph.tensor(weight)!.floats();
  return { weight: factors, bias: graph.tensor(bias)?.floats() ?? new Float32Array(factors.length) };
}
