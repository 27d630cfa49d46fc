// As much of SCALE as a manifest and an extrinsic need.

import { blake2b } from '@noble/hashes/blake2.js';

/** The hash of manifests, ballots and extrinsics. */
export function blake2_256(bytes: Uint8Array): Uint8Array {
  return blake2b(bytes, { dkLen: 32 });
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

export const u8 = (value: number) => Uint8Array.of(value);

export function u32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}

export function compact(value: number): Uint8Array {
  if (value < 64) {
    return u8(value << 2);
  }
  if (value < 2 ** 14) {
    return Uint8Array.of(((value << 2) & 0xff) | 1, value >> 6);
  }
  return u32(value * 4 + 2);
}

export const bytes = (value: Uint8Array) => concat(compact(value.length), value);
export const text = (value: string) => bytes(new TextEncoder().encode(value));
export const list = (values: readonly Uint8Array[]) => concat(compact(values.length), ...values);

/** Reads from the front of bytes. */
export class Reader {
  private at = 0;

  constructor(private readonly source: Uint8Array) {}

  take(length: number): Uint8Array {
    if (this.at + length > this.source.length) {
      throw new Error(`${length} bytes wanted at ${this.at}, there are ${this.source.length} in all`);
    }
    const taken = this.source.subarray(this.at, this.at + length);
    this.at += length;
    return taken;
  }

  u8(): number {
    return this.take(1)[0] ?? 0;
  }

  u32(): number {
    const taken = this.take(4);
    return new DataView(taken.buffer, taken.byteOffset).getUint32(0, true);
  }

  compact(): number {
    const first = this.u8();
    switch (first & 3) {
      case 0:
        return first >> 2;
      case 1:
        return (first >> 2) | (this.u8() << 6);
      case 2: {
        const rest = this.take(3);
        return ((first >> 2) | ((rest[0] ?? 0) << 6) | ((rest[1] ?? 0) << 14)) + (rest[2] ?? 0) * 2 ** 22;
      }
      default:
        throw new Error('a number beyond 30 bits');
    }
  }

  rest(): Uint8Array {
    return this.take(this.source.length - this.at);
  }
}
