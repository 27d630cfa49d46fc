import { defineConfig } from 'vitest/config';

/** A browser, and two cores: one file after another. */
export default defineConfig({
  test: {
    include: ['tests/pages/**/*.test.ts'],
    environment: 'node',
    fileParallelism: false,
    testTimeout: 240_000,
    hookTimeout: 180_000,
  },
});
