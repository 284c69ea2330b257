import type { InfrastructureTarget } from '@racetrack-platform/plugin-sdk';
import type { CallName, CallParams, CallResult, StreamItem, StreamName, StreamParams } from './protocol.ts';

/** The way to a plugin, wherever its host is and whether or not it is running just now. */
export interface PluginCaller {
  /**
   * @param extraMs - what the call may take beyond the usual limit, by its own parameters.
   * @throws PlatformError the plugin's own; `PLUGIN_UNAVAILABLE`. The signal's reason when it is aborted.
   */
  call<Name extends CallName>(
    plugin: string,
    method: Name,
    params: CallParams<Name>,
    signal: AbortSignal,
    extraMs?: number,
  ): Promise<CallResult<Name>>;
  /**
   * @param mayBeSilent - whether the stream may send nothing for longer than a call may take.
   * @throws PlatformError as `call`.
   */
  stream<Name extends StreamName>(
    plugin: string,
    method: Name,
    params: StreamParams<Name>,
    signal: AbortSignal,
    mayBeSilent: boolean,
  ): AsyncIterable<StreamItem<Name>>;
}

/** An infrastructure target in a plugin host, as if it were here. */
export function createRemoteTarget(
  caller: PluginCaller,
  plugin: string,
  { name, runs, scope }: Pick<InfrastructureTarget, 'name' | 'runs' | 'scope'>,
): InfrastructureTarget {
  return {
    name,
    runs,
    scope,

    async launch(request, signal) {
      return await caller.call(plugin, 'launch', { target: name, request }, signal);
    },

    async remove(instanceId, { gracePeriodMs, keepOutput = false }, signal) {
      const params = { target: name, instanceId, gracePeriodMs, keepOutput };
      await caller.call(plugin, 'remove', params, signal, gracePeriodMs);
    },

    async observeAll(signal) {
      return await caller.call(plugin, 'observeAll', { target: name }, signal);
    },

    async *logs(instanceId, options, signal) {
      const params = { target: name, instanceId, tail: options.tail, follow: options.follow };
      yield* caller.stream(plugin, 'logs', params, signal, options.follow);
    },

    async stats(signal) {
      return await caller.call(plugin, 'stats', { target: name }, signal);
    },
  };
}
