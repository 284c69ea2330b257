import { expect, test } from 'vitest';
import { BuildLogWriter } from './build-log-writer.ts';

test('BuildLogWriter keeps what is written while the store is away, and stores it afterwards in order', async () => {
  const stored: string[] = [];
  const back = Promise.withResolvers<void>();
  const log = new BuildLogWriter(async (text) => {
    await back.promise;
    stored.push(text);
  });

  log.write('one');
  const first = log.flush();
  log.write('two');
  const second = log.flush();
  log.write('three');
  const third = log.flush();
  back.resolve();
  await Promise.all([first, second, third]);

  expect(stored.join('')).toBe('one\ntwo\nthree\n');
});

test('BuildLogWriter keeps the newest of more than it may hold, and says that something is missing', async () => {
  const stored: string[] = [];
  const log = new BuildLogWriter(async (text) => void stored.push(text), 100);

  for (let line = 0; line < 100; line += 1) log.write(`line ${line}`);
  await log.flush();

  expect(stored.join('')).toMatch(/^\(lines are missing here[^]*line 99\n$/);
  expect(stored.join('').length).toBeLessThan(200);
});
