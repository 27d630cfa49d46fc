import { defineConfig } from 'vitest/config';

/** Some of them talk to nodes of a fake chain, with real signatures: on a machine that does much else, that takes a while. */
export default defineConfig({
  test: { include: ['src/**/*.test.ts'], environment: 'node', testTimeout: 120_000, hookTimeout: 120_000 },
});
