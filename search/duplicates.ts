import { invalidInput } from '../src/shared/errors';

/** The passages whose vectors are near that of passage `id`, at a similarity of the caller's choice; itself may be among them. */
export type Neighbours = (id: number) => Iterable<number> | Promise<Iterable<number>>;

/**
 * Gives groups of two or more passages that are near-duplicates: whoever is a neighbour of another is in one group with it,
 * also over third ones, so that the ends of a long chain may differ. Groups are in the order of their lowest numbers, and so
 * are the passages in each. Neighbours that are not among `ids` are passed over. Calls `neighbours` once for each of `ids`;
 * an aborted signal rejects before the next call. For bge v1.5 a cosine of 0.95 is a good start.
 */
export async function duplicateGroups(
  ids: Iterable<number>,
  neighbours: Neighbours,
  { signal }: { signal?: AbortSignal } = {},
): Promise<number[][]> {
  const parents = new Map(Array.from(ids, (id) => [checked(id), id]));
  for (const id of [...parents.keys()]) {
    signal?.throwIfAborted();
    for (const other of await neighbours(id)) if (parents.has(other)) join(parents, id, other);
  }
  const groups = new Map<number, number[]>();
  for (const id of [...parents.keys()].sort((a, b) => a - b)) {
    const root = rootOf(parents, id);
    const group = groups.get(root);
    if (group) group.push(id);
    else groups.set(root, [id]);
  }
  return [...groups.values()].filter(({ length }) => length > 1);
}

function checked(id: number): number {
  if (!Number.isInteger(id)) throw invalidInput('id', 'an integer', id);
  return id;
}

/** Union-find: the lower number is the root; paths are halved on the way (Tarjan and van Leeuwen 1984). */
function join(parents: Map<number, number>, a: number, b: number): void {
  const [one, other] = [rootOf(parents, a), rootOf(parents, b)];
  if (one !== other) parents.set(Math.max(one, other), Math.min(one, other));
}

function rootOf(parents: Map<number, number>, id: number): number {
  let at = id;
  for (let parent = parents.get(at)!; parent !== at; parent = parents.get(at)!) {
    parents.set(at, parents.get(parent)!);
    at = parent;
  }
  return at;
}
