import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findProcessIdentity } from './lock/process-identity.ts';
import { LauncherHarness, until, type Launcher } from './testing/launcher-harness.ts';

let harness: LauncherHarness;
let lockFile: string;

beforeEach(() => {
  harness = new LauncherHarness();
  lockFile = path.join(harness.dataDir, 'lock');
});

afterEach(async () => {
  await harness.close();
});

describe('a second server on the same data directory', () => {
  test('exits with code 3, names the holder and how to stop it, and changes nothing', async () => {
    const firstAt = Date.now();
    const first = harness.launch();
    await first.untilReady();
    const startMs = Date.now() - firstAt;
    const before = readFileSync(lockFile, 'utf8');
    const startedAt = Date.now();
    const second = harness.launch();

    expect(await second.exited).toEqual({ code: 3, signal: null });
    // On a machine that is busy with other things everything takes longer, a start too.
    expect(Date.now() - startedAt).toBeLessThan(Math.max(1_000, 2 * startMs));
    expect(second.stderr()).toContain(`is used by process ${first.child.pid}`);
    expect(second.stderr()).toContain(`npm start -- stop --data-dir ${harness.dataDir}`);
    expect(readFileSync(lockFile, 'utf8')).toBe(before);
    expect(existsSync(path.join(harness.dataDir, 'endpoints.json'))).toBe(true);
  });

  test.each([
    ['the lock of a dead process', 10, 2],
    ['no lock', 3, 3],
    ['a lock that was cut off', 3, 3],
  ] as const)(
    'of several starts at the same moment on %s exactly one survives, %i times',
    { timeout: 120_000 },
    async (state, rounds, starters) => {
      for (let round = 0; round < rounds; round += 1) {
        prepareLock(state);
        const all = Array.from({ length: starters }, () => harness.launch());
        const winner = await findWinner(all);
        const losers = all.filter((launcher) => launcher !== winner);

        for (const loser of losers) {
          expect([round, await loser.exited, loser.stderr()]).toEqual([
            round,
            { code: 3, signal: null },
            expect.stringContaining(`is used by process ${winner.child.pid}`),
          ]);
        }
        winner.child.kill('SIGKILL');
        await winner.exited;
        expect(readdirSync(harness.dataDir).filter((name) => /^lock\.(?!takeover$)/.test(name))).toEqual([]);
      }
    },
  );

  test('takes over when the holder was killed, and when its number belongs to another process now', async () => {
    const first = harness.launch();
    await first.untilReady();
    first.child.kill('SIGKILL');
    await first.exited;
    const record = JSON.parse(readFileSync(lockFile, 'utf8')) as {
      holder: { pid: number; startTime: string };
    };
    const other = await findProcessIdentity(process.pid);
    record.holder = { ...record.holder, pid: process.pid };
    expect(record.holder.startTime).not.toBe(other?.startTime);
    writeFileSync(lockFile, JSON.stringify(record));

    await harness.launch().untilReady();
  });

  test('a lock that is a link is refused, and what it points to stays as it is', async () => {
    mkdirSync(harness.dataDir, { mode: 0o700 });
    const target = path.join(harness.folder, 'precious');
    writeFileSync(target, 'precious');
    symlinkSync(target, lockFile);
    const launcher = harness.launch();

    expect(await launcher.exited).toEqual({ code: 70, signal: null });
    expect(launcher.stderr()).toContain(`${lockFile} is a symbolic link`);
    expect(readFileSync(target, 'utf8')).toBe('precious');
  });
});

function prepareLock(state: string): void {
  mkdirSync(harness.dataDir, { recursive: true, mode: 0o700 });
  const holder = { pid: 999_999, startTime: '1', bootId: 'x' };
  if (state === 'the lock of a dead process') {
    writeFileSync(lockFile, JSON.stringify({ nonce: 'n', holder, children: [] }), { mode: 0o600 });
  }
  if (state === 'a lock that was cut off') writeFileSync(lockFile, '{"nonce":"n","hol', { mode: 0o600 });
}

async function findWinner(launchers: readonly Launcher[]): Promise<Launcher> {
  const isReady = (launcher: Launcher): boolean => launcher.stdout().includes('is ready');
  await until(
    () => launchers.some(isReady),
    () => launchers.map((launcher) => launcher.stderr()).join('\n'),
  );
  const ready = launchers.filter(isReady);
  expect(ready).toHaveLength(1);
  return ready[0] as Launcher;
}
