import type { Lexical } from '../../src/shared/search';

/** A segment's name, size and SHA-256 (empty where the browser cannot compute it). */
export interface SegmentReference {
  readonly id: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** What an index is made of: written last, so that a segment that it does not name does not exist. */
export interface Manifest {
  readonly format: number;
  /** Names the embedding space of all vectors. */
  readonly space: string;
  readonly dim: number;
  readonly lexical: Lexical;
  /** In the order in which they were written: each one changes what the ones before it made. */
  readonly segments: readonly SegmentReference[];
  /** What else belongs to the index and is small, such as its calibration. */
  readonly extra: Readonly<Record<string, unknown>>;
}

/** What the vectors and words of an index are: those of another one cannot be compared with them. */
export type Identity = Pick<Manifest, 'space' | 'dim' | 'lexical'>;

/** The index that answers, or the one that is built to take its place. */
export type Slot = 'current' | 'next';

/** Where an index lies. Each call is all or nothing; each may reject, and then has changed nothing. */
export interface Store {
  manifest(slot: Slot): Promise<Manifest | null>;
  putManifest(slot: Slot, manifest: Manifest): Promise<void>;
  /** Makes `next` the current one. */
  promote(): Promise<void>;
  /** Null where it is gone. */
  segment(id: string): Promise<Uint8Array<ArrayBuffer> | null>;
  putSegment(id: string, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  segmentIds(): Promise<string[]>;
  deleteSegments(ids: readonly string[]): Promise<void>;
}

/** An index that lives as long as this object. */
export class MemoryStore implements Store {
  readonly #manifests = new Map<Slot, Manifest>();
  readonly #segments = new Map<string, Uint8Array<ArrayBuffer>>();

  async manifest(slot: Slot): Promise<Manifest | null> {
    return this.#manifests.get(slot) ?? null;
  }

  async putManifest(slot: Slot, manifest: Manifest): Promise<void> {
    this.#manifests.set(slot, manifest);
  }

  async promote(): Promise<void> {
    this.#manifests.set('current', this.#manifests.get('next')!);
    this.#manifests.delete('next');
  }

  async segment(id: string): Promise<Uint8Array<ArrayBuffer> | null> {
    return this.#segments.get(id) ?? null;
  }

  async putSegment(id: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    this.#segments.set(id, bytes);
  }

  async segmentIds(): Promise<string[]> {
    return [...this.#segments.keys()];
  }

  async deleteSegments(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.#segments.delete(id);
  }
}
