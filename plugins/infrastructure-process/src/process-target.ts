import { existsSync } from 'node:fs';
import { PlatformError } from '@racetrack-platform/errors';
import type { InfrastructureTarget, PluginContext } from '@racetrack-platform/plugin-sdk';
import {
  findInstanceRecord,
  getInstanceFiles,
  listInstanceIds,
  type EndRecord,
} from './files/instance-files.ts';
import { nameOwner } from './files/socket-path.ts';
import { createSocketSeals, isSealed } from './files/socket-seals.ts';
import { openIsolation } from './isolation/open-isolation.ts';
import { createKeyedLock } from './keyed-lock.ts';
import { launchInstance } from './launch/launch-instance.ts';
import { endInstance } from './limits/end-instance.ts';
import { watchInstances } from './limits/watch-instances.ts';
import { createLogRotations } from './logs/log-rotations.ts';
import { readLog } from './logs/read-log.ts';
import { startLogRotation } from './logs/start-log-rotation.ts';
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

/** @returns the target; disposing of it ends its timers, and no job. */
export async function createProcessTarget(deps: ProcessTargetDeps): Promise<ProcessTarget> {
  const { settings, table, log } = deps;
  const { instancesDir, socketsDir, jobDataDir } = settings;
  const locks = createKeyedLock();
  const rotations = createLogRotations();
  const owner = nameOwner(instancesDir);
  const [bootId, isolation] = await Promise.all([table.readBootId(), openIsolation(settings, owner, log)]);
  const shared = {
    table,
    bootId,
    owner,
    isolation,
    cgroups: isolation.cgroups,
    instancesDir,
    socketsDir,
    jobDataDir,
    baseEnvironment: deps.baseEnvironment,
    diskLimitBytes: settings.diskLimitBytes,
    isBusy: locks.isHeld,
    warn: (message: string, fields: Readonly<Record<string, unknown>>) => log('warn', message, fields),
  };
  let settledAt = Number.NEGATIVE_INFINITY;

  const end = async (instanceId: string, record: EndRecord): Promise<void> => {
    await locks.run(instanceId, async () => await endInstance(shared, instanceId, record));
  };
  const seals = createSocketSeals((instanceId) => {
    const reason = 'it put something else in the place of its socket';
    void end(instanceId, { cause: 'socket', reason }).catch((error: unknown) =>
      log('error', 'an instance could not be ended', { instanceId, error: String(error) }),
    );
  });
  const seal = (instanceId: string): void => {
    const record = findInstanceRecord(getInstanceFiles(instancesDir, instanceId));
    const account = record?.confinement?.account ?? null;
    if (record?.address.kind !== 'unix' || account === null) return;
    const socket = { path: record.address.path, account };
    if (!isSealed(socket)) seals.watch(instanceId, socket);
  };
  for (const instanceId of listInstanceIds(instancesDir)) seal(instanceId);
  const watchdog = watchInstances({
    ...shared,
    maxLogBytes: settings.maxLogBytes,
    intervalMs: settings.watchIntervalMs,
    end,
  });
  const rotation = startLogRotation({
    instancesDir,
    maxLogBytes: settings.maxLogBytes,
    intervalMs: settings.rotateIntervalMs,
    onRotated: (instanceId, baseOffset) => rotations.record(instanceId, baseOffset),
    onError: (instanceId, error) =>
      log('warn', 'a log could not be rotated', { instanceId, error: String(error) }),
  });

  return {
    name: 'process',
    runs: 'native',
    scope: 'host',

    async launch(request, signal) {
      return await locks.run(request.instanceId, async () => {
        const result = await launchInstance(shared, request, signal);
        seal(request.instanceId);
        return result;
      });
    },

    async remove(instanceId, { gracePeriodMs, keepOutput = false }, signal) {
      await locks.run(instanceId, async () => {
        seals.forget(instanceId);
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

    [Symbol.dispose]: () => {
      rotation[Symbol.dispose]();
      seals[Symbol.dispose]();
      void watchdog.stop();
    },
  };
}
