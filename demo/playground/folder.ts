import { droppedFiles, type FilesOptions, type ModelFileEntry, modelFromFiles } from 'bge-web/files';
import { element } from '../shared/dom';
import { words } from './words';

const choice = element<HTMLSelectElement>('model');
const input = element<HTMLInputElement>('folder-input');
const instruction = element<HTMLInputElement>('instruction');

/** Models of folders that were opened, by their ids in the list of models. */
const models = new Map<string, FilesOptions>();

/** The options for the model that is chosen in the list; null for one that is not of a folder. */
export function folderModel(): (FilesOptions & { queryInstruction?: string }) | null {
  const options = models.get(choice.value);
  if (!options) return null;
  return { ...options, ...(instruction.value && { queryInstruction: instruction.value }) };
}

/** Takes folders by the button and by a drop anywhere on the page; `take` runs the work that reads one, and says how it ended. */
export function offerFolders(take: (read: () => Promise<() => string>) => void): void {
  element('folder').addEventListener('click', () => input.click());
  input.addEventListener('change', () => {
    const files = [...(input.files ?? [])];
    input.value = ''; // the same folder may be opened again
    if (files.length > 0) take(() => open(files));
  });
  document.addEventListener('dragover', (event) => event.preventDefault());
  document.addEventListener('drop', (event) => {
    event.preventDefault();
    if (!event.dataTransfer?.types.includes('Files')) return;
    const files = droppedFiles(event.dataTransfer);
    take(async () => open(await files));
  });
  choice.addEventListener('change', showInstruction);
}

/** Puts the model into the list, and chooses it. */
async function open(files: readonly ModelFileEntry[]): Promise<() => string> {
  const options = await modelFromFiles(files);
  const { model } = options;
  const name = model.replace(/^.*\//, '');
  if (!models.has(model)) choice.append(new Option(words().yourFolder(name), model));
  models.set(model, options);
  choice.value = model;
  choice.dispatchEvent(new Event('change'));
  return () => words().folderReady(name);
}

function showInstruction(): void {
  element('instruction-field').hidden = folderModel() === null;
}
