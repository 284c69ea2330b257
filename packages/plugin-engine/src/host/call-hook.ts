import { PlatformError } from '@racetrack-platform/errors';
import type { PluginHooks } from '@racetrack-platform/plugin-sdk';
import { z } from 'zod';
import { HOOKS, type HookName } from '../protocol.ts';

/** How hooks are named in TypeScript. */
const METHODS = {
  job_runtime_env_vars: 'jobRuntimeEnvVars',
  validate_job_manifest: 'validateJobManifest',
  post_job_deploy: 'postJobDeploy',
  post_job_delete: 'postJobDelete',
  markdown_docs: 'markdownDocs',
  run_action: 'runAction',
} as const satisfies Record<HookName, keyof PluginHooks>;

/** The hooks that a plugin implements, by the names of the protocol. */
export function listHooks(hooks: PluginHooks): HookName[] {
  return (Object.keys(METHODS) as HookName[]).filter((name) => hooks[METHODS[name]] !== undefined);
}

/**
 * Calls one hook.
 *
 * @param params - of the request `hook`: its name, and what goes in.
 * @throws PlatformError `NOT_SUPPORTED` when the plugin has no such hook, `REQUEST_INVALID`; whatever the hook throws.
 */
export async function callHook(hooks: PluginHooks, params: unknown): Promise<unknown> {
  const name = z.looseObject({ hook: z.string() }).safeParse(params).data?.hook ?? '';
  if (!isHook(name) || hooks[METHODS[name]] === undefined) {
    throw new PlatformError('NOT_SUPPORTED', `the plugin has no hook ${name}`);
  }
  switch (name) {
    case 'job_runtime_env_vars':
      return (await hooks.jobRuntimeEnvVars?.()) ?? {};
    case 'validate_job_manifest':
      await hooks.validateJobManifest?.(parse(name, params));
      return null;
    case 'post_job_deploy':
      await hooks.postJobDeploy?.(parse(name, params));
      return null;
    case 'post_job_delete':
      await hooks.postJobDelete?.(parse(name, params));
      return null;
    case 'markdown_docs':
      return (await hooks.markdownDocs?.()) ?? null;
    case 'run_action':
      return (await hooks.runAction?.(parse(name, params).arguments)) ?? null;
  }
}

function isHook(name: string): name is HookName {
  return Object.hasOwn(HOOKS, name);
}

function parse<Name extends HookName>(name: Name, params: unknown): z.output<(typeof HOOKS)[Name]['params']> {
  // The table pairs each name with its schema, which the compiler cannot see through the index.
  const schema = HOOKS[name].params as unknown as z.ZodType<z.output<(typeof HOOKS)[Name]['params']>>;
  const result = schema.safeParse(params);
  if (result.success) return result.data;
  throw new PlatformError('REQUEST_INVALID', `parameters of ${name}: ${z.prettifyError(result.error)}`);
}
