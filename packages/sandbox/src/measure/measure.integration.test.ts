import { spawn } from 'node:child_process';
import { link, mkdir, open, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createTemporaryDirectory, waitUntil } from '@racetrack-platform/testing';
import { measureDirectories, measureDirectory } from '../files/measure-directory.ts';
import { removeTree } from '../files/remove-tree.ts';
import { hasRunnableThread } from './has-runnable-thread.ts';
import { measureDeletedFiles } from './measure-deleted-files.ts';
import { measureTreeMemory } from './measure-tree-memory.ts';
import { startWatchdog, type Excess } from './watchdog.ts';

const MEBIBYTE = 1024 * 1024;
const never = new AbortController().signal;

/** A process that holds so many MiB of its own. */
async function holdMemory(mebibytes: number): Promise<{ readonly pid: number } & Disposable> {
  const script = `globalThis.held = Buffer.alloc(${mebibytes * MEBIBYTE}, 1); console.log('held'); setInterval(() => {}, 1000)`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  return { pid: child.pid ?? -1, [Symbol.dispose]: () => void child.kill('SIGKILL') };
}

describe('measuring memory', () => {
  test('adds up what processes hold, and passes over those that have ended', async () => {
    using one = await holdMemory(64);
    const alone = (await measureTreeMemory([one.pid])) ?? 0;
    using other = await holdMemory(64);

    const both = await measureTreeMemory([one.pid, other.pid, 2 ** 22 + 1]);

    expect(alone).toBeGreaterThan(64 * MEBIBYTE);
    expect(both).toBeGreaterThan(alone + 64 * MEBIBYTE);
    expect(both).toBeLessThan(400 * MEBIBYTE);
    expect(await measureTreeMemory([2 ** 22 + 1])).toBeNull();
  });
});

test.skipIf(process.platform !== 'linux')('who computes is told from who sleeps, or has ended', async () => {
  const busy = spawn('/bin/sh', ['-c', 'while :; do :; done'], { stdio: 'ignore' });
  const asleep = spawn('/bin/sleep', ['60'], { stdio: 'ignore' });
  try {
    const [busyPid, asleepPid] = [busy.pid ?? -1, asleep.pid ?? -1];
    await waitUntil('the one to sleep', async () => !(await hasRunnableThread([asleepPid])));

    expect(await hasRunnableThread([asleepPid, 2 ** 22 + 1])).toBe(false);
    await waitUntil('the other to compute', async () => await hasRunnableThread([asleepPid, busyPid]));
  } finally {
    busy.kill('SIGKILL');
    asleep.kill('SIGKILL');
  }
});

describe('measuring disk space', () => {
  test('counts a file with two names once, and not what links lead to', async () => {
    await using directory = await createTemporaryDirectory();
    const [dir, outside] = [join(directory.path, 'dir'), join(directory.path, 'outside')];
    await mkdir(dir);
    await mkdir(outside);
    await writeFile(join(dir, 'file'), Buffer.alloc(MEBIBYTE, 1));
    await link(join(dir, 'file'), join(dir, 'same'));
    await writeFile(join(outside, 'big'), Buffer.alloc(8 * MEBIBYTE, 1));
    await symlink(outside, join(dir, 'link'));

    const { bytes } = await measureDirectory(dir);

    expect(bytes).toBeGreaterThanOrEqual(MEBIBYTE);
    expect(bytes).toBeLessThan(1.5 * MEBIBYTE);
    expect(await measureDirectories([dir, join(directory.path, 'nowhere')], never)).toBe(bytes);
    expect((await measureDirectory(join(directory.path, 'nowhere'))).bytes).toBe(0);
  });

  test('finds and removes what lies deeper than any path can say', async () => {
    await using directory = await createTemporaryDirectory();
    const name = 'd'.repeat(200);
    const script = `n=0; while [ $n -lt 60 ]; do mkdir ${name} && cd -P ${name} || exit 1; n=$((n+1)); done; head -c 3145728 /dev/zero >deep`;
    const code = await new Promise((resolve) => {
      spawn('/bin/sh', ['-c', script], { cwd: directory.path }).once('exit', resolve);
    });

    const { bytes } = await measureDirectory(directory.path);

    expect(code).toBe(0);
    expect(bytes).toBeGreaterThanOrEqual(3 * MEBIBYTE);
    await removeTree(join(directory.path, name), never);
    expect(await readdir(directory.path)).toEqual([]);
  });

  test.runIf(process.platform === 'linux')(
    'counts a deleted file that is open once, a named one not',
    async () => {
      await using directory = await createTemporaryDirectory();
      const path = join(directory.path, 'file');
      await writeFile(path, Buffer.alloc(4 * MEBIBYTE, 1));
      await using file = await open(path);
      await using _same = await open(path);
      const measure = async (maxEntries?: number): Promise<number> =>
        await measureDeletedFiles([process.pid, process.pid], directory.path, { maxEntries });
      const before = await measure();

      await rm(path);

      expect((await file.stat()).nlink).toBe(0);
      expect((await measure()) - before).toBe((await file.stat()).blocks * 512);
      expect(await measure(3)).toBe(Number.POSITIVE_INFINITY);
    },
  );

  test('ends when it is told to', async () => {
    await expect(measureDirectories(['/'], AbortSignal.timeout(20))).rejects.toThrow(/timeout/i);
  });
});

