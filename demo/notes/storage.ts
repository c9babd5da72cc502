import { deleteModel, listModels, storageEstimate } from 'bge-web';
import { deleteIndex, listIndexes } from 'bge-web/search';
import { element } from '../shared/dom';
import * as format from '../shared/format';
import type { Notes } from './store';
import { words } from './words';

const PREFIX = 'notes/';

/** Each model has an index of its own: to change the model and back costs nothing then. */
export const indexName = (model: string) => PREFIX + model;

const ownIndexes = async () => (await listIndexes()).filter(({ name }) => name.startsWith(PREFIX));

const sum = (parts: readonly { readonly bytes: number }[]) => parts.reduce((all, { bytes }) => all + bytes, 0);

/** Shows what is stored on this device, and whether this page is. */
export async function showStorage(): Promise<void> {
  const { using, parts, offline, notOffline } = words();
  const [indexes, models, { usage, quota }] = await Promise.all([ownIndexes(), listModels(), storageEstimate()]);
  const all = using(format.bytes(usage), format.bytes(quota));
  element('stored').textContent = all + parts(format.bytes(sum(indexes)), format.bytes(sum(models)));
  const registration = await navigator.serviceWorker?.getRegistration();
  const isOffline = registration?.active && models.some(({ complete }) => complete);
  element('offline').textContent = isOffline ? offline : notOffline;
}

/** Deletes notes, indexes, models and the copy of this page: the notes first, since all else can be had again. */
export async function deleteEverything(notes: Notes): Promise<void> {
  await notes.deleteAll();
  for (const { name } of await ownIndexes()) await deleteIndex(name);
  for (const { model, revision } of await listModels()) await deleteModel(model, revision);
  const registration = await navigator.serviceWorker?.getRegistration();
  for (const name of registration ? await caches.keys() : [])
    if (name.includes(registration!.scope) || name.startsWith('bge-web-notes')) await caches.delete(name);
  await registration?.unregister();
}
