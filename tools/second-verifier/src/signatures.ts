/** Signatures of accounts and authorities, each from its definition over @noble's groups. */

import { ed25519 } from "@noble/curves/ed25519.js";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { ascii, concat, equal, integer, type Bytes } from "./bytes.js";
import { decodePoint, multiple, ORDER, Point, wideScalar } from "./group.js";
import { blake2b256 } from "./hashing.js";
import { Transcript } from "./merlin.js";
import { Refusal } from "./refusal.js";
import type { Reader } from "./scale.js";

export type SignatureKind = "ed25519" | "sr25519" | "ecdsa" | "ethereum";

export interface MultiSignature {
  readonly kind: SignatureKind;
  readonly bytes: Bytes;
}

const KINDS: readonly SignatureKind[] = ["ed25519", "sr25519", "ecdsa", "ethereum"];

/** Reads a `MultiSignature`; undefined if it is of no known kind. */
export function readMultiSignature(reader: Reader): MultiSignature | undefined {
  const kind = KINDS[reader.u8()];
  if (kind === undefined) return undefined;
  return { kind, bytes: reader.take(kind === "ecdsa" || kind === "ethereum" ? 65 : 64) };
}

/** Whether an account has signed the message (PSE-AUD-7). */
export function isSignedBy(account: Bytes, message: Bytes, { kind, bytes }: MultiSignature): boolean {
  switch (kind) {
    case "sr25519":
      return verifySr25519(account, message, bytes);
    case "ed25519":
      return verifyEd25519(account, message, bytes);
    case "ecdsa": {
      const key = recover(bytes, blake2b256(message));
      return key !== undefined && equal(blake2b256(key), account);
    }
    case "ethereum": {
      const key = recover(bytes, keccak_256(message));
      if (key === undefined) return false;
      return equal(concat(keccak_256(key).subarray(12), new Uint8Array(12).fill(0xee)), account);
    }
  }
}

/** Schnorr signatures over ristretto255 as `schnorrkel` makes them, in the signing context `substrate`. */
export function verifySr25519(key: Bytes, message: Bytes, signature: Bytes): boolean {
  if (signature.length !== 64 || ((signature[63] ?? 0) & 0x80) === 0) return false;
  const r = signature.subarray(0, 32);
  const response = signature.slice(32);
  response[31] = (response[31] ?? 0) & 0x7f;
  const s = integer(response);
  if (s >= ORDER) return false;
  const transcript = Transcript.new("SigningContext");
  transcript.append("", ascii("substrate"));
  transcript.append("sign-bytes", message);
  transcript.append("proto-name", ascii("Schnorr-sig"));
  transcript.append("sign:pk", key);
  transcript.append("sign:R", r);
  const k = wideScalar(transcript.challenge("sign:c", 64));
  try {
    const expected = multiple(Point.BASE, s).subtract(multiple(decodePoint(key), k));
    return equal(expected.toBytes(), r);
  } catch (error) {
    if (error instanceof Refusal) return false;
    throw error;
  }
}

/** Ed25519 by the rules of ZIP 215, on which all nodes agree. */
export function verifyEd25519(key: Bytes, message: Bytes, signature: Bytes): boolean {
  return ed25519.verify(signature, message, key, { zip215: true });
}

function recover(signature: Bytes, hash: Bytes): Bytes | undefined {
  const last = signature[64] ?? 0;
  const recovery = last >= 27 ? last - 27 : last;
  try {
    const recovered = concat(Uint8Array.of(recovery), signature.subarray(0, 64));
    return secp256k1.recoverPublicKey(recovered, hash, { prehash: false });
  } catch {
    return undefined;
  }
}
