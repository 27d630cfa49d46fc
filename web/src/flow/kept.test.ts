import { expect, test } from 'vitest';

import { readKept } from './kept';
import { begin, type Flow, type Step } from './state';

const flow: Flow = {
  ...begin([0, 1]),
  step: 'ballot',
  district: 3,
  selections: [[true, false]],
  voterNumber: '9',
  signatures: 1,
  visits: [{ registrar: 0, token: 't', link: 'l', district: 3, voterNumber: '9', ends: 4 }],
};

const kept = (step: Step) => JSON.parse(JSON.stringify({ flow: { ...flow, step }, secrets: 's', oidcState: null })) as unknown;

test('a reload finds what was there', () => {
  expect(readKept(kept('ballot'))).toEqual({
    flow: { ...flow, notice: { kind: 'resumed' } },
    secrets: 's',
    oidcState: null,
  });
});

test.each([
  ['recording', 'review'],
  ['sealed', 'review'],
  ['challenged', 'ballot'],
  ['delivering', 'overview'],
] as [Step, Step][])('from %s it leads to %s', (from, to) => {
  expect(readKept(kept(from))?.flow.step).toBe(to);
});

test('what is not of this shape is not taken up', () => {
  expect(readKept(null)).toBeNull();
  expect(readKept({})).toBeNull();
  expect(readKept({ ...(kept('ballot') as object), secrets: 5 })).toBeNull();
});
