import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { PlatformError } from '@racetrack-platform/errors';
import type { KnownPlugin } from '../set/plugin-set.ts';
import { announce } from './announce.ts';
import type { HookCaller } from './call-job-hook.ts';
import { collectVariables } from './collect-variables.ts';
import { validateManifest } from './validate-manifest.ts';

type Answer = (params: unknown) => unknown;

/** Plugins in order, each with what its hooks do. */
function createPlugins(hooks: Readonly<Record<string, Readonly<Record<string, Answer>>>>) {
  const calls: string[] = [];
  const known = Object.entries(hooks).map(([name, own]) => ({
    name,
    version: '1.0.0',
    description: { hooks: Object.keys(own) },
  })) as unknown as KnownPlugin[];
  const plugins: HookCaller = {
    list: () => known,
    callHook: async ({ name }, hook, params) => {
      calls.push(`${name}.${hook}`);
      return (await hooks[name]?.[hook]?.(params)) as never;
    },
  };
  /** The job type of a plugin's name. */
  const jobTypeOf = (name: string) => {
    const provider = known.find((plugin) => plugin.name === name);
    if (provider === undefined) throw new Error(`no plugin ${name}`);
    return { fullName: `${name}:1.0.0`, provider };
  };
  return { plugins, calls, jobTypeOf };
}

const fail =
  (text: string): Answer =>
  () => {
    throw new PlatformError('PLUGIN_FAILED', text);
  };
const hang: Answer = async () => await new Promise(() => {});
const readManifest = () => ({ name: 'adder', version: '1.0.0' });
const NEVER = new AbortController().signal;

describe('hooks of plugins', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test('variables: later plugins win over earlier ones and over the job, never over the platform', async () => {
    const { plugins, calls } = createPlugins({
      first: { job_runtime_env_vars: () => ({ ZONE: 'a', ONLY: 'first' }) },
      deaf: { markdown_docs: () => null },
      second: { job_runtime_env_vars: () => ({ ZONE: 'b', COLOUR: 'red', JOB_NAME: 'x', GIT_VERSION: 'y' }) },
    });

    const found = await collectVariables(plugins, new Set(['COLOUR']), NEVER);

    expect(found).toEqual({
      variables: { ZONE: 'b', ONLY: 'first', COLOUR: 'red' },
      warnings: [
        'plugin second 1.0.0 may not set JOB_NAME: the platform does',
        'plugin second 1.0.0 may not set GIT_VERSION: the platform does',
        'plugin second 1.0.0 replaces variables: COLOUR',
      ],
    });
    expect(calls).toEqual(['first.job_runtime_env_vars', 'second.job_runtime_env_vars']);
  });

  test('variables: one plugin that fails fails the launch, by name and version', async () => {
    const { plugins } = createPlugins({
      fine: { job_runtime_env_vars: () => ({}) },
      broken: { job_runtime_env_vars: fail('no network') },
    });
    await expect(collectVariables(plugins, new Set(), NEVER)).rejects.toMatchObject({
      code: 'PLUGIN_FAILED',
      message: 'Invoking hook "job_runtime_env_vars" of plugin broken 1.0.0: no network',
    });
    const { plugins: odd } = createPlugins({ odd: { job_runtime_env_vars: () => ({ 'A=B': '' }) } });
    await expect(collectVariables(odd, new Set(), NEVER)).rejects.toMatchObject({ code: 'PLUGIN_FAILED' });
  });

  test('rules for manifests are those of the plugin of the job type alone', async () => {
    const { plugins, calls, jobTypeOf } = createPlugins({
      other: { validate_job_manifest: fail('never asked') },
      strict: { validate_job_manifest: fail('jobtype_extra.port is missing') },
      easy: {},
    });
    const validate = async (name: string) =>
      await validateManifest(plugins, { jobType: jobTypeOf(name), readManifest });

    await validate('easy');
    await expect(validate('strict')).rejects.toMatchObject({
      code: 'MANIFEST_INVALID',
      message:
        'invalid manifest according to job type rules: Invoking hook "validate_job_manifest" of plugin strict 1.0.0: jobtype_extra.port is missing',
    });
    expect(calls).toEqual(['strict.validate_job_manifest']);
  });

  test('a manifest that nobody could look at is refused for now', async () => {
    const { plugins, jobTypeOf } = createPlugins({ stuck: { validate_job_manifest: hang } });
    const refused = validateManifest(plugins, { jobType: jobTypeOf('stuck'), readManifest }).catch(
      (error: unknown) => error,
    );
    await vi.runAllTimersAsync();

    expect(await refused).toMatchObject({
      code: 'PLUGIN_UNAVAILABLE',
      message: expect.stringMatching(/rules of job type stuck:1\.0\.0: .*did not answer within 20 s/),
      hint: expect.stringMatching(/^Try again/),
    });
  });

  test('news reach every plugin, whatever becomes of the others', async () => {
    const { plugins, calls } = createPlugins({
      stuck: { post_job_delete: hang },
      broken: { post_job_delete: fail('oh') },
      last: { post_job_delete: () => null },
    });
    const event = { job: { name: 'adder', version: '1.0.0' }, usernameExecutor: 'admin' };

    const announcing = announce(plugins, 'post_job_delete', async () => event);
    await vi.runAllTimersAsync();
    const failures = await announcing;

    expect(calls).toEqual(['stuck', 'broken', 'last'].map((name) => `${name}.post_job_delete`));
    expect(failures).toEqual([
      expect.stringMatching(/plugin stuck 1\.0\.0: it did not answer within 30 s/),
      'Invoking hook "post_job_delete" of plugin broken 1.0.0: oh',
    ]);
  });

  test('nothing is read for news that nobody hears', async () => {
    const { plugins } = createPlugins({ deaf: {} });

    expect(await announce(plugins, 'post_job_deploy', async () => expect.fail('was read'))).toEqual([]);
  });
});
