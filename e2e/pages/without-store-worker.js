// The real worker in a browser without IndexedDB, as in some private modes.
import './remove-indexeddb.js';
import '/dist/worker.js';
