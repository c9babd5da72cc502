/** Reference vectors by model: what FlagEmbedding gives for a text, without instruction. */
export const references: Readonly<Record<string, readonly { readonly text: string; readonly vector: string }[]>> = {};
