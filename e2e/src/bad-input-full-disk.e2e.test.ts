import { execFile } from 'node:child_process';
import { mkdir, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { attemptDeployment, packFiles, type Attempt } from './support/attempts.ts';
import { expectNothingLeft, listBelongings } from './support/nothing-left.ts';
import { Platform } from './support/platform.ts';

const run = promisify(execFile);
const SOUND = 'class Adder:\n    def perform(self, x, y):\n        return x + y\n';
const MEBIBYTE = 1024 ** 2;
/** What the store, the log of a build and an upload take. */
const ROOM_FOR_THE_STORE = 6 * MEBIBYTE;

test('a full disk stops deployments and nothing else, and nothing is lost', async ({ skip }) => {
  await using platform = await Platform.start();
  await platform.stop();
  await rm(platform.dataDir, { recursive: true });
  await mkdir(platform.dataDir);
  const mounted = run('mount', ['-t', 'tmpfs', '-o', 'size=256m,mode=0700', 'tmpfs', platform.dataDir]);
  const problem = await mounted.then(() => undefined, String);
  if (problem !== undefined) return skip(`no file system of its own can be mounted here: ${problem}`);
  expect.hasAssertions();
  try {
    await platform.boot();
    await useFullDisk(platform);
  } finally {
    await platform.stop();
    await run('umount', ['--lazy', platform.dataDir]);
  }
});

async function useFullDisk(platform: Platform): Promise<void> {
  const token = await platform.login();
  const deploy = async (name: string, more: Record<string, string> = {}): Promise<Attempt> => {
    const manifest = {
      name,
      owner_email: 'team@example.com',
      jobtype: 'python3:latest',
      git: { remote: 'https://git.example/jobs' },
      jobtype_extra: { entrypoint_path: 'job.py' },
    };
    const context = await packFiles({ 'job.py': SOUND, ...more });
    return await attemptDeployment(platform, token, { manifest, build_context: context });
  };
  const expectAnswer = async (name: string): Promise<void> => {
    const answer = await platform.call(`${name}/latest/api/v1/perform`, token, { x: 40, y: 2 });
    expect([name, answer.status, await answer.text()]).toEqual([name, 200, '42']);
  };
  expect((await deploy('steady')).error).toBe('');
  const before = await listBelongings(platform);

  // No room for anything.
  const filler = join(platform.dataDir, 'filler');
  const fillerBytes = await fill(filler);
  const refused = await deploy('refused');
  expect([503, 507]).toContain(refused.status);
  expect(refused).toMatchObject({ code: expect.stringMatching(/^(?:STORE_UNAVAILABLE|DISK_FULL)$/) });
  expect(refused.hint).not.toBe('');
  await expectAnswer('steady');

  // Room for the store, but not for what is in a small archive.
  await truncate(filler, fillerBytes - ROOM_FOR_THE_STORE);
  const failed = await deploy('failed', { 'large.bin': '0'.repeat(64 * MEBIBYTE) });
  expect(failed.code).toBe('DISK_FULL');
  expect(failed.hint).toContain('Free space on the disk');
  expect(failed.error).not.toContain(platform.dataDir);
  await expectAnswer('steady');
  await truncate(filler, 0);
  await rm(filler);
  await expectNothingLeft(platform, before);

  // Room again: it goes on by itself.
  expect((await deploy('next')).error).toBe('');
  await expectAnswer('next');
  await expectAnswer('steady');
}

/** Writes a file until nothing more fits, and answers how large it became. */
async function fill(path: string): Promise<number> {
  let sizeBytes = 0;
  for (const chunkBytes of [MEBIBYTE, 4096]) {
    const chunk = Buffer.alloc(chunkBytes, 1);
    try {
      for (;;) {
        await writeFile(path, chunk, { flag: 'a' });
        sizeBytes += chunkBytes;
      }
    } catch (error) {
      expect((error as NodeJS.ErrnoException).code).toBe('ENOSPC');
      await truncate(path, sizeBytes);
    }
  }
  return sizeBytes;
}
