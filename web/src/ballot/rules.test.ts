import { describe, expect, test } from 'vitest';

import type { Contest } from '../chain/state/decode';
import { en } from '../locale/en';
import { fits, isFull, missing, rule, touched } from './rules';

const contest = (min: number, max: number, blankAllowed = false): Contest => ({
  id: 1,
  title: 'T',
  options: ['a', 'b', 'c', 'd'],
  min,
  max,
  blankAllowed,
});

const select = (...options: number[]) => [0, 1, 2, 3].map((option) => options.includes(option));

describe('the rule', () => {
  test.each([
    [contest(0, 1), 'Select one option, or leave it blank.'],
    [contest(0, 3), 'Select up to 3 options, or none.'],
    [contest(0, 4), 'Select as many as you like, or none.'],
    [contest(1, 1), 'Select exactly 1 option.'],
    [contest(2, 2), 'Select exactly 2 options.'],
    [contest(2, 3), 'Select 2 to 3 options.'],
    [contest(2, 3, true), 'Select 2 to 3 options. You may also leave it blank.'],
  ])('of %j says it before', (of, text) => {
    expect(rule(of, en.ballot)).toBe(text);
  });
});

describe('the verdict', () => {
  test('counts what is missing, and nothing where blank is allowed', () => {
    expect(missing(contest(2, 3), select())).toBe(2);
    expect(missing(contest(2, 3), select(0))).toBe(1);
    expect(missing(contest(2, 3), select(0, 1))).toBe(0);
    expect(missing(contest(2, 3, true), select())).toBe(0);
    expect(missing(contest(2, 3, true), select(3))).toBe(1);
    expect(missing(contest(0, 1), select())).toBe(0);
  });

  test('fits only within the range and with as many places as options', () => {
    expect(fits(contest(1, 2), select(0, 1))).toBe(true);
    expect(fits(contest(1, 2), select(0, 1, 2))).toBe(false);
    expect(fits(contest(1, 2), select())).toBe(false);
    expect(fits(contest(1, 2), [true])).toBe(false);
  });
});

describe('touching an option', () => {
  test('takes back the other where one may be selected', () => {
    expect(touched(contest(0, 1), select(0), 2)).toEqual(select(2));
  });

  test('selects and takes back where several may', () => {
    expect(touched(contest(0, 2), select(0), 2)).toEqual(select(0, 2));
    expect(touched(contest(0, 2), select(0, 2), 0)).toEqual(select(2));
  });

  test('never exceeds the maximum', () => {
    const full = select(0, 2);
    expect(isFull(contest(0, 2), full)).toBe(true);
    expect(touched(contest(0, 2), full, 3)).toBe(full);
  });
});
