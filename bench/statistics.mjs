/** NaN of nothing. @param {readonly number[]} values */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2
    ? (sorted[middle] ?? Number.NaN)
    : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
}

/** @param {readonly number[]} values */
export const sum = (values) => values.reduce((total, value) => total + value, 0);

/** @param {readonly number[]} values */
export const mean = (values) => sum(values) / values.length;

/** Of the mean. @param {readonly number[]} values */
export function standardError(values) {
  const middle = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - middle) ** 2)) / values.length);
}

/** @param {readonly number[]} a @param {readonly number[]} b */
export function cosine(a, b) {
  const dot = (/** @type {readonly number[]} */ x, /** @type {readonly number[]} */ y) =>
    sum(x.map((v, d) => v * (y[d] ?? Number.NaN)));
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}
