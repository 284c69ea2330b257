import { join } from 'node:path';
import type { LaunchRequest } from '@racetrack-platform/plugin-sdk';
import {
  createTemporaryDirectory,
  TEST_COMPILE_CACHE_DIR,
  TEST_JOB_DIR,
  type InfrastructureTargetHarness,
} from '@racetrack-platform/testing';
import { createProcessTarget } from './process-target.ts';
import { openProcessTable, type ProcessTable } from './processes/process-table.ts';
import { parseSettings } from './settings.ts';

/** The process target in a directory of its own, for tests. */
export interface ProcessTargetHarness extends InfrastructureTargetHarness {
  /** For `instances/` and `sockets/`. */
  readonly dataDir: string;
  readonly table: ProcessTable;
  /** What the target reported. */
  readonly messages: readonly string[];
}

/** @param settings - beside the directories. */
export async function createProcessTargetHarness(
  settings: Readonly<Record<string, unknown>> = {},
): Promise<ProcessTargetHarness> {
  const directory = await createTemporaryDirectory();
  const table = openProcessTable();
  const messages: string[] = [];
  const target = await createProcessTarget({
    settings: parseSettings(settings, directory.path),
    table,
    baseEnvironment: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LANG: 'C.UTF-8', TMPDIR: '/tmp' },
    log: (_level, message) => messages.push(message),
  });
  return {
    target,
    dataDir: directory.path,
    table,
    messages,
    createRequest: createTestRequest,
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

/** Starts the test job; `command` is put in its place when given. */
export function createTestRequest(
  overrides: Partial<Pick<LaunchRequest, 'instanceId' | 'env'>> & { readonly command?: string[] } = {},
): LaunchRequest {
  const command = overrides.command ?? [process.execPath, join('${source}', 'test-job.ts'), '${socket}'];
  return {
    instanceId: overrides.instanceId ?? 'i-1',
    job: { name: 'adder', version: '1.0.0' },
    deploymentTimestamp: 1_700_000_000,
    artifact: {
      kind: 'native',
      sourceDir: TEST_JOB_DIR,
      environmentDir: '/nonexistent',
      pluginDir: '/nonexistent',
      run: { command, env: { JOB_SOCKET: '${socket}', NODE_COMPILE_CACHE: TEST_COMPILE_CACHE_DIR } },
    },
    env: overrides.env ?? {},
    resources: { memoryMaxBytes: null, cpuMaxMillicores: null },
  };
}
