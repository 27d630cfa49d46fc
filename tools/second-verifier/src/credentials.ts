/** Credentials: RSASSA-PSS with SHA-384 under a registrar's key (PSE-CRD-1 to PSE-CRD-4; RFC 8017). */

import { sha384 } from "@noble/hashes/sha2.js";
import { concat, equal, u32, type Bytes } from "./bytes.js";
import { Refusal } from "./refusal.js";
import { message, type Context } from "./transcripts.js";

const MIN_MODULUS_BYTES = 256;
export const MAX_MODULUS_BYTES = 512;
const PUBLIC_EXPONENT = 65537n;
const HASH_BYTES = 48;
const SALT_BYTES = 48;

export interface RandomizedSignature {
  readonly prefix: Bytes;
  readonly signature: Bytes;
}

/** PSE-CRD-1 */
export function validateModulus(modulus: Bytes): void {
  const found = modulus.length;
  if (found < MIN_MODULUS_BYTES || found > MAX_MODULUS_BYTES) throw new Refusal("ModulusLength", { found });
  if ((modulus[0] ?? 0) < 0x80) throw new Refusal("ModulusTopBit");
  if ((modulus[found - 1] ?? 0) % 2 === 0) throw new Refusal("EvenModulus");
}

/** PSE-CRD-2 */
export function credentialMessage(context: Context, district: number, account: Bytes): Bytes {
  return message(context, "credential", u32(district), account);
}

/** PSE-CRD-4 */
export function verifyCredential(modulus: Bytes, signed: Bytes, { prefix, signature }: RandomizedSignature): void {
  validateModulus(modulus);
  if (signature.length !== modulus.length) {
    throw new Refusal("SignatureLength", { expected: modulus.length, found: signature.length });
  }
  const [n, s] = [bigEndian(modulus), bigEndian(signature)];
  if (s >= n) throw new Refusal("InvalidSignature");
  const encoded = bigEndianBytes(power(s, PUBLIC_EXPONENT, n), modulus.length);
  if (!isPssEncoding(encoded, sha384(concat(prefix, signed)))) throw new Refusal("InvalidSignature");
}

/** EMSA-PSS-VERIFY of RFC 8017, 9.1.2. The modulus has 8k bits, so the encoding has k bytes and 8k−1 bits. */
function isPssEncoding(encoded: Bytes, hash: Bytes): boolean {
  const length = encoded.length;
  const maskedLength = length - HASH_BYTES - 1;
  const masked = encoded.subarray(0, maskedLength);
  const h = encoded.subarray(maskedLength, length - 1);
  if (encoded[length - 1] !== 0xbc || ((masked[0] ?? 0) & 0x80) !== 0) return false;
  const mask = mgf1(h, maskedLength);
  const block = masked.map((byte, at) => byte ^ (mask[at] ?? 0));
  block[0] = (block[0] ?? 0) & 0x7f;
  const padding = maskedLength - SALT_BYTES - 1;
  if (block.subarray(0, padding).some((byte) => byte !== 0) || block[padding] !== 1) return false;
  const salt = block.subarray(padding + 1);
  return equal(h, sha384(concat(new Uint8Array(8), hash, salt)));
}

function mgf1(seed: Bytes, length: number): Bytes {
  const blocks = Array.from({ length: Math.ceil(length / HASH_BYTES) }, (_, counter) =>
    sha384(concat(seed, u32(counter).reverse())),
  );
  return concat(...blocks).subarray(0, length);
}

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  let square = base % modulus;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = (result * square) % modulus;
    square = (square * square) % modulus;
  }
  return result;
}

function bigEndian(bytes: Bytes): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString("hex")}`);
}

function bigEndianBytes(value: bigint, length: number): Bytes {
  return new Uint8Array(Buffer.from(value.toString(16).padStart(2 * length, "0"), "hex"));
}
