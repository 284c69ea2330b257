import { expect, test } from 'vitest';
import { createKeyedLock } from './keyed-lock.ts';

test('a keyed lock runs the work on one key in order, also after a failure, and other keys beside it', async () => {
  const lock = createKeyedLock();
  const events: string[] = [];
  const work = (name: string, error?: Error) => async () => {
    events.push(`${name} begins`);
    await Promise.resolve();
    events.push(`${name} ends`);
    if (error !== undefined) throw error;
  };

  const all = Promise.allSettled([
    lock.run('a', work('first', new Error('failed'))),
    lock.run('a', work('second')),
    lock.run('b', work('other')),
  ]);
  const wasHeld = lock.isHeld('a');
  await all;

  expect(events.filter((event) => !event.startsWith('other'))).toEqual([
    'first begins',
    'first ends',
    'second begins',
    'second ends',
  ]);
  expect(events.indexOf('other begins')).toBeLessThan(events.indexOf('second begins'));
  expect([wasHeld, lock.isHeld('a')]).toEqual([true, false]);
});
