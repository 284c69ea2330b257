import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { detectConfinement } from '@racetrack-platform/sandbox';
import { waitUntil } from '@racetrack-platform/testing';
import type { BuildLimits, BuildRequest } from '@racetrack-platform/contracts/processes';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { listBuildProcesses } from '../steps/kill-leftover-processes.ts';
import { planOf, requestOf, runBuilderProcess, shell, startBuilder } from '../testing/builder-process.ts';
import { createRepository, type TestRepository } from '../testing/git-repository.ts';

const MIB = 1024 * 1024;
const isRoot = process.getuid?.() === 0;
const confinement = await detectConfinement();
/** Nobody's on any machine; see docs/security.md. */
const ACCOUNT = { uid: 1_879_048_901, gid: 1_879_048_901 };

let root: string;
let repository: TestRepository;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'rt-limits-'));
  repository = await createRepository(join(root, 'repository'), { 'main.py': 'x = 1\n' });
});

afterEach(async () => {
  expect(await listBuildProcesses(join(root, 'builds'), ACCOUNT.uid)).toEqual([]);
  await rm(root, { recursive: true, force: true });
});

function request(
  script: string,
  limits: Partial<BuildLimits>,
  changes: Partial<Pick<BuildRequest, 'timeoutMs' | 'noCache' | 'secretBuildEnv'>> = {},
): BuildRequest {
  const buildsDir = join(root, 'builds');
  return requestOf(buildsDir, repository.dir, {
    plan: planOf({ environment: { steps: [shell(script)] } }),
    pluginDir: '/usr',
    limits: {
      memoryBytes: null,
      processes: null,
      diskBytes: null,
      logBytes: null,
      cpuMillicores: null,
      ...limits,
    },
    ...(isRoot && { account: ACCOUNT, tools: confinement.tools, hiddenDirs: [buildsDir] }),
    ...changes,
  });
}

async function expectNothingLeft(): Promise<void> {
  const builds = join(root, 'builds');
  expect(await readdir(join(builds, 'workspaces'))).toEqual([]);
  expect(await readdir(join(builds, 'environments'))).toEqual([]);
  expect((await readdir(join(builds, 'locks'))).filter((name) => name.startsWith('workspace-'))).toEqual([]);
}

describe('a build ends with a reason, and leaves nothing, when it', () => {
  test('forks without end', async () => {
    const bomb = 'echo started; f() { f | f & }; f; sleep 600';
    const { error, durationMs } = await runBuilderProcess(request(bomb, { processes: 60 }));

    expect(error).toMatchObject({ code: 'BUILD_LIMIT_EXCEEDED' });
    expect(error?.message).toContain('the build needed more than 60 processes');
    expect(error?.hint).toContain('RACETRACK_BUILD_PROCESSES_MAX');
    expect(durationMs).toBeLessThan(20_000);
    await expectNothingLeft();
  });

  test('takes too much memory', async () => {
    const hog = `python3 -c "
x = []
while True: x.append(bytearray(8 * 1024 * 1024))
"`;
    const { error } = await runBuilderProcess(request(hog, { memoryBytes: 128 * MIB }));

    expect(error).toMatchObject({ code: 'BUILD_LIMIT_EXCEEDED' });
    expect(error?.message).toContain('the build needed more than 128 MiB of memory');
    expect(error?.hint).toContain('RACETRACK_BUILD_MEMORY_MAX');
    await expectNothingLeft();
  });

  test.each([
    ['one file', 'exec dd if=/dev/zero of=large bs=1M'],
    ['many files', 'i=0; while :; do dd if=/dev/zero of=part$i bs=1M count=1 2>/dev/null; i=$((i+1)); done'],
    [
      'temporary files',
      'i=0; while :; do dd if=/dev/zero of=$TMPDIR/$i bs=1M count=1 2>/dev/null; i=$((i+1)); done',
    ],
  ])('fills the disk with %s', async (_what, script) => {
    const { error } = await runBuilderProcess(request(script, { diskBytes: 50 * MIB }));

    expect(error).toMatchObject({ code: 'BUILD_LIMIT_EXCEEDED' });
    expect(error?.message).toContain('the build needed more than 50 MiB of disk');
    expect(error?.hint).toContain('RACETRACK_BUILD_DISK_MAX');
    await expectNothingLeft();
  });

  test.skipIf(process.platform !== 'linux')('keeps what it writes in files without a name', async () => {
    const hoarder = `python3 -c "
import os, time
file = os.open('hoard', os.O_RDWR | os.O_CREAT)
os.unlink('hoard')
os.posix_fallocate(file, 0, 20 * 1024 * 1024)
other = os.open('other', os.O_RDWR | os.O_CREAT)
os.unlink('other')
os.posix_fallocate(other, 0, 20 * 1024 * 1024)
time.sleep(600)
"`;
    const { error } = await runBuilderProcess(request(hoarder, { diskBytes: 32 * MIB }));

    expect(error?.message).toContain('the build needed more than 32 MiB of disk');
    await expectNothingLeft();
  });

  test('writes without end, of which it keeps the beginning and the end', async () => {
    const script = 'echo the beginning; exec yes';
    const outcome = await runBuilderProcess(request(script, { logBytes: 64 * 1024 }));

    expect(outcome.error?.message).toContain('the build wrote more than 2 MiB of output');
    expect(outcome.log).toContain('the beginning\ny\ny\n');
    expect(outcome.log).toMatch(/\[\d{7} bytes of the build log left out\]\ny\n/);
    expect(outcome.log.length).toBeLessThan(70 * 1024);
    await expectNothingLeft();
  });

  test('does not end', async () => {
    const script = "trap '' TERM INT HUP; echo here I stay; while :; do sleep 1; done";
    const { error, durationMs } = await runBuilderProcess(request(script, {}, { timeoutMs: 1_500 }));

    expect(error).toMatchObject({ code: 'BUILD_LIMIT_EXCEEDED' });
    expect(error?.message).toContain(
      'the build did not finish within 1.5 seconds. Its last lines:\nhere I stay',
    );
    expect(error?.hint).toContain('RACETRACK_BUILD_TIMEOUT');
    expect(durationMs).toBeLessThan(15_000);
    await expectNothingLeft();
  });
});

