import { expect, test } from 'vitest';

import { readSums } from './bundle';

const hash = 'a'.repeat(64);

test('a list is that of sha256sum', () => {
  expect(readSums(`${hash}  index.html\n${hash}  assets/page-1_a.js\n`)).toEqual([
    { hash, path: 'index.html' },
    { hash, path: 'assets/page-1_a.js' },
  ]);
});

test.each(['', '<!doctype html>', `${hash} index.html`, `${hash}  /etc/passwd`, `${hash}  ..//x`, `${hash}  https://a/b`])(
  '%j is none',
  (text) => {
    expect(readSums(text)).toBeNull();
  },
);
