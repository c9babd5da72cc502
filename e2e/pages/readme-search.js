// The search as the examples of docs/ see it; its workers end with those of the models.
import * as search from '/dist/search.js';
import { keep } from '/readme.js';

export * from '/dist/search.js';
export const createIndex = async (options) => keep(await search.createIndex(options));
