import { readFileSync } from 'node:fs';
import { cpus, loadavg, type } from 'node:os';
import { launch } from './browser.mjs';

/** What the figures were measured on, for who compares them with others. @returns {Promise<string[]>} */
export async function describeMachine() {
  const load = loadavg()[0]; // always 0 on Windows
  const browser = await launch();
  try {
    return [
      `${cpus().length} × ${cpus()[0]?.model.trim()} (${vnniFlags()}), ${type()}`,
      `Chromium ${browser.version()}, headless`,
      ...(load ? [`load average before the start ${load.toFixed(1)}`] : []),
    ];
  } finally {
    await browser.close();
  }
}

function vnniFlags() {
  if (process.platform !== 'linux') return 'VNNI unknown';
  const flags = readFileSync('/proc/cpuinfo', 'utf8').match(/\bavx(512)?_vnni\b/g) ?? [];
  return [...new Set(flags)].join(', ') || 'no VNNI';
}
