/** Bytes as hexadecimal with `0x`, as the chain writes them. */
export type Hex = `0x${string}`;

/** What is not hexadecimal with `0x`, or not of the length asked for. */
export class HexError extends Error {}

/** Whether a text is hexadecimal with `0x`, of so many bytes where a number is given. */
export function isHex(text: unknown, bytes?: number): text is Hex {
  return (
    typeof text === 'string' &&
    /^0x(?:[0-9a-f]{2})*$/i.test(text) &&
    (bytes === undefined || text.length === 2 + 2 * bytes)
  );
}

/** The bytes of a hexadecimal text. */
export function fromHex(text: string): Uint8Array {
  if (!isHex(text)) {
    throw new HexError('expected hexadecimal digits after 0x');
  }
  const bytes = new Uint8Array((text.length - 2) / 2);
  for (let at = 0; at < bytes.length; at += 1) {
    bytes[at] = Number.parseInt(text.slice(2 + 2 * at, 4 + 2 * at), 16);
  }
  return bytes;
}

/** The hexadecimal text of bytes. */
export function toHex(bytes: Uint8Array): Hex {
  let text: Hex = '0x';
  for (const byte of bytes) {
    text += byte.toString(16).padStart(2, '0');
  }
  return text;
}

/** Groups of four digits, which two people can read to each other. */
export function fingerprint(hash: string): string[] {
  return hash.replace(/^0x/, '').match(/.{1,4}/g) ?? [];
}
