import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { detectConfinement } from '@racetrack-platform/sandbox';
import { waitUntil } from '@racetrack-platform/testing';
import { describe, expect, test } from 'vitest';
import { getInstanceFiles } from '../files/instance-files.ts';
import { createProcessTargetHarness } from '../process-target-harness.ts';

const PYTHON = '/usr/bin/python3';
const MEBIBYTE = 1_024 * 1_024;
const { accounts } = await detectConfinement();
const LEVELS = [{}, ...(accounts.isAvailable ? [{ isolation: 'account' }] : [])];

const HOLD = `
import os, mmap
f = os.open(os.environ["TMPDIR"] + "/gone", os.O_RDWR | os.O_CREAT)
os.unlink(os.environ["TMPDIR"] + "/gone")
os.posix_fallocate(f, 0, 300 * 1024 * 1024)
`;
const SLEEP = 'import time; time.sleep(60)';
// Rotation gives it back twice a second; this one takes it again at once.
const SWELL = `
import os, time
while True:
    os.posix_fallocate(1, 0, 300 * 1024 * 1024)
    time.sleep(0.01)`;
const WAYS: readonly (readonly [string, string])[] = [
  ['in a deleted file that it holds', `${HOLD}\n${SLEEP}`],
  [
    'beside its socket',
    `${HOLD.replaceAll('os.environ["TMPDIR"]', 'os.path.dirname(os.environ["JOB_SOCKET"])').replace(/os.unlink.*/, '')}\n${SLEEP}`,
  ],
  ['in its own log', SWELL],
];
// What is only mapped is told to root alone.
const WAYS_HERE = accounts.isAvailable
  ? [
      ...WAYS,
      [
        'in a deleted file that it has mapped',
        `${HOLD}\nm = mmap.mmap(f, 4096); os.close(f)\n${SLEEP}`,
      ] as const,
    ]
  : WAYS;

describe.skipIf(!existsSync(PYTHON)).each(LEVELS)(
  `space that a job hides, %j (needs ${PYTHON})`,
  (settings) => {
    test.each(WAYS_HERE)('counts %s', async (_way, script) => {
      const signal = AbortSignal.timeout(30_000);
      await using harness = await createProcessTargetHarness({
        diskLimitBytes: 100 * MEBIBYTE,
        watchIntervalMs: 100,
        ...settings,
      });

      await harness.target.launch(harness.createRequest({ command: [PYTHON, '-c', script] }), signal);

      const observed = await waitUntil(
        'the job to end',
        async () => (await harness.target.observeAll(signal)).find(({ state }) => state === 'exited'),
        20_000,
      );
      expect(observed).toMatchObject({ reason: 'exceeded its disk limit of 100 MiB' });
    });

    test('and trees deeper than any path are removed with all else', { timeout: 60_000 }, async () => {
      const signal = AbortSignal.timeout(60_000);
      await using harness = await createProcessTargetHarness(settings);
      const dig = `
import os
for place in (os.environ["HOME"], os.environ["TMPDIR"], os.path.dirname(os.environ["JOB_SOCKET"])):
    os.chdir(place)
    for _ in range(5000):
        os.mkdir("deep"); os.chdir("deep")
print("dug", flush=True)
import time; time.sleep(60)`;
      const request = harness.createRequest({ command: [PYTHON, '-c', dig] });
      const files = getInstanceFiles(join(harness.dataDir, 'instances'), request.instanceId);
      const { address } = await harness.target.launch(request, signal);
      const socketDirectory = address.kind === 'unix' ? dirname(address.path) : '';
      await waitUntil('the trees', () => readFileSync(files.log, 'utf8').includes('dug'), 20_000);

      await harness.target.remove(request.instanceId, { gracePeriodMs: 0 }, signal);

      expect([files.dir, socketDirectory].filter((path) => existsSync(path))).toEqual([]);
      expect(await harness.target.observeAll(signal)).toEqual([]);
    });
  },
);
