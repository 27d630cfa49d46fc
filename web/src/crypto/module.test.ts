// The compiled module as a file: how large it is, what it can reach, and what it gives away.

import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';

const wasm = readFileSync(fileURLToPath(new URL('./generated/psephos_crypto_wasm_bg.wasm', import.meta.url)));

/** Voters load it over telephones' connections. */
const MAX_COMPRESSED_BYTES = 400_000;

/** Finding the source of randomness, in browsers and in Node.js, and drawing from it. */
const RANDOMNESS = ['crypto', 'msCrypto', 'process', 'versions', 'node', 'require', 'call', 'randomFillSync', 'getRandomValues'];
/** The bytes to fill. */
const ARRAYS = ['new_with_length', 'subarray', 'length', 'prototypesetcall'];
/** The global object, under its four names. */
const GLOBALS = ['GLOBAL_THIS', 'SELF', 'GLOBAL', 'WINDOW'].map((name) => `static_accessor_${name}`);
/** Errors. */
const ERRORS = ['__wbindgen_throw', 'Error'];

/** Without what wasm-bindgen puts around a name. */
function plain(name: string): string {
  return name.replace(/^__wbg_/, '').replace(/_[0-9a-f]{16}$/, '');
}

test('it is small enough for a telephone', () => {
  expect(gzipSync(wasm, { level: 9 }).length).toBeLessThan(MAX_COMPRESSED_BYTES);
});

test('it can draw randomness and report errors, and reaches nothing else of the browser', () => {
  const imported = WebAssembly.Module.imports(new WebAssembly.Module(wasm)).map(({ name }) => plain(name));
  const own = (name: string) => name.startsWith('__wbindgen_');
  const reached = imported.filter((name) => !own(name) || ERRORS.includes(name));
  expect(reached).toContain('getRandomValues');
  expect(reached.filter((name) => ![...RANDOMNESS, ...ARRAYS, ...GLOBALS, ...ERRORS].includes(name))).toEqual([]);
});

test('no path of the machine that compiled it is in it', () => {
  const text = wasm.toString('latin1');
  const checkout = fileURLToPath(new URL('../../..', import.meta.url));
  expect(text).toContain('psephos');
  for (const path of [homedir(), checkout, '.cargo/registry', '/usr/lib/rustlib']) {
    expect(text.includes(path), path).toBe(false);
  }
});
