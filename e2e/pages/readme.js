// The package as the README's examples see it; only the models come from this server instead of the hub.
import * as bge from '/dist/index.js';

export * from '/dist/index.js';
export const createEmbedder = (options) => bge.createEmbedder({ modelBase: `${location.origin}/models/`, ...options });
