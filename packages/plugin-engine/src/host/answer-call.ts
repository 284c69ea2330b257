import { PlatformError } from '@racetrack-platform/errors';
import { z } from 'zod';
import { CALLS, STREAMS, type CallName, type Request, type StreamName } from '../protocol.ts';
import type { PluginRegistry } from './plugin-registry.ts';

/**
 * Runs a request with one answer.
 *
 * @returns the plugin's own answer, unchecked: the other side validates it.
 * @throws PlatformError of the plugin's, or `REQUEST_INVALID` for parameters of another shape.
 */
export async function answerCall(
  registry: PluginRegistry,
  { plugin, method, params }: Request,
  signal: AbortSignal,
): Promise<unknown> {
  const name = method as CallName;
  switch (name) {
    case 'describe':
      return registry.describe();
    case 'planNative': {
      const { jobType, manifest } = parseParams(method, CALLS.planNative.params, params);
      const provider = registry.getJobType(plugin, jobType);
      if (provider.planNative !== undefined) return await provider.planNative(manifest, signal);
      throw new PlatformError('NOT_SUPPORTED', `job type ${jobType} runs only in containers`, {
        hint: 'Choose an infrastructure target that runs containers.',
      });
    }
    case 'hook':
      return await registry.callHook(plugin, params);
    case 'launch': {
      const { target, request } = parseParams(method, CALLS.launch.params, params);
      return await registry.getTarget(plugin, target).launch(request, signal);
    }
    case 'remove': {
      const { target, instanceId, ...options } = parseParams(method, CALLS.remove.params, params);
      await registry.getTarget(plugin, target).remove(instanceId, options, signal);
      return null;
    }
    case 'observeAll': {
      const { target } = parseParams(method, CALLS.observeAll.params, params);
      return await registry.getTarget(plugin, target).observeAll(signal);
    }
    case 'stats': {
      const { target } = parseParams(method, CALLS.stats.params, params);
      return await registry.getTarget(plugin, target).stats(signal);
    }
  }
  throw new PlatformError('NOT_SUPPORTED', `the plugin host knows no method ${method}`);
}

/** Whether a request is answered by a stream. */
export function isStream(method: string): method is StreamName {
  return Object.hasOwn(STREAMS, method);
}

/** Opens the stream that answers a request. */
export function openStream(
  registry: PluginRegistry,
  { plugin, params }: Request,
  signal: AbortSignal,
): AsyncIterable<unknown> {
  const { target, instanceId, ...options } = parseParams('logs', STREAMS.logs.params, params);
  return registry.getTarget(plugin, target).logs(instanceId, options, signal);
}

function parseParams<T>(method: string, schema: z.ZodType<T>, params: unknown): T {
  const result = schema.safeParse(params);
  if (result.success) return result.data;
  throw new PlatformError('REQUEST_INVALID', `parameters of ${method}: ${z.prettifyError(result.error)}`);
}
