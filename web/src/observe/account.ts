// Accounts as people see them: SS58, base 58 with a checksum.

import { blake2b } from '@noble/hashes/blake2.js';
import { base58 } from '@scure/base';

import { ascii, concat } from '../../../tools/second-verifier/src/bytes';
import { fromHex, type Hex, isHex, toHex } from '../encoding/hex';

/** The prefix of Substrate's chains without one of their own. */
const PREFIX = 42;
const CHECKSUM_BYTES = 2;
const ACCOUNT_BYTES = 32;

function checksum(payload: Uint8Array): Uint8Array {
  return blake2b(concat(ascii('SS58PRE'), payload), { dkLen: 64 }).subarray(0, CHECKSUM_BYTES);
}

/** An account's address. */
export function address(account: Hex): string {
  const payload = concat(Uint8Array.of(PREFIX), fromHex(account));
  return base58.encode(concat(payload, checksum(payload)));
}

/** The account of an address or of 32 bytes in hexadecimal; `null` if it is neither. */
export function readAccount(text: string): Hex | null {
  if (isHex(text, ACCOUNT_BYTES)) {
    return text.toLowerCase() as Hex;
  }
  const bytes = decoded(text);
  if (bytes?.length !== 1 + ACCOUNT_BYTES + CHECKSUM_BYTES || bytes[0] !== PREFIX) {
    return null;
  }
  const [payload, sum] = [bytes.subarray(0, -CHECKSUM_BYTES), bytes.subarray(-CHECKSUM_BYTES)];
  return toHex(checksum(payload)) === toHex(sum) ? toHex(payload.subarray(1)) : null;
}

function decoded(text: string): Uint8Array | null {
  try {
    return base58.decode(text);
  } catch {
    return null;
  }
}
