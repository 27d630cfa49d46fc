import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

import { listOfFiles, subresourceIntegrity } from './build/integrity';

const pages = ['index.html', 'receipt.html', 'check.html', 'observe.html'];
const path = (page: string) => fileURLToPath(new URL(page, import.meta.url));

export default defineConfig({
  // Relative, so that the pages can lie in any folder of any server.
  base: './',
  esbuild: { jsx: 'automatic', jsxImportSource: 'preact' },
  build: {
    target: 'es2022',
    outDir: process.env['PSEPHOS_WEB_OUT'] ?? 'dist',
    emptyOutDir: true,
    // An inlined file would need a policy that allows `data:`.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: { input: pages.map(path).filter(existsSync) },
  },
  // What is imported from the second verifier brings no packages of its own.
  resolve: { dedupe: ['@noble/curves', '@noble/hashes'] },
  worker: { format: 'es' },
  plugins: [subresourceIntegrity(), listOfFiles()],
});
