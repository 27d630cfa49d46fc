/** Sealed shares and the judgement of complaints (PSE-DKG-5, PSE-DKG-8; RFC 9180). */

import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { x25519 } from "@noble/curves/ed25519.js";
import { expand, extract } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { ascii, concat, equal, integer, littleEndian, u32, type Bytes } from "./bytes.js";
import { encodePackage, shareFits, type Package } from "./key-ceremony.js";
import { Refusal } from "./refusal.js";
import { message, type Context } from "./transcripts.js";

export type Verdict = "DealerAtFault" | "ComplainerAtFault";

/** What a sealed share is bound to. */
export interface Envelope {
  readonly context: Context;
  readonly epoch: number;
  readonly dealer: number;
  readonly recipient: number;
  readonly dealerPackage: Package;
}

export interface SealedShare {
  readonly encapsulatedKey: Bytes;
  readonly ciphertext: Bytes;
}

const FIELD = (1n << 255n) - 19n;
const KEM = concat(ascii("KEM"), Uint8Array.of(0x00, 0x20));
/** DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20-Poly1305 */
const SUITE = concat(ascii("HPKE"), Uint8Array.of(0x00, 0x20, 0x00, 0x01, 0x00, 0x03));
const BASE_MODE = Uint8Array.of(0);
const NONE = new Uint8Array(0);

/** A registered key is canonical and not of low order. */
export function validatePublicKey(key: Bytes): void {
  if (integer(key) >= FIELD) throw new Refusal("PublicKeyEncoding");
  // Clamped scalars are multiples of the cofactor: of a point of low order they are 0.
  if (sharedSecret(littleEndian(1, 32), key) === undefined) throw new Refusal("LowOrderPublicKey");
}

/** PSE-DKG-8 */
export function judgeComplaint(
  envelope: Envelope,
  disclosedKey: Bytes,
  registeredKey: Bytes,
  sealed: SealedShare,
): Verdict {
  const publicKey = x25519.getPublicKey(disclosedKey);
  if (!equal(publicKey, registeredKey)) return "ComplainerAtFault";
  const share = open(envelope, disclosedKey, publicKey, sealed);
  const { context, epoch, recipient, dealerPackage } = envelope;
  const right = share !== undefined && shareFits(context, epoch, recipient, share, dealerPackage);
  return right ? "ComplainerAtFault" : "DealerAtFault";
}

/** HPKE's single-shot opening in base mode; nothing if the envelope does not open. */
function open(envelope: Envelope, key: Bytes, publicKey: Bytes, sealed: SealedShare): Bytes | undefined {
  const dh = sharedSecret(key, sealed.encapsulatedKey);
  if (dh === undefined) return undefined;
  const { context, epoch, dealer, recipient, dealerPackage } = envelope;
  const info = message(context, "share", u32(epoch), u32(dealer), u32(recipient));
  const secret = decapsulate(dh, sealed.encapsulatedKey, publicKey);
  const schedule = concat(
    BASE_MODE,
    labeledExtract(SUITE, NONE, "psk_id_hash", NONE),
    labeledExtract(SUITE, NONE, "info_hash", info),
  );
  const exporter = labeledExtract(SUITE, secret, "secret", NONE);
  const aeadKey = labeledExpand(SUITE, exporter, "key", schedule, 32);
  const nonce = labeledExpand(SUITE, exporter, "base_nonce", schedule, 12);
  try {
    return chacha20poly1305(aeadKey, nonce, encodePackage(dealerPackage)).decrypt(sealed.ciphertext);
  } catch {
    return undefined;
  }
}

function decapsulate(dh: Bytes, encapsulated: Bytes, publicKey: Bytes): Bytes {
  const prk = labeledExtract(KEM, NONE, "eae_prk", dh);
  return labeledExpand(KEM, prk, "shared_secret", concat(encapsulated, publicKey), 32);
}

function labeledExtract(suite: Bytes, salt: Bytes, label: string, key: Bytes): Bytes {
  return extract(sha256, concat(ascii("HPKE-v1"), suite, ascii(label), key), salt);
}

function labeledExpand(suite: Bytes, prk: Bytes, label: string, info: Bytes, length: number): Bytes {
  const lengthBytes = Uint8Array.of(length >> 8, length & 0xff);
  return expand(sha256, prk, concat(lengthBytes, ascii("HPKE-v1"), suite, ascii(label), info), length);
}

/** X25519; nothing if it is 0, which RFC 9180 has refused. */
function sharedSecret(scalar: Bytes, point: Bytes): Bytes | undefined {
  try {
    return x25519.scalarMult(scalar, point);
  } catch {
    return undefined;
  }
}
