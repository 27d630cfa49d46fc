import { defineConfig } from 'vitest/config';

/** Whole elections: validators, registrars and relays are started for them. */
export default defineConfig({
  test: {
    include: ['tests/real/**/*.test.ts'],
    environment: 'node',
    fileParallelism: false,
    testTimeout: 900_000,
    hookTimeout: 900_000,
  },
});
