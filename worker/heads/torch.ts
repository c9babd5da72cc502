import { type FloatType, readFloats } from './safetensors';

const END_OF_DIRECTORY = 0x06054b50;
const DIRECTORY_ENTRY = 0x02014b50;

const STORAGES: Readonly<Record<string, FloatType>> = {
  FloatStorage: 'F32',
  HalfStorage: 'F16',
  BFloat16Storage: 'BF16',
};

/** True for what `torch.save` writes: a zip file. */
export function isTorchFile(file: Uint8Array): boolean {
  return file[0] === 0x50 && file[1] === 0x4b; // PK
}

/**
 * The tensors of a file that `torch.save` wrote of the state of one layer, as float32, in the order in which they were saved.
 * The pickle inside is not run: it is only searched for the number format. Throws an Error that says what is wrong.
 */
export function readTorchTensors(file: Uint8Array): Float32Array[] {
  const entries = readZip(file);
  const pickle = entries.find(({ name }) => name.endsWith('/data.pkl'));
  if (!pickle) throw new Error('it has no data.pkl');
  const types = new Set(new TextDecoder('latin1').decode(pickle.bytes).match(/\b[A-Z]\w*Storage\b/g));
  const [storage = 'none'] = types;
  const type = STORAGES[storage];
  if (types.size !== 1 || !type) throw new Error(`its numbers are ${[...types].join(', ') || storage}`);
  return entries
    .filter(({ name }) => /\/data\/\d+$/.test(name))
    .sort((a, b) => Number(a.name.split('/').pop()) - Number(b.name.split('/').pop()))
    .map(({ bytes }) => readFloats(bytes, type));
}

/** The files of a zip whose content is stored as it is, as PyTorch's are. */
function readZip(file: Uint8Array): { name: string; bytes: Uint8Array }[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  let end = file.length - 22;
  while (end >= 0 && view.getUint32(end, true) !== END_OF_DIRECTORY) end--;
  if (end < 0) throw new Error('it is a cut zip file');
  const entries: { name: string; bytes: Uint8Array }[] = [];
  let at = view.getUint32(end + 16, true);
  for (let left = view.getUint16(end + 10, true); left > 0; left--) {
    if (at + 46 > file.length || view.getUint32(at, true) !== DIRECTORY_ENTRY)
      throw new Error('it is a damaged zip file');
    const size = view.getUint32(at + 24, true);
    const nameSize = view.getUint16(at + 28, true);
    const name = new TextDecoder().decode(file.subarray(at + 46, at + 46 + nameSize));
    if (view.getUint16(at + 10, true) !== 0) throw new Error(`${name} in it is compressed`);
    const local = view.getUint32(at + 42, true);
    const start = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
    if (start + size > file.length) throw new Error('it is a cut zip file');
    entries.push({ name, bytes: file.subarray(start, start + size) });
    at += 46 + nameSize + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return entries;
}
