import eslint from '@eslint/js';
import reactHooks from 'eslint-plugin-react-hooks';
import { fileURLToPath, URL } from 'node:url';
import tseslint from 'typescript-eslint';

export default tseslint.config(
  // Generated from Rust by wasm-bindgen.
  { ignores: ['dist/', 'output/', 'src/crypto/generated/', 'public/'] },
  eslint.configs.recommended,
  {
    files: ['**/*.{ts,tsx}'],
    extends: [...tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: fileURLToPath(new URL('.', import.meta.url)) } },
    plugins: { 'react-hooks': reactHooks },
    rules: {
      ...reactHooks.configs.recommended.rules,
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      eqeqeq: 'error',
      'no-console': 'error',
    },
  },
);
