import { deleteModel, type EmbedderInfo, listModels, storageEstimate } from 'bge-web';
import { element } from '../shared/dom';
import * as format from '../shared/format';
import { deviceName } from '../shared/plain-words';

/** What one run was: how the model was loaded, and what was encoded with it. */
export interface Run {
  readonly info: EmbedderInfo;
  readonly loadMs: number;
  readonly downloaded: boolean;
  readonly encodeMs: number;
  readonly texts: number;
  readonly tokens: number;
  readonly truncated: number;
}

const ENGINES = { ort: 'onnxruntime-web', wasm: 'bge-web’s own' };

export function showFacts({ info, loadMs, downloaded, encodeMs, texts, tokens, truncated }: Run): void {
  const speed = Math.round(tokens / (encodeMs / 1000));
  const facts: Record<string, string> = {
    model: info.model.replace(/^.*\//, ''),
    vectors: format.count(info.dim, 'dimension'),
    device: deviceName(info.device),
    reason: info.fallbackReason ?? 'First choice',
    engine: `${ENGINES[info.engine]}, ${info.dtype}`,
    threads: String(info.threads),
    check: info.selfCheck === null ? 'No reference for this model' : info.selfCheck.toFixed(4),
    load: `${format.duration(loadMs)}, ${downloaded ? 'downloaded' : 'from this device'}`,
    encode: `${format.duration(encodeMs)} for ${format.count(texts, 'text')}`,
    tokens: `${format.count(tokens, 'token')}, ${speed.toLocaleString('en')} a second`,
    cut: truncated === 0 ? 'None' : `${format.count(truncated, 'text')}, after ${info.maxLength} tokens`,
  };
  for (const [name, fact] of Object.entries(facts)) element(`fact-${name}`).textContent = fact;
}

export async function showStorage(): Promise<void> {
  const button = element<HTMLButtonElement>('delete');
  const text = element('stored');
  try {
    const [models, { quota }] = await Promise.all([listModels(), storageEstimate()]);
    const used = models.reduce((sum, { bytes }) => sum + bytes, 0);
    const names = models.map(({ model, complete }) => (complete ? model : `${model} (unfinished)`));
    const room = quota > 0 ? ` of ${format.bytes(quota)} that this browser allows` : '';
    text.textContent = used > 0 ? `${format.bytes(used)}${room}: ${names.join(', ')}` : 'Nothing yet';
    button.disabled = used === 0;
  } catch (error) {
    text.textContent = `This browser’s storage fails: ${error}`;
    button.disabled = true;
  }
}

/** Deletes every stored model; gives the bytes freed. */
export async function deleteStored(): Promise<number> {
  let freed = 0;
  for (const { model, revision } of await listModels()) freed += await deleteModel(model, revision);
  return freed;
}
