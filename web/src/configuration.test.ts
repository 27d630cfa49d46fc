import { expect, test } from 'vitest';

import { readConfiguration } from './configuration';

const valid = {
  election: 1,
  genesis: `0x${'AB'.repeat(32)}`,
  nodes: ['ws://127.0.0.1:1/'],
  registrars: [{ index: 0, url: 'https://registrar.example/' }],
  relays: [{ url: 'https://relay.example', public_key: `0x${'01'.repeat(32)}` }],
  hops: 1,
  checker: './check.html',
};

test('addresses lose their last slash, hashes their capitals', () => {
  const configuration = readConfiguration(valid);
  expect(configuration.nodes).toEqual(['ws://127.0.0.1:1']);
  expect(configuration.registrars).toEqual([{ index: 0, url: 'https://registrar.example' }]);
  expect(configuration.genesis).toBe(`0x${'ab'.repeat(32)}`);
});

test('an election without relays is configured without hops', () => {
  expect(readConfiguration({ ...valid, relays: [], hops: 0 }).relays).toEqual([]);
});

test.each([
  [{ nodes: [] }, 'config.json.nodes: expected at least one address'],
  [{ nodes: ['http://a'] }, 'http://a: expected an address that begins with wss: or ws:'],
  [{ genesis: '0x01' }, 'config.json.genesis: expected 32 bytes in hexadecimal'],
  [{ hops: 2 }, 'config.json.hops: expected 1 to 1, as many as there are relays'],
  [{ hops: 0 }, 'config.json.hops: expected 1 to 1, as many as there are relays'],
  [
    { registrars: [{ index: 0, url: 'javascript:alert(1)' }] },
    'javascript:alert(1): expected an address that begins with https: or http:',
  ],
  [{ election: -1 }, 'config.json.election: expected a whole number that is not negative'],
])('%j is refused', (change, message) => {
  expect(() => readConfiguration({ ...valid, ...change })).toThrow(message);
});
