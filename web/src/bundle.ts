// The hash by which these pages can be compared with the published ones: that of `SHA256SUMS`, whose
// every line is checked against what the server sends. `sha256sum -c SHA256SUMS` does the same.

/** The list that the build writes. */
const SUMS = 'SHA256SUMS';

/** What came of it. */
export type BundleCheck =
  | { readonly kind: 'none' }
  | { readonly kind: 'wrong'; readonly path: string }
  | { readonly kind: 'checked'; readonly hash: string };

/** One line of the list. */
export interface Sum {
  readonly hash: string;
  readonly path: string;
}

async function sha256(content: ArrayBuffer): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', content));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** The lines of a list; `null` where it is none, as when a server answers every question with a page. */
export function readSums(text: string): Sum[] | null {
  const lines = text.split('\n').filter((line) => line !== '');
  const sums = lines.map((line) => /^([0-9a-f]{64}) {2}([\w.-]+(?:\/[\w.-]+)*)$/.exec(line));
  return lines.length > 0 && sums.every((sum) => sum !== null)
    ? sums.map((sum) => ({ hash: sum[1] ?? '', path: sum[2] ?? '' }))
    : null;
}

async function fetched(path: string): Promise<ArrayBuffer | null> {
  const response = await fetch(path, { credentials: 'omit' });
  return response.ok ? response.arrayBuffer() : null;
}

/** Computes the pages' hash from what the server sends. */
export async function checkBundle(): Promise<BundleCheck> {
  const list = await fetched(SUMS).catch(() => null);
  const sums = list === null ? null : readSums(new TextDecoder().decode(list));
  if (list === null || sums === null) {
    return { kind: 'none' };
  }
  for (const { hash, path } of sums) {
    const content = await fetched(path).catch(() => null);
    if (content === null || (await sha256(content)) !== hash) {
      return { kind: 'wrong', path };
    }
  }
  return { kind: 'checked', hash: await sha256(list) };
}
