import type { Entry, PassageListener } from './collection';

/** The words of all passages. */
export class Words implements PassageListener {
  add(_entry: Entry): void {}

  remove(_entry: Entry): void {}
}
