import { expect, test } from 'vitest';
import { createProgress } from './show-progress.ts';

test('progress is told once a second, and not before one has passed', () => {
  const told: string[] = [];
  let nowMs = 0;
  const tell = createProgress(
    (text) => told.push(text),
    () => nowMs,
  );
  for (nowMs = 0; nowMs <= 2_500; nowMs += 500) tell({ table: 'job', rows: nowMs });

  expect(told).toEqual(['1000 rows, at job …\n', '2000 rows, at job …\n']);
});
