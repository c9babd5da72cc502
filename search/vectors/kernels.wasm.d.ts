/** The kernels, compiled by scripts/build-kernels.mjs. */
declare const bytes: Uint8Array<ArrayBuffer>;
export default bytes;
