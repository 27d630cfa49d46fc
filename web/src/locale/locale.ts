// Which language the page speaks, and what follows from it.

import { createContext } from 'preact';
import { useContext } from 'preact/hooks';

import { en } from './en';
import { ru } from './ru';

/** All texts of a language. */
export type Catalogue = typeof en;

/** The languages that the pages speak. */
export const catalogues = { en, ru } as const satisfies Record<string, Catalogue>;

/** A language that the pages speak. */
export type Language = keyof typeof catalogues;

/** Scripts that run from right to left, by language: the layout needs no more than this to turn. */
const RIGHT_TO_LEFT = new Set(['ar', 'fa', 'he', 'ur', 'yi']);

/** Where the choice is kept: not a word about the vote. */
const CHOICE = 'psephos-language';

/** Whether the pages speak a language. */
export function isLanguage(text: string | null): text is Language {
  return text !== null && Object.hasOwn(catalogues, text);
}

/** The direction of a language's script. */
export function direction(language: string): 'ltr' | 'rtl' {
  return RIGHT_TO_LEFT.has(language.split('-')[0] ?? '') ? 'rtl' : 'ltr';
}

/** The first of the wished languages that the pages speak. */
export function preferred(wished: readonly string[]): Language {
  const spoken = wished.map((tag) => tag.split('-')[0] ?? '').find(isLanguage);
  return spoken ?? 'en';
}

/** The language that was chosen, or that the browser asks for. */
export function initialLanguage(): Language {
  const chosen = localStorage.getItem(CHOICE);
  return isLanguage(chosen) ? chosen : preferred(navigator.languages);
}

/** Keeps the choice, and tells the document. */
export function speak(language: Language): void {
  localStorage.setItem(CHOICE, language);
  document.documentElement.lang = language;
  document.documentElement.dir = direction(language);
}

/** A language, its texts, and how to change it. */
export interface Locale {
  readonly language: Language;
  readonly texts: Catalogue;
  readonly change: (language: Language) => void;
}

/** The language that is spoken around a component. */
export const LocaleContext = createContext<Locale>({ language: 'en', texts: en, change: () => undefined });

/** The texts around a component. */
export function useLocale(): Locale {
  return useContext(LocaleContext);
}
