import { expect, test } from 'vitest';

import { texts } from './texts';

function entries(value: object, path = ''): Map<string, string> {
  const found = new Map<string, string>();
  for (const [key, entry] of Object.entries(value) as [string, unknown][]) {
    const name = path === '' ? key : `${path}.${key}`;
    if (typeof entry === 'string') {
      found.set(name, entry);
    } else if (typeof entry === 'function') {
      found.set(name, String((entry as (...args: unknown[]) => unknown)(2, 5, 7)));
    } else if (typeof entry === 'object' && entry !== null) {
      entries(entry, name).forEach((text, nested) => found.set(nested, text));
    }
  }
  return found;
}

test('every text is there in every language, in its own script', () => {
  const english = entries(texts.en);
  const russian = entries(texts.ru);
  expect([...russian.keys()]).toEqual([...english.keys()]);
  expect([...russian].filter(([, text]) => !/[а-яё№]/i.test(text))).toEqual([]);
  expect([...english].filter(([, text]) => text.trim() === '' || /[а-яё]|undefined/i.test(text))).toEqual([]);
});
