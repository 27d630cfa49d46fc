/** ristretto255: decoding, refusing, and sums of multiples (PSE-GRP-1 to PSE-GRP-5). */

import { pippenger } from "@noble/curves/abstract/curve.js";
import { ristretto255 } from "@noble/curves/ed25519.js";
import { integer, littleEndian, type Bytes } from "./bytes.js";
import { Refusal } from "./refusal.js";

export const Point = ristretto255.Point;
export type Point = InstanceType<typeof Point>;

/** The order of the group. */
export const ORDER = (1n << 252n) + 27742317777372353535851937790883648493n;

/** A decoding failure, by the name that the field's owner gives it. */
export type GroupFault = "PointEncoding" | "Identity" | "ScalarEncoding";

/** Decodes a group element; the identity is one (PSE-GRP-2). */
export function decodePoint(bytes: Bytes): Point {
  try {
    return Point.fromBytes(bytes);
  } catch {
    throw new Refusal("PointEncoding");
  }
}

/** Decodes a group element that must not be the identity (PSE-GRP-3). */
export function decodeNonidentity(bytes: Bytes): Point {
  if (bytes.every((byte) => byte === 0)) throw new Refusal("Identity");
  return decodePoint(bytes);
}

/** Decodes a scalar in its canonical form only (PSE-GRP-4). */
export function decodeScalar(bytes: Bytes): bigint {
  const scalar = integer(bytes);
  if (bytes.length !== 32 || scalar >= ORDER) throw new Refusal("ScalarEncoding");
  return scalar;
}

export function encodeScalar(scalar: bigint): Bytes {
  return littleEndian(scalar, 32);
}

export function reduce(value: bigint): bigint {
  const rest = value % ORDER;
  return rest < 0n ? rest + ORDER : rest;
}

/** 64 bytes as a challenge. */
export function wideScalar(bytes: Bytes): bigint {
  return integer(bytes) % ORDER;
}

export function invert(scalar: bigint): bigint {
  return Point.Fn.inv(scalar);
}

/** `scalar·point` for any scalar; 0 included. */
export function multiple(point: Point, scalar: bigint): Point {
  const reduced = reduce(scalar);
  return reduced === 0n ? Point.ZERO : point.multiplyUnsafe(reduced);
}

/** Runs a decoder and says, when it refuses, which field it was. */
export function named<T>(decode: () => T, name: (fault: GroupFault) => Refusal): T {
  try {
    return decode();
  } catch (error) {
    if (error instanceof Refusal) throw name(error.kind as GroupFault);
    throw error;
  }
}

/** A sum of multiples of group elements; those of the generator and of one key are added up first. */
export class Combination {
  readonly #points: Point[] = [];
  readonly #scalars: bigint[] = [];
  #onGenerator = 0n;
  #onKey = 0n;

  constructor(readonly key: Point) {}

  add(scalar: bigint, point: Point): void {
    this.#points.push(point);
    this.#scalars.push(reduce(scalar));
  }

  addGenerator(scalar: bigint): void {
    this.#onGenerator += scalar;
  }

  addKey(scalar: bigint): void {
    this.#onKey += scalar;
  }

  vanishes(): boolean {
    const points = [...this.#points, Point.BASE, this.key];
    const scalars = [...this.#scalars, reduce(this.#onGenerator), reduce(this.#onKey)];
    return pippenger(Point, points, scalars).equals(Point.ZERO);
  }
}
