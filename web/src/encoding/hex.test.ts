import { expect, test } from 'vitest';

import { fingerprint, fromHex, HexError, isHex, toHex } from './hex';

test('bytes come back as they were', () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
  expect(fromHex(toHex(bytes))).toEqual(bytes);
  expect(toHex(new Uint8Array())).toBe('0x');
});

test('what is not hexadecimal is refused', () => {
  for (const text of ['', '0', '0x0', '0xzz', 'ff', ' 0xff', '0xff\n']) {
    expect(() => fromHex(text), JSON.stringify(text)).toThrow(HexError);
  }
  expect(isHex('0xff', 1)).toBe(true);
  expect(isHex('0xff', 2)).toBe(false);
  expect(isHex(255)).toBe(false);
});

test('a fingerprint loses no digit', () => {
  const hash = `0x${'0123456789abcdef'.repeat(4)}`;
  expect(fingerprint(hash)).toHaveLength(16);
  expect(`0x${fingerprint(hash).join('')}`).toBe(hash);
});
