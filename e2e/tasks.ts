import type { Browser, Page } from '@playwright/test';

interface TraceEvent {
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  /** Microseconds. */
  readonly ts: number;
  readonly dur?: number;
  /** Microseconds of CPU time. */
  readonly tdur?: number;
}

/**
 * Watches the tasks of the page's main thread; the function that it gives ends that, with the longest in milliseconds of CPU time: what else the machine does
 * is not the page's fault, and no more are the commands of the test, such as a search for a role through the whole page.
 */
export async function watchTasks(page: Page, browser: Browser): Promise<() => Promise<number>> {
  await browser.startTracing(page, { categories: ['toplevel', 'blink.user_timing', 'devtools'] });
  return async () => {
    await page.evaluate(() => performance.mark('here'));
    const { traceEvents } = JSON.parse((await browser.stopTracing()).toString()) as { traceEvents: TraceEvent[] };
    const here = traceEvents.find(({ name }) => name === 'here')!;
    const events = traceEvents.filter(({ pid, tid }) => pid === here.pid && tid === here.tid);
    const commands = events.filter(({ name }) => name === 'DevToolsSession::DispatchProtocolCommand');
    const tasks = events.filter(({ name }) => /RunTask$/.test(name));
    const ofPage = tasks.filter(({ ts, dur = 0 }) => !commands.some((one) => one.ts >= ts && one.ts <= ts + dur));
    return Math.max(0, ...ofPage.map(({ tdur = 0 }) => tdur / 1000));
  };
}
