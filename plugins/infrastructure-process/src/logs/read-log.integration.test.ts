import { appendFileSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { collect, createTemporaryDirectory, waitUntil } from '@racetrack-platform/testing';
import { describe, expect, test } from 'vitest';
import { createLogRotations } from './log-rotations.ts';
import { readLog } from './read-log.ts';
import { rotateLog } from './rotate-log.ts';

const NEVER_ROTATED = { count: 0, baseOffset: 0 };

describe('readLog', () => {
  test('finds the last lines of a big file without its beginning', async () => {
    await using log = await createLog();
    const text = Array.from({ length: 200_000 }, (_, index) => `line ${index}\n`).join('');
    writeFileSync(log.files.log, text);

    expect(await log.read({ tail: 3 })).toEqual(['line 199997', 'line 199998', 'line 199999']);
    expect(await log.read({ tail: 0 })).toEqual([]);
    expect(await log.read({ tail: 300_000 })).toHaveLength(200_000);
  });

  test('comes to an end though the job writes faster than anyone reads', async () => {
    await using log = await createLog();
    writeFileSync(log.files.log, 'one\ntwo\nthree\n');
    const options = { tail: 2, follow: false, signal: new AbortController().signal };
    const lines: string[] = [];

    for await (const line of readLog(log.files, { ...options, getRotation: () => NEVER_ROTATED })) {
      lines.push(line);
      if (lines.length < 10) appendFileSync(log.files.log, 'more\n'.repeat(100_000));
    }

    expect(lines).toEqual(['two', 'three']);
  });

  test('takes from the old file what the new one lacks', async () => {
    await using log = await createLog();
    writeFileSync(log.files.oldLog, 'one\ntwo\nthree\n');
    writeFileSync(log.files.log, 'four\n');

    expect(await log.read({ tail: 3 })).toEqual(['two', 'three', 'four']);
    expect(await log.read({ tail: null })).toEqual(['one', 'two', 'three', 'four']);
  });

  test('keeps escape sequences and cuts a line that is too long between characters', async () => {
    await using log = await createLog();
    const long = 'é'.repeat(50_000);
    writeFileSync(log.files.log, `\u001b[31mred\u001b[0m\r\n${long}\nunfinished`);

    const lines = await log.read({ tail: null });

    expect(lines[0]).toBe('\u001b[31mred\u001b[0m');
    expect(lines.slice(1, -1).join('')).toBe(long);
    expect(Math.max(...lines.map((line) => Buffer.byteLength(line)))).toBeLessThanOrEqual(64 * 1024);
    expect(lines.at(-1)).toBe('unfinished');
  });

  test('follows a log that is emptied by someone else', async () => {
    await using log = await createLog();
    writeFileSync(log.files.log, 'a long first line\n');
    using following = log.follow();
    await waitUntil('the first line', () => following.lines.length === 1);

    truncateSync(log.files.log, 0);
    await waitUntil('a look at it', () => statSync(log.files.log).size === 0);
    appendFileSync(log.files.log, 'new\n');
    await waitUntil('the new line', () => following.lines.includes('new'));

    expect(following.lines).toEqual(['a long first line', 'new']);
  });

  test('follows through rotations without losing or repeating a line', async () => {
    await using log = await createLog();
    writeFileSync(log.files.log, '');
    using following = log.follow();

    for (let index = 0; index < 500; index += 1) {
      appendFileSync(log.files.log, `line ${index}\n`);
      if (index % 100 === 50) await log.rotate(100);
      if (index % 100 === 50) await waitUntil('the reader', () => following.lines.length >= index - 10);
    }
    await waitUntil('the last line', () => following.lines.includes('line 499'));

    expect(following.lines).toEqual(Array.from({ length: 500 }, (_, index) => `line ${index}`));
  });

  test('ends following when the log is removed', async () => {
    await using log = await createLog();
    writeFileSync(log.files.log, 'last\n');
    using following = log.follow();
    await waitUntil('the line', () => following.lines.length === 1);

    rmSync(log.files.log);

    await expect(following.ended).resolves.toBeUndefined();
  });
});

describe('rotateLog', () => {
  test('leaves a log alone that is not too long', async () => {
    await using log = await createLog();
    writeFileSync(log.files.log, '0123456789');

    expect(await log.rotate(10)).toBeNull();
    expect(await log.rotate(9)).toBe(10);
    expect(readFileSync(log.files.oldLog, 'utf8')).toBe('0123456789');
    expect(readFileSync(log.files.log, 'utf8')).toBe('');
    expect(statSync(log.files.oldLog).mode & 0o777).toBe(0o600);
  });

  test('keeps only the end of a log that is much too long', async () => {
    await using log = await createLog();
    writeFileSync(log.files.log, '0123456789');

    await log.rotate(4);

    expect(readFileSync(log.files.oldLog, 'utf8')).toBe('6789');
  });

  test('keeps only as much as may be copied', async () => {
    await using log = await createLog();
    writeFileSync(log.files.log, '0123456789');

    expect(await log.rotate(9, 2)).toBe(2);
    expect(readFileSync(log.files.oldLog, 'utf8')).toBe('89');
  });

  test('cuts a log that is mostly a hole without copying it', async () => {
    await using log = await createLog();
    writeFileSync(log.files.oldLog, 'before\n');
    writeFileSync(log.files.log, 'now\n');
    truncateSync(log.files.log, 2 ** 40);

    expect(await log.rotate(1_000_000)).toBe(0);

    expect(readFileSync(log.files.oldLog, 'utf8')).toBe('before\n');
    expect(readFileSync(log.files.log, 'utf8')).toBe(
      '--- the log was cut: the job had made it larger than what it wrote ---\n',
    );
  });
});

async function createLog(): Promise<
  AsyncDisposable & {
    files: { log: string; oldLog: string };
    read: (options: { tail: number | null }) => Promise<string[]>;
    follow: () => Disposable & { lines: string[]; ended: Promise<void> };
    rotate: (maxBytes: number, copyBytes?: number) => Promise<number | null>;
  }
> {
  const directory = await createTemporaryDirectory();
  const files = { log: join(directory.path, 'log'), oldLog: join(directory.path, 'log.1') };
  const rotations = createLogRotations();
  const getRotation = (): ReturnType<typeof rotations.get> => rotations.get('i');
  const { signal } = new AbortController();
  return {
    files,
    read: async ({ tail }) => await collect(readLog(files, { tail, follow: false, signal, getRotation })),
    follow: () => {
      const stop = new AbortController();
      const lines: string[] = [];
      const options = { tail: null, follow: true, signal: stop.signal, getRotation };
      const ended = (async () => {
        for await (const line of readLog(files, options)) lines.push(line);
      })();
      ended.catch(() => {});
      return { lines, ended, [Symbol.dispose]: () => stop.abort() };
    },
    rotate: async (maxBytes, copyBytes) =>
      await rotateLog(files, { maxBytes, ...(copyBytes !== undefined && { copyBytes }) }, (baseOffset) =>
        rotations.record('i', baseOffset),
      ),
    [Symbol.asyncDispose]: async () => await directory[Symbol.asyncDispose](),
  };
}
