/** SCALE, strictly: one value has one encoding, and anything else is refused. */

import { concat, littleEndian, u32, type Bytes } from "./bytes.js";

export class DecodeError extends Error {}

/** Lists and calls that may lie within each other (PSE-WIR-1): hostile bytes must not exhaust the stack. */
const MAX_DEPTH = 16;

export class Reader {
  #depth = 0;
  #offset = 0;

  constructor(readonly bytes: Bytes) {}

  get offset(): number {
    return this.#offset;
  }

  /** The bytes between an earlier place and this one. */
  since(offset: number): Bytes {
    return this.bytes.subarray(offset, this.#offset);
  }

  take(length: number): Bytes {
    const end = this.#offset + length;
    if (end > this.bytes.length) throw new DecodeError("the bytes end too early");
    const taken = this.bytes.subarray(this.#offset, end);
    this.#offset = end;
    return taken;
  }

  u8(): number {
    return this.take(1)[0] ?? 0;
  }

  u16(): number {
    return this.u8() + this.u8() * 0x100;
  }

  u32(): number {
    return this.u16() + this.u16() * 0x10000;
  }

  u64(): bigint {
    return BigInt(this.u32()) + (BigInt(this.u32()) << 32n);
  }

  bool(): boolean {
    const byte = this.u8();
    if (byte > 1) throw new DecodeError(`${byte} is no truth value`);
    return byte === 1;
  }

  /** A compact integer below 2^bits; longer encodings than need be are refused. */
  compactInteger(bits: 32 | 64): bigint {
    const first = this.u8();
    const [value, least] = this.#compactRest(first);
    if (value < least || value >= 1n << BigInt(bits)) throw new DecodeError("a compact integer is out of its range");
    return value;
  }

  #compactRest(first: number): [bigint, bigint] {
    const six = first >> 2;
    switch (first & 3) {
      case 0:
        return [BigInt(six), 0n];
      case 1:
        return [BigInt(six + this.u8() * 0x40), 1n << 6n];
      case 2:
        return [BigInt(six + this.u8() * 0x40 + this.u16() * 0x4000), 1n << 14n];
      default: {
        const length = six + 4;
        const bytes = this.take(length);
        let value = 0n;
        for (let at = length - 1; at >= 0; at--) value = (value << 8n) | BigInt(bytes[at] ?? 0);
        return [value, length === 4 ? 1n << 30n : 1n << BigInt(8 * (length - 1))];
      }
    }
  }

  compact(): number {
    return Number(this.compactInteger(32));
  }

  option<T>(read: () => T): T | undefined {
    return this.bool() ? read() : undefined;
  }

  byteList(most: number): Bytes {
    const length = this.compact();
    if (length > most) throw new DecodeError(`${length} bytes where at most ${most} are allowed`);
    return this.take(length);
  }

  list<T>(most: number, read: () => T): T[] {
    const length = this.compact();
    if (length > most) throw new DecodeError(`${length} items where at most ${most} are allowed`);
    return this.within(() => {
      const items: T[] = [];
      for (let at = 0; at < length; at++) items.push(read());
      return items;
    });
  }

  /** Goes one level deeper, but not too deep. */
  within<T>(read: () => T): T {
    if (this.#depth >= MAX_DEPTH) throw new DecodeError(`lists and calls lie more than ${MAX_DEPTH} deep`);
    this.#depth += 1;
    const value = read();
    this.#depth -= 1;
    return value;
  }

  end(): void {
    const left = this.bytes.length - this.#offset;
    if (left > 0) throw new DecodeError(`${left} bytes are left over`);
  }
}

/** Decodes all of the bytes, or throws a `DecodeError`. */
export function decodeAll<T>(bytes: Bytes, read: (reader: Reader) => T): T {
  const reader = new Reader(bytes);
  const value = read(reader);
  reader.end();
  return value;
}

export function compact(value: number | bigint): Bytes {
  const integer = BigInt(value);
  if (integer < 1n << 6n) return littleEndian(integer << 2n, 1);
  if (integer < 1n << 14n) return littleEndian((integer << 2n) | 1n, 2);
  if (integer < 1n << 30n) return littleEndian((integer << 2n) | 2n, 4);
  const length = Math.max(4, Math.ceil(integer.toString(16).length / 2));
  return concat(Uint8Array.of(((length - 4) << 2) | 3), littleEndian(integer, length));
}

/** A list of bytes, or a text: its length in front. */
export function byteList(bytes: Bytes): Bytes {
  return concat(compact(bytes.length), bytes);
}

/** A list of items that are encoded already. */
export function list(items: readonly Bytes[]): Bytes {
  return concat(compact(items.length), ...items);
}

export { u32 };
