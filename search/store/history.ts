import { BgeError } from '../../src/shared/errors';
import { sha256 } from '../../worker/model-store/digest';
import { corruptIndex } from './corrupt';
import { decodeSegment, encodeSegment, type Segment } from './segment';
import type { Identity, Manifest, SegmentReference, Slot, Store } from './store';

/** Rises when older indexes cannot be read any more. */
export const FORMAT = 1;

/** A reader whose segments go while it reads (another tab compacts) begins again, so many times. */
const ATTEMPTS = 5;

/** What makes an index of its changes. */
export interface Reader {
  /** All of it was written anew: what follows begins with nothing. */
  restart(identity: Identity): Promise<void>;
  apply(segment: Segment): void;
}

/**
 * An index as the sequence of its changes. What is written is there whole or not at all: a segment first, then the manifest
 * that names it. Whoever writes must be the only one, see `SemanticIndex`; reading needs no leave.
 */
export class History {
  readonly #store: Store;
  readonly #slot: Slot;
  #manifest: Manifest;

  constructor(store: Store, slot: Slot, identity: Identity) {
    this.#store = store;
    this.#slot = slot;
    this.#manifest = emptyManifest(identity);
  }

  get manifest(): Manifest {
    return this.#manifest;
  }

  get bytes(): number {
    return this.#manifest.segments.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /**
   * Hands over what others have written since, a segment at a time, so that no more than one is held. Where that fails, what was handed
   * over counts, unless there was a restart. Throws CorruptIndexError.
   */
  async refresh(reader: Reader): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const stored = await storedManifest(this.#store, this.#slot);
      if (!stored) return this.#forget(reader);
      const known = this.#manifest.segments;
      const isAnew = !isOfOneKind(stored, this.#manifest) || known.some(({ id }, i) => stored.segments[i]?.id !== id);
      if (isAnew) await reader.restart(stored);
      const isWhole = await this.#readTo(reader, stored, isAnew ? 0 : known.length, (segments) => {
        if (!isAnew) this.#manifest = { ...stored, segments };
      });
      if (isWhole) {
        this.#manifest = stored;
        return;
      }
      if (attempt === ATTEMPTS) throw corruptIndex('a segment is missing');
    }
  }

  /** Writes one change behind the others. Throws StorageFullError, and then has changed nothing. */
  async append(segment: Segment): Promise<void> {
    const reference = await this.#write(segment);
    await this.#put({ ...this.#manifest, segments: [...this.#manifest.segments, reference] });
  }

  /** Writes the index anew: until its manifest is there, the old one stands. */
  async replace(segments: Iterable<Segment>): Promise<void> {
    const references: SegmentReference[] = [];
    for (const segment of segments) references.push(await this.#write(segment));
    await this.#put({ ...this.#manifest, segments: references });
  }

  /** As `replace`, with segments as another index had them, in its own space. */
  async adopt(
    manifest: Pick<Manifest, 'segments' | 'extra'>,
    read: (i: number) => Uint8Array<ArrayBuffer>,
  ): Promise<void> {
    const segments: SegmentReference[] = [];
    for (const [i, reference] of manifest.segments.entries()) {
      const id = newId();
      await writing(this.#store.putSegment(id, read(i)));
      segments.push({ ...reference, id });
    }
    await this.#put({ ...this.#manifest, segments, extra: manifest.extra });
  }

  /** Begins anew in another space: what was there is gone. */
  async restart(identity: Identity): Promise<void> {
    await this.#put(emptyManifest(identity));
  }

  async setExtra(extra: Manifest['extra']): Promise<void> {
    await this.#put({ ...this.#manifest, extra: { ...this.#manifest.extra, ...extra } });
  }

  /** Makes this, the next one, the current one. */
  async promote(): Promise<History> {
    if (!(await this.#store.manifest(this.#slot))) await this.#put(this.#manifest);
    await this.#store.promote();
    const promoted = new History(this.#store, 'current', this.#manifest);
    promoted.#manifest = this.#manifest;
    return promoted;
  }

  /** The bytes of each segment, as they are stored. */
  async *stored(): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    for (const { id } of this.#manifest.segments) {
      const bytes = await this.#store.segment(id);
      if (!bytes) throw corruptIndex('a segment is missing');
      yield bytes;
    }
  }

  /** Deletes the segments that no manifest names: what a crash has left, or what has been written anew by now. */
  async sweep(): Promise<void> {
    const manifests = await Promise.all([this.#store.manifest('current'), this.#store.manifest('next')]);
    const named = new Set(manifests.flatMap((manifest) => manifest?.segments.map(({ id }) => id) ?? []));
    const left = (await this.#store.segmentIds()).filter((id) => !named.has(id));
    if (left.length > 0) await this.#store.deleteSegments(left);
  }

  async #forget(reader: Reader): Promise<void> {
    if (this.#manifest.segments.length > 0) await reader.restart(this.#manifest);
    this.#manifest = { ...this.#manifest, segments: [], extra: {} };
  }

  /** False where a segment is gone: another tab has written all anew. */
  async #readTo(
    reader: Reader,
    { segments, dim }: Manifest,
    from: number,
    onRead: (read: readonly SegmentReference[]) => void,
  ): Promise<boolean> {
    for (let i = from; i < segments.length; i++) {
      const bytes = await this.#store.segment(segments[i]!.id);
      if (!bytes) return false;
      await checkSegment(segments[i]!, bytes);
      reader.apply(decodeSegment(bytes, dim));
      onRead(segments.slice(0, i + 1));
    }
    return true;
  }

  async #write(segment: Segment): Promise<SegmentReference> {
    const bytes = encodeSegment(segment);
    const reference = { id: newId(), bytes: bytes.length, sha256: await sha256(bytes) };
    await writing(this.#store.putSegment(reference.id, bytes));
    return reference;
  }

  async #put(manifest: Manifest): Promise<void> {
    await writing(this.#store.putManifest(this.#slot, manifest));
    this.#manifest = manifest;
  }
}

/** Throws CorruptIndexError for an index that this version cannot read. */
export async function storedManifest(store: Store, slot: Slot): Promise<Manifest | null> {
  const manifest = await store.manifest(slot);
  if (manifest && manifest.format !== FORMAT)
    throw corruptIndex(`it has format ${manifest.format}, and this version of bge-web reads ${FORMAT}`);
  return manifest && withLexical(manifest);
}

/** Indexes that were made before there were weights have words. */
export function withLexical(manifest: Omit<Manifest, 'lexical'> & Partial<Manifest>): Manifest {
  return { lexical: 'bm25', ...manifest };
}

/** True if vectors and words of the two can be compared. */
export function isOfOneKind(a: Identity, b: Identity): boolean {
  return a.space === b.space && a.lexical === b.lexical;
}

function emptyManifest({ space, dim, lexical }: Identity): Manifest {
  return { format: FORMAT, space, dim, lexical, segments: [], extra: {} };
}

/** Throws CorruptIndexError if the bytes are not those that were written. */
export async function checkSegment(reference: SegmentReference, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  if (bytes.length !== reference.bytes)
    throw corruptIndex(`a segment has ${bytes.length} bytes in place of ${reference.bytes}`);
  const hash = reference.sha256 && (await sha256(bytes));
  if (hash && hash !== reference.sha256) throw corruptIndex('a segment has another SHA-256 than when it was written');
}

/** Insecure origins have no `randomUUID`. */
function newId(): string {
  return crypto.randomUUID?.() ?? Array.from(crypto.getRandomValues(new Uint32Array(4))).join('-');
}

async function writing(work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (cause) {
    if ((cause as Error | null)?.name !== 'QuotaExceededError') throw cause;
    const message = 'The browser gives no more storage to this origin; what was stored before is unchanged';
    throw new BgeError('StorageFullError', message, { cause });
  }
}
