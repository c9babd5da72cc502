// The real worker, which ends or misbehaves in the way that the page asks for over a channel of their own.
const ways = {
  close: () => self.close(),
  throw: () =>
    setTimeout(() => {
      throw new RangeError('thrown later');
    }),
  reject: () => {
    Promise.reject(new RangeError('nobody awaits this'));
  },
  hang: () => {
    for (;;);
  },
};
new BroadcastChannel('mortal').onmessage = ({ data }) => ways[data]();

import '/dist/worker.js';
