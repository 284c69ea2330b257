import { expect, test } from 'vitest';
import { planQueue } from './plan-queue.ts';

test.each([
  ['two places', ['a', 'a'], ['a', 'a', 'b', 'c'], [2, 0, 3, 1]],
  ['one place, which nobody holds when it is free', ['a'], ['a', 'b', 'a'], [0, 1, 2]],
])('with %s, who asks for much waits behind who asks for little', (_title, running, subjects, expected) => {
  const waiting = subjects.map((subject_id, index) => ({ subject_id, index }));

  expect(planQueue(waiting, running).map(({ index }) => index)).toEqual(expected);
});
