// Numbers and times as people write them.

/** A number. */
export function number(language: string, value: number): string {
  return new Intl.NumberFormat(language).format(value);
}

/** A share of a whole in per cent; a dash where there is no whole. */
export function percent(language: string, part: number, whole: number): string {
  return whole === 0
    ? '–'
    : new Intl.NumberFormat(language, { style: 'percent', minimumFractionDigits: 1, maximumFractionDigits: 1 }).format(part / whole);
}

/** A time of day. */
export function timeOfDay(language: string, time: number, seconds = false): string {
  return new Intl.DateTimeFormat(language, seconds ? { timeStyle: 'medium' } : { hour: '2-digit', minute: '2-digit' }).format(time);
}

/** A day and a time of day. */
export function dayAndTime(language: string, time: number): string {
  return new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' }).format(time);
}

/** Hours, minutes and seconds that are left, as a clock shows them; days where there are any. */
export function remaining(language: string, milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1_000));
  const [days, hours, minutes] = [Math.floor(seconds / 86_400), Math.floor(seconds / 3_600) % 24, Math.floor(seconds / 60) % 60];
  const clock = [hours, minutes, seconds % 60].map((part) => part.toString().padStart(2, '0')).join(':');
  const unit = new Intl.NumberFormat(language, { style: 'unit', unit: 'day', unitDisplay: 'short' });
  return days === 0 ? clock : `${unit.format(days)} ${clock}`;
}

/** The ends of a long text, for a table; the whole is the title beside it. */
export function ends(text: string, each = 6): string {
  return text.length <= 2 * each + 1 ? text : `${text.slice(0, each)}…${text.slice(-each)}`;
}
