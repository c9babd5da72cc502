import { deleteModel, type EmbedderInfo, listModels, storageEstimate } from 'bge-web';
import { element } from '../shared/dom';
import * as format from '../shared/format';
import { deviceName } from '../shared/plain-words';
import { words } from './words';

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

export function showFacts({ info, loadMs, downloaded, encodeMs, texts, tokens, truncated }: Run): void {
  const speed = Math.round(tokens / (encodeMs / 1000));
  const facts: Record<string, string> = {
    model: info.model.replace(/^.*\//, ''),
    vectors: words().dimensions(info.dim),
    device: deviceName(info.device),
    reason: info.fallbackReason ?? words().firstChoice,
    engine: `${words().engines[info.engine]}, ${info.dtype}`,
    threads: String(info.threads),
    check: info.selfCheck === null ? words().noReference : info.selfCheck.toFixed(4),
    load: words().loaded(format.duration(loadMs), downloaded),
    encode: words().encodedIn(format.duration(encodeMs), texts),
    tokens: words().speed(tokens, speed),
    cut: truncated === 0 ? words().none : words().cutAfter(truncated, info.maxLength),
  };
  for (const [name, fact] of Object.entries(facts)) element(`fact-${name}`).textContent = fact;
}

export async function showStorage(): Promise<void> {
  const button = element<HTMLButtonElement>('delete');
  const text = element('stored');
  try {
    const [models, { quota }] = await Promise.all([listModels(), storageEstimate()]);
    const used = models.reduce((sum, { bytes }) => sum + bytes, 0);
    const names = models.map(({ model, complete }) => (complete ? model : words().unfinished(model)));
    const room = quota > 0 ? format.bytes(quota) : '';
    text.textContent = used > 0 ? words().stored(format.bytes(used), room, names.join(', ')) : words().nothingStored;
    button.disabled = used === 0;
  } catch (error) {
    text.textContent = words().storageFails(error);
    button.disabled = true;
  }
}

/** Deletes every stored model; gives the bytes freed. */
export async function deleteStored(): Promise<number> {
  let freed = 0;
  for (const { model, revision } of await listModels()) freed += await deleteModel(model, revision);
  return freed;
}
