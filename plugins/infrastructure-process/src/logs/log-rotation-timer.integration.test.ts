import { statSync } from 'node:fs';
import { join } from 'node:path';
import { collect, requestJob, waitUntil } from '@racetrack-platform/testing';
import { expect, test } from 'vitest';
import { getInstanceFiles } from '../files/instance-files.ts';
import { createProcessTargetHarness, createTestRequest } from '../process-target-harness.ts';

test('the target rotates the log of a job that goes on writing to it', async ({ signal }) => {
  await using harness = await createProcessTargetHarness({ maxLogBytes: 1_000, rotateIntervalMs: 20 });
  const files = getInstanceFiles(join(harness.dataDir, 'instances'), 'i-1');
  const { address } = await harness.target.launch(createTestRequest(), signal);

  await requestJob(address, `/log?text=${'x'.repeat(100)}&count=15`);
  await waitUntil('the rotation', () => statSync(files.log).size === 0);
  await requestJob(address, '/log?text=later');
  const lines = await collect(harness.target.logs('i-1', { tail: 2, follow: false }, signal));

  expect(statSync(files.log).size).toBe('later\n'.length);
  expect(statSync(files.oldLog).size).toBeGreaterThan(1_500);
  expect(lines).toEqual(['x'.repeat(100), 'later']);
});
