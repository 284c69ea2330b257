import { expect, test } from 'vitest';
import { createCallStats } from './call-stats.ts';

test('calls are counted per job and per caller of a family, once', () => {
  const stats = createCallStats();
  stats.record('adder-1', 'adder', 'alice', 10);
  stats.record('adder-2', 'adder', 'alice', 20);
  stats.record('adder-2', 'adder', undefined, 30);

  expect(stats.take()).toEqual({
    jobs: [
      { jobId: 'adder-1', calls: 1, lastCallAt: 10 },
      { jobId: 'adder-2', calls: 2, lastCallAt: 30 },
    ],
    edges: [
      { subjectId: 'alice', family: 'adder', calls: 2, lastCallAt: 20 },
      { subjectId: null, family: 'adder', calls: 1, lastCallAt: 30 },
    ],
  });
  expect(stats.take()).toEqual({ jobs: [], edges: [] });
});

test('callers beyond the limit are counted as nobody in particular, those known before as themselves', () => {
  const stats = createCallStats(2);
  for (const caller of ['a', 'b', 'c', 'd', 'a']) stats.record('adder-1', 'adder', caller, 1);
  stats.record('other-1', 'other', 'a', 1);

  const counts = stats.take().edges.map(({ family, subjectId, calls }) => [family, subjectId, calls]);
  expect(counts).toEqual([
    ['adder', 'a', 2],
    ['adder', 'b', 1],
    ['adder', null, 2],
    ['other', null, 1],
  ]);
  // A report later there is room again.
  stats.record('adder-1', 'adder', 'c', 1);
  expect(stats.take().edges[0]?.subjectId).toBe('c');
});
