import { expect, test } from 'vitest';

import { Keeper } from './keeper';

test('the last state is written, and those in between only if there is time', async () => {
  let state = 0;
  const written: number[] = [];
  const keeper = new Keeper(async () => {
    written.push(state);
    await new Promise((resolve) => setTimeout(resolve, 5));
  });
  const writes: Promise<void>[] = [];
  for (state = 1; state < 50; state += 1) {
    writes.push(keeper.keep());
    await Promise.resolve();
  }
  state = 50;
  writes.push(keeper.keep());
  await Promise.all(writes);
  expect(written.at(-1)).toBe(50);
  expect(written.length).toBeLessThan(5);
});

test('a write that fails is told to those who asked for it, and the next one is made', async () => {
  let fails = true;
  const keeper = new Keeper(() => (fails ? Promise.reject(new Error('full')) : Promise.resolve()));
  await expect(keeper.keep()).rejects.toThrow('full');
  await keeper.settled();
  fails = false;
  await expect(keeper.keep()).resolves.toBeUndefined();
});
