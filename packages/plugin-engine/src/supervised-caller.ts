import { PlatformError } from '@racetrack-platform/errors';
import { callHost } from './call-host.ts';
import type { HostSupervisor } from './host-supervisor.ts';
import type { PluginCaller } from './remote-target.ts';
import { streamFromHost } from './stream-from-host.ts';

/** Reaches plugins through whichever host of a supervisor is running now. */
export function createSupervisedCaller(supervisor: HostSupervisor, callTimeoutMs: number): PluginCaller {
  return {
    async call(plugin, method, params, signal, extraMs = 0) {
      const timeoutMs = callTimeoutMs + extraMs;
      const connection = await supervisor.getConnection({ signal, timeoutMs });
      try {
        return await callHost(connection, plugin, method, params, { signal, timeoutMs });
      } catch (error) {
        if (PlatformError.is(error) && error.code === 'PLUGIN_UNAVAILABLE') supervisor.suspect(connection);
        throw error;
      }
    },

    async *stream(plugin, method, params, signal, mayBeSilent) {
      const connection = await supervisor.getConnection({ signal, timeoutMs: callTimeoutMs });
      const idleTimeoutMs = mayBeSilent ? null : callTimeoutMs;
      yield* streamFromHost(connection, plugin, method, params, { signal, idleTimeoutMs });
    },
  };
}
