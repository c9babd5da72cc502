// The real worker in a browser without WebAssembly, as in some privacy modes.
import './remove-webassembly.js';
import '/dist/worker.js';
