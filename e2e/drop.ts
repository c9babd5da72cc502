import type { Locator, Page } from '@playwright/test';

/** Gives what drops a file or folder of this machine on the page, as a user does. */
export async function dropper(page: Page): Promise<(path: string) => Promise<void>> {
  const session = await page.context().newCDPSession(page);
  return async (path) => {
    const data = { items: [], files: [path], dragOperationsMask: 1 };
    for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
      await session.send('Input.dispatchDragEvent', { type, x: 40, y: 40, data });
  };
}

/** Drops files of these names and contents on an element. */
export async function dropFiles(on: Locator, files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
  const contents = Object.entries(files).map(([name, content]) => [name, [...Buffer.from(content)]] as const);
  const dataTransfer = await on.page().evaluateHandle((files) => {
    const transfer = new DataTransfer();
    for (const [name, bytes] of files) transfer.items.add(new File([new Uint8Array(bytes)], name));
    return transfer;
  }, contents);
  await on.dispatchEvent('drop', { dataTransfer });
}
