// The real search worker, which dies when it writes for the nth time (from 0), by `#n`; with `#n-after`, when that is written.
const [at, after] = location.hash.slice(1).split('-');
let writes = 0;
for (const method of ['put', 'delete']) {
  const original = IDBObjectStore.prototype[method];
  IDBObjectStore.prototype[method] = function (...args) {
    const isNow = writes++ === Number(at);
    if (!isNow) return original.apply(this, args);
    if (after) {
      const request = original.apply(this, args);
      this.transaction.addEventListener('complete', () => self.close());
      return request;
    }
    // No event comes after this turn, and nothing of the transaction is written.
    self.close();
    this.transaction.abort();
  };
}

import '/dist/search-worker.js';
