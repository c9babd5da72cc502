import { createStore } from 'idb-keyval';

const OPEN_MS = 5_000;

/**
 * One connection for one transaction: an open one would block a deletion of the database.
 * Gives `otherwise` if the database cannot be opened; that can also wait for ever, behind another tab's unfinished deletion.
 */
export async function transact<T>(
  [database, name]: readonly [database: string, store: string],
  mode: IDBTransactionMode,
  step: (store: IDBObjectStore) => Promise<T>,
  otherwise: T,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = () => resolve(otherwise);
    const timer = setTimeout(giveUp, OPEN_MS);
    const run = async () =>
      createStore(database, name)(mode, (store) => {
        clearTimeout(timer);
        const { db } = store.transaction;
        return step(store)
          .finally(() => db.close())
          .then(resolve, reject);
      });
    run()
      .catch(giveUp)
      .finally(() => clearTimeout(timer));
  });
}
