import type { Browser, Page } from '@playwright/test';

interface TraceEvent {
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  /** Microseconds of CPU time. */
  readonly tdur?: number;
}

/**
 * Watches the tasks of the page's main thread; the function that it gives ends that, with the longest in milliseconds of CPU time: what else the machine does
 * is not the page's fault.
 */
export async function watchTasks(page: Page, browser: Browser): Promise<() => Promise<number>> {
  await browser.startTracing(page, { categories: ['toplevel', 'blink.user_timing'] });
  return async () => {
    await page.evaluate(() => performance.mark('here'));
    const { traceEvents } = JSON.parse((await browser.stopTracing()).toString()) as { traceEvents: TraceEvent[] };
    const here = traceEvents.find(({ name }) => name === 'here')!;
    const tasks = traceEvents.filter(
      ({ name, pid, tid }) => /RunTask$/.test(name) && pid === here.pid && tid === here.tid,
    );
    return Math.max(0, ...tasks.map(({ tdur = 0 }) => tdur / 1000));
  };
}
