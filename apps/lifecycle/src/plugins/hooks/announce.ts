import type { HookParams } from '@racetrack-platform/plugin-engine';
import { messageOf } from '@racetrack-platform/errors';
import { callJobHook, listWithHook, type HookCaller } from './call-job-hook.ts';

/** Hooks by which plugins hear of what has happened. */
export type NewsHook = 'post_job_deploy' | 'post_job_delete';

/**
 * Tells every plugin with the hook, one after the other in order, as Racetrack 2.36 does. One that fails, or takes too
 * long, keeps it from no other.
 *
 * @param compose - what is told; called only when somebody listens.
 * @returns what went wrong, for each plugin where something did.
 * @throws the signal's reason when it is aborted, and nothing else.
 */
export async function announce<Hook extends NewsHook>(
  plugins: HookCaller,
  hook: Hook,
  compose: () => Promise<HookParams<Hook>>,
  signal?: AbortSignal,
): Promise<string[]> {
  const listeners = listWithHook(plugins, hook);
  if (listeners.length === 0) return [];
  const failures: string[] = [];
  try {
    const params = await compose();
    for (const plugin of listeners) {
      const failure = await callJobHook(plugins, plugin, hook, params, signal).then(
        () => undefined,
        messageOf,
      );
      signal?.throwIfAborted();
      if (failure !== undefined) failures.push(failure);
    }
  } catch (error) {
    signal?.throwIfAborted();
    failures.push(`plugins could not be told (${hook}): ${messageOf(error)}`);
  }
  return failures;
}
