/**
 * @typedef {object} Contender
 * @property {string} id
 * @property {string} label
 * @property {string} page its address, with what the page is to load
 * @property {number} batch texts of one call of the library; bge-web makes its own batches
 * @property {number} slices how many slices of the corpus it is given in each round: fewer for the slow ones
 */

/** @type {Contender} */
export const ours = { id: 'ours', label: 'bge-web', page: '/bge-web.html', batch: 1, slices: 8 };

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
