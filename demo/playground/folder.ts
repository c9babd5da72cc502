import { droppedFiles, type FilesOptions, type ModelFileEntry, modelFromFiles } from 'bge-web/files';
import { element } from '../shared/dom';
import { say, type Words } from '../shared/language';
import type { Advice } from '../shared/plain-words';

interface Said {
  readonly open: string;
  readonly hint: string;
  readonly instruction: string;
  readonly fromFolder: (name: string) => string;
  readonly opened: (name: string) => string;
  readonly unusable: Advice;
}

const WORDS: Words<Said> = {
  en: {
    open: 'Open a model folder…',
    hint: 'or drop it here: a fine-tuned BGE as FlagEmbedding or sentence-transformers saves it. It is read where it is, and not uploaded.',
    instruction: 'Put before each query (empty: what the folder says)',
    fromFolder: (name) => `${name} (your folder)`,
    opened: (name) => `${name} is ready to be loaded: encode the texts`,
    unusable: [
      'This folder cannot be used as a model',
      'It should hold tokenizer.json, config.json, and model.safetensors or an ONNX file, of a BERT or XLM-RoBERTa that embeds.',
    ],
  },
  zh: {
    open: '打开模型文件夹…',
    hint: '或拖放到此处：FlagEmbedding 或 sentence-transformers 保存的微调 BGE 模型。文件在原处读取，不会上传。',
    instruction: '加在每个查询之前（留空则按文件夹中的设置）',
    fromFolder: (name) => `${name}（您的文件夹）`,
    opened: (name) => `${name} 已可加载：请对文本编码`,
    unusable: [
      '此文件夹不能用作模型',
      '其中应有 tokenizer.json、config.json，以及 model.safetensors 或 ONNX 文件，且为 BERT 或 XLM-RoBERTa 的向量模型。',
    ],
  },
};

export const folderWords = () => say(WORDS);

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
export function offerFolders(take: (read: () => Promise<string>) => void): void {
  const words = folderWords();
  for (const [id, text] of Object.entries({
    folder: words.open,
    'folder-hint': words.hint,
    'instruction-label': words.instruction,
  }))
    element(id).textContent = text;
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
async function open(files: readonly ModelFileEntry[]): Promise<string> {
  const options = await modelFromFiles(files);
  const { model } = options;
  const name = model.replace(/^.*\//, '');
  if (!models.has(model)) choice.append(new Option(folderWords().fromFolder(name), model));
  models.set(model, options);
  choice.value = model;
  choice.dispatchEvent(new Event('change'));
  return folderWords().opened(name);
}

function showInstruction(): void {
  element('instruction-field').hidden = folderModel() === null;
}
