/** False on insecure origins (plain http on another host than localhost), where browsers hide `crypto.subtle`. */
export const canDigest = () => globalThis.crypto?.subtle !== undefined;

/** SHA-256 in lower-case hex; empty where the browser cannot compute it. */
export async function sha256(bytes: Uint8Array<ArrayBuffer> | ArrayBuffer): Promise<string> {
  if (!canDigest()) return '';
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
