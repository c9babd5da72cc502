/** Bytes as people read them: "34.7 MB". */
export function bytes(count: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  const power = Math.min(Math.floor(Math.log10(Math.max(count, 1)) / 3), units.length - 1);
  const digits = power < 2 ? 0 : 1;
  return `${(count / 1000 ** power).toFixed(digits)} ${units[power]}`;
}

/** Milliseconds as people read them: "84 ms", "2.3 s". */
export function duration(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}
