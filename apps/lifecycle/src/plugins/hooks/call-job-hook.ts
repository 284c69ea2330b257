import { messageOf, PlatformError } from '@racetrack-platform/errors';
import type { HookParams, HookResult } from '@racetrack-platform/plugin-engine';
import type { KnownPlugin, PluginSet } from '../set/plugin-set.ts';

/** What calling hooks takes. */
export type HookCaller = Pick<PluginSet, 'list' | 'callHook'>;

/** Hooks that belong to moments of a job's life. */
export type JobHook =
  | 'job_runtime_env_vars'
  | 'validate_job_manifest'
  | 'post_job_deploy'
  | 'post_job_delete';

/**
 * How long the platform waits for one plugin, milliseconds; the start of its process is included. What somebody waits for
 * with a request open has less.
 */
const LIMITS_MS: Readonly<Record<JobHook, number>> = {
  job_runtime_env_vars: 120_000,
  validate_job_manifest: 20_000,
  post_job_deploy: 30_000,
  post_job_delete: 30_000,
};

/** Of what a plugin throws, characters. */
const MAX_MESSAGE_LENGTH = 4_000;

/** Hosts name plugin and method; here both are named already. */
const HOST_PREFIX = /^plugin [^\s,]+, hook: /;

/** Plugins that have a hook, in order; no process is started for the others. */
export function listWithHook(plugins: Pick<HookCaller, 'list'>, hook: JobHook): KnownPlugin[] {
  return plugins.list().filter((plugin) => hasHook(plugin, hook));
}

/** Whether a plugin says that it has a hook. */
export function hasHook({ description }: KnownPlugin, hook: JobHook): boolean {
  return description.hooks.includes(hook);
}

/**
 * Calls a hook of one plugin. Ends in time whatever the plugin does.
 *
 * @throws PlatformError `PLUGIN_FAILED` with what the hook threw, `PLUGIN_UNAVAILABLE` when it did not answer; both in the
 *   words of Racetrack 2.36, with the plugin's name and version. The signal's reason when it is aborted.
 */
export async function callJobHook<Hook extends JobHook>(
  plugins: Pick<HookCaller, 'callHook'>,
  plugin: KnownPlugin,
  hook: Hook,
  params: HookParams<Hook>,
  signal?: AbortSignal,
): Promise<HookResult<Hook> | undefined> {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(noAnswer(hook)), LIMITS_MS[hook]);
  const ending = signal === undefined ? limit.signal : AbortSignal.any([signal, limit.signal]);
  try {
    // The signal cancels the call; that a call ends when it is cancelled is nothing to rely on.
    return await Promise.race([plugins.callHook(plugin, hook, params, ending), untilAborted(ending)]);
  } catch (error) {
    signal?.throwIfAborted();
    throw describeFailure(plugin, hook, limit.signal.aborted ? limit.signal.reason : error);
  } finally {
    clearTimeout(timer);
  }
}

async function untilAborted(signal: AbortSignal): Promise<never> {
  return await new Promise((_resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
}

function noAnswer(hook: JobHook): PlatformError {
  return new PlatformError('PLUGIN_UNAVAILABLE', `it did not answer within ${LIMITS_MS[hook] / 1_000} s`);
}

function describeFailure({ name, version }: KnownPlugin, hook: JobHook, error: unknown): PlatformError {
  const isAway = PlatformError.is(error) && error.code === 'PLUGIN_UNAVAILABLE';
  const message = messageOf(error).replace(HOST_PREFIX, '');
  const said = message.length > MAX_MESSAGE_LENGTH ? `${message.slice(0, MAX_MESSAGE_LENGTH)}…` : message;
  return new PlatformError(
    isAway ? 'PLUGIN_UNAVAILABLE' : 'PLUGIN_FAILED',
    `Invoking hook "${hook}" of plugin ${name} ${version}: ${said}`,
    {
      cause: error,
      hint:
        (PlatformError.is(error) ? error.hint : undefined) ??
        (isAway
          ? `Try again; if it happens again, let an administrator look at plugin ${name} and the platform log.`
          : `Correct or uninstall plugin ${name} ${version}; an administrator can.`),
    },
  );
}
