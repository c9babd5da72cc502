import { asArray, asId, asString, corrupt, type JsonObject } from './json';
import type { TokenSink } from './token-sink';
import { Trie } from './trie';

const UNKNOWN_PENALTY = 10;
/** How far a word is read before a look whether its beginning is already decided. */
const PATIENCE = 512;
/** A word that is undecided for so long, the same letter a million times, is decided as far as it is known. */
const LONGEST_UNDECIDED = 1 << 20;
/** The fields of a position: the piece that ends there on the best path, where it starts, and the character's span in the given text. */
const FIELDS = 4;

/** Splits a word into the pieces of the highest total score, character by character as they come. */
export class Unigram {
  readonly #pieces: readonly string[];
  readonly #scores: Float64Array;
  readonly #trie: Trie;
  readonly #unknown: number;
  readonly #unknownScore: number;

  // Position n stands after the n-th character of the word, less those whose tokens are already out.
  #fields = new Int32Array(FIELDS * 1024);
  #length = 0;
  #score = 0;
  #patience = PATIENCE;
  // The pieces that may go on: where they started, the score up to there, how far they got.
  #open = 0;
  readonly #openStarts: number[] = [];
  readonly #openScores: number[] = [];
  readonly #openNodes: number[] = [];
  /** The span of the unknown characters at the end of what is out: more of them make the same token. */
  #unknownStart = -1;
  #unknownEnd = -1;

  constructor(pieces: readonly string[], scores: Float64Array, unknown: number) {
    this.#pieces = pieces;
    this.#scores = scores;
    this.#trie = new Trie(pieces);
    this.#unknown = unknown;
    this.#unknownScore =
      scores.reduce((least, score) => Math.min(least, score), Number.POSITIVE_INFINITY) - UNKNOWN_PENALTY;
  }

  /** Reads `model` of tokenizer.json. */
  static parse(model: JsonObject): Unigram {
    if (model.byte_fallback) throw corrupt('model.byte_fallback is not supported');
    const vocab = asArray(model.vocab, 'model.vocab');
    const unknown = asId(model.unk_id, 'model.unk_id');
    if (unknown >= vocab.length) throw corrupt('model.unk_id is not in model.vocab');
    const scores = new Float64Array(vocab.length);
    const pieces = vocab.map((entry, id) => {
      const [piece, score] = asArray(entry, `model.vocab[${id}]`);
      if (typeof score !== 'number') throw corrupt(`model.vocab[${id}] has no score`);
      scores[id] = score;
      return asString(piece, `model.vocab[${id}][0]`);
    });
    return new Unigram(pieces, scores, unknown);
  }

  entries(): Iterable<[number, string]> {
    return this.#pieces.entries();
  }

  /** Forgets a word that was not finished. */
  reset(): void {
    this.#length = 0;
    this.#score = 0;
    this.#open = 0;
    this.#patience = PATIENCE;
    this.#unknownStart = -1;
  }

  /** Takes the next character of the word; false if the sink is full. */
  add(codePoint: number, start: number, end: number, sink: TokenSink): boolean {
    const from = this.#length++;
    this.#openStarts[this.#open] = from;
    this.#openScores[this.#open] = this.#score;
    this.#openNodes[this.#open++] = this.#trie.root;

    let piece = -1;
    let pieceStart = from;
    let best = 0;
    let known = false;
    let open = 0;
    for (let i = 0; i < this.#open; i++) {
      const node = this.#step(this.#openNodes[i]!, codePoint);
      if (node < 0) continue;
      const openStart = this.#openStarts[i]!;
      const openScore = this.#openScores[i]!;
      this.#openStarts[open] = openStart;
      this.#openScores[open] = openScore;
      this.#openNodes[open++] = node;
      const id = this.#trie.key(node);
      if (id < 0) continue;
      known ||= openStart === from;
      const score = this.#scores[id]! + openScore;
      // Of equal paths the one with the longer last piece wins, as in the reference.
      if (piece < 0 || score > best) {
        piece = id;
        pieceStart = openStart;
        best = score;
      }
    }
    this.#open = open;
    const unknownScore = this.#unknownScore + this.#score;
    if (!known && (piece < 0 || unknownScore > best)) {
      piece = this.#unknown;
      pieceStart = from;
      best = unknownScore;
    }
    this.#score = best;
    this.#record(piece, pieceStart, start, end);
    return this.#length < this.#patience || this.#pushDecided(sink);
  }

  /** Pushes the rest of the word; false if the sink is full. */
  finish(sink: TokenSink): boolean {
    const room = this.#push(this.#length, sink) && this.#pushUnknown(sink);
    this.reset();
    return room;
  }

  #step(node: number, codePoint: number): number {
    if (codePoint <= 0xffff) return this.#trie.child(node, codePoint);
    const middle = this.#trie.child(node, 0xd800 + ((codePoint - 0x10000) >> 10));
    return middle < 0 ? -1 : this.#trie.child(middle, 0xdc00 + ((codePoint - 0x10000) & 0x3ff));
  }

  #record(piece: number, pieceStart: number, start: number, end: number): void {
    const at = FIELDS * (this.#length - 1);
    if (at + FIELDS > this.#fields.length) {
      const grown = new Int32Array(2 * this.#fields.length);
      grown.set(this.#fields);
      this.#fields = grown;
    }
    this.#fields[at] = piece;
    this.#fields[at + 1] = pieceStart;
    this.#fields[at + 2] = start;
    this.#fields[at + 3] = end;
  }

  /** Pushes what no later character can change. */
  #pushDecided(sink: TokenSink): boolean {
    if (this.#length >= LONGEST_UNDECIDED) this.#open = 0;
    const decided = this.#decided();
    if (!this.#push(decided, sink)) return false;
    this.#fields.copyWithin(0, FIELDS * decided, FIELDS * this.#length);
    this.#length -= decided;
    for (let i = 0; i < this.#length; i++) this.#fields[FIELDS * i + 1]! -= decided;
    for (let i = 0; i < this.#open; i++) this.#openStarts[i]! -= decided;
    this.#patience = Math.max(PATIENCE, 2 * this.#length);
    return true;
  }

  /** The last position that the best paths to all places where a piece may still go on have in common. */
  #decided(): number {
    const ends = new Set([this.#length, ...this.#openStarts.slice(0, this.#open)]);
    while (ends.size > 1) {
      const last = Math.max(...ends);
      ends.delete(last);
      ends.add(this.#fields[FIELDS * (last - 1) + 1]!);
    }
    const [decided = 0] = ends;
    return decided;
  }

  /** Pushes the best path up to position `end`. */
  #push(end: number, sink: TokenSink): boolean {
    const ends: number[] = [];
    for (let at = end; at > 0; at = this.#fields[FIELDS * (at - 1) + 1]!) ends.push(at);
    let first = 0;
    for (const last of ends.reverse()) {
      const piece = this.#fields[FIELDS * (last - 1)]!;
      const start = this.#fields[FIELDS * first + 2]!;
      const stop = this.#fields[FIELDS * (last - 1) + 3]!;
      if (piece === this.#unknown) {
        if (this.#unknownStart < 0) this.#unknownStart = start;
        this.#unknownEnd = stop;
      } else if (!this.#pushUnknown(sink) || !sink.push(piece, start, stop)) return false;
      first = last;
    }
    return true;
  }

  #pushUnknown(sink: TokenSink): boolean {
    if (this.#unknownStart < 0) return true;
    const start = this.#unknownStart;
    this.#unknownStart = -1;
    return sink.push(this.#unknown, start, this.#unknownEnd);
  }
}
