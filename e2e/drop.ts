import type { Page } from '@playwright/test';

/** Gives what drops a file or folder of this machine on the page, as a user does. */
export async function dropper(page: Page): Promise<(path: string) => Promise<void>> {
  const session = await page.context().newCDPSession(page);
  return async (path) => {
    const data = { items: [], files: [path], dragOperationsMask: 1 };
    for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
      await session.send('Input.dispatchDragEvent', { type, x: 40, y: 40, data });
  };
}
