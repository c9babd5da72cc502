/**
 * @typedef {object} Contender
 * @property {string} id
 * @property {string} label
 * @property {string} page its address, with what the page is to load
 * @property {number} batch texts of one call of the library; bge-web makes its own batches
 * @property {number} slices how many slices of the corpus it is given in each round: fewer for the slow ones
 * @property {true} [hasPool] it shares bulk jobs among workers, which end when it is idle, as it is while others have their turn
 */

/** As it comes: one call for all texts of a slice, on pages that are not cross-origin isolated. @type {Contender} */
export const ours = { id: 'ours', label: 'bge-web', page: '/bge-web.html', batch: 1, slices: 8, hasPool: true };

/** @type {Contender} */
export const oursAlone = {
  id: 'oursAlone',
  label: 'bge-web, one thread',
  page: '/bge-web.html?threads=1',
  batch: 1,
  slices: 8,
};

/** The pool on two threads, whatever the machine has. @type {Contender} */
export const oursOnTwo = { ...ours, id: 'oursOnTwo', label: 'bge-web, two threads', page: '/bge-web.html?threads=2' };

/** One text at a time, as bge-web gives them to the runtime. @type {Contender} */
export const runtime = {
  id: 'runtime',
  label: 'onnxruntime-web int8 in bge-web, one text at a time',
  page: '/bge-web.html?threads=1&models=/runtime-only/&engine=ort',
  batch: 1,
  slices: 2,
};

/** @type {Contender} */
export const theirs = {
  id: 'theirs',
  label: 'transformers.js q8, one text at a time',
  page: '/transformers.html?models=/models/&dtype=q8',
  batch: 1,
  slices: 8,
};

/** @type {Contender} */
export const theirBatches = {
  ...theirs,
  id: 'theirBatches',
  label: 'transformers.js q8, batches of 32',
  batch: 32,
  slices: 1,
};

/** The files as published on the hub, where there are any. @type {Record<'q8' | 'fp32', Contender>} */
export const theirPublished = {
  q8: {
    id: 'theirPublished',
    label: 'transformers.js with the published q8 file, one at a time',
    page: '/transformers.html?models=/published/&dtype=q8',
    batch: 1,
    slices: 2,
  },
  fp32: {
    id: 'theirFp32',
    label: 'transformers.js fp32, one at a time',
    page: '/transformers.html?models=/published/&dtype=fp32',
    batch: 1,
    slices: 2,
  },
};
