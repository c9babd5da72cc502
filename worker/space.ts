import type { EngineInfo, LoadConfig } from '../src/shared/protocol';

/** Names everything that changes a vector beyond rounding: vectors may be compared only within one space. */
export function spaceOf(config: LoadConfig, { dtype, device, engine }: EngineInfo, revision: string): string {
  // onnxruntime-web's int8 activations change a vector more than rounding would; our engine's 12 bits, and the GPU's floats, do not.
  const precision = dtype === 'q8' && device === 'wasm' && engine === 'ort' ? 'q8-dynamic' : dtype;
  const instruction = fingerprint(`${config.queryInstruction}\n${config.passageInstruction}`);
  const norm = config.normalize ? 'l2' : 'raw';
  return `${config.model.id}@${revision}/${precision}/${config.model.pooling}-${norm}/${instruction}/${config.dim}`;
}

/** FNV-1a, 32 bits: enough to tell instructions apart. */
function fingerprint(text: string): string {
  let hash = 0x811c9dc5;
  for (const char of text) hash = Math.imul(hash ^ char.codePointAt(0)!, 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}
