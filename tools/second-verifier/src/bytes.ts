/** Byte strings: comparing, joining, and writing them down. */

export type Bytes = Uint8Array;

const DIGITS = "0123456789abcdef";

export function hex(bytes: Bytes): string {
  let text = "";
  for (const byte of bytes) text += DIGITS.charAt(byte >> 4) + DIGITS.charAt(byte & 15);
  return text;
}

/** Reads lower- or upper-case hexadecimal, with or without `0x`; anything else is an error. */
export function unhex(text: string): Bytes {
  const digits = text.startsWith("0x") ? text.slice(2) : text;
  if (digits.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(digits)) throw new TypeError(`not hexadecimal: ${text}`);
  return Uint8Array.from({ length: digits.length / 2 }, (_, at) => Number.parseInt(digits.slice(2 * at, 2 * at + 2), 16));
}

export function concat(...parts: readonly Bytes[]): Bytes {
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

export function equal(left: Bytes, right: Bytes): boolean {
  return left.length === right.length && left.every((byte, at) => byte === right[at]);
}

export function ascii(text: string): Bytes {
  return new TextEncoder().encode(text);
}

/** A non-negative integer from little-endian bytes. */
export function integer(bytes: Bytes): bigint {
  let value = 0n;
  for (let at = bytes.length - 1; at >= 0; at--) value = (value << 8n) | BigInt(bytes[at] ?? 0);
  return value;
}

/** A non-negative integer in so many bytes, little-endian. */
export function littleEndian(value: bigint | number, length: number): Bytes {
  let rest = BigInt(value);
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at++) {
    bytes[at] = Number(rest & 255n);
    rest >>= 8n;
  }
  return bytes;
}

export const u32 = (value: number): Bytes => littleEndian(value, 4);
