import { describe, expect, test } from 'vitest';
import { limitConcurrency } from './limit-concurrency.ts';

describe('limitConcurrency', () => {
  test('runs a few at a time, in order, and refuses what is too much', async () => {
    const run = limitConcurrency({ running: 2, waiting: 1 });
    const started: number[] = [];
    const gates = [0, 1, 2].map(() => Promise.withResolvers<void>());
    const work = gates.map(
      async (gate, index) =>
        await run(async () => {
          started.push(index);
          await gate.promise;
          return index;
        }),
    );

    expect(started).toEqual([0, 1]);
    await expect(run(async () => await Promise.resolve(3))).rejects.toThrow(
      expect.objectContaining({ code: 'SERVER_BUSY' }),
    );
    gates[1]?.resolve();
    await work[1];
    gates[0]?.resolve();
    gates[2]?.resolve();
    expect(await Promise.all(work)).toEqual([0, 1, 2]);
    expect(started).toEqual([0, 1, 2]);
  });

  test('gives the place free when work fails', async () => {
    const run = limitConcurrency({ running: 1, waiting: 0 });
    await run(async () => await Promise.reject(new Error('no'))).catch(() => {});

    expect(await run(async () => await Promise.resolve('yes'))).toBe('yes');
  });
});
