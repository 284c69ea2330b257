import { expect, test } from 'vitest';
import { planQueue } from './plan-queue.ts';

test.each([
  ['two places', 2, ['a', 'a'], ['a', 'a', 'b', 'c'], [2, 0, 3, 1]],
  ['three places, the last of which is kept for b', 3, ['a', 'a'], ['a', 'b', 'a'], [1, 0, 2]],
  ['one place, which nobody holds when it is free', 1, ['a'], ['a', 'b', 'a'], [0, 1, 2]],
])(
  'with %s, who asks for much waits behind who asks for little',
  (_title, places, running, subjects, expected) => {
    const waiting = subjects.map((subject_id, index) => ({ subject_id, index }));

    expect(planQueue(waiting, running, places).map(({ index }) => index)).toEqual(expected);
  },
);
