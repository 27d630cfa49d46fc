/** The form of a word for a number, by the language's own rules. */
export function plural(
  language: string,
  number: number,
  forms: { one: string; other: string; few?: string; many?: string },
): string {
  const rule = new Intl.PluralRules(language).select(number);
  const form = rule === 'one' || rule === 'few' || rule === 'many' ? forms[rule] : undefined;
  return `${new Intl.NumberFormat(language).format(number)} ${form ?? forms.other}`;
}
