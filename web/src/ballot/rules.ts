// What may be selected in a contest, in words before anything is selected, and as a verdict after.

import type { Contest } from '../chain/state/decode';
import type { Catalogue } from '../locale/locale';

/** How many options are selected. */
export function selected(selection: readonly boolean[]): number {
  return selection.filter(Boolean).length;
}

/** Whether nothing may be selected. */
export function mayBeBlank(contest: Contest): boolean {
  return contest.min === 0 || contest.blankAllowed;
}

/** How many more options have to be selected; 0 where the selection fits. */
export function missing(contest: Contest, selection: readonly boolean[]): number {
  const count = selected(selection);
  return count === 0 && mayBeBlank(contest) ? 0 : Math.max(0, contest.min - count);
}

/** Whether no further option may be selected. */
export function isFull(contest: Contest, selection: readonly boolean[]): boolean {
  return selected(selection) >= contest.max;
}

/** Whether a selection may stand on a ballot. */
export function fits(contest: Contest, selection: readonly boolean[]): boolean {
  return (
    selection.length === contest.options.length &&
    missing(contest, selection) === 0 &&
    selected(selection) <= contest.max
  );
}

/** Whether one option at most is selected, so that selecting one takes back the other. */
export function isSingle(contest: Contest): boolean {
  return contest.max === 1;
}

/** The selection after one option was touched; unchanged where it may not be selected. */
export function touched(contest: Contest, selection: readonly boolean[], option: number): readonly boolean[] {
  if (isSingle(contest)) {
    return selection.map((_, index) => index === option);
  }
  if (selection[option] !== true && isFull(contest, selection)) {
    return selection;
  }
  return selection.map((chosen, index) => (index === option ? !chosen : chosen));
}

/** The rule in words. */
export function rule(contest: Contest, texts: Catalogue['ballot']): string {
  const { min, max, options, blankAllowed } = contest;
  if (min === 0) {
    return max === options.length && max > 1 ? texts.noLimit : texts.upTo(max);
  }
  const range = min === max ? texts.exactly(min) : texts.between(min, max);
  return blankAllowed ? `${range} ${texts.orBlank}` : range;
}
