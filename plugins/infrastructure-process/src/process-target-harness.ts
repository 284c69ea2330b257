import { randomInt } from 'node:crypto';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import type { JobAccount, LaunchRequest } from '@racetrack-platform/plugin-sdk';
import {
  createTemporaryDirectory,
  TEST_COMPILE_CACHE_DIR,
  TEST_JOB_DIR,
  type InfrastructureTargetHarness,
} from '@racetrack-platform/testing';
import { createProcessTarget } from './process-target.ts';
import { openProcessTable, type ProcessTable } from './processes/process-table.ts';
import { parseSettings } from './settings.ts';

/** What a test may want otherwise. */
export interface TestRequestOverrides extends Partial<
  Pick<LaunchRequest, 'instanceId' | 'job' | 'env' | 'resources' | 'account'>
> {
  readonly command?: readonly string[];
}

/** The process target in a directory of its own, for tests. */
export interface ProcessTargetHarness extends InfrastructureTargetHarness {
  /** For `instances/`, `sockets/` and `job-data/`. */
  readonly dataDir: string;
  readonly table: ProcessTable;
  /** What the target reported. */
  readonly messages: readonly string[];
  createRequest(overrides?: TestRequestOverrides): LaunchRequest;
}

/** @param settings - beside the directories; with isolation `account` all requests have an account. */
export async function createProcessTargetHarness(
  settings: Readonly<Record<string, unknown>> = {},
): Promise<ProcessTargetHarness> {
  const directory = await createTemporaryDirectory();
  // Somebody else's directory in real life: without a view of their own, accounts have to pass through it.
  chmodSync(directory.path, 0o711);
  const dataDir = join(directory.path, 'data');
  const table = openProcessTable();
  const messages: string[] = [];
  const target = await createProcessTarget({
    settings: parseSettings({ platformDir: dataDir, ...settings }, dataDir),
    table,
    baseEnvironment: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LANG: 'C.UTF-8' },
    log: (_level, message) => messages.push(message),
  });
  const account = settings['isolation'] === 'account' ? createTestAccount() : null;
  return {
    target,
    dataDir,
    table,
    messages,
    createRequest: (overrides) => createTestRequest({ account, ...overrides }),
    [Symbol.asyncDispose]: async () => {
      target[Symbol.dispose]();
      const signal = AbortSignal.timeout(20_000);
      for (const { instanceId } of await target.observeAll(signal)) {
        await target.remove(instanceId, { gracePeriodMs: 0 }, signal);
      }
      await directory[Symbol.asyncDispose]();
    },
  };
}

/** Numbers that nobody has. */
export function createTestAccount(): JobAccount {
  const uid = 1_900_000_000 + randomInt(1_000_000);
  return { uid, gid: uid };
}

/** Starts the test job; `command` is put in its place when given. */
export function createTestRequest(overrides: TestRequestOverrides = {}): LaunchRequest {
  const command = overrides.command ?? [process.execPath, join('${source}', 'test-job.ts'), '${socket}'];
  return {
    instanceId: overrides.instanceId ?? 'i-1',
    job: overrides.job ?? { name: 'adder', version: '1.0.0' },
    deploymentTimestamp: 1_700_000_000,
    artifact: {
      kind: 'native',
      sourceDir: TEST_JOB_DIR,
      environmentDir: '/nonexistent',
      pluginDir: '/nonexistent',
      run: {
        command: [...command],
        env: { JOB_SOCKET: '${socket}', NODE_COMPILE_CACHE: TEST_COMPILE_CACHE_DIR },
      },
    },
    env: overrides.env ?? {},
    resources: overrides.resources ?? { memoryMaxBytes: null, cpuMaxMillicores: null },
    account: overrides.account ?? null,
  };
}
