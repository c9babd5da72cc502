import { createStore, type UseStore } from 'idb-keyval';

/** An open can wait for ever behind another tab's unfinished deletion. */
const OPEN_MS = 5_000;

/** A connection to one store of IndexedDB, that stands in nobody's way: it closes when another tab deletes the database. */
export class Connection {
  readonly #database: string;
  readonly #store: string;
  #use: UseStore;

  private constructor(database: string, store: string) {
    this.#database = database;
    this.#store = store;
    this.#use = createStore(database, store);
  }

  /** Rejects where IndexedDB is missing, refuses (private mode) or does not answer. */
  static async open(database: string, store: string): Promise<Connection> {
    const connection = new Connection(database, store);
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('IndexedDB does not answer')), OPEN_MS);
    });
    try {
      await Promise.race([connection.run('readonly', async () => {}), late]);
      return connection;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Runs one step, which is one transaction. */
  async run<T>(mode: IDBTransactionMode, step: (store: IDBObjectStore) => Promise<T>): Promise<T> {
    const watched = (store: IDBObjectStore) => {
      const { db } = store.transaction;
      // idb-keyval (6.3) has no such handler: an open connection would block a deletion of the database for ever.
      db.onversionchange = () => db.close();
      return step(store);
    };
    try {
      return await this.#use(mode, watched);
    } catch (error) {
      // idb-keyval remembers a connection that was closed under it.
      if ((error as DOMException | null)?.name !== 'InvalidStateError') throw error;
      this.#use = createStore(this.#database, this.#store);
      return await this.#use(mode, watched);
    }
  }

  close(): void {
    this.run('readonly', async (store) => store.transaction.db.close()).catch(() => {});
  }
}
