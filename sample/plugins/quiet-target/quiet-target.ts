import { randomUUID } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { InfrastructureTarget } from '@racetrack-platform/plugin-sdk';
import { readLines } from './output.ts';
import { isAlive, launch, readRecord, removeInstance, socketOf } from './processes.ts';

/** Keeps one folder for each instance, so that it knows them again after its own process has ended. */
export function createQuietTarget(dataDir: string, niceness: number): InfrastructureTarget {
  const root = join(dataDir, 'instances');
  const dirOf = (instanceId: string): string => join(root, instanceId);
  const addressOf = (instanceId: string) => ({ kind: 'unix', path: socketOf(dirOf(instanceId)) }) as const;
  const list = async (): Promise<string[]> => await readdir(root).catch(() => []);

  return {
    name: 'quiet',
    runs: 'native',
    scope: 'host',

    // The same request may come again after a crash of either side: what runs is left as it is.
    async launch(request) {
      const dir = dirOf(request.instanceId);
      const record = await readRecord(dir);
      if (record === undefined || !isAlive(record))
        await launch(dir, request, { niceness, mark: randomUUID() });
      return { address: addressOf(request.instanceId) };
    },

    // Also called for what is gone already.
    async remove(instanceId, { gracePeriodMs, keepOutput = false }) {
      await removeInstance(dirOf(instanceId), { gracePeriodMs, keepOutput });
    },

    // Everything in one batch. A target that cannot tell has to reject: then its jobs are unknown, not lost.
    async observeAll() {
      const found = await Promise.all(
        (await list()).map(async (instanceId) => ({
          instanceId,
          record: await readRecord(dirOf(instanceId)),
        })),
      );
      return found.flatMap(({ instanceId, record }) => {
        if (record === undefined) return [];
        return [
          {
            instanceId,
            state: isAlive(record) ? ('running' as const) : ('exited' as const),
            address: addressOf(instanceId),
            startedAt: record.startedAt,
            exitCode: null,
            reason: null,
            launchedAs: record.launchedAs,
          },
        ];
      });
    },

    async *logs(instanceId, options, signal) {
      yield* readLines(dirOf(instanceId), options, signal);
    },

    async stats() {
      return (await list()).map((instanceId) => ({ instanceId, memoryBytes: null, cpuSeconds: null }));
    },
  };
}
