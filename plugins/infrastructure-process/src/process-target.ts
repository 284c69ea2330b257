import { existsSync } from 'node:fs';
import { PlatformError } from '@racetrack-platform/errors';
import type { InfrastructureTarget, PluginContext } from '@racetrack-platform/plugin-sdk';
import { getInstanceFiles, listInstanceIds } from './files/instance-files.ts';
import { nameOwner } from './files/socket-path.ts';
import { createKeyedLock } from './keyed-lock.ts';
import { launchInstance } from './launch/launch-instance.ts';
import { createLogRotations } from './logs/log-rotations.ts';
import { readLog } from './logs/read-log.ts';
import { rotateLog } from './logs/rotate-log.ts';
import { observeInstances } from './observe-instances.ts';
import type { ProcessTable } from './processes/process-table.ts';
import { readStats } from './read-stats.ts';
import { removeInstance } from './remove-instance.ts';
import type { Settings } from './settings.ts';
import { settleStrays } from './settle-strays.ts';

export interface ProcessTargetDeps {
  readonly settings: Settings;
  readonly table: ProcessTable;
  readonly baseEnvironment: Readonly<Record<string, string>>;
  readonly log: PluginContext['log'];
}

/** Strays come from lost files only, so looking for them now and then is enough. */
const SETTLE_INTERVAL_MS = 60_000;

/** Jobs as plain processes of this machine, each in a session of its own under a tiny shim (design D8). */
export interface ProcessTarget extends InfrastructureTarget, Disposable {}

/** @returns the target; disposing of it ends its timer, and no job. */
export async function createProcessTarget(deps: ProcessTargetDeps): Promise<ProcessTarget> {
  const { settings, table, log } = deps;
  const { instancesDir, socketsDir } = settings;
  const locks = createKeyedLock();
  const rotations = createLogRotations();
  const shared = {
    table,
    bootId: await table.readBootId(),
    owner: nameOwner(instancesDir),
    instancesDir,
    socketsDir,
    baseEnvironment: deps.baseEnvironment,
    isBusy: locks.isHeld,
    warn: (message: string, fields: Readonly<Record<string, unknown>>) => log('warn', message, fields),
  };
  let settledAt = Number.NEGATIVE_INFINITY;

  async function rotateLogs(): Promise<void> {
    for (const instanceId of listInstanceIds(instancesDir)) {
      const onRotated = (baseOffset: number): void => rotations.record(instanceId, baseOffset);
      await rotateLog(getInstanceFiles(instancesDir, instanceId), settings.maxLogBytes, onRotated).catch(
        (error: unknown) => log('warn', 'a log could not be rotated', { instanceId, error: String(error) }),
      );
    }
  }
  const rotation = startRepeating(rotateLogs, settings.rotateIntervalMs);

  return {
    name: 'process',
    runs: 'native',

    async launch(request, signal) {
      return await locks.run(request.instanceId, async () => await launchInstance(shared, request, signal));
    },

    async remove(instanceId, { gracePeriodMs, keepOutput = false }, signal) {
      await locks.run(instanceId, async () => {
        await removeInstance(shared, instanceId, { gracePeriodMs, keepOutput, signal });
        rotations.forget(instanceId);
      });
    },

    async observeAll(signal) {
      signal.throwIfAborted();
      if (Date.now() - settledAt > SETTLE_INTERVAL_MS) {
        settledAt = Date.now();
        await settleStrays(shared);
      }
      return await observeInstances(shared);
    },

    async *logs(instanceId, options, signal) {
      const files = getInstanceFiles(instancesDir, instanceId);
      if (!existsSync(files.dir)) {
        throw new PlatformError('NOT_FOUND', `there is no instance ${instanceId} on this machine`);
      }
      yield* readLog(files, { ...options, signal, getRotation: () => rotations.get(instanceId) });
    },

    async stats(signal) {
      signal.throwIfAborted();
      return await readStats(shared);
    },

    [Symbol.dispose]: rotation.stop,
  };
}

/** Repeats some work, never twice at a time, without keeping the process alive for it. */
function startRepeating(work: () => Promise<void>, intervalMs: number): { readonly stop: () => void } {
  let isWorking = false;
  const timer = setInterval(() => {
    if (isWorking) return;
    isWorking = true;
    void work().finally(() => {
      isWorking = false;
    });
  }, intervalMs);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}
