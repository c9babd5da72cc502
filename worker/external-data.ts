import { PbfReader } from 'pbf';
import { BgeError } from '../src/shared/errors';

// Field numbers of ONNX's protobuf messages (onnx.proto3).
const MODEL_GRAPH = 7;
const GRAPH = { node: 1, initializer: 5 };
const NODE_ATTRIBUTE = 5;
const ATTRIBUTE_TENSOR = 5;
const TENSOR_EXTERNAL_DATA = 13;
const ENTRY = { key: 1, value: 2 };

/**
 * The names of the files beside a graph that hold its weights, in the order in which it first names them; none where the
 * weights are inside. Throws CorruptModelError if the graph cannot be read or names a file that is not beside it.
 */
export function externalFiles(graph: Uint8Array): string[] {
  const found = new Set<string>();
  try {
    for (const model of messages(graph, [MODEL_GRAPH])) {
      for (const tensor of messages(model, [GRAPH.initializer])) addLocation(tensor, found);
      for (const attribute of messages(model, [GRAPH.node, NODE_ATTRIBUTE]))
        for (const tensor of messages(attribute, [ATTRIBUTE_TENSOR])) addLocation(tensor, found);
    }
  } catch (cause) {
    throw new BgeError('CorruptModelError', `The model file cannot be read as ONNX: ${(cause as Error).message}`, {
      cause,
    });
  }
  const strange = [...found].find((name) => !/^[^/\\:?#%]+$/.test(name) || name === '..');
  if (strange !== undefined)
    throw new BgeError(
      'CorruptModelError',
      `The model file wants its weights from ${JSON.stringify(strange)}, not from a file beside it`,
    );
  return [...found];
}

/** The sub-messages under a path of field numbers; everything else is skipped unread. */
function* messages(message: Uint8Array, [field, ...deeper]: readonly number[]): Generator<Uint8Array> {
  const reader = new PbfReader(message);
  for (let tag = reader.nextField(); tag !== 0; tag = reader.nextField()) {
    if (tag !== field) reader.skip(reader.type);
    else if (deeper.length > 0) yield* messages(reader.readBytes(), deeper);
    else yield reader.readBytes();
  }
}

function addLocation(tensor: Uint8Array, found: Set<string>): void {
  for (const entry of messages(tensor, [TENSOR_EXTERNAL_DATA])) {
    const [key, value] = [ENTRY.key, ENTRY.value].map((field) =>
      [...messages(entry, [field])].map((bytes) => new TextDecoder().decode(bytes)).join(),
    );
    if (key === 'location') found.add(value!);
  }
}
