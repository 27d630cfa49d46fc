import { expect, test } from 'vitest';

import { catalogues, direction, isLanguage, preferred } from './locale';
import { plural } from './plural';

/** All paths to texts, and the texts; functions are called with numbers that bring out every form. */
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

/** File names are the same everywhere. */
const SAME = new Set(['challenged.fileName', 'final.fileName', 'ballot.district']);

test('every language has every text', () => {
  const english = entries(catalogues.en);
  expect(english.size).toBeGreaterThan(150);
  for (const [language, catalogue] of Object.entries(catalogues)) {
    const texts = entries(catalogue);
    expect([...texts.keys()], language).toEqual([...english.keys()]);
    for (const [name, text] of texts) {
      expect(text.trim(), `${language} ${name}`).not.toBe('');
      expect(text, `${language} ${name}`).not.toContain('undefined');
    }
  }
});

test('no Russian text was left in English', () => {
  const english = entries(catalogues.en);
  const same = [...entries(catalogues.ru)].filter(([name, text]) => !SAME.has(name) && english.get(name) === text);
  expect(same).toEqual([]);
  const latin = [...entries(catalogues.ru)].filter(([name, text]) => !SAME.has(name) && !/[а-яё]/i.test(text));
  expect(latin).toEqual([]);
});

test('numbers take the right form', () => {
  const forms = { one: 'минута', few: 'минуты', many: 'минут', other: 'минуты' };
  expect([1, 2, 5, 11, 21, 22].map((n) => plural('ru', n, forms))).toEqual([
    '1 минута',
    '2 минуты',
    '5 минут',
    '11 минут',
    '21 минута',
    '22 минуты',
  ]);
});

test('the first language that is spoken is taken', () => {
  expect(preferred(['de-DE', 'ru-RU', 'en'])).toBe('ru');
  expect(preferred(['de'])).toBe('en');
  expect(isLanguage('toString')).toBe(false);
});

test('the layout turns for scripts that run from right to left', () => {
  expect(['ar', 'he-IL', 'fa'].map(direction)).toEqual(['rtl', 'rtl', 'rtl']);
  expect(['en', 'ru'].map(direction)).toEqual(['ltr', 'ltr']);
});
