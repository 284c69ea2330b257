import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { detectConfinement } from '@racetrack-platform/sandbox';
import { requestJob, waitUntil } from '@racetrack-platform/testing';
import { describe, expect, test } from 'vitest';
import { nameOwner } from '../files/socket-path.ts';
import { createProcessTargetHarness } from '../process-target-harness.ts';
import { markEnvironment } from './process-marks.ts';

const STRANGER = 1_950_000_001;
const { accounts } = await detectConfinement();
const missing = accounts.isAvailable ? '' : ` (skipped: ${accounts.reason})`;

describe.skipIf(missing !== '').each([{}, { cgroups: 'off' }, { cgroups: 'off', namespaces: 'off' }])(
  `marks that another user forged, %j${missing}`,
  (settings) => {
    test('hinder nothing, count for nothing and kill nobody', async ({ signal }) => {
      const resources = { memoryMaxBytes: 200 * 1_024 * 1_024, cpuMaxMillicores: null };
      await using harness = await createProcessTargetHarness({
        isolation: 'account',
        watchIntervalMs: 50,
        ...settings,
      });
      const request = harness.createRequest({ resources });
      const first = await requestJob((await harness.target.launch(request, signal)).address);
      const owner = nameOwner(join(harness.dataDir, 'instances'));
      await using forger = await startForger(markEnvironment(request.instanceId, owner));
      await using ghost = await startForger(markEnvironment('gone', owner));

      const observed = await harness.target.observeAll(signal);
      // Long enough to be measured some times: the forgers hold more memory than the instance may.
      await waitUntil('some looks', () => performance.now() - forger.startedAt > 1_000);
      expect(await harness.target.observeAll(signal)).toMatchObject([{ state: 'running' }]);
      process.kill(first.ppid, 'SIGTERM');
      await harness.target.remove(request.instanceId, { gracePeriodMs: 500, keepOutput: true }, signal);
      const { address } = await harness.target.launch(request, signal);
      expect((await requestJob(address)).startId).not.toBe(first.startId);
      await harness.target.remove(request.instanceId, { gracePeriodMs: 500 }, signal);

      expect(observed).toMatchObject([{ instanceId: request.instanceId, state: 'running' }]);
      expect(await harness.target.observeAll(signal)).toEqual([]);
      for (const { child } of [forger, ghost])
        expect([child.exitCode, child.signalCode]).toEqual([null, null]);
    });
  },
);

/** A process of another user, in a session of its own, that holds 300 MB. */
async function startForger(env: Record<string, string>) {
  const script = 'a=$(head -c 300000000 /dev/zero | tr "\\0" a); echo ready; sleep 60';
  const child = spawn('/bin/sh', ['-c', script], {
    env: { PATH: '/usr/bin:/bin', ...env },
    uid: STRANGER,
    gid: STRANGER,
    detached: true,
    cwd: '/',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await once(child.stdout, 'data');
  return {
    child,
    startedAt: performance.now(),
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      process.kill(-(child.pid ?? 0), 'SIGKILL');
      await once(child, 'exit');
    },
  };
}
