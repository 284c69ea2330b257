import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { mergeReplayedLines } from './merge-replayed-lines.ts';

test('drops what was shown before the connection broke', () => {
  expect(mergeReplayedLines(['a', 'b', 'c'], ['b', 'c', 'd'])).toEqual(['d']);
  expect(mergeReplayedLines(['a'], ['a'])).toEqual([]);
  expect(mergeReplayedLines(['a'], ['x'])).toEqual(['x']);
  expect(mergeReplayedLines([], ['x'])).toEqual(['x']);
});

test('loses and doubles nothing as long as the replay reaches back to a shown line', () => {
  const log = fc.uniqueArray(fc.string(), { minLength: 1 });
  fc.assert(
    fc.property(log, fc.nat(), fc.nat(), (lines, a, b) => {
      const shownCount = a % (lines.length + 1);
      const shown = lines.slice(0, shownCount);
      const replayed = lines.slice(b % (shownCount + 1));

      expect([...shown, ...mergeReplayedLines(shown, replayed)]).toEqual(lines);
    }),
  );
});
