/** Keys of made-up people: each follows from a name, so that every run has the same accounts. */

import { constants, generateKeyPairSync, randomBytes, sign as signRsa, type KeyObject } from "node:crypto";
import { ed25519 } from "@noble/curves/ed25519.js";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { sha256, sha512 } from "@noble/hashes/sha2.js";
import { ascii, concat, integer, type Bytes } from "../../src/bytes.js";
import { encodeScalar, multiple, ORDER, Point, reduce, wideScalar } from "../../src/group.js";
import { Transcript } from "../../src/merlin.js";

/** A scalar that nobody can know. */
export function randomScalar(): bigint {
  return integer(randomBytes(64)) % ORDER;
}

/** An sr25519 key. */
export class Account {
  readonly secret: bigint;
  readonly id: Bytes;

  constructor(readonly name: string) {
    this.secret = wideScalar(sha512(ascii(name)));
    this.id = multiple(Point.BASE, this.secret).toBytes();
  }

  /** 64 bytes, with the mark of schnorrkel. */
  sign(message: Bytes): Bytes {
    const nonce = randomScalar();
    const r = multiple(Point.BASE, nonce).toBytes();
    const transcript = Transcript.new("SigningContext");
    transcript.append("", ascii("substrate"));
    transcript.append("sign-bytes", message);
    transcript.append("proto-name", ascii("Schnorr-sig"));
    transcript.append("sign:pk", this.id);
    transcript.append("sign:R", r);
    const k = wideScalar(transcript.challenge("sign:c", 64));
    const signature = concat(r, encodeScalar(reduce(k * this.secret + nonce)));
    signature[63] = (signature[63] ?? 0) | 0x80;
    return signature;
  }
}

/** An ed25519 key: a GRANDPA authority's, or an account's. */
export class EdKey {
  readonly #secret: Bytes;
  readonly id: Bytes;

  constructor(name: string) {
    this.#secret = sha256(ascii(name));
    this.id = ed25519.getPublicKey(this.#secret);
  }

  sign(message: Bytes): Bytes {
    return ed25519.sign(message, this.#secret);
  }
}

/** A key of secp256k1, as Substrate's ECDSA accounts or as Ethereum's have it. */
export class EcdsaKey {
  readonly #secret: Bytes;

  constructor(
    name: string,
    readonly hash: (bytes: Bytes) => Bytes,
  ) {
    this.#secret = sha256(ascii(name));
  }

  get public(): Bytes {
    return secp256k1.getPublicKey(this.#secret, true);
  }

  /** `r`, `s` and the recovery number. */
  sign(message: Bytes): Bytes {
    const signature = secp256k1.sign(this.hash(message), this.#secret, { prehash: false, format: "recovered" });
    return concat(signature.subarray(1), signature.subarray(0, 1));
  }
}

/** A registrar's key for one district. It signs in the clear: blinding leaves no trace in a credential. */
export class RsaKey {
  readonly #private: KeyObject;
  readonly modulus: Bytes;

  constructor() {
    const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    this.#private = privateKey;
    this.modulus = new Uint8Array(Buffer.from(publicKey.export({ format: "jwk" }).n ?? "", "base64url"));
  }

  sign(prefix: Bytes, message: Bytes): Bytes {
    const key = { key: this.#private, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 48 };
    return new Uint8Array(signRsa("sha384", concat(prefix, message), key));
  }
}
