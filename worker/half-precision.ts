import { PbfReader, PbfWriter } from 'pbf';
import { gpuGraphError } from './weights';

// Field numbers of ONNX's protobuf messages (onnx.proto3).
const MODEL_GRAPH = 7;
const GRAPH = { node: 1, valueInfo: 13 };
const NODE = { input: 1, output: 2, opType: 4, attribute: 5 };
const ATTRIBUTE = { name: 1, i: 3, type: 20 };
const FLOAT = 1;
const FLOAT16 = 10;

/** A message whose fields all are strings, bytes or messages, as those of graphs and nodes are. */
type Fields = readonly (readonly [tag: number, bytes: Uint8Array])[];

interface Node {
  readonly opType: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly bytes: Uint8Array;
}

/**
 * Gives a float16 graph whose layer normalisations square, average and take the root in float32. Exports below opset 17
 * spell a layer normalisation out as single operators, and in float16 its squares pass 65,504 from a value of 256 on,
 * without any error. A graph with the LayerNormalization operator comes back as it was: that computes in float32 itself.
 * Costs a copy of the model. Throws CorruptModelError, or EngineError where memory runs short.
 */
export function widenLayerNorms(model: Uint8Array): Uint8Array {
  try {
    return widenedModel(model);
  } catch (cause) {
    throw gpuGraphError('The float16 graph cannot be mended', cause);
  }
}

function widenedModel(model: Uint8Array): Uint8Array {
  const at = graphRange(model);
  if (!at) return model;
  const fields = fieldsOf(model.subarray(at.start, at.end));
  const nodes = fields.filter(([tag]) => tag === GRAPH.node).map(([, bytes]) => readNode(bytes));
  const replaced = new Map(nodes.flatMap((pow) => widened(pow, nodes)));
  if (replaced.size === 0) return model;
  const graph = messageOf(
    fields.flatMap(([tag, bytes]): Fields => {
      if (tag === GRAPH.valueInfo) return []; // optional, and now of the wrong type
      const news = tag === GRAPH.node ? replaced.get(bytes.byteOffset) : undefined;
      return news ? news.map((node) => [tag, node] as const) : [[tag, bytes] as const];
    }),
    model.length,
  );
  const writer = new PbfWriter(new Uint8Array(graph.length + 1024));
  writer.writeBytesField(MODEL_GRAPH, graph);
  return concat([model.subarray(0, at.tagStart), writer.finish(), model.subarray(at.end)]);
}

/**
 * The nodes of one layer normalisation that change, by their place in the file:
 * Sub → Pow → ReduceMean → Add(ε) → Sqrt → Div becomes Sub → Cast → Mul → ReduceMean → Add(Cast(ε)) → Sqrt → Cast → Div.
 */
function widened(pow: Node, nodes: readonly Node[]): [number, Uint8Array[]][] {
  const next = (node: Node | undefined, opType: string) =>
    node && nodes.find((other) => other.opType === opType && other.inputs.includes(node.output));
  if (pow.opType !== 'Pow') return [];
  const add = next(next(pow, 'ReduceMean'), 'Add');
  const sqrt = next(add, 'Sqrt');
  const div = next(sqrt, 'Div');
  const centred = pow.inputs[0]!;
  if (!add || !sqrt || div?.inputs[0] !== centred) return [];
  const variance = add.inputs.find((input) =>
    nodes.some((node) => node.opType === 'ReduceMean' && node.output === input),
  )!;
  const epsilon = add.inputs.find((input) => input !== variance)!;
  const [wide, wideEpsilon, narrow] = [`${pow.output}/wide`, `${add.output}/wide`, `${sqrt.output}/narrow`];
  return [
    [pow.bytes.byteOffset, [cast(centred, wide, FLOAT), makeNode('Mul', [wide, wide], pow.output)]],
    [add.bytes.byteOffset, [cast(epsilon, wideEpsilon, FLOAT), makeNode('Add', [variance, wideEpsilon], add.output)]],
    [div.bytes.byteOffset, [cast(sqrt.output, narrow, FLOAT16), makeNode('Div', [centred, narrow], div.output)]],
  ];
}

function graphRange(model: Uint8Array): { tagStart: number; start: number; end: number } | null {
  const reader = new PbfReader(model);
  for (let tagStart = 0; ; tagStart = reader.pos) {
    const tag = reader.nextField();
    if (tag === 0) return null;
    if (tag === MODEL_GRAPH) {
      const graph = reader.readBytes();
      return { tagStart, start: reader.pos - graph.length, end: reader.pos };
    }
    reader.skip(reader.type);
  }
}

function fieldsOf(message: Uint8Array): Fields {
  const fields: [number, Uint8Array][] = [];
  const reader = new PbfReader(message);
  for (let tag = reader.nextField(); tag !== 0; tag = reader.nextField()) fields.push([tag, reader.readBytes()]);
  return fields;
}

function readNode(bytes: Uint8Array): Node {
  const fields = fieldsOf(bytes);
  const strings = (wanted: number) =>
    fields.filter(([tag]) => tag === wanted).map(([, text]) => new TextDecoder().decode(text));
  return { opType: strings(NODE.opType)[0]!, inputs: strings(NODE.input), output: strings(NODE.output)[0]!, bytes };
}

function makeNode(opType: string, inputs: readonly string[], output: string, attribute?: Uint8Array): Uint8Array {
  const text = (value: string) => new TextEncoder().encode(value);
  return messageOf([
    ...inputs.map((input) => [NODE.input, text(input)] as const),
    [NODE.output, text(output)],
    [NODE.opType, text(opType)],
    ...(attribute ? [[NODE.attribute, attribute] as const] : []),
  ]);
}

function cast(input: string, output: string, to: number): Uint8Array {
  const attribute = new PbfWriter();
  attribute.writeStringField(ATTRIBUTE.name, 'to');
  attribute.writeVarintField(ATTRIBUTE.i, to);
  attribute.writeVarintField(ATTRIBUTE.type, 2); // an integer
  return makeNode('Cast', [input], output, attribute.finish());
}

function messageOf(fields: Fields, size = 256): Uint8Array {
  const writer = new PbfWriter(new Uint8Array(size));
  for (const [tag, bytes] of fields) writer.writeBytesField(tag, bytes);
  return writer.finish();
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
