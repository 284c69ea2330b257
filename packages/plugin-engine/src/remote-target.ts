import type { InfrastructureTarget } from '@racetrack-platform/plugin-sdk';
import { PlatformError } from '@racetrack-platform/errors';
import { callHost } from './call-host.ts';
import type { HostSupervisor } from './host-supervisor.ts';
import type { CallName, CallParams, CallResult } from './protocol.ts';
import { streamFromHost } from './stream-from-host.ts';

export interface HostCaller {
  readonly supervisor: HostSupervisor;
  readonly callTimeoutMs: number;
}

/**
 * Calls a plugin through whichever host is running now.
 *
 * @param extraMs - what the call may take beyond the usual limit, by its own parameters.
 */
export async function callPlugin<Name extends CallName>(
  { supervisor, callTimeoutMs }: HostCaller,
  plugin: string,
  method: Name,
  params: CallParams<Name>,
  signal: AbortSignal,
  extraMs = 0,
): Promise<CallResult<Name>> {
  const timeoutMs = callTimeoutMs + extraMs;
  const connection = await supervisor.getConnection({ signal, timeoutMs });
  try {
    return await callHost(connection, plugin, method, params, { signal, timeoutMs });
  } catch (error) {
    if (PlatformError.is(error) && error.code === 'PLUGIN_UNAVAILABLE') supervisor.suspect(connection);
    throw error;
  }
}

/** An infrastructure target in a plugin host, as if it were here. */
export function createRemoteTarget(
  caller: HostCaller,
  plugin: string,
  { name, runs, scope }: Pick<InfrastructureTarget, 'name' | 'runs' | 'scope'>,
): InfrastructureTarget {
  return {
    name,
    runs,
    scope,

    async launch(request, signal) {
      return await callPlugin(caller, plugin, 'launch', { target: name, request }, signal);
    },

    async remove(instanceId, { gracePeriodMs, keepOutput = false }, signal) {
      const params = { target: name, instanceId, gracePeriodMs, keepOutput };
      await callPlugin(caller, plugin, 'remove', params, signal, gracePeriodMs);
    },

    async observeAll(signal) {
      return await callPlugin(caller, plugin, 'observeAll', { target: name }, signal);
    },

    async *logs(instanceId, options, signal) {
      const { supervisor, callTimeoutMs } = caller;
      const connection = await supervisor.getConnection({ signal, timeoutMs: callTimeoutMs });
      const idleTimeoutMs = options.follow ? null : callTimeoutMs;
      const params = { target: name, instanceId, tail: options.tail, follow: options.follow };
      yield* streamFromHost(connection, plugin, 'logs', params, { signal, idleTimeoutMs });
    },

    async stats(signal) {
      return await callPlugin(caller, plugin, 'stats', { target: name }, signal);
    },
  };
}
