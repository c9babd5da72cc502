import { eachField } from './fields';
import { type External, Tensor } from './tensor';

// Field numbers of ONNX's protobuf messages (onnx.proto3).
const MODEL_GRAPH = 7;
const GRAPH = { node: 1, initializer: 5, input: 11, output: 12, sparseInitializer: 15 };
const VALUE_NAME = 1;
const NODE = { input: 1, output: 2, opType: 4, attribute: 5 };
const ATTRIBUTE = { name: 1, f: 2, i: 3, s: 4, t: 5, floats: 7, ints: 8 };

/** What a file says of a graph; weights stay where they are. */
export interface Model {
  /** In an order in which they can be computed. */
  readonly nodes: readonly Node[];
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** Of these, some may be names of tensors: old files list them as inputs too. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

export interface Node {
  readonly opType: string;
  /** An input that is left out is ''. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, Attribute>;
}

export interface Attribute {
  readonly tensor: Tensor | null;
  readonly text: string;
  /** A number, or a list of them. */
  readonly numbers: readonly number[];
}

/** Reads an ONNX file. Throws an Error that says what is wrong. */
export function readModel(file: Uint8Array, externals: readonly External[]): Model {
  const nodes: Node[] = [];
  const tensors = new Map<string, Tensor>();
  const inputs: string[] = [];
  const outputs: string[] = [];
  let graphs = 0;
  eachField(file, (tag, model) => {
    if (tag !== MODEL_GRAPH) return;
    graphs++;
    eachField(model.readBytes(), (tag, graph) => {
      if (tag === GRAPH.node) nodes.push(readNode(graph.readBytes(), externals));
      else if (tag === GRAPH.initializer) {
        const tensor = new Tensor(graph.readBytes(), externals);
        tensors.set(tensor.name, tensor);
      } else if (tag === GRAPH.input) inputs.push(readValueName(graph.readBytes()));
      else if (tag === GRAPH.output) outputs.push(readValueName(graph.readBytes()));
      else if (tag === GRAPH.sparseInitializer) throw new Error('it has sparse weights');
    });
  });
  if (graphs !== 1 || nodes.length === 0) throw new Error('it has no graph');
  return { nodes, tensors, inputs, outputs };
}

function readValueName(message: Uint8Array): string {
  let name = '';
  eachField(message, (tag, reader) => {
    if (tag === VALUE_NAME) name = reader.readString();
  });
  return name;
}

function readNode(message: Uint8Array, externals: readonly External[]): Node {
  let opType = '';
  const inputs: string[] = [];
  const outputs: string[] = [];
  const attributes = new Map<string, Attribute>();
  eachField(message, (tag, reader) => {
    if (tag === NODE.input) inputs.push(reader.readString());
    else if (tag === NODE.output) outputs.push(reader.readString());
    else if (tag === NODE.opType) opType = reader.readString();
    else if (tag === NODE.attribute) {
      const { name, ...attribute } = readAttribute(reader.readBytes(), externals);
      attributes.set(name, attribute);
    }
  });
  return { opType, inputs, outputs, attributes };
}

function readAttribute(message: Uint8Array, externals: readonly External[]): Attribute & { name: string } {
  let name = '';
  let text = '';
  let tensor: Tensor | null = null;
  const numbers: number[] = [];
  eachField(message, (tag, reader) => {
    if (tag === ATTRIBUTE.name) name = reader.readString();
    else if (tag === ATTRIBUTE.f) numbers.push(reader.readFloat());
    else if (tag === ATTRIBUTE.i) numbers.push(reader.readVarint(true));
    else if (tag === ATTRIBUTE.s) text = reader.readString();
    else if (tag === ATTRIBUTE.t) tensor = new Tensor(reader.readBytes(), externals);
    else if (tag === ATTRIBUTE.floats) reader.readPackedFloat(numbers);
    else if (tag === ATTRIBUTE.ints) reader.readPackedVarint(numbers, true);
  });
  return { name, text, tensor, numbers };
}
