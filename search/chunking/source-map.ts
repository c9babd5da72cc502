import type { Span } from '../segment';

/** A stretch of the source, where it begins in the text, and whether it stands there as it is. */
interface Run {
  readonly at: number;
  readonly start: number;
  end: number;
  readonly verbatim: boolean;
}

/** Builds a text out of parts of another, and knows where each part came from. */
export class SourceMap {
  readonly #parts: string[] = [];
  readonly #runs: Run[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Adds a part that stands in the source at `start` as it is. */
  copy(part: string, start: number): void {
    const last = this.#runs.at(-1);
    if (last?.verbatim && last.end - last.start === this.#length - last.at && last.end === start)
      last.end += part.length;
    else this.#runs.push({ at: this.#length, start, end: start + part.length, verbatim: true });
    this.insert(part);
  }

  /** Adds a part that a stretch of the source stands for, such as an entity. */
  replace(part: string, { start, end }: Span): void {
    this.#runs.push({ at: this.#length, start, end, verbatim: false });
    this.insert(part);
  }

  /** Adds what the source does not have. */
  insert(part: string): void {
    this.#parts.push(part);
    this.#length += part.length;
  }

  /** The text from `start` on; fast for the last few parts only. */
  since(start: number): string {
    let from = this.#parts.length;
    for (let at = this.#length; at > start; ) at -= this.#parts[--from]!.length;
    return this.#parts.slice(from).join('');
  }

  text(): string {
    return this.#parts.join('');
  }

  /** The source of a stretch whose first and last character come from it. */
  sourceOf({ start, end }: Span): Span {
    const first = this.#runAt(start);
    const last = this.#runAt(end - 1);
    return {
      start: first.verbatim ? first.start + start - first.at : first.start,
      end: last.verbatim ? last.start + end - last.at : last.end,
    };
  }

  /** The last run that begins at `at` or before. */
  #runAt(at: number): Run {
    let [low, high] = [0, this.#runs.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#runs[middle]!.at <= at) low = middle;
      else high = middle - 1;
    }
    return this.#runs[low]!;
  }
}
