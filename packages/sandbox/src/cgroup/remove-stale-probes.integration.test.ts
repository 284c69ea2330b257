import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createTemporaryDirectory } from '@racetrack-platform/testing';
import { expect, test } from 'vitest';
import { removeStaleProbes } from './remove-stale-probes.ts';

test('what killed detections have left goes; what lives, is in use or is none stays', async () => {
  await using directory = await createTemporaryDirectory();
  const pids = [1, 2].map(() => Number(execFileSync('/bin/sh', ['-c', 'echo $$'], { encoding: 'utf8' })));
  const [gone, used] = pids.map((pid) => `racetrack-probe-${pid}`) as [string, string];
  const kept = [used, `racetrack-probe-${process.pid}`, 'racetrack-probe-x', 'racetrack-1a2b3c4d'].sort();
  for (const name of [gone, ...kept]) mkdirSync(join(directory.path, name, 'trial-1'), { recursive: true });
  // Keeps a plain directory from being removed, as processes do a group.
  writeFileSync(join(directory.path, used, 'trial-1', 'process'), '');

  await removeStaleProbes([join(directory.path, 'racetrack-probe-own')]);

  expect(readdirSync(directory.path).sort()).toEqual(kept);
});
