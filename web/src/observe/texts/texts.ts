// The texts of the observers' page, in every language of the pages.

import { type Language, useLocale } from '../../locale/locale';
import { en } from './en';
import { ru } from './ru';

/** All texts of a language. */
export type Texts = typeof en;

/** In every language. */
export const texts: Record<Language, Texts> = { en, ru };

/** The texts around a component. */
export function useTexts(): Texts {
  return texts[useLocale().language];
}
