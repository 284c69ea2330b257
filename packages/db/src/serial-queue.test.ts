import { expect, test } from 'vitest';
import { SerialQueue } from './serial-queue.ts';
import { withTimeLimit } from './time-limit.ts';

test('users follow each other in order of arrival, and who waits too long is turned away', async () => {
  const queue = new SerialQueue(50);
  const order: string[] = [];
  await queue.enter();
  const second = queue.enter().then(() => order.push('second'));
  const third = queue.enter().then(() => order.push('third'));
  queue.leave();
  await second;

  await expect(third).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  queue.leave();
  await queue.enter();
  expect(order).toEqual(['second']);
});

test('work that never ends is given up', async () => {
  const endless = new Promise<never>(() => undefined);

  await expect(withTimeLimit(endless, 10, 'a transaction')).rejects.toMatchObject({
    code: 'STORE_UNAVAILABLE',
  });
  await expect(withTimeLimit(Promise.resolve(1), 10, 'a transaction')).resolves.toBe(1);
});
