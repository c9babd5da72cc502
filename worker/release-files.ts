import type { ModelFile, ModelRelease } from '../src/shared/models';
import type { LoadConfig } from '../src/shared/protocol';
import { knownFiles } from './known-files';
import type { ModelStore } from './model-store';

/** The files of one release, as the configuration says. */
export interface ReleaseFiles {
  read(
    files: readonly ModelFile[],
    onFile?: (n: number, bytes: Uint8Array<ArrayBuffer>) => void,
  ): Promise<Uint8Array<ArrayBuffer>[]>;
  url(file: ModelFile): string;
  /** Whether all of them are in the store: a file that the server does not have must not be asked for at each start. */
  holds(files: readonly ModelFile[]): Promise<boolean>;
  recall(files: readonly ModelFile[], name: string): Promise<Uint8Array<ArrayBuffer> | null>;
  keep(files: readonly ModelFile[], name: string, made: Uint8Array<ArrayBuffer>): Promise<void>;
}

export function filesOf(release: ModelRelease, config: LoadConfig, store: ModelStore): ReleaseFiles {
  const { model, modelBase } = config;
  const revision = config.revision ?? release.revision;
  // Sizes and hashes are those of the release's own revision.
  const isKnownRevision = revision === release.revision;
  const url = (file: ModelFile) =>
    isHubLayout(modelBase)
      ? urlOf(modelBase, file.repo ?? release.repo, file.repo ? 'main' : revision, file.path)
      : urlOf(modelBase, model.id, revision, file.path);
  const request = (file: ModelFile) => ({
    url: url(file),
    model: model.id,
    revision,
    file: isKnownRevision
      ? { ...knownFiles[`${release.repo}@${revision}`]?.[file.path], ...release.known[file.path], ...file }
      : { path: file.path },
  });
  return {
    url,
    read: (files, onFile) => store.read(files.map(request), onFile),
    holds: (files) => store.holds(files.map(request)),
    recall: (files, name) => store.recall(files.map(request), name),
    keep: (files, name, made) => store.keep(files.map(request), name, made),
  };
}

export function isHubLayout(modelBase: string): boolean {
  return modelBase.includes('{revision}');
}

function urlOf(modelBase: string, repo: string, revision: string, path: string): string {
  const template = modelBase.includes('{file}') ? modelBase : `${modelBase.replace(/\/$/, '')}/{model}/{file}`;
  return template.replace('{model}', repo).replace('{revision}', encodeURIComponent(revision)).replace('{file}', path);
}
