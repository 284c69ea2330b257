import {
  chownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { JobAccount } from '@racetrack-platform/plugin-sdk';
import { detectConfinement, type Feature } from '@racetrack-platform/sandbox';
import { createTemporaryDirectory, waitUntil } from '@racetrack-platform/testing';
import { describe, expect, test } from 'vitest';
import {
  createProcessTargetHarness,
  createTestAccount,
  type ProcessTargetHarness,
} from '../process-target-harness.ts';
import { ensureJobData } from './job-data.ts';
import { getInstanceFiles } from './instance-files.ts';

const confinement = await detectConfinement();
const LEVELS: readonly { level: string; settings: Record<string, unknown>; needs: Feature[] }[] = [
  { level: 'without accounts', settings: {}, needs: [] },
  {
    level: 'with accounts',
    settings: { isolation: 'account', namespaces: 'off' },
    needs: [confinement.accounts],
  },
  {
    level: 'with namespaces',
    settings: { isolation: 'account' },
    needs: [confinement.accounts, confinement.namespaces],
  },
];
const GRACE = { gracePeriodMs: 1_000 };

describe.each(LEVELS)('the data directory of a family, $level', ({ settings, needs }) => {
  const isMissing = needs.some((feature) => !feature.isAvailable);

  test.skipIf(isMissing)('is shared by its versions and outlives their instances', async ({ signal }) => {
    await using harness = await createProcessTargetHarness(settings);
    const account = accountFor(settings);
    const run = async (instanceId: string, version: string, script: string): Promise<string> =>
      await runJob(harness, { instanceId, job: { name: 'Counter', version }, account, script }, signal);

    // What only its owner may read, as programs make it that write beside and rename.
    const write = 'umask 077; echo kept >"$JOB_DATA_DIR/new" && mv "$JOB_DATA_DIR/new" "$JOB_DATA_DIR/state"';
    expect(await run('old', '1.0.0', `${write}; echo ok`)).toBe('ok\n');
    await harness.target.remove('old', GRACE, signal);
    const change = 'cat "$JOB_DATA_DIR/state"; echo more >>"$JOB_DATA_DIR/state"; mkdir "$JOB_DATA_DIR/sub"';

    expect(await run('new', '2.0.0', change)).toBe('kept\n');

    expect(readFileSync(join(harness.dataDir, 'job-data', '~43ounter', 'state'), 'utf8')).toBe(
      'kept\nmore\n',
    );
  });

  test.skipIf(isMissing || needs.length === 0)('is out of reach for other families', async ({ signal }) => {
    await using harness = await createProcessTargetHarness(settings);
    const path = join(harness.dataDir, 'job-data', 'adder');
    const own = { instanceId: 'own', job: { name: 'adder', version: '1.0.0' }, account: createTestAccount() };
    await runJob(
      harness,
      { ...own, script: 'echo mine >"$JOB_DATA_DIR/file"; chmod 777 "$JOB_DATA_DIR"/*' },
      signal,
    );

    const output = await runJob(
      harness,
      {
        instanceId: 'other',
        job: { name: 'thief', version: '1.0.0' },
        account: createTestAccount(),
        script: `(cat ${path}/file || ls ${path} || ls ${path}/.. || mv ${path} ${path}2) 2>/dev/null; echo done`,
      },
      signal,
    );

    expect(output.replace(/^thief\n/, '')).toBe('done\n');
  });
});

test('a full data directory ends the instance, with the reason, and stays as it is', async ({ signal }) => {
  await using harness = await createProcessTargetHarness({ diskLimitBytes: 4_000_000, watchIntervalMs: 50 });
  const script = 'head -c 8000000 /dev/zero >"$JOB_DATA_DIR/full"; sleep 60';
  await harness.target.launch(harness.createRequest({ command: ['/bin/sh', '-c', script] }), signal);

  const [ended] = await waitForExit(harness, signal);

  expect(ended?.reason).toMatch(/disk/);
  const full = join(harness.dataDir, 'job-data', 'adder', 'full');
  expect(lstatSync(full).size).toBeGreaterThan(4_000_000);
  // The same instance, and any other one of the family: none may add to it, start by start.
  for (const instanceId of [ended?.instanceId ?? '', 'another']) {
    const again = harness.target.launch(
      harness.createRequest({ instanceId, command: ['/bin/true'] }),
      signal,
    );
    await expect(again).rejects.toMatchObject({
      code: 'LAUNCH_FAILED',
      message: expect.stringMatching(
        /^the data of adder takes .* MiB, more than its disk limit of 3\.8 MiB$/,
      ),
    });
  }
  rmSync(full);
  const freed = harness.createRequest({ instanceId: 'another', command: ['/bin/true'] });
  await expect(harness.target.launch(freed, signal)).resolves.toHaveProperty('address');
});

describe('a data directory in the way', () => {
  test('a link in its place is refused, not followed', async () => {
    await using directory = await createTemporaryDirectory();
    symlinkSync('/etc', join(directory.path, 'adder'));

    await expect(ensureJobData(directory.path, 'adder', null, false)).rejects.toMatchObject({
      code: 'LAUNCH_FAILED',
    });
  });

  test.skipIf(process.getuid?.() !== 0)(
    'files of the family’s former user are handed over, what a job has planted beside them is not',
    async () => {
      await using directory = await createTemporaryDirectory();
      const [former, account, path] = [
        createTestAccount(),
        createTestAccount(),
        join(directory.path, 'adder'),
      ];
      const foreign = join(directory.path, 'foreign');
      writeFileSync(foreign, 'the platform’s');
      mkdirSync(join(path, 'sub'), { recursive: true });
      writeFileSync(join(path, 'sub', 'file'), 'own', { mode: 0o600 });
      symlinkSync(foreign, join(path, 'link'));
      linkSync(foreign, join(path, 'name'));
      for (const own of ['', 'sub', 'sub/file']) chownSync(join(path, own), former.uid, former.gid);

      await ensureJobData(directory.path, 'adder', account, false);

      const ownerOf = (name: string): number => lstatSync(join(path, name)).uid;
      expect(['', 'sub', 'sub/file'].map(ownerOf)).toEqual([account.uid, account.uid, account.uid]);
      expect(lstatSync(foreign).uid).toBe(0);
    },
  );
});

interface Run {
  readonly instanceId: string;
  readonly job: { readonly name: string; readonly version: string };
  readonly account: JobAccount | null;
  readonly script: string;
}

/** @returns what the job has printed when it has ended. */
async function runJob(
  harness: ProcessTargetHarness,
  { instanceId, job, account, script }: Run,
  signal: AbortSignal,
): Promise<string> {
  const command = ['/bin/sh', '-c', script];
  await harness.target.launch(harness.createRequest({ instanceId, job, account, command }), signal);
  await waitForExit(harness, signal);
  return readFileSync(getInstanceFiles(join(harness.dataDir, 'instances'), instanceId).log, 'utf8');
}

async function waitForExit({ target }: ProcessTargetHarness, signal: AbortSignal) {
  await waitUntil('the job to end', async () =>
    (await target.observeAll(signal)).every(({ state }) => state === 'exited'),
  );
  return await target.observeAll(signal);
}

function accountFor(settings: Readonly<Record<string, unknown>>): JobAccount | null {
  return settings['isolation'] === 'account' ? createTestAccount() : null;
}
