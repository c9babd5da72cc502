// The real worker; as a helper it ends in the way that the page has chosen by the worker's address.
const way = new URL(self.location.href).searchParams.get('helpers');
if (self.name === 'bge-web helper') {
  if (way === 'refuse') throw new TypeError('no helpers here');
  if (way === 'die') setTimeout(close, 400);
}

import '/dist/worker.js';