test.runIf(isRoot && confinement.cgroup.isAvailable && confinement.cgroup.controllers.memory)(
  'a repository that takes git more memory than a build may have ends it with that reason',
  async () => {
    const large = await createRepository(join(root, 'large'), {
      noise: randomBytes(48 * MIB).toString('latin1'),
    });
    const source = { ...request('true', {}).source, remote: large.dir };
    const { error } = await runBuilderProcess({ ...request('true', { memoryBytes: 24 * MIB }), source });

    expect(error).toMatchObject({ code: 'BUILD_LIMIT_EXCEEDED' });
    expect(error?.message).toContain('the build needed more than 24 MiB of memory');
    await expectNothingLeft();
  },
);

test('megabytes of output that nobody keeps cost little time and no secret', async () => {
  const script =
    'echo "$SECRET"; head -c 200000000 /dev/zero | tr "\\\\0" "\\\\n"; echo "$SECRET"; echo the end';
  const outcome = await runBuilderProcess(
    request(script, { logBytes: 8 * MIB }, { secretBuildEnv: { SECRET: 'hunter22hunter22' } }),
  );

  expect(outcome.error).toBeUndefined();
  expect(outcome.log).not.toContain('hunter22');
  expect(outcome.log).toContain('***\nthe end');
  expect(outcome.durationMs).toBeLessThan(30_000);
});

describe.runIf(isRoot && confinement.accounts.isAvailable)(
  'a daemon of a build that forked twice and forgot all',
  () => {
    const daemon =
      "(cd / && setsid env -i sh -c 'sleep 600 & exec sleep 601' >/dev/null 2>&1 </dev/null &); echo it runs";

    test('is gone when the build succeeds', async () => {
      const { result } = await runBuilderProcess(request(daemon, { processes: 60 }));

      expect(result).toBeDefined();
      expect(await listBuildProcesses(root, ACCOUNT.uid)).toEqual([]);
    });

    test.each(['stdin', 'SIGTERM', 'SIGKILL'] as const)(
      'is gone when the builder ends by %s',
      async (how) => {
        const builder = startBuilder(request(`${daemon}; sleep 600`, { processes: 60 }));
        await builder.waitFor((event) => event.type === 'log' && event.text.includes('it runs'));
        const startedAt = performance.now();
        if (how === 'stdin') builder.child.stdin?.end();
        else builder.child.kill(how);
        await builder.ended;
        if (how === 'SIGKILL') await runBuilderProcess(request('true', { processes: 60 }, { noCache: true }));

        await waitUntil(
          'all is gone',
          async () => (await listBuildProcesses(root, ACCOUNT.uid)).length === 0,
        );
        expect(performance.now() - startedAt).toBeLessThan(40_000);
      },
    );
  },
);
