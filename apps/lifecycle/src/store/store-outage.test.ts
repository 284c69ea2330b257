import { expect, test, vi } from 'vitest';
import { PlatformError } from '@racetrack-platform/errors';
import { createLogger } from '../telemetry/logger.ts';
import { StoreOutage } from './store-outage.ts';

const away = new PlatformError('STORE_UNAVAILABLE', 'no route to db');

function openOutage(ask?: () => Promise<unknown>): { outage: StoreOutage; lines: string[] } {
  const lines: string[] = [];
  const stream = { write: (line: string) => void lines.push(line) };
  return { outage: new StoreOutage(createLogger({ level: 'info', name: 'test', stream }), ask), lines };
}

const PATIENCE = { timeout: 4_000 };

test('an outage is one line in the log, however many notice it', () => {
  const { outage, lines } = openOutage();

  for (let count = 0; count < 100; count += 1) expect(outage.isCause(away)).toBe(true);
  outage.isOver();

  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain('no route to db');
});

test('only an outage is waited out', async () => {
  const { outage } = openOutage();
  const { signal } = new AbortController();
  let attempts = 0;

  const result = await outage.outlast(async () => {
    attempts += 1;
    if (attempts < 3) throw away;
    return 'done';
  }, signal);

  expect([result, attempts]).toEqual(['done', 3]);
  await expect(outage.outlast(async () => await Promise.reject(new Error('a bug')), signal)).rejects.toThrow(
    'a bug',
  );
});

test('whoever waits for the store can be told to stop', async () => {
  const { outage } = openOutage();
  const stop = new AbortController();
  const waiting = outage.outlast(async () => await Promise.reject(away), stop.signal);

  stop.abort(new Error('stopping'));

  await expect(waiting).rejects.toThrow('stopping');
});

test('a store that does not answer is refused at once, until it answers again', async () => {
  let isThere = false;
  const { outage } = openOutage(async () => await (isThere ? Promise.resolve() : Promise.reject(away)));
  outage.assertAnswers();

  outage.isCause(away);
  await vi.waitFor(
    () => expect(() => outage.assertAnswers()).toThrow('the store cannot be used right now'),
    PATIENCE,
  );
  isThere = true;

  await vi.waitFor(() => expect(() => outage.assertAnswers()).not.toThrow(), PATIENCE);
  outage.stop();
});

test('a store that answers is refused to nobody, whatever else failed', async () => {
  const { outage } = openOutage(async () => {});

  outage.isCause(away);
  await new Promise(setImmediate);

  expect(() => outage.assertAnswers()).not.toThrow();
  outage.stop();
});
