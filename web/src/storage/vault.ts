// What has to outlive a reload before the ballot is cast: the one-time key, the blinding, the sessions
// and the selections. A registrar signs one message for one voter, so losing them would lose the vote.
//
// It lies encrypted under a key that the browser does not hand out, not even to this page, and both are
// destroyed in the moment of casting. The randomness of a ballot is never in it: after a reload a ballot
// that was encrypted and not cast is encrypted anew.

import { destroy, get, put } from './database';

/** One for all elections of this origin: a voter votes in one at a time, and casting destroys it. */
export const VAULT = 'psephos-vault';

const KEY = 'key';
const CONTENT = 'content';
const NONCE_BYTES = 12;
const ALGORITHM = { name: 'AES-GCM', length: 256 } as const;

interface Content {
  readonly nonce: Uint8Array<ArrayBuffer>;
  readonly sealed: ArrayBuffer;
}

function isContent(value: unknown): value is Content {
  return (
    typeof value === 'object' &&
    value !== null &&
    'nonce' in value &&
    value.nonce instanceof Uint8Array &&
    'sealed' in value &&
    value.sealed instanceof ArrayBuffer
  );
}

let known: CryptoKey | null = null;

async function vaultKey(): Promise<CryptoKey> {
  if (known !== null) {
    return known;
  }
  const kept = await get(VAULT, KEY);
  if (kept instanceof CryptoKey) {
    known = kept;
    return kept;
  }
  const key = await crypto.subtle.generateKey(ALGORITHM, false, ['encrypt', 'decrypt']);
  await put(VAULT, KEY, key);
  known = key;
  return key;
}

/** The scope is authenticated with the content: what was kept for one election is not read for another. */
function parameters(scope: string, nonce: Uint8Array<ArrayBuffer>): AesGcmParams {
  return { name: ALGORITHM.name, iv: nonce, additionalData: new TextEncoder().encode(scope) };
}

/** Keeps a value, in place of the one before. */
export async function keep(scope: string, value: unknown): Promise<void> {
  const key = await vaultKey();
  const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
  const plain = new TextEncoder().encode(JSON.stringify(value));
  const sealed = await crypto.subtle.encrypt(parameters(scope, nonce), key, plain);
  plain.fill(0);
  await put(VAULT, CONTENT, { nonce, sealed } satisfies Content);
}

/** What was kept for this scope; `null` where there is nothing, or nothing that can be read. */
export async function kept(scope: string): Promise<unknown> {
  const [key, content] = [await get(VAULT, KEY), await get(VAULT, CONTENT)];
  if (!(key instanceof CryptoKey) || !isContent(content)) {
    return null;
  }
  try {
    const plain = await crypto.subtle.decrypt(parameters(scope, content.nonce), key, content.sealed);
    return JSON.parse(new TextDecoder().decode(plain)) as unknown;
  } catch {
    return null;
  }
}

/** Destroys key and content. */
export async function empty(): Promise<void> {
  known = null;
  await destroy(VAULT);
}
