import { expect, test } from 'vitest';

import { shapeOf, ShapeError } from './shape';

const of = (value: unknown) => shapeOf(value, 'answer');

test('an error names the place and what should stand there', () => {
  const read = () => of({ list: [{ a: 1 }, { a: 'x' }] }).field('list').list(5, (entry) => entry.field('a').count());
  expect(read).toThrow(new ShapeError('answer.list[1].a', 'a whole number that is not negative'));
});

test('each reader refuses what is not of its shape', () => {
  expect(() => of(1).text()).toThrow('answer: expected a text');
  expect(() => of('1').count()).toThrow(ShapeError);
  expect(() => of(-1).count()).toThrow(ShapeError);
  expect(() => of(1.5).count()).toThrow(ShapeError);
  expect(() => of(2 ** 60).count()).toThrow(ShapeError);
  expect(() => of('true').flag()).toThrow(ShapeError);
  expect(() => of('0xabc').hex()).toThrow(ShapeError);
  expect(() => of('0xabcd').hex(3)).toThrow('answer: expected 3 bytes in hexadecimal');
  expect(() => of('c').oneOf('a', 'b')).toThrow('answer: expected one of a, b');
  expect(() => of([1, 2]).list(1, (entry) => entry.count())).toThrow('answer: expected at most 1 entries');
  expect(() => of({}).list(1, (entry) => entry.count())).toThrow('answer: expected a list');
  expect(() => of([]).field('a')).toThrow('answer: expected an object');
});

test('what may be absent is null', () => {
  expect(of({}).field('a').optional((a) => a.text())).toBeNull();
  expect(of({ a: null }).field('a').optional((a) => a.text())).toBeNull();
  expect(of({ a: 'b' }).field('a').optional((a) => a.text())).toBe('b');
});
