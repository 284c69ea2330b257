import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { stopInstances } from './stop-instances.ts';

let dataDir: string;

beforeEach(() => {
  dataDir = mkdtempSync(path.join(tmpdir(), 'racetrack-clean-'));
});

afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

describe.skipIf(process.platform !== 'linux')('stopInstances', () => {
  test("ends the processes of the folder's instances, also in other sessions, and nobody else's", async () => {
    // It looks at every process of the machine, on which other tests run as well.
    const id = randomUUID();
    mkdirSync(path.join(dataDir, 'instances', id), { recursive: true });
    const ours = startSleeper(id);
    const theirs = startSleeper(randomUUID());
    try {
      expect(await stopInstances(dataDir)).toBe(1);
      expect(await ours.exited).toBe('SIGTERM');
      expect(theirs.child.exitCode).toBeNull();
    } finally {
      theirs.child.kill();
      await theirs.exited;
    }
  });
});

function startSleeper(instanceId: string): {
  child: ReturnType<typeof spawn>;
  exited: Promise<NodeJS.Signals | null>;
} {
  const child = spawn('sleep', ['60'], {
    detached: true,
    stdio: 'ignore',
    env: { ...process.env, RACETRACK_INSTANCE_ID: instanceId },
  });
  return { child, exited: new Promise((resolve) => child.on('exit', (_code, signal) => resolve(signal))) };
}