describe('the watchdog', () => {
  test('reports what exceeds its limit of memory or disk, and nothing else, and goes on after failures', async () => {
    await using directory = await createTemporaryDirectory();
    await writeFile(join(directory.path, 'file'), Buffer.alloc(2 * MEBIBYTE, 1));
    using process = await holdMemory(64);
    const common = { directories: [directory.path], pids: () => [process.pid] };
    const found: Excess[] = [];
    const failures: unknown[] = [];
    await using watchdog = startWatchdog({
      intervalMs: 20,
      list: () => [
        {
          ...common,
          id: 'fails',
          memoryBytes: 1,
          diskBytes: null,
          pids: () => Promise.reject(new Error('no')),
        },
        { ...common, id: 'modest', memoryBytes: 1024 * MEBIBYTE, diskBytes: 1024 * MEBIBYTE },
        { ...common, id: 'memory', memoryBytes: 32 * MEBIBYTE, diskBytes: null },
        { ...common, id: 'disk', memoryBytes: null, diskBytes: MEBIBYTE },
      ],
      onExceeded: (excess) => void found.push(excess),
      onError: (_error, id) => void failures.push(id),
    });

    await waitUntil('both to be found twice', () =>
      ['memory', 'disk'].every((id) => found.filter((excess) => excess.id === id).length >= 2),
    );
    await watchdog.stop();

    expect(new Set(found.map(({ id, what }) => `${id} ${what}`))).toEqual(
      new Set(['memory memory', 'disk disk']),
    );
    expect(found.find(({ id }) => id === 'disk')).toMatchObject({ limitBytes: MEBIBYTE });
    expect(new Set(failures)).toEqual(new Set(['fails']));
  });

  test('takes a fifth of one processor at most, however many there are', async () => {
    using process_ = await holdMemory(16);
    let looks = 0;
    const watched = Array.from({ length: 200 }, (_, index) => ({
      id: `${index}`,
      memoryBytes: 1024 * MEBIBYTE,
      diskBytes: null,
      directories: [],
      pids: () => {
        looks += 1;
        return [process_.pid, process_.pid, process_.pid];
      },
    }));
    const before = process.cpuUsage();
    const startedAt = performance.now();
    const watchdog = startWatchdog({ intervalMs: 1, list: () => watched, onExceeded() {}, onError() {} });

    await waitUntil('some hundred looks', () => looks >= 300, 30_000);
    await watchdog.stop();

    const { user, system } = process.cpuUsage(before);
    // Twice of it, since the runner of this test needs some too.
    expect((user + system) / 1000 / (performance.now() - startedAt)).toBeLessThan(0.6);
  });
});
