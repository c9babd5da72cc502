import type { Unit } from './units';

/** Units of a passage: from `first` up to, not including, `end`. */
export interface Run {
  readonly first: number;
  readonly end: number;
}

/**
 * Puts units of one section into passages of at most `room` tokens. A passage ends with a block where that leaves it at least
 * half full, else between two units; the next one begins with as many of its last units as have at most `overlap` tokens.
 */
export function pack(units: readonly Unit[], room: number, overlap: number): Run[] {
  const runs: Run[] = [];
  let first = 0;
  let taken = 0;
  while (taken < units.length) {
    let tokens = 0;
    for (let i = first; i < taken; i++) tokens += units[i]!.tokens;
    let end = taken;
    let blockEnd = 0;
    while (end < units.length && (end === taken || tokens + units[end]!.tokens <= room)) {
      tokens += units[end++]!.tokens;
      if (units[end]?.block !== units[end - 1]!.block && tokens >= room / 2) blockEnd = end;
    }
    if (end < units.length && blockEnd > taken) end = blockEnd;
    runs.push({ first, end });
    taken = end;
    if (end < units.length) first = overlapStart(units, { first, end }, Math.min(overlap, room - units[end]!.tokens));
  }
  return runs;
}

/** The first of the last units that have at most `tokens` tokens together; never all of the passage. */
function overlapStart(units: readonly Unit[], { first, end }: Run, tokens: number): number {
  let start = end;
  let left = tokens;
  while (start - 1 > first && units[start - 1]!.tokens <= left) left -= units[--start]!.tokens;
  return start;
}
